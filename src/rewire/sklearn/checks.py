"""What is refused, and that nothing is lost by it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import _check_sample_weight

__all__ = ["all_or_nothing", "check_weights"]


def check_weights(sample_weight: Any, X: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Return which samples count, and their weights of mean 1 or None where these are the same."""
    weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
    if (weight < 0).any():
        raise ValueError(f"sample_weight must be at least 0; got {weight.min()}")
    counts = weight > 0
    if not counts.any():
        raise ValueError("sample_weight must be above 0 for a sample; got zeros alone")
    weight = weight[counts]
    return counts, None if weight.min() == weight.max() else weight / weight.mean()


@contextmanager
def all_or_nothing(estimator: BaseEstimator) -> Iterator[None]:
    """Bring an earlier fit back if this one does not come to its end."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise
