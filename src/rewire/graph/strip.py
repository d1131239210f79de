"""Removing dead neurons without changing the function."""

from __future__ import annotations

from itertools import pairwise
from typing import TypeVar

import numpy as np

from .graph import Graph

__all__ = ["alive", "strip"]

Net = TypeVar("Net", bound=Graph)


def strip(net: Net, X: np.ndarray | None = None) -> Net:
    """Return a copy without dead neurons; see :meth:`Network.strip`.

    A forward pass folds constants rank by rank, a backward pass finds neurons that are not read.
    Neither undoes the other, so that one of each is enough.
    """
    net = net.copy()
    constant = np.zeros(net.size, bool)
    value = np.zeros(net.size)
    if X is not None and len(X):
        _constant_on(net, X, constant, value)
    table, start = net.connections, net.rank_start
    target = table.target
    # Double precision: a constant is added up over many connections, but rounded once.
    bias = net.bias.astype(np.float64)
    removed = np.zeros(len(table), bool)
    for rank in range(1, len(net.ranks)):
        rows = slice(int(table.indptr[start[rank]]), int(table.indptr[start[rank + 1]]))
        source = table.source[rows]
        folded = constant[source]
        contribution = table.weight[rows].astype(np.float64) * value[source]
        np.add.at(bias, target[rows][folded], contribution[folded])
        removed[rows] = folded
        fed = np.bincount(target[rows][~folded], minlength=net.size)
        here = np.arange(start[rank], start[rank + 1])
        new = here[(fed[here] == 0) & ~constant[here]]
        constant[new] = True
        value[new] = net.activations[rank](bias[new])
    read = np.zeros(net.size, bool)
    read[start[-2] :] = True
    for rank in range(len(net.ranks) - 1, 0, -1):
        rows = slice(int(table.indptr[start[rank]]), int(table.indptr[start[rank + 1]]))
        used = read[target[rows]] & ~removed[rows]
        read[table.source[rows][used]] = True
    net.neurons.data["bias"] = bias.astype(net.dtype)
    read[: net.ranks[0]] = True
    table.replace(np.flatnonzero(removed), [], [])
    _keep(net, read)
    return net


def alive(net: Graph) -> np.ndarray:
    """Return whether each neuron is on a path from the inputs to the outputs.

    Inputs and outputs always count as alive.
    """
    table, start = net.connections, net.rank_start
    source, fan_in, fan_out = table.source, table.fan_in, table.fan_out
    bounds = table.indptr[start].tolist()
    ranks = list(zip(pairwise(start.tolist()), pairwise(bounds), strict=True))[1:]
    # Only connections from or to dead neurons are looked at one by one; there are few, as a rule.
    fed, read = fan_in > 0, np.ones(net.size, bool)
    fed[: net.ranks[0]] = True
    for (begin, end), (first, last) in ranks:
        if not fed[:begin].all():
            idle = ~fed[source[first:last]]
            into = np.repeat(np.arange(end - begin), fan_in[begin:end])[idle]
            fed[begin:end] = fan_in[begin:end] > np.bincount(into, minlength=end - begin)
    unread = np.zeros(net.size, np.int64)  # connections to neurons that are not read themselves
    for (begin, end), (first, last) in reversed(ranks):
        if begin < start[-2]:
            read[begin:end] = fan_out[begin:end] > unread[begin:end]
        if not read[begin:end].all():
            idle = np.repeat(~read[begin:end], fan_in[begin:end])
            unread += np.bincount(source[first:last][idle], minlength=net.size)
    result = fed & read
    result[: net.ranks[0]] = result[start[-2] :] = True
    return result


def _keep(net: Graph, kept: np.ndarray) -> None:
    net.connections.delete_units(~kept)
    net.neurons.delete(np.flatnonzero(~kept))
    net.ranks = tuple(int(part.sum()) for part in np.split(kept, net.rank_start[1:-1]))
    net.version += 1
    net.numbering += 1


def _constant_on(net: Graph, X: np.ndarray, constant: np.ndarray, value: np.ndarray) -> None:
    A = net.program().activations(net.connections.weight, net.bias, X)
    start = net.rank_start
    hidden = slice(int(start[1]), int(start[-2]))
    constant[hidden] = A[hidden].min(axis=1) == A[hidden].max(axis=1)
    value[constant] = A[constant, 0]
