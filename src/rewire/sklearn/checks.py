"""Checks of sample weights, and recovery from a failed fit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import _check_sample_weight

__all__ = ["check_weights", "restored_on_error"]


def check_weights(sample_weight: Any, X: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Return a mask of samples with weight, and their weights of mean 1 (None if all equal)."""
    weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
    if (weight < 0).any():
        raise ValueError(f"sample_weight must be at least 0; got {weight.min()}")
    counts = weight > 0
    if not counts.any():
        raise ValueError("sample_weight must be above 0 for a sample; got zeros alone")
    weight = weight[counts]
    return counts, None if weight.min() == weight.max() else weight / weight.mean()


@contextmanager
def restored_on_error(estimator: BaseEstimator) -> Iterator[None]:
    """Restore an estimator's attributes if its fit fails."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise
