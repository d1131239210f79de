"""What a report shows of the experiment, whichever engine computes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rewire.connectivity import ConnectionTable
from rewire.export import from_scalar
from rewire.graph import Network
from rewire.scalar import SparseMLP

__all__ = ["ScalarFrames", "figures", "moved"]


class ScalarFrames:
    """Networks of a scalar model at one moment after the other; connections keep their births.

    No more than one rewiring may lie between two of them: what it drops does not come back at once,
    so that a connection in the same place is the same one.
    """

    def __init__(self) -> None:
        self._births: dict[tuple[int, int], int] = {}
        self._born = 0

    def of(self, model: SparseMLP) -> Network:
        """Return the model as it is now."""
        net = from_scalar(model)
        table = net.connections
        places = list(zip(table.source.tolist(), table.target.tolist(), strict=True))
        births = {}
        for row in np.argsort(table.birth):
            known = self._births.get(places[row])
            births[places[row]] = self._born if known is None else known
            self._born += known is None
        self._births = births
        birth = np.array([births[place] for place in places])
        net.connections = ConnectionTable(net.size, table.source, table.target, table.weight, birth)
        return net


def moved(step: int, changes: Sequence[tuple[Any, Any]], layers: int) -> dict[str, Any]:
    """Return the record of a rewiring by :func:`rewire.scalar.rigl_update`.

    Parameters
    ----------
    step : int
        After how many steps.
    changes : sequence of (Connection, Connection)
        What was dropped and what was grown in its stead.
    layers : int
        Of the network.
    """
    dropped, grown = (
        np.bincount([pair[k].layer for pair in changes], minlength=layers).tolist() for k in (0, 1)
    )
    return {"step": step, "dropped": dropped, "grown": grown}


def figures(
    losses: Sequence[float], accuracies: Sequence[float], end: tuple[float, float], seconds: float
) -> list[dict[str, Any]]:
    """Return the rows of a report's curves: before each step, and what the last one led to."""
    rows: list[dict[str, Any]] = [
        {"step": step, "loss": loss, "accuracy": accuracy}
        for step, (loss, accuracy) in enumerate(zip(losses, accuracies, strict=True))
    ]
    loss, accuracy = end
    last = {"step": len(rows), "loss": loss, "accuracy": accuracy, "seconds": seconds}
    return [*rows, last]
