"""Removing dead neurons without changing the function."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .network import Network

__all__ = ["alive", "strip"]


def strip(net: Network, X: np.ndarray | None = None) -> Network:
    """Return a copy without dead neurons; see :meth:`Network.strip`.

    One pass forward folds the constants rank by rank, one pass backward finds what is not read;
    neither can undo what the other did, so two passes reach the fixed point.
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
        rows = slice(int(table.row_pointer[start[rank]]), int(table.row_pointer[start[rank + 1]]))
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
        rows = slice(int(table.row_pointer[start[rank]]), int(table.row_pointer[start[rank + 1]]))
        used = read[target[rows]] & ~removed[rows]
        read[table.source[rows][used]] = True
    net.neurons.data["bias"] = bias.astype(net.dtype)
    read[: net.ranks[0]] = True
    table.replace(np.flatnonzero(removed), [], [])
    _keep(net, read)
    return net


def alive(net: Network) -> np.ndarray:
    """Return whether each neuron lies on a way from the inputs to the outputs.

    Inputs and outputs always count as alive.
    """
    table, start = net.connections, net.rank_start
    fed, read = np.zeros(net.size, bool), np.zeros(net.size, bool)
    fed[: net.ranks[0]] = True
    read[start[-2] :] = True
    source, target = table.source, table.target
    bounds = table.row_pointer[start[1:]].tolist()
    ranks = [(source[first:last], target[first:last]) for first, last in pairwise(bounds)]
    for sources, targets in ranks:
        fed[targets[fed[sources]]] = True
    for sources, targets in reversed(ranks):
        read[sources[read[targets]]] = True
    result = fed & read
    result[: net.ranks[0]] = result[start[-2] :] = True
    return result


def _keep(net: Network, kept: np.ndarray) -> None:
    net.connections.delete_neurons(~kept)
    net.neurons.delete(np.flatnonzero(~kept))
    net.ranks = tuple(int(part.sum()) for part in np.split(kept, net.rank_start[1:-1]))
    net.version += 1
    net.numbering += 1


def _constant_on(net: Network, X: np.ndarray, constant: np.ndarray, value: np.ndarray) -> None:
    A = net.plan().activations(net.connections.weight, net.bias, X)
    start = net.rank_start
    hidden = slice(int(start[1]), int(start[-2]))
    constant[hidden] = A[hidden].min(axis=1) == A[hidden].max(axis=1)
    value[constant] = A[constant, 0]
