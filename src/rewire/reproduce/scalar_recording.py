"""Records scalar networks and their rewirings in the form that a report takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rewire.connectivity import ConnectionTable
from rewire.export import from_scalar
from rewire.graph import Network
from rewire.scalar import Connection, SparseMLP

__all__ = ["ScalarFrames", "history_rows", "rewiring_record"]


class ScalarFrames:
    """Converts a scalar model to a Network step by step; connections keep their births.

    At most one rewiring may lie between two conversions. A rewiring does not grow what it has just
    dropped, so connections with the same ends before and after are the same connection.
    """

    def __init__(self) -> None:
        self._births: dict[tuple[int, int], int] = {}
        self._next_birth = 0

    def convert(self, model: SparseMLP) -> Network:
        """Return the model as it is now."""
        net = from_scalar(model)
        table = net.connections
        ends = list(zip(table.source.tolist(), table.target.tolist(), strict=True))
        births = {}
        for row in np.argsort(table.birth):
            known = self._births.get(ends[row])
            births[ends[row]] = self._next_birth if known is None else known
            self._next_birth += known is None
        self._births = births
        birth = np.array([births[pair] for pair in ends])
        net.connections = ConnectionTable(net.size, table.source, table.target, table.weight, birth)
        return net


def rewiring_record(
    step: int, changes: Sequence[tuple[Connection, Connection]], layers: int
) -> dict[str, Any]:
    """Return the record of a rewiring by :func:`rewire.scalar.rigl_update`.

    Parameters
    ----------
    step : int
        Steps done.
    changes : sequence of (Connection, Connection)
        Pairs of a dropped connection and the one grown in its place.
    layers : int
        Number of layers of the network.
    """
    dropped, grown = (
        np.bincount([pair[k].layer for pair in changes], minlength=layers).tolist() for k in (0, 1)
    )
    return {"step": step, "dropped": dropped, "grown": grown}


def history_rows(
    losses: Sequence[float], accuracies: Sequence[float], end: tuple[float, float], seconds: float
) -> list[dict[str, Any]]:
    """Return the rows of a report's curves: loss and accuracy before each step and at the end."""
    rows: list[dict[str, Any]] = [
        {"step": step, "loss": loss, "accuracy": accuracy}
        for step, (loss, accuracy) in enumerate(zip(losses, accuracies, strict=True))
    ]
    loss, accuracy = end
    last = {"step": len(rows), "loss": loss, "accuracy": accuracy, "seconds": seconds}
    return [*rows, last]
