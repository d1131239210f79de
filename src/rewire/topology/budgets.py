"""Budgets: how many connections each group gets, in whole numbers."""

from __future__ import annotations

import numpy as np

from rewire.io import Decorated, Registry

from .context import CheckedContext, RewiringContext, declared

__all__ = ["redistribution", "redistributions", "whole"]


def whole(numbers: np.ndarray) -> np.ndarray:
    """Round down, ignoring the rounding errors of floating point.

    Examples
    --------
    >>> whole(np.array([0.29 * 100, 2.9])).tolist()
    [29, 2]
    """
    return np.floor(numbers.round(9)).astype(np.int64)


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
