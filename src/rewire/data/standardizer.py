"""Inputs brought to mean 0 and standard deviation 1, by numbers that a model can keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.preprocessing import StandardScaler

from rewire.validation import real_array

from .inputs import check_finite

__all__ = ["Standardizer"]


@dataclass(frozen=True, eq=False)
class Standardizer:
    """``(X - mean) / scale``, feature by feature.

    Parameters
    ----------
    mean, scale : ndarray of float64, shape (inputs,)
        All finite, and every scale above 0.

    Examples
    --------
    >>> standardizer = Standardizer.fit([[1.0, 5.0], [3.0, 5.0]])
    >>> standardizer.mean.tolist(), standardizer.scale.tolist()  # the second never varies
    ([2.0, 5.0], [1.0, 1.0])
    >>> standardizer.transform([[4.0, 6.0]]).tolist()
    [[2.0, 1.0]]
    """

    mean: np.ndarray
    scale: np.ndarray

    def __post_init__(self) -> None:
        mean, scale = self.mean, self.scale
        if mean.ndim != 1 or mean.shape != scale.shape:
            raise ValueError(
                f"mean and scale must have the same shape (inputs,); got {mean.shape} and "
                f"{scale.shape}"
            )
        if not (np.isfinite(mean).all() and np.isfinite(scale).all() and (scale > 0).all()):
            raise ValueError("mean and scale must be finite, and scale above 0; got others")

    @classmethod
    def fit(cls, X: Any) -> Standardizer:
        """Learn mean and standard deviation from training samples, and from them alone.

        Parameters
        ----------
        X : array-like or SciPy CSR, shape (samples, inputs)
            Sparse features keep mean 0: they are scaled and not centred, as their zeros would
            otherwise no longer be zeros.

        Returns
        -------
        Standardizer
            Constant features have scale 1.
        """
        X = X.tocsr() if issparse(X) else real_array(X, "X")
        check_finite("X", X)
        scaler = StandardScaler(with_mean=not issparse(X)).fit(X)
        scale = np.asarray(scaler.scale_, np.float64)
        return cls(np.zeros_like(scale) if issparse(X) else scaler.mean_, scale)

    def transform(self, X: Any) -> Any:
        """Return standardized inputs, of X's own dtype; X is not changed.

        Parameters
        ----------
        X : array-like or SciPy CSR, shape (samples, inputs)
            Sparse inputs need a standardizer that was fitted on sparse inputs.

        Returns
        -------
        ndarray or CSR, as X
            float32 for float32, otherwise float64.
        """
        X = X if issparse(X) else real_array(X, "X")
        if X.ndim != 2 or X.shape[1] != len(self.mean):
            raise ValueError(
                f"X must have shape (samples, {len(self.mean)}), as what the standardizer was "
                f"fitted on; got {X.shape}"
            )
        dtype = np.dtype(np.float32 if X.dtype == np.float32 else np.float64)
        if issparse(X):
            return self._scaled(X.tocsr(), dtype)
        # In double precision piece by piece: large means do not cancel what float32 can hold.
        out = np.subtract(X, self.mean, out=np.empty(X.shape, dtype), casting="same_kind")
        return np.divide(out, self.scale, out=out, casting="same_kind")

    def _scaled(self, X: Any, dtype: np.dtype) -> Any:
        if self.mean.any():
            raise ValueError(
                "X is sparse, and taking the mean away would fill it: fit the standardizer on "
                "sparse inputs, or transform X.toarray()"
            )
        out = X.astype(dtype)
        np.divide(out.data, self.scale[out.indices], out=out.data, casting="same_kind")
        return out

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return what has to be kept: ``{"mean": ..., "scale": ...}``.

        Examples
        --------
        >>> arrays = Standardizer.fit([[1.0], [3.0]]).to_arrays()
        >>> Standardizer.from_arrays(arrays).transform([[5.0]]).tolist()
        [[3.0]]
        """
        return {"mean": self.mean, "scale": self.scale}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> Standardizer:
        """Return the standardizer whose arrays these are."""
        missing = {"mean", "scale"} - set(arrays)
        if missing:
            raise ValueError(f"arrays must hold 'mean' and 'scale'; got {sorted(arrays)}")
        return cls(*(np.array(arrays[key], dtype=np.float64) for key in ("mean", "scale")))
