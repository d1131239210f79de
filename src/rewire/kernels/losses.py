"""Losses: what each expects as targets, and how it is scaled. The formulas are in the kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from . import layout

__all__ = [
    "BinaryCrossEntropy",
    "CrossEntropy",
    "Hinge",
    "Loss",
    "MeanSquaredError",
    "named",
]


@dataclass(frozen=True)
class Loss:
    """A loss of the scores in the last rank, averaged over a batch, plus an L2 penalty.

    Parameters
    ----------
    l2 : float, default 0
        Strength of the penalty ``l2 * Σ p²`` over all weights and biases.
    """

    l2: float = 0.0

    name: ClassVar[str]
    code: ClassVar[int]

    def __post_init__(self) -> None:
        if not (0 <= self.l2 < np.inf):
            raise ValueError(f"l2 must be at least 0 and finite; got {self.l2}")

    def targets(self, y: Any, samples: int, outputs: int, dtype: np.dtype) -> np.ndarray:
        """Check targets and return them with shape (samples, outputs) and the given dtype."""
        y = _numbers(y)
        if y.shape == (samples,) and outputs == 1:
            y = y[:, None]
        if y.shape != (samples, outputs):
            raise ValueError(
                f"y must have shape ({samples}, {outputs}), one target per sample and output, for "
                f"{self.name}; got {y.shape}"
            )
        y = np.ascontiguousarray(y, dtype)
        self._check(y)
        # The kernels are compiled for arrays that could be written to.
        return y if y.flags.writeable else y.copy()

    def scale(self, samples: int, outputs: int) -> float:
        """Return what the sum over samples and outputs is multiplied with: it makes a mean."""
        return 1.0 / (samples * outputs)

    def _check(self, y: np.ndarray) -> None:
        if not np.isfinite(y).all():
            raise ValueError(f"y must hold finite numbers; got {y[~np.isfinite(y)][0]}")


@dataclass(frozen=True)
class Hinge(Loss):
    """Max-margin hinge, ``max(0, 1 - y * score)``, for labels -1 and +1; the post's loss.

    The post's penalty is ``Hinge(l2=1e-4)``.
    """

    name = "hinge"
    code = layout.HINGE

    def _check(self, y: np.ndarray) -> None:
        if np.count_nonzero(np.abs(y) != 1):
            raise ValueError(f"y must hold the labels -1 and +1; got {y[np.abs(y) != 1][0]}")


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """Softmax cross-entropy, ``-log softmax(scores)[y]``, for class numbers."""

    name = "cross_entropy"
    code = layout.CROSS_ENTROPY

    def targets(self, y: Any, samples: int, outputs: int, dtype: np.dtype) -> np.ndarray:
        """Check class numbers; returned with shape (samples, 1)."""
        y = _numbers(y)
        if y.shape != (samples,):
            raise ValueError(
                f"y must have shape ({samples},), one class number per sample; got {y.shape}"
            )
        if y.size and (
            y.min() < 0 or y.max() >= outputs or (y.dtype.kind == "f" and (y % 1).any())
        ):
            bad = y[(y < 0) | (y >= outputs) | (y != np.floor(y))][0]
            raise ValueError(f"y must hold class numbers in [0, {outputs}); got {bad}")
        return y.astype(dtype)[:, None]

    def scale(self, samples: int, outputs: int) -> float:
        """Return 1 / samples: a sample has one loss, however many classes there are."""
        return 1.0 / samples


@dataclass(frozen=True)
class BinaryCrossEntropy(Loss):
    """Cross-entropy of independent outputs, each a logit, for targets in [0, 1]."""

    name = "binary_cross_entropy"
    code = layout.BINARY_CROSS_ENTROPY

    def _check(self, y: np.ndarray) -> None:
        if not ((y >= 0) & (y <= 1)).all():
            raise ValueError(f"y must be in [0, 1]; got {y[~((y >= 0) & (y <= 1))][0]}")


@dataclass(frozen=True)
class MeanSquaredError(Loss):
    """``(score - y)²``, averaged over samples and outputs."""

    name = "mean_squared_error"
    code = layout.SQUARED_ERROR


def _numbers(y: Any) -> np.ndarray:
    y = np.asarray(y)
    if y.dtype.kind not in "biuf":
        raise ValueError(f"y must hold numbers; got {y.dtype}")
    return y


LOSSES = {kind.name: kind for kind in (Hinge, CrossEntropy, BinaryCrossEntropy, MeanSquaredError)}


def named(loss: str | Loss) -> Loss:
    """Return the loss of that name, without a penalty; a loss is returned as it is."""
    if isinstance(loss, Loss):
        return loss
    if loss not in LOSSES:
        raise ValueError(f"loss must be one of {sorted(LOSSES)} or a Loss; got {loss!r}")
    return LOSSES[loss]()
