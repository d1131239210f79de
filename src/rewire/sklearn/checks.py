"""Checks of samples and their weights, and recovery from a failed fit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, is_regressor
from sklearn.utils.validation import (
    _check_sample_weight,
    _check_y,
    check_consistent_length,
    column_or_1d,
    validate_data,
)

from rewire.validation import unwrapped

from .inputs import is_numeric, is_table, read_first, read_later

if TYPE_CHECKING:
    from rewire.tables import Table

__all__ = ["check_inputs", "check_samples", "check_weights", "column_names", "restored_on_error"]

DTYPES = (np.float64, np.float32)


def check_samples(
    estimator: Any, X: Any, y: Any, sample_weight: Any, *, reset: bool
) -> tuple[Any, Any, Any]:
    """Return X, y and weights of mean 1, or None where they are all the same."""
    X, y = unwrapped(X, "X"), unwrapped(y, "y")
    kinds = {"multi_output": True, "y_numeric": is_regressor(estimator)}
    if is_numeric(X) and estimator.columns is None:
        X, y = validate_data(estimator, X, y, reset=reset, **_numbers(X), **kinds)
    else:
        X, y = _read(estimator, X, reset), _check_y(y, estimator=estimator, **kinds)
        check_consistent_length(X, y)
    if issparse(y):
        y = y.toarray()
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    if sample_weight is None:
        return X, y, None
    counts, weight = check_weights(sample_weight, X)
    return (X, y, weight) if counts.all() else (_take(X, counts), y[counts], weight)


def check_inputs(estimator: Any, X: Any) -> Any:
    """Return the X of a prediction, of the columns of the first fit: an array, CSR or a table."""
    X = unwrapped(X, "X")
    if is_numeric(X) and estimator.columns is None:
        return validate_data(estimator, X, reset=False, **_numbers(X))
    return _read(estimator, X, reset=False)


def column_names(estimator: Any) -> list[str]:
    """Return the names of X's columns."""
    unnamed = [f"x{i}" for i in range(estimator.n_features_in_)]
    return [str(name) for name in getattr(estimator, "feature_names_in_", unnamed)]


def check_weights(sample_weight: Any, X: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Return a mask of samples with weight, and their weights of mean 1 (None if all equal)."""
    sample_weight = unwrapped(sample_weight, "sample_weight")
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


def _read(estimator: Any, X: Any, reset: bool) -> Table:
    """Return a table with columns of any kind; its names and their number are checked."""
    if not hasattr(X, "shape"):
        X = np.asarray(X, object)
    validate_data(estimator, X, reset=reset, skip_check_array=True)
    return read_first(X, estimator.columns) if reset else read_later(X, estimator.encoder_)


def _numbers(X: Any) -> dict[str, Any]:
    """Return how scikit-learn is to check numbers; a sparse matrix has no missing values."""
    finite = True if issparse(X) else "allow-nan"
    return {"accept_sparse": "csr", "dtype": DTYPES, "ensure_all_finite": finite}


def _take(X: Any, rows: np.ndarray) -> Any:
    return X.take(rows) if is_table(X) else X[rows]
