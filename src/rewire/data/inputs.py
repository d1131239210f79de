"""Converts inputs of any kind to the arrays or CSR matrices that a network takes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from rewire.validation import checked_csr, real_array

__all__ = ["as_inputs", "check_finite", "is_sparse"]


def is_sparse(X: Any) -> bool:
    """Return whether X is a SciPy sparse matrix, without importing SciPy to find out."""
    sparse = sys.modules.get("scipy.sparse")
    return sparse is not None and sparse.issparse(X)


@np.errstate(over="ignore")  # check_finite refuses what overflows the dtype
def as_inputs(name: str, X: Any, dtype: np.dtype) -> Any:
    """Convert to an array or canonical CSR of the dtype; copy only if necessary."""
    if not is_sparse(X):
        return np.ascontiguousarray(real_array(X, name), dtype)
    from scipy.sparse import csr_array

    X = csr_array(checked_csr(X, name))
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    return X.astype(dtype, copy=False)


def check_finite(
    name: str, X: Any, columns: Sequence[str] | None = None, *, first: int = 0
) -> None:
    """Refuse NaN and infinity, and name the place of the first one, ``first`` samples further."""
    if X is None:
        return
    numbers = X.data if is_sparse(X) else X
    # Minimum and maximum tell, without a boolean array as large as the data.
    if numbers.size == 0 or np.isfinite([numbers.min(), numbers.max()]).all():
        return
    bad = np.flatnonzero(~np.isfinite(numbers))[0]
    if is_sparse(X):
        place = np.searchsorted(X.indptr, bad, side="right") - 1, X.indices[bad]
    else:
        place = np.unravel_index(bad, X.shape)
    column = "" if len(place) == 1 else f", column {columns[place[1]] if columns else place[1]}"
    raise ValueError(
        f"{name} must hold finite numbers; got {numbers.flat[bad]} in sample {first + place[0]}"
        f"{column} (counted from 0): fill it in or leave the sample out"
    )
