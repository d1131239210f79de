"""Whether the numbers of a training have grown beyond what their dtype can hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import numpy as np
from numpy.typing import DTypeLike

from rewire.connectivity import Signals

__all__ = ["all_finite", "divergence", "gradients_overflow"]


def all_finite(*arrays: np.ndarray) -> bool:
    """Return whether no number is infinite or NaN."""
    return all(np.isfinite(array).all() for array in arrays)


def gradients_overflow(signals: Iterable[Signals], dtype: DTypeLike) -> bool:
    """Return whether gradients, A[s] * D[t] summed over a batch, exceed the dtype."""
    most = float(np.finfo(dtype).max)
    for batch in signals:  # those of a Network are plain arrays
        A, D = cast("np.ndarray", batch.activation), cast("np.ndarray", batch.sensitivity)
        if not float(np.abs(A).max()) * float(np.abs(D).max()) * A.shape[1] < most:
            return True
    return False


def divergence(step: int, learning_rate: float) -> ValueError:
    """Return the error of a training that is to go no further.

    Parameters
    ----------
    step : int
        Made so far.
    learning_rate : float
        The first one.
    """
    return ValueError(
        f"the training diverged: infinity or NaN before step {step}; lower the learning rate, "
        f"{learning_rate:g}, or bring inputs and targets to mean 0 and deviation 1"
    )
