"""Brings inputs to mean 0 and standard deviation 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rewire.validation import real_matrix, real_number

from .inputs import check_finite, is_sparse

__all__ = ["Standardizer"]

# Columns that are measured at a time, and numbers that are computed at a time in double precision.
COLUMNS, NUMBERS = 1024, 1 << 20


@dataclass(frozen=True, eq=False)
class Standardizer:
    """Computes ``(X - mean) / scale`` feature by feature, and no number beyond a limit.

    Parameters
    ----------
    mean, scale : ndarray of float64, shape (inputs,)
        Finite, and every scale above 0.
    limit : float, optional
        Numbers beyond ±limit become ±limit, so that one sample far out does not bend a network's
        function there. None: no limit; sparse inputs have none.

    Raises
    ------
    ValueError
        For other shapes or numbers.

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
    limit: float | None = None

    def __post_init__(self) -> None:
        mean, scale = self.mean, self.scale
        if mean.ndim != 1 or mean.shape != scale.shape:
            raise ValueError(
                f"mean and scale must have the same shape (inputs,); got {mean.shape} and "
                f"{scale.shape}"
            )
        if not (np.isfinite(mean).all() and np.isfinite(scale).all() and (scale > 0).all()):
            raise ValueError("mean and scale must be finite, and scale above 0; got other numbers")
        if self.limit is not None and real_number(self.limit, "limit", 0) == 0:
            raise ValueError("limit must be above 0, or None; got 0")

    @classmethod
    def fit(cls, X: Any, *, limit: float | None = None) -> Standardizer:
        """Compute mean and standard deviation of training samples.

        Parameters
        ----------
        X : array-like or SciPy CSR, shape (samples, inputs)
            Sparse inputs are scaled but not centred, as centring would fill in their zeros.
        limit : float, optional
            In standard deviations; of dense inputs.

        Returns
        -------
        Standardizer
            Constant features have scale 1.
        """
        from sklearn.preprocessing import StandardScaler

        X = real_matrix(X, "X")
        if X.ndim != 2 or 0 in X.shape:
            raise ValueError(
                f"X must have shape (samples, inputs), at least one of each; got {X.shape}"
            )
        check_finite("X", X)
        mean, variance, scale = np.zeros((3, X.shape[1]))
        if is_sparse(X):
            scaler = StandardScaler(with_mean=False).fit(X)
            variance[:], scale[:], limit = scaler.var_, scaler.scale_, None
        else:
            # The scaler makes several copies of what it is given.
            for first in range(0, X.shape[1], COLUMNS):
                part = slice(first, first + COLUMNS)
                scaler = StandardScaler().fit(X[:, part])
                mean[part], variance[part], scale[part] = scaler.mean_, scaler.var_, scaler.scale_
        # The scaler takes features for constant whose variance it cannot compute.
        if not np.isfinite([mean, variance, scale]).all():
            raise ValueError("X must hold numbers whose mean and deviation are finite; it does not")
        return cls(mean, scale, limit)

    def transform(self, X: Any, dtype: Any = None) -> Any:
        """Return standardized inputs; X is not changed.

        Parameters
        ----------
        X : array-like or SciPy CSR, shape (samples, inputs)
            Sparse inputs need a standardizer fitted on sparse inputs.
        dtype : dtype, optional
            Of the result, which is rounded to it at the end; by default float32 if X is float32,
            otherwise float64.

        Returns
        -------
        ndarray or CSR, as X

        Raises
        ------
        ValueError
            For another number of inputs, or sparse inputs and a mean other than 0.
        """
        X = real_matrix(X, "X")
        if X.ndim != 2 or X.shape[1] != len(self.mean):
            raise ValueError(
                f"X must have shape (samples, {len(self.mean)}), the number of inputs that "
                f"the standardizer was fitted on; got {X.shape}"
            )
        computed = np.dtype(np.float32 if X.dtype == np.float32 else np.float64)
        if is_sparse(X):
            return self._scaled(X, computed).astype(dtype or computed, copy=False)
        if dtype is None or dtype == computed:
            return self._centred(X, np.empty(X.shape, computed))
        # Some rows at a time, without a whole copy that is then rounded.
        out, rows = np.empty(X.shape, dtype), max(1, NUMBERS // max(1, X.shape[1]))
        for first in range(0, len(X), rows):
            part = X[first : first + rows]
            out[first : first + rows] = self._centred(part, np.empty(part.shape, computed))
        return out

    def _centred(self, X: np.ndarray, out: np.ndarray) -> np.ndarray:
        # Subtracted in double precision, in chunks, so that large means do not cost digits.
        np.subtract(X, self.mean, out=out, casting="same_kind")
        np.divide(out, self.scale, out=out, casting="same_kind")
        return out if self.limit is None else np.clip(out, -self.limit, self.limit, out=out)

    def _scaled(self, X: Any, dtype: np.dtype) -> Any:
        if self.mean.any():
            raise ValueError(
                "X is sparse, and subtracting the mean would fill it: fit the standardizer on "
                "sparse inputs, or transform X.toarray()"
            )
        out = X.astype(dtype)
        np.divide(out.data, self.scale[out.indices], out=out.data, casting="same_kind")
        return out

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays to store with a model: mean, scale, and limit where there is one.

        Examples
        --------
        >>> arrays = Standardizer.fit([[1.0], [3.0]]).to_arrays()
        >>> Standardizer.from_arrays(arrays).transform([[5.0]]).tolist()
        [[3.0]]
        """
        limit = {} if self.limit is None else {"limit": np.array([self.limit])}
        return {"mean": self.mean, "scale": self.scale, **limit}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> Standardizer:
        """Return the standardizer with the arrays of :meth:`to_arrays`."""
        missing = {"mean", "scale"} - set(arrays)
        if missing:
            raise ValueError(f"arrays must hold 'mean' and 'scale'; got {sorted(arrays)}")
        mean, scale = (np.array(arrays[key], dtype=np.float64) for key in ("mean", "scale"))
        return cls(mean, scale, float(arrays["limit"][0]) if "limit" in arrays else None)
