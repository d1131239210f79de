"""Losses: the targets each expects, and how it is scaled. The formulas are in the kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rewire.io import Registry
from rewire.kernels import layout
from rewire.validation import plain_array

__all__ = [
    "BinaryCrossEntropy",
    "CrossEntropy",
    "Hinge",
    "Loss",
    "MeanSquaredError",
    "get",
    "registry",
]


@dataclass(frozen=True)
class Loss:
    """A loss of the scores in the last rank, averaged over a batch, plus an L2 penalty.

    Parameters
    ----------
    l2 : float, default 0
        Strength of the penalty ``l2 * Σ p²`` over all weights and biases.
    weighted : bool, default False
        Whether the targets have one more column, with the weight of each sample: a number of at
        least 0 that its loss is multiplied with. The sum is still divided by the number of
        samples, so weights of mean 1 make a weighted mean. Targets are then two-dimensional.

    Examples
    --------
    The second sample counts three times as much as the first:

    >>> import rewire
    >>> net = rewire.mlp([1, 2], dtype="float64", seed=0)
    >>> loss = CrossEntropy(weighted=True)
    >>> weighted = rewire.evaluate(net, [[1], [2]], [[0, 0.5], [1, 1.5]], loss).loss
    >>> repeated = rewire.evaluate(net, [[1], [2], [2], [2]], [0, 1, 1, 1]).loss
    >>> abs(weighted - repeated) < 1e-12
    True
    """

    l2: float = 0.0
    weighted: bool = False

    name: ClassVar[str]
    code: ClassVar[int]
    # Whether outputs are right or wrong, so that there is an accuracy.
    counts_correct: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not (0 <= self.l2 < np.inf):
            raise ValueError(f"l2 must be at least 0 and finite; got {self.l2}")

    def targets(self, y: Any, samples: int, outputs: int, dtype: np.dtype) -> np.ndarray:
        """Return targets with shape (samples, outputs) and the given dtype.

        Their values are checked by the kernels before anything is learnt; see :meth:`check`.
        """
        y = _numbers(y, dtype)
        columns, shape = outputs + self.weighted, y.shape
        if columns == 1 and shape == (samples,):
            y = y.reshape(samples, 1)
        elif shape != (samples, columns):
            raise ValueError(
                f"y must have shape ({samples}, {columns}), one target per sample and output"
                f"{self._and_weight}, for {self.name}; got {shape}"
            )
        return y

    def check(self, y: np.ndarray, outputs: int) -> None:
        """Refuse targets outside the loss's range; the error shows the first of them."""
        columns = y.shape[1] - self.weighted
        wanted, weights = y[:, :columns], y[:, columns:]
        bad = wanted[~self._allowed(wanted, outputs)]
        if bad.size:
            raise ValueError(f"y must {self._wanted(outputs)}; got {bad[0]:g}")
        bad = weights[~((weights >= 0) & np.isfinite(weights))]
        if bad.size:
            raise ValueError(
                f"y must have finite weights of at least 0 in its last column; got {bad[0]:g}"
            )

    def scale(self, samples: int, outputs: int) -> float:
        """Return what the sum over samples and outputs is multiplied with: it makes a mean."""
        return 1.0 / (samples * outputs)

    @property
    def _and_weight(self) -> str:
        return ", and its weight" if self.weighted else ""

    def _allowed(self, y: np.ndarray, outputs: int) -> np.ndarray:
        return np.isfinite(y)

    def _wanted(self, outputs: int) -> str:
        return "hold finite numbers"


