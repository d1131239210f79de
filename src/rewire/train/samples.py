"""Data that a network can learn from, checked once at the door."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse

from rewire.graph import Network
from rewire.io import advise
from rewire.kernels import get_backend
from rewire.losses import Loss
from rewire.validation import plain_array, real_matrix

from .batches import Batches
from .fingerprint import fingerprint

__all__ = ["Samples", "check_validation_data", "spacing"]

# Samples, and numbers in them, that show what a network does.
FEW, FEW_NUMBERS = 256, 200_000


@dataclass(frozen=True)
class Samples:
    """Inputs, targets and the loss that compares them; whatever takes this does not check again.

    Make one with :meth:`check`.

    Attributes
    ----------
    X : ndarray (C-contiguous) or SciPy CSR, shape (samples, inputs)
        Finite numbers of the network's dtype.
    y : ndarray
        Targets as they were given, valid for the loss.
    loss : Loss
    """

    X: Any
    y: np.ndarray
    loss: Loss

    @classmethod
    def check(cls, net: Network, X: Any, y: Any, loss: Loss) -> Samples:
        """Check inputs and targets against a network and a loss.

        Parameters
        ----------
        net : Network
        X : array-like or SciPy sparse matrix, shape (samples, inputs)
        y : array-like
            Targets, as the loss wants them.
        loss : Loss

        Raises
        ------
        ValueError
            For wrong shapes, no samples, inputs that are not finite in the network's dtype, and
            targets outside the loss's range.
        """
        X = _check_inputs("X", net, X)
        return cls(X, _check_targets(net, y, loss, X.shape[0]), loss)

    def __len__(self) -> int:
        return self.X.shape[0]

    @property
    def sparse(self) -> bool:
        """Whether the inputs are a sparse matrix."""
        return issparse(self.X)

    def at(self, batches: Batches, step: int) -> Samples:
        """Return the samples in memory at a step: all of them."""
        return self

    @property
    def few(self) -> Samples:
        """Some of the samples, evenly spaced."""
        every = spacing(len(self), self.X.shape[1])
        return Samples(self.X[::every], self.y[::every], self.loss)

    def parts(self) -> Iterator[Samples]:
        """Yield all samples, in one part."""
        yield self

    def describe(self) -> dict[str, str]:
        """Return the fingerprints of inputs and targets."""
        return {"X": fingerprint(self.X), "y": fingerprint(self.y)}

    def take(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return a dense copy of some rows of X and y."""
        X = self.X[rows]
        return X.toarray() if self.sparse else X, self.y[rows]


def spacing(samples: int, inputs: int) -> int:
    """Return how far apart samples are of which a few are kept: at most 256.

    Examples
    --------
    >>> spacing(1000, 20), spacing(1000, 2000)
    (4, 10)
    """
    return max(1, -(-samples // min(FEW, max(1, FEW_NUMBERS // inputs))))


def check_validation_data(net: Network, data: Any, loss: Loss) -> Samples:
    """Check a pair (X, y) to validate on; error messages name ``validation_data``."""
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        raise ValueError(
            f"validation_data must be a pair (X, y) or a stream; got {type(data).__name__}"
        )
    X = _check_inputs("validation_data's X", net, data[0])
    try:
        return Samples(X, _check_targets(net, data[1], loss, X.shape[0]), loss)
    except ValueError as error:
        raise ValueError(f"validation_data: {error}") from error


def _check_inputs(name: str, net: Network, X: Any) -> Any:
    X = real_matrix(_plain(name, X), name)
    if X.ndim != 2 or X.shape[1] != net.ranks[0] or X.shape[0] == 0:
        raise ValueError(
            f"{name} must have shape (samples, {net.ranks[0]}), at least one sample and one column "
            f"per input of the network; got {X.shape}"
        )
    with np.errstate(over="ignore"):  # what is too large is refused below, as infinite
        X = X.astype(net.dtype, copy=False)
    X = X if issparse(X) else np.ascontiguousarray(X)
    if not get_backend(net.backend).all_finite(X.data[None] if issparse(X) else X):
        raise ValueError(
            f"{name} must hold finite numbers of {net.dtype}; got infinity or NaN: drop or impute "
            "them"
        )
    return X


def _plain(name: str, X: Any) -> Any:
    """Return the numbers of a table; refuse one with columns of other kinds."""
    if not hasattr(X, "columns"):
        return X
    array = plain_array(X, name)
    try:
        return array if array.dtype.kind in "biuf" else array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            advise(
                f"{name} must be a table of numbers; got columns of other kinds ({error})",
                "make inputs of them by rewire.data.load",
                "use SparseMLPClassifier or SparseMLPRegressor, which do so inside",
            )
        ) from error


def _check_targets(net: Network, y: Any, loss: Loss, samples: int) -> np.ndarray:
    y = plain_array(y, "y")
    loss.check(loss.targets(y, samples, net.ranks[-1], net.dtype), net.ranks[-1])
    return y
