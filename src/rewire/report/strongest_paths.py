"""The strongest ways through a network."""

from __future__ import annotations

import numpy as np

from rewire.graph import Network

__all__ = ["strongest_paths"]


def strongest_paths(net: Network, count: int = 40) -> np.ndarray:
    r"""Return the connections on the strongest way from an input to an output, for some inputs.

    A way's strength is the product of its \|weights\|. One pass from the outputs back finds each
    neuron's best way on, so that nothing is searched and nothing is missed: time is proportional
    to the connections.

    Parameters
    ----------
    net : Network
    count : int, default 40
        Inputs, those with the strongest ways.

    Returns
    -------
    ndarray of int
        Rows of the connection table, in rising order.

    Examples
    --------
    Two ways, of strength 2 · 3 and 1 · 4; a connection that leads nowhere is on none:

    >>> source, target = [0, 1, 1, 2, 3], [2, 3, 4, 5, 5]
    >>> net = Network.from_connections([2, 3, 1], source, target, [2, 1, 9, 3, -4])
    >>> strongest_paths(net, count=1).tolist(), strongest_paths(net).tolist()
    ([0, 3], [0, 1, 3, 4])
    """
    table, start = net.connections, net.rank_start
    source, fan_in = table.source, table.fan_in
    with np.errstate(divide="ignore"):
        cost = np.log(np.abs(table.weight))
    # Logarithm of the strength of each neuron's best way on, and of the best through a connection.
    best = np.full(net.size, -np.inf, cost.dtype)
    best[start[-2] :] = 0
    through = np.empty_like(cost)
    for rank in range(len(net.ranks) - 1, 0, -1):
        here = slice(start[rank], start[rank + 1])
        rows = slice(table.indptr[here.start], table.indptr[here.stop])
        through[rows] = cost[rows] + np.repeat(best[here], fan_in[here])
        np.maximum.at(best, source[rows], through[rows])
    candidates = np.flatnonzero((through == best[source]) & (through > -np.inf))
    sources, first = np.unique(source[candidates], return_index=True)
    onward = np.full(net.size, -1)
    onward[sources] = candidates[first]  # of equally strong ones the first in the table
    inputs = np.flatnonzero(best[: net.ranks[0]] > -np.inf)
    at = inputs[np.argsort(-best[inputs], kind="stable")[:count]]
    found = [np.zeros(0, np.int64)]
    while len(at):
        taken = onward[at]
        found.append(taken[taken >= 0])
        at = np.unique(np.searchsorted(table.indptr, found[-1], side="right") - 1)
    return np.unique(np.concatenate(found))
