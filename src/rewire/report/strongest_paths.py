"""The strongest paths through a network, from inputs to outputs."""

from __future__ import annotations

import numpy as np

from rewire.graph.graph import Graph

__all__ = ["strongest_paths"]


def strongest_paths(net: Graph, count: int = 40) -> np.ndarray:
    r"""Return the connections on the strongest paths to an output from each of some inputs.

    The strength of a path is the product of its \|weights\|. One pass from the outputs backwards
    finds each neuron's strongest path exactly, in time proportional to the connections. Where there
    are fewer inputs than paths, several begin at each, with different connections.

    Parameters
    ----------
    net : Graph
    count : int, default 40
        Number of paths at most: those from the inputs with the strongest ones.

    Returns
    -------
    ndarray of int
        Rows of the connection table, in ascending order.

    Examples
    --------
    Two paths, of strength 2 · 3 and 1 · 4; a connection that leads nowhere is on none of them:

    >>> from rewire import Network
    >>> source, target = [0, 1, 1, 2, 3], [2, 3, 4, 5, 5]
    >>> net = Network.from_connections([2, 3, 1], source, target, [2, 1, 9, 3, -4])
    >>> strongest_paths(net, count=1).tolist(), strongest_paths(net).tolist()
    ([0, 3], [0, 1, 3, 4])
    """
    table = net.connections
    best, through = _log_strengths(net)
    on_best = np.flatnonzero((through == best[table.source]) & (through > -np.inf))
    sources, first = np.unique(table.source[on_best], return_index=True)
    onward = np.full(net.size, -1)
    onward[sources] = on_best[first]  # of equally strong connections the first in the table
    taken = _beginnings(net, through, count)
    found = [taken]
    while len(taken):
        at = np.unique(np.searchsorted(table.indptr, taken, side="right") - 1)
        taken = onward[at]
        taken = taken[taken >= 0]
        found.append(taken)
    return np.unique(np.concatenate(found))


def _beginnings(net: Graph, through: np.ndarray, count: int) -> np.ndarray:
    """Return the connections with which the paths begin: as many from each input, or from some."""
    rows = np.flatnonzero((net.connections.source < net.ranks[0]) & (through > -np.inf))
    rows = rows[np.argsort(-through[rows], kind="stable")]
    source = net.connections.source[rows]
    inputs, first = np.unique(source, return_index=True)
    each = max(count // max(len(inputs), 1), 1)
    by_input = np.argsort(source, kind="stable")
    before = np.searchsorted(source[by_input], source[by_input])  # where an input's own begin
    place = np.empty_like(before)
    place[by_input] = np.arange(len(rows)) - before
    chosen = np.isin(source, inputs[np.argsort(first)[:count]])
    return rows[chosen & (place < each)]


def _log_strengths(net: Graph) -> tuple[np.ndarray, np.ndarray]:
    """Return the log strength of each neuron's best path, and of the best through a connection."""
    table, start = net.connections, net.rank_start
    source, fan_in = table.source, table.fan_in
    with np.errstate(divide="ignore"):
        strength = np.log(np.abs(table.weight))
    best = np.full(net.size, -np.inf, strength.dtype)
    best[start[-2] :] = 0
    through = np.empty_like(strength)
    for rank in range(len(net.ranks) - 1, 0, -1):
        here = slice(start[rank], start[rank + 1])
        rows = slice(table.indptr[here.start], table.indptr[here.stop])
        through[rows] = strength[rows] + np.repeat(best[here], fan_in[here])
        np.maximum.at(best, source[rows], through[rows])
    return best, through
