"""Growth from the wiring alone: Cannistraci-Hebb link prediction over paths of length three.

In the layer that a connection belongs to, a source u and a target v are linked by paths
u - t - s - v: t is a target that u feeds, s a source that feeds v, and s feeds t. The neurons t and
s on such paths are the pair's local community. A pair scores high when its community is linked
within itself and has few links to the outside (arXiv 2501.19107, and Epitopological Learning, ICLR
2024).
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy import sparse

from .criteria import grow_criterion
from .moment import Moment
from .selection import Sources

__all__ = ["hebbian_nodes", "hebbian_paths", "soft_hebbian_nodes"]


class _Layer:
    """The links into one rank as a matrix, and what all its pairs have in common."""

    def __init__(self, now: Moment, rank: int):
        first, last = now.net.rank_start[rank : rank + 2]
        pointer = now.net.connections.row_pointer[first : last + 1]
        source = now.source[pointer[0] : pointer[-1]]
        self.first = int(first)
        self.links = sparse.csr_array(
            (np.ones(len(source)), source, pointer - pointer[0]),
            shape=(last - first, now.net.size),
        )
        self.fan_in = self.links.sum(axis=1)
        self.fan_out = self.links.sum(axis=0)

    @cached_property
    def shared_by_sources(self) -> sparse.csr_array:
        """How many targets two sources have in common."""
        return (self.links.T @ self.links).tocsr()


def _layer_of(now: Moment, targets: slice) -> _Layer:
    rank = now.net.rank_of(targets.start)
    key = "cannistraci-hebb", rank
    if key not in now.cache:
        now.cache[key] = _Layer(now, rank)
    return now.cache[key]


def _external(shared: sparse.csr_array, degree: np.ndarray) -> np.ndarray:
    """Return, for each entry, the links of its column's neuron that leave the community.

    Neither to a neuron that the row's neuron is linked with, nor the one link to the pair itself.
    """
    return np.maximum(degree[shared.indices] - shared.data - 1, 0)


def _with(shared: sparse.csr_array, values: np.ndarray) -> sparse.csr_array:
    return sparse.csr_array((values, shared.indices, shared.indptr), shape=shared.shape)


@grow_criterion("cannistraci-hebb nodes")
def hebbian_nodes(now: Moment, targets: slice, sources: Sources) -> np.ndarray:
    """Grow by CH2-L3n: Σ over the community of (1 + internal links) / (1 + external links).

    Internal links of t lead to sources of v, those of s to targets of u.
    """
    layer = _layer_of(now, targets)
    block = layer.links[targets.start - layer.first : targets.stop - layer.first]

    def ratio(shared: sparse.csr_array, degree: np.ndarray) -> sparse.csr_array:
        return _with(shared, (1 + shared.data) / (1 + _external(shared, degree)))

    of_targets = ratio((block @ layer.links.T).tocsr(), layer.fan_in)
    of_sources = ratio(layer.shared_by_sources, layer.fan_out)
    # of_sources[u, s], so that its columns are the community's members here as well.
    scores = of_targets @ layer.links + block @ of_sources.T
    return scores.tocsc()[:, sources].toarray()


@grow_criterion("cannistraci-hebb paths")
def hebbian_paths(now: Moment, targets: slice, sources: Sources) -> np.ndarray:
    """Grow by CH3-L3p: Σ over the paths of 1 / sqrt((1 + external of t) (1 + external of s))."""
    layer = _layer_of(now, targets)
    block = layer.links[targets.start - layer.first : targets.stop - layer.first]

    def root(shared: sparse.csr_array, degree: np.ndarray) -> sparse.csr_array:
        return _with(shared, 1 / np.sqrt(1 + _external(shared, degree)))

    of_targets = root((block @ layer.links.T).tocsr(), layer.fan_in)
    of_sources = root(layer.shared_by_sources, layer.fan_out)
    scores = np.zeros((block.shape[0], layer.links.shape[1]))
    for v in range(len(scores)):
        feeding = block.indices[block.indptr[v] : block.indptr[v + 1]]
        community = slice(of_targets.indptr[v], of_targets.indptr[v + 1])
        links = layer.links[of_targets.indices[community]]
        weighed = links.T.multiply(of_targets.data[community]).tocsr()
        paths = weighed @ links[:, feeding]  # (u, s): Σ over t of its root, links u - t - s
        scores[v] = paths.multiply(of_sources[:, feeding]).sum(axis=1)
    return scores[:, sources]


@grow_criterion("soft cannistraci-hebb nodes")
def soft_hebbian_nodes(now: Moment, targets: slice, sources: Sources) -> np.ndarray:
    """Grow at random in proportion to CH2-L3n (CHTs), as log p + Gumbel noise.

    A pair without any path keeps a chance for when nothing else is left.
    """
    score = hebbian_nodes.function(now, targets, sources)
    return np.log(score + 1e-12) + now.generator.gumbel(size=score.shape)
