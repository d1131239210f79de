"""How dense a wiring is, block by block: what is left to see where neurons are too many."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .graph import Graph

__all__ = ["block_densities"]


def block_densities(net: Graph, blocks: int) -> dict[tuple[int, int], np.ndarray]:
    """Return the density of blocks of neighbouring neurons, for each pair of ranks.

    Parameters
    ----------
    net : Graph
    blocks : int
        Along each side; fewer where a rank has fewer neurons.

    Returns
    -------
    dict of (int, int) to ndarray
        For each rank and the next, and for ranks further apart that are connected: targets down,
        sources across.

    Examples
    --------
    >>> import rewire
    >>> found = block_densities(rewire.mlp([4, 6, 1], density=0.5, seed=0), blocks=2)
    >>> {ranks: density.shape for ranks, density in found.items()}
    {(0, 1): (2, 2), (1, 2): (1, 2)}
    """
    table, ranks = net.connections, net.ranks
    sides = np.minimum(ranks, blocks)
    # The block of each neuron, numbered over all ranks; intp, which bincount takes uncopied.
    block = np.concatenate(
        [
            before + np.arange(n, dtype=np.intp) * side // max(n, 1)
            for n, side, before in zip(ranks, sides, np.cumsum(sides) - sides, strict=True)
        ]
    )
    neurons = np.bincount(block)
    densities: dict[tuple[int, int], np.ndarray] = {}
    for s in range(1, len(ranks)):
        # The targets of a block are consecutive, and so are their rows in the table.
        cuts = np.searchsorted(block, np.arange(sides[:s].sum(), sides[: s + 1].sum() + 1))
        rows = table.indptr[cuts].tolist()
        counts = np.array(
            [
                np.bincount(block[table.source[first:last]], minlength=len(neurons))
                for first, last in pairwise(rows)
            ]
        ).reshape(len(rows) - 1, len(neurons))
        down = neurons[sides[:s].sum() :][: sides[s]]
        for r in range(s):
            columns = slice(sides[:r].sum(), sides[: r + 1].sum())
            if r == s - 1 or counts[:, columns].any():
                possible = np.outer(down, neurons[columns])
                densities[r, s] = counts[:, columns] / possible
    return densities
