"""Budgets in whole numbers: groups of a scope, and how a sum is shared among them."""

from __future__ import annotations

import math

import numpy as np

from rewire.graph import Network

from .moment import Moment, View
from .registry import Decorated, Registry
from .selection import Region

__all__ = [
    "SCOPES",
    "apportion",
    "group_starts",
    "redistribution",
    "redistributions",
    "regions",
    "whole",
]

SCOPES = ("neuron", "layer", "network")


def group_starts(net: Network, scope: str) -> np.ndarray:
    """Return where each group of target neurons begins, and where the last one ends."""
    start = net.rank_start
    if scope == "layer":
        return start[1:]
    if scope == "network":
        return start[[1, -1]]
    return np.arange(start[1], start[-1] + 1)


def regions(net: Network, wiring: str) -> list[Region]:
    """Return what may be connected: each rank with the one before it, or with all before it."""
    start = [int(first) for first in net.rank_start]
    return [
        Region(
            range(start[rank - 1] if wiring == "layered" else 0, start[rank]),
            range(start[rank], start[rank + 1]),
        )
        for rank in range(1, len(net.ranks))
    ]


def whole(number: float) -> int:
    """Round down; what floating point takes from a whole number does not count."""
    return math.floor(round(number, 9))


def apportion(total: int, shares: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Share out a whole number in proportion, with an upper bound for each.

    What a bound cuts off is shared out again among the others, and evenly once no share is left.
    Each gets what its part rounds down to; what is left over goes to the largest remainders.

    Parameters
    ----------
    total : int
    shares : ndarray of float, shape (groups,)
        Not negative.
    most : ndarray of int, shape (groups,)

    Returns
    -------
    ndarray of int64, shape (groups,)
        Sums to ``total``, or to the sum of ``most`` where that is less.

    Examples
    --------
    >>> apportion(10, np.array([1.0, 1.0, 2.0]), np.array([9, 1, 9])).tolist()
    [3, 1, 6]
    """
    most = np.asarray(most, np.int64)
    given, open_ = np.zeros(len(most)), most > 0
    total = min(int(total), int(most.sum()))
    while open_.any():
        weight = np.where(open_, shares, 0.0)
        weight = weight if weight.sum() > 0 else open_.astype(float)
        ideal = (total - given[~open_].sum()) * (weight / weight.sum())
        full = open_ & (ideal >= most)
        given[open_] = np.where(full, most, ideal)[open_]
        if not full.any():
            break
        open_ &= ~full
    result = np.floor(np.round(given, 9)).astype(np.int64)
    remainder = np.where(result < most, given - result, -1.0)
    result[np.argsort(-remainder, kind="stable")[: total - result.sum()]] += 1
    return result


redistributions: Registry = Registry("redistribution")


class Redistribution(Decorated):
    """How the connections that were dropped are shared among the layers.

    Made by the decorator :func:`redistribution`.
    """

    def __init__(self, name: str, function, needs: frozenset[str]):
        self.name, self.function, self.needs = name, function, needs
        self.__doc__ = function.__doc__

    def __call__(self, now: Moment, dropped: np.ndarray) -> np.ndarray:
        """Return a share for each layer; they need not sum to 1."""
        shares = self.function(View(now, self.name, self.needs), dropped)
        return np.nan_to_num(np.asarray(shares, np.float64), nan=0.0, posinf=0.0)

    def __repr__(self) -> str:
        return f"<redistribution {self.name!r}>"


def redistribution(name: str, needs=()):
    """Register a function of (now, dropped) that returns one share per layer.

    ``dropped`` has shape (connections,) and is True for what is being dropped.
    """

    def register(function) -> Redistribution:
        return redistributions.add(name, Redistribution(name, function, frozenset(needs)))

    return register


def _sums_by_layer(now: Moment, values: np.ndarray) -> np.ndarray:
    bounds = now.net.connections.row_pointer[now.net.rank_start[1:]].astype(np.int64)
    return np.diff(np.concatenate(([0.0], np.cumsum(values)))[bounds])


@redistribution("momentum", needs=["momentum"])
def momentum(now: Moment, dropped: np.ndarray) -> np.ndarray:
    r"""Share by the mean \|momentum\| of a layer's connections (SNFS, arXiv 1907.04840)."""
    count = _sums_by_layer(now, np.ones(len(dropped)))
    return _sums_by_layer(now, np.abs(now.momentum)) / np.maximum(count, 1)


@redistribution("surviving")
def surviving(now: Moment, dropped: np.ndarray) -> np.ndarray:
    """Share by how many connections survived in a layer, R_l / ΣR (DSR, arXiv 1902.05967)."""
    return _sums_by_layer(now, ~dropped)
