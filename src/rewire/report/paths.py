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

    >>> net = Network.from_connections([2, 3, 1], [0, 1, 1, 2, 3], [2, 3, 4, 5, 5], [2, 1, 9, 3, -4])
    >>> strongest_paths(net, count=1).tolist(), strongest_paths(net).tolist()
    ([0, 3], [0, 1, 3, 4])
    """  # noqa: E501
    table, start = net.connections, net.rank_start
    if not len(table):
        return np.zeros(0, np.int64)
    target, magnitude = table.target, np.abs(table.weight).astype(np.float64)
    best = np.full(net.size, -np.inf)  # logarithm of the strength of the best way on
    best[start[-2] :] = 0
    onward = np.full(net.size, -1)
    with np.errstate(divide="ignore"):
        cost = np.log(magnitude)
    order = np.argsort(table.source, kind="stable")
    first = np.searchsorted(table.source[order], np.arange(net.size + 1))
    for rank in range(len(net.ranks) - 2, -1, -1):
        rows = order[first[start[rank]] : first[start[rank + 1]]]
        reach, source = cost[rows] + best[target[rows]], table.source[rows]
        # The last of each source once sorted by strength; of equals the first in the table.
        by_strength = np.lexsort((-rows, reach, source))
        is_last = np.diff(source[by_strength], append=-1) != 0
        last = by_strength[is_last]
        last = last[reach[last] > -np.inf]
        best[source[last]] = reach[last]
        onward[source[last]] = rows[last]
    inputs = np.flatnonzero(best[: net.ranks[0]] > -np.inf)
    at = inputs[np.argsort(-best[inputs], kind="stable")[:count]]
    found: list[np.ndarray] = []
    while len(at):
        rows = onward[at]
        rows = np.unique(rows[rows >= 0])
        found.append(rows)
        at = np.unique(target[rows])
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)