@dataclass(frozen=True)
class Hinge(Loss):
    """Max-margin hinge, ``max(0, 1 - y * score)``, for labels -1 and +1; the post's loss.

    The post's penalty is ``Hinge(l2=1e-4)``.

    Examples
    --------
    >>> import rewire
    >>> net = rewire.Network.from_connections([1, 1], [0], [1], [0.5], dtype="float64")
    >>> rewire.evaluate(net, [[4], [1]], [1, -1], Hinge()).loss  # (0 + 1.5) / 2
    0.75
    """

    name = "hinge"
    code = layout.HINGE

    def _allowed(self, y: np.ndarray, outputs: int) -> np.ndarray:
        return np.abs(y) == 1

    def _wanted(self, outputs: int) -> str:
        return "hold the labels -1 and +1"


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """Softmax cross-entropy, ``-log softmax(scores)[y]``, for class numbers.

    Examples
    --------
    >>> import rewire
    >>> net = rewire.Network.from_connections([1, 2], [0], [1], [1.0], dtype="float64")
    >>> round(rewire.evaluate(net, [[0.0]], [1], CrossEntropy()).loss, 4)  # log 2
    0.6931
    """

    name = "cross_entropy"
    code = layout.CROSS_ENTROPY

    def targets(self, y: Any, samples: int, outputs: int, dtype: np.dtype) -> np.ndarray:
        """Return class numbers with shape (samples, 1), or (samples, 2) with weights."""
        y, shape = _numbers(y, dtype), (samples, 2) if self.weighted else (samples,)
        if y.shape != shape:
            raise ValueError(
                f"y must have shape {shape}, one class number per sample{self._and_weight}; "
                f"got {y.shape}"
            )
        return y.reshape(samples, 1 + self.weighted)

    def scale(self, samples: int, outputs: int) -> float:
        """Return 1 / samples: a sample has one loss, however many classes there are."""
        return 1.0 / samples

    def _allowed(self, y: np.ndarray, outputs: int) -> np.ndarray:
        return (y >= 0) & (y < outputs) & (y == np.floor(y))

    def _wanted(self, outputs: int) -> str:
        return f"hold class numbers in [0, {outputs})"


@dataclass(frozen=True)
class BinaryCrossEntropy(Loss):
    """Cross-entropy of independent outputs, each a logit, for targets in [0, 1].

    Examples
    --------
    >>> import rewire
    >>> net = rewire.Network.from_connections([1, 1], [0], [1], [1.0], dtype="float64")
    >>> round(rewire.evaluate(net, [[0.0]], [1], BinaryCrossEntropy()).loss, 4)  # log 2
    0.6931
    """

    name = "binary_cross_entropy"
    code = layout.BINARY_CROSS_ENTROPY

    def _allowed(self, y: np.ndarray, outputs: int) -> np.ndarray:
        return (y >= 0) & (y <= 1)

    def _wanted(self, outputs: int) -> str:
        return "be in [0, 1]"


@dataclass(frozen=True)
class MeanSquaredError(Loss):
    """``(score - y)²``, averaged over samples and outputs.

    Examples
    --------
    >>> import rewire
    >>> net = rewire.Network.from_connections([1, 1], [0], [1], [2.0], dtype="float64")
    >>> rewire.evaluate(net, [[1], [2]], [[1], [4]], MeanSquaredError()).loss  # (1 + 0) / 2
    0.5
    """

    name = "mean_squared_error"
    counts_correct = False
    code = layout.SQUARED_ERROR


@dataclass(frozen=True)
class Huber(Loss):
    """``d²/2`` up to a distance ``d = |score - y|`` of 1, ``d - 1/2`` beyond: outliers pull less.

    A mean over samples and outputs, as PyTorch's ``HuberLoss``. The distance of 1 suits targets of
    deviation 1, as ``rewire train`` and the estimators make them (P. J. Huber, "Robust estimation
    of a location parameter", 1964).

    Examples
    --------
    >>> import rewire
    >>> net = rewire.Network.from_connections([1, 1], [0], [1], [2.0], dtype="float64")
    >>> rewire.evaluate(net, [[1], [2]], [[1.5], [14]], Huber()).loss  # (0.125 + 9.5) / 2
    4.8125
    """

    name = "huber"
    counts_correct = False
    code = layout.HUBER


def _numbers(y: Any, dtype: np.dtype) -> np.ndarray:
    if type(y) is not np.ndarray or y.dtype is not dtype:
        y = plain_array(y, "y")
        if y.dtype.kind not in "biuf":
            raise ValueError(f"y must hold numbers; got {y.dtype}")
    return layout.as_kernel_array(y, dtype)


registry: Registry[type[Loss]] = Registry("loss")
"""Classes of losses by name."""

for _loss in (Hinge, CrossEntropy, BinaryCrossEntropy, MeanSquaredError, Huber):
    registry.add(_loss.name, _loss)


def get(loss: str | Loss, **options: Any) -> Loss:
    """Return the loss of that name, made with the options; a Loss is returned as it is.

    Examples
    --------
    >>> get("hinge", l2=1e-4)
    Hinge(l2=0.0001, weighted=False)
    """
    return registry.create(loss, Loss, **options)
