"""Budgets: how many connections each group gets, in whole numbers."""

from __future__ import annotations

import numpy as np

from rewire.io import Decorated, Registry

from .context import CheckedContext, RewiringContext, declared

__all__ = [
    "apportion",
    "redistribution",
    "redistributions",
    "whole",
]


def whole(numbers: np.ndarray) -> np.ndarray:
    """Round down, ignoring the rounding errors of floating point.

    Examples
    --------
    >>> whole(np.array([0.29 * 100, 2.9])).tolist()
    [29, 2]
    """
    return np.floor(numbers.round(9)).astype(np.int64)


def apportion(total: int, shares: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Divide a whole number in proportion to shares, with an upper bound for each.

    What exceeds a bound is divided again among the others, and evenly once no share is left. Each
    part is rounded down, and the largest remainders get one more.

    Parameters
    ----------
    total : int
    shares : ndarray of float, shape (groups,)
        Not negative.
    limit : ndarray of int, shape (groups,)

    Returns
    -------
    ndarray of int64, shape (groups,)
        Sums to ``total``, or to the sum of ``limit`` where that is less.

    Examples
    --------
    >>> apportion(10, np.array([1.0, 1.0, 2.0]), np.array([9, 1, 9])).tolist()
    [3, 1, 6]
    """
    limit = np.asarray(limit, np.int64)
    total = min(int(total), int(limit.sum()))
    given, open_ = np.zeros(len(limit), np.int64), limit > 0
    ideal = np.zeros(len(limit))
    while open_.any():
        weight = np.where(open_, shares, 0.0)
        if weight.sum() <= 0:
            weight = open_.astype(float)
        ideal = (total - given.sum()) * (weight / weight.sum())
        full = open_ & (ideal >= limit)
        if not full.any():
            break
        given[full], open_ = limit[full], open_ & ~full
    given[open_] = np.floor(ideal[open_])
    remainder = np.where(open_, ideal - given, -1.0)
    given[np.argsort(-remainder, kind="stable")[: total - int(given.sum())]] += 1
    return given


redistributions: Registry = Registry("redistribution")


class Redistribution(Decorated):
    """How the dropped connections are divided among the layers.

    Made by the decorator :func:`redistribution`.
    """

    def __init__(self, name: str, function, needs=()):
        self.name, self.function, self.needs = name, function, declared(needs)
        self.__doc__ = function.__doc__

    def __call__(self, ctx: RewiringContext, dropped: np.ndarray) -> np.ndarray:
        """Return a share for each layer; they need not sum to 1."""
        shares = np.asarray(
            self.function(CheckedContext(ctx, self.name, self.needs), dropped), np.float64
        )
        layers = len(ctx.candidates.blocks)
        if shares.shape != (layers,) or not ((shares >= 0) & (shares < np.inf)).all():
            raise ValueError(
                f"redistribution {self.name!r} must return one share per layer, shape ({layers},), "
                f"at least 0 and finite; got {shares}"
            )
        return shares

    def __repr__(self) -> str:
        return f"<redistribution {self.name!r}>"


def redistribution(name: str, needs=()):
    """Register a function of (ctx, dropped) that returns one share per layer.

    ``dropped`` is a boolean array of shape (connections,), True where one is dropped.

    Examples
    --------
    >>> import numpy as np
    >>> from rewire.methods import RigL
    >>> from rewire.topology import redistribution, redistributions
    >>> @redistribution("evenly")
    ... def evenly(ctx, dropped):
    ...     return np.ones(len(ctx.candidates.blocks))
    >>> RigL(redistribute="evenly").redistribute is evenly
    True
    >>> redistributions.remove("evenly")
    """

    def register(function) -> Redistribution:
        return redistributions.add(name, Redistribution(name, function, needs))

    return register


def _sums_by_layer(ctx: RewiringContext, values: np.ndarray) -> np.ndarray:
    bounds = ctx.table.indptr[ctx.candidates.layer_start].astype(np.int64)
    return np.diff(np.concatenate(([0.0], np.cumsum(values)))[bounds])


@redistribution("momentum", needs=["momentum"])
def momentum(ctx: RewiringContext, dropped: np.ndarray) -> np.ndarray:
    r"""Share by the mean \|momentum\| of a layer's connections (SNFS, arXiv 1907.04840)."""
    count = _sums_by_layer(ctx, np.ones(len(dropped)))
    return _sums_by_layer(ctx, np.abs(ctx.momentum)) / np.maximum(count, 1)


@redistribution("surviving")
def surviving(ctx: RewiringContext, dropped: np.ndarray) -> np.ndarray:
    """Share by how many connections survived in a layer, R_l / ΣR (DSR, arXiv 1902.05967)."""
    return _sums_by_layer(ctx, ~dropped)
