"""Growth from the wiring alone: Cannistraci-Hebb link prediction over paths of length three.

In the layer that a connection belongs to, a source u and a target v are linked by paths
u - t - s - v: t is a target that u feeds, s a source that feeds v, and s feeds t. The neurons t and
s on such paths are the pair's local community. A pair scores high when its community is linked
within itself and has few links to the outside (arXiv 2501.19107, and Epitopological Learning, ICLR
2024). What the rewiring is going to drop counts as no link any more, as in the authors' code.

Internal links of t are those to sources of v, N(t) ∩ N(v): each such source is itself on a path
u - t - s - v, so that these are all its links into the community. External are the others, save the
one to u. For s it is the same with sources and targets exchanged.
"""

from __future__ import annotations

import numpy as np

from rewire.kernels import load

from .candidates import Sources
from .context import RewiringContext
from .criteria import grow_criterion

__all__ = ["hebbian_nodes", "hebbian_paths", "soft_hebbian_nodes"]


class _Layer:
    """The links into one rank, by target (counted from the rank's first) and by source."""

    def __init__(self, now: RewiringContext, rank: int):
        start = now.net.rank_start
        self.first, last, sources = int(start[rank]), int(start[rank + 1]), int(start[rank])
        rows = slice(*now.net.connections.indptr[[self.first, last]])
        stays = np.ones(rows.stop - rows.start, bool)
        dropped = now.dropped[(now.dropped >= rows.start) & (now.dropped < rows.stop)]
        stays[dropped - rows.start] = False
        target, source = now.target[rows][stays] - self.first, now.source[rows][stays]
        by_source = np.argsort(source, kind="stable")
        self.lowest = int(source.min(initial=sources))
        self.links = (
            _pointer(target, last - self.first),
            source.astype(np.int64),
            _pointer(source, sources),
            target[by_source].astype(np.int64),
        )


def _pointer(owner: np.ndarray, neurons: int) -> np.ndarray:
    return np.concatenate(([0], np.cumsum(np.bincount(owner, minlength=neurons))))


def _score(now: RewiringContext, targets: slice, sources: Sources, operation: str) -> np.ndarray:
    rank = now.net.rank_of(targets.start)
    key = "cannistraci-hebb", rank
    if key not in now.cache:
        now.cache[key] = _Layer(now, rank)
    layer = now.cache[key]
    low = min(sources.start if isinstance(sources, slice) else int(sources[0]), layer.lowest)
    scores = np.zeros((targets.stop - targets.start, layer.first - low))
    score = getattr(load(now.net.backend), operation)
    score(*layer.links, targets.start - layer.first, low, scores)
    if isinstance(sources, slice):
        return scores[:, sources.start - low : sources.stop - low]
    return scores[:, sources - low]


@grow_criterion("cannistraci-hebb nodes")
def hebbian_nodes(now: RewiringContext, targets: slice, sources: Sources) -> np.ndarray:
    """Grow by CH2-L3n: Σ over the community of (1 + internal links) / (1 + external links)."""
    return _score(now, targets, sources, "score_by_nodes")


@grow_criterion("cannistraci-hebb paths")
def hebbian_paths(now: RewiringContext, targets: slice, sources: Sources) -> np.ndarray:
    """Grow by CH3-L3p: Σ over the paths of 1 / sqrt((1 + external of t) (1 + external of s))."""
    return _score(now, targets, sources, "score_by_paths")


@grow_criterion("soft cannistraci-hebb nodes")
def soft_hebbian_nodes(now: RewiringContext, targets: slice, sources: Sources) -> np.ndarray:
    """Grow at random in proportion to CH2-L3n (CHTs), as log p + Gumbel noise.

    A pair without any path keeps a chance for when nothing else is left.
    """
    score = hebbian_nodes.function(now, targets, sources)
    return np.log(score + 1e-12) + now.generator.gumbel(size=score.shape)
