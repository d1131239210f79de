"""Growth from the wiring alone: Cannistraci-Hebb link prediction over paths of length three.

In the layer that a connection belongs to, a source u and a target v are linked by paths
u - t - s - v: t is a target that u feeds, s a source that feeds v, and s feeds t. The neurons t and
s on such paths are the pair's local community. A pair scores high when its community is linked
within itself and has few links to the outside (arXiv 2501.19107, and Epitopological Learning, ICLR
2024). Connections that the rewiring will drop no longer count as links, as in the authors' code.

Internal links of t are those to sources of v, N(t) ∩ N(v): each such source is itself on a path
u - t - s - v, so that these are all its links into the community. External are the others, save the
one to u. For s it is the same with sources and targets exchanged.
"""

from __future__ import annotations

import numpy as np

from rewire.connectivity import Block
from rewire.kernels import get_backend

from .context import RewiringContext
from .criteria import grow_criterion
from .growth import Sources, width

__all__ = ["hebbian_nodes", "hebbian_paths", "soft_hebbian_nodes"]


class _Layer:
    """The links into the targets of one block, by target (relative to the first) and by source."""

    def __init__(self, ctx: RewiringContext, block: Block):
        self.first, last = block.targets.start, block.targets.stop
        self.sources = block.sources.stop
        rows = slice(*ctx.table.indptr[[self.first, last]])
        stays = np.ones(rows.stop - rows.start, bool)
        dropped = ctx.dropped[(ctx.dropped >= rows.start) & (ctx.dropped < rows.stop)]
        stays[dropped - rows.start] = False
        target, source = ctx.target[rows][stays] - self.first, ctx.source[rows][stays]
        by_source = np.argsort(source, kind="stable")
        self.lowest = int(source.min(initial=self.sources))
        self.links = (
            _pointer(target, last - self.first),
            source.astype(np.int64),
            _pointer(source, self.sources),
            target[by_source].astype(np.int64),
        )


def _pointer(owner: np.ndarray, units: int) -> np.ndarray:
    return np.concatenate(([0], np.cumsum(np.bincount(owner, minlength=units))))


def _score(ctx: RewiringContext, targets: slice, sources: Sources, operation: str) -> np.ndarray:
    starts = ctx.candidates.layer_start
    number = int(np.searchsorted(starts, targets.start, side="right")) - 1
    key = "cannistraci-hebb", number
    if key not in ctx.cache:
        ctx.cache[key] = _Layer(ctx, ctx.candidates.blocks[number])
    layer = ctx.cache[key]
    low = min(sources.start if isinstance(sources, slice) else int(sources[0]), layer.lowest)
    scores = np.zeros((width(targets), layer.sources - low))
    score = getattr(get_backend(ctx.model.backend), operation)
    score(*layer.links, targets.start - layer.first, low, scores)
    if isinstance(sources, slice):
        return scores[:, sources.start - low : sources.stop - low]
    return scores[:, sources - low]


@grow_criterion("cannistraci-hebb nodes")
def hebbian_nodes(ctx: RewiringContext, targets: slice, sources: Sources) -> np.ndarray:
    """Grow by CH2-L3n: Σ over the community of (1 + internal links) / (1 + external links)."""
    return _score(ctx, targets, sources, "score_by_nodes")


@grow_criterion("cannistraci-hebb paths")
def hebbian_paths(ctx: RewiringContext, targets: slice, sources: Sources) -> np.ndarray:
    """Grow by CH3-L3p: Σ over the paths of 1 / sqrt((1 + external of t) (1 + external of s))."""
    return _score(ctx, targets, sources, "score_by_paths")


@grow_criterion("soft cannistraci-hebb nodes")
def soft_hebbian_nodes(ctx: RewiringContext, targets: slice, sources: Sources) -> np.ndarray:
    """Grow at random in proportion to CH2-L3n (CHTs), as log p + Gumbel noise.

    A pair without any path keeps a chance for when nothing else is left.
    """
    score = hebbian_nodes.function(ctx, targets, sources)
    return np.log(score + 1e-12) + ctx.generator.gumbel(size=score.shape)
