"""How many connections to remove: pruning to a final density, and an adaptive threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rewire.connectivity import SparseModel
from rewire.connectivity.distributions import connection_counts
from rewire.schedules import Constant, Schedule, Time

__all__ = ["PruningSchedule", "Threshold"]


@dataclass(frozen=True)
class PruningSchedule:
    """Prune from the density that a model starts with to a final one.

    Parameters
    ----------
    density : float or sequence of float
        At the end, in (0, 1]: of the whole model, or of each layer.
    shape : schedule
        How much of the pruning is done at a time, from 0 to 1, such as :class:`Cubic`.
    distribution : str, default "uniform"
        How one density is spread over the layers; see :func:`rewire.mlp`.
    geometric : bool, default False
        Whether equal parts of the pruning remove equal shares of the remaining connections, rather
        than equal numbers.

    Examples
    --------
    From dense to a tenth, most of it early:

    >>> from rewire.schedules import Cubic
    >>> from rewire.methods import RigL
    >>> method = RigL(pruning=PruningSchedule(0.1, Cubic()))
    >>> method.pruning.density
    0.1
    """

    density: float | Sequence[float]
    shape: Schedule = Constant(1.0)
    distribution: str = "uniform"
    geometric: bool = False

    def budget(self, model: SparseModel, initial: np.ndarray, time: Time) -> np.ndarray:
        """Return how many connections each layer is to have; it began with ``initial``."""
        done, final = self.shape(time), self.final(model)
        if self.geometric:
            return np.round(initial * (final / np.maximum(initial, 1)) ** done).astype(np.int64)
        return np.round(initial + (final - initial) * done).astype(np.int64)

    def final(self, model: SparseModel) -> np.ndarray:
        """Return how many connections each layer has at the end."""
        blocks = model.blocks()  # densities are of connections from one layer to the next
        counts = connection_counts(
            [block.shape for block in blocks], density=self.density, distribution=self.distribution
        )
        return np.maximum(counts, [block.size > 0 for block in blocks])


@dataclass(frozen=True)
class Threshold:
    r"""Drop all \|w\| below one threshold for all layers, which adapts itself; DSR's rule.

    Parameters
    ----------
    fraction : float, default 0.1
        Share of all connections to drop in one rewiring, in (0, 1].
    tolerance : float, default 0.1
        The threshold doubles when fewer than (1 - tolerance) of them were dropped, and halves when
        more than (1 + tolerance) were.
    start : float, default 0.001

    Examples
    --------
    >>> from rewire.methods import DSR
    >>> DSR(Threshold(0.05, start=0.01)).fraction
    Threshold(fraction=0.05, tolerance=0.1, start=0.01)
    """

    fraction: float = 0.1
    tolerance: float = 0.1
    start: float = 1e-3

    def __post_init__(self) -> None:
        if not 0 < self.fraction <= 1:
            raise ValueError(f"fraction must be in (0, 1]; got {self.fraction}")
        if not 0 <= self.tolerance < 1:
            raise ValueError(f"tolerance must be in [0, 1); got {self.tolerance}")
        if not 0 < self.start < np.inf:
            raise ValueError(f"start must be above 0 and finite; got {self.start}")

    def next(self, threshold: float, dropped: int, connections: int) -> float:
        """Return the next threshold."""
        wanted = self.fraction * connections
        if dropped < (1 - self.tolerance) * wanted:
            return 2 * threshold
        return threshold / 2 if dropped > (1 + self.tolerance) * wanted else threshold
