"""Inputs of any kind as the arrays or CSR matrices that a network takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_array, issparse

from rewire.validation import real_array

__all__ = ["as_inputs", "check_finite"]


@np.errstate(over="ignore")  # what is too large for the dtype is refused afterwards, as infinite
def as_inputs(name: str, X: Any, dtype: np.dtype) -> Any:
    """Convert to an array or canonical CSR of the dtype, copying only if need be."""
    if not issparse(X):
        return np.ascontiguousarray(real_array(X, name), dtype)
    X = csr_array(X)
    if X.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers; got {X.dtype}")
    try:
        X.check_format(full_check=True)
    except ValueError as error:
        raise ValueError(f"{name} must be a sound sparse matrix: {error}") from error
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    return X.astype(dtype, copy=False)


def check_finite(name: str, X: Any, columns: Sequence[str] | None = None) -> None:
    """Refuse infinite and missing numbers, naming the first one's place."""
    if X is None:
        return
    numbers = X.data if issparse(X) else X
    # The extremes tell without an array of truth values as long as the data.
    if numbers.size == 0 or np.isfinite([numbers.min(), numbers.max()]).all():
        return
    bad = np.flatnonzero(~np.isfinite(numbers))[0]
    if issparse(X):
        place = np.searchsorted(X.indptr, bad, side="right") - 1, X.indices[bad]
    else:
        place = np.unravel_index(bad, X.shape)
    column = "" if len(place) == 1 else f", column {columns[place[1]] if columns else place[1]}"
    raise ValueError(
        f"{name} must hold finite numbers; got {numbers.flat[bad]} in sample {place[0]}{column} "
        f"(counted from 0): fill it in or leave the sample out"
    )
