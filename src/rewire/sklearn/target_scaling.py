"""Mean and deviation of the targets seen so far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["TargetScaling"]


@dataclass(frozen=True, eq=False)
class TargetScaling:
    """Running mean and deviation of each target, for data that come in parts.

    Attributes
    ----------
    weight : float
        Of all samples seen; each weighs 1 where no weights are given.
    mean : ndarray of float64, shape (outputs,)
    squares : ndarray of float64, shape (outputs,)
        Weighted sum of squared distances from the mean.

    Examples
    --------
    The same in parts as at once:

    >>> parts = TargetScaling.none(1).add(np.array([[1.0]])).add(np.array([[2.0], [6.0]]))
    >>> parts.mean.tolist(), round(float(parts.scale[0]), 4)
    ([3.0], 2.1602)
    """

    weight: float
    mean: np.ndarray
    squares: np.ndarray

    @classmethod
    def none(cls, outputs: int) -> TargetScaling:
        """Return that of no samples."""
        return cls(0.0, np.zeros(outputs), np.zeros(outputs))

    def add(self, y: np.ndarray, weight: np.ndarray | None = None) -> TargetScaling:
        """Return that with more samples, shape (samples, outputs).

        Means and squares of the two parts are merged as by T. F. Chan, G. H. Golub and
        R. J. LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances",
        1979, which loses no digits where the mean is large.
        """
        mean = np.average(y, axis=0, weights=weight)
        weight = np.ones(len(y)) if weight is None else weight
        squares = weight @ (y - mean) ** 2
        added, total = float(weight.sum()), self.weight + float(weight.sum())
        apart = mean - self.mean
        return TargetScaling(
            total,
            self.mean + apart * (added / total),
            self.squares + squares + apart**2 * (self.weight * added / total),
        )

    @property
    def varies(self) -> np.ndarray:
        """Whether each target has varied, by more than rounding."""
        deviation = np.sqrt(self.squares / max(self.weight, 1e-300))
        return deviation > 8 * np.finfo(np.float64).eps * np.abs(self.mean)

    @property
    def scale(self) -> np.ndarray:
        """Standard deviation of each target; 1 for one that has not varied."""
        varies = self.varies
        return np.sqrt(np.where(varies, self.squares, 1) / np.where(varies, self.weight, 1))
