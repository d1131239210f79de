"""Checks that a data set's arrays have the form that a network takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .inputs import is_sparse

if TYPE_CHECKING:
    from .dataset import Dataset

__all__ = ["check_part"]


def check_part(data: Dataset, X_name: str, X: Any, y_name: str, y: Any) -> None:
    """Check the form of the training part, or of the test part against the training part."""
    sparse = is_sparse(X) and X.format == "csr"
    if not (sparse or isinstance(X, np.ndarray)) or X.ndim != 2 or 0 in X.shape:
        raise ValueError(
            f"{X_name} must be an array or CSR matrix of shape (samples, inputs) with at least "
            f"one of each; got {type(X).__name__} of shape {getattr(X, 'shape', None)}"
        )
    if X.dtype not in (np.float32, np.float64) or X.dtype != data.X.dtype:
        raise ValueError(
            f"{X_name} must be float32 or float64, test part and training part alike; got "
            f"{X.dtype} (Dataset.from_arrays converts)"
        )
    if X.shape[1] != data.inputs:
        raise ValueError(f"{X_name} must have {data.inputs} columns, as X; got {X.shape[1]}")
    if not isinstance(y, np.ndarray) or y.shape[:1] != X.shape[:1]:
        raise ValueError(
            f"{y_name} must be an array of one target for each of the {X.shape[0]} samples in "
            f"{X_name}; got {type(y).__name__} of shape {getattr(y, 'shape', None)}"
        )
    if data.task == "regression":
        if y.dtype != np.float64 or y.ndim not in (1, 2) or y.shape[1:] != data.y.shape[1:]:
            raise ValueError(
                f"{y_name} must be float64 of shape (samples,) or (samples, outputs) for "
                f"regression; got {y.dtype} of shape {y.shape}"
            )
    elif y.dtype.kind not in "iu" or y.ndim != 1 or y.min() < 0 or y.max() >= data.outputs:
        raise ValueError(
            f"{y_name} must hold class numbers in [0, {data.outputs}), as there are "
            f"{data.outputs} classes; got {y.dtype} of shape {y.shape} (Dataset.from_arrays "
            f"numbers the classes)"
        )
