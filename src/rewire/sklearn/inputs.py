"""What stands between an estimator's X and its network: columns encoded, gaps filled, scaling."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import issparse

from rewire import defaults, tables
from rewire.io import import_optional

from .advice import for_estimator

if TYPE_CHECKING:
    from rewire.data import Standardizer
    from rewire.tables import Table, TableEncoder

__all__ = ["Inputs", "is_numeric", "is_table", "read_first", "read_later"]

# Medians of arrays without gaps are those of this many rows at most, as there may be no use for
# them.
ROWS_FOR_MEDIANS = 10_000


@dataclass(frozen=True)
class Inputs:
    """What was learnt of the first X.

    Parameters
    ----------
    encoder : TableEncoder, optional
        Where X has columns of other kinds than numbers, or missing values.
    standardizer : Standardizer, optional
    medians : ndarray, shape (features,), optional
        Of an array without missing values, for those that come later.
    """

    encoder: TableEncoder | None
    standardizer: Standardizer | None
    medians: np.ndarray | None

    @classmethod
    def learn(
        cls, X: Any, y: np.ndarray, names: list[str], standardize: bool
    ) -> tuple[Inputs, Any]:
        """Learn from training samples; return what was learnt, and their inputs.

        Parameters
        ----------
        X : Table, ndarray or CSR
            Arrays may have NaN.
        y : ndarray
            Targets as :meth:`TableEncoder.fit` takes them.
        names : list of str
            Of the columns of an array.
        standardize : bool
            Whether to bring inputs to mean 0 and deviation 1.
        """
        encoder = standardizer = None
        inputs = X
        if is_table(X):
            encoder = tables.TableEncoder.fit(X, y)
            inputs = encoder.transform_training(X, y)
        elif not issparse(X) and np.isnan(X).any():
            table = _as_table(X, names)
            encoder = tables.TableEncoder.fit(table, y)
            inputs = encoder.transform(table).astype(X.dtype)
        if standardize:
            from rewire.data import Standardizer  # which most fits do without

            standardizer = Standardizer.fit(inputs, limit=defaults.INPUT_LIMIT)
        learnt = cls(encoder, standardizer, _medians(X) if encoder is None else None)
        return learnt, learnt.scaled(inputs)

    def transform(self, X: Any, names: list[str]) -> Any:
        """Return the inputs of further samples."""
        if self.encoder is not None:
            table = X if is_table(X) else _as_table(X, names)
            dtype: Any = np.float64 if is_table(X) else X.dtype
            return self.scaled(self.encoder.transform(table).astype(dtype, copy=False))
        if not issparse(X) and np.isnan(X).any():
            filled: Any = np.where(np.isnan(X), self.medians, X)
            X = filled.astype(X.dtype)
        return self.scaled(X)

    def scaled(self, inputs: Any) -> Any:
        """Return inputs standardized, if they are to be."""
        return inputs if self.standardizer is None else self.standardizer.transform(inputs)

    def as_encoder(self, names: Iterable[str]) -> TableEncoder | None:
        """Return what fills in missing values of columns of numbers; None if they have no names."""
        from rewire.tables.steps import Number  # as few models are exported

        columns = tuple(tables.Column(str(name), "number") for name in names)
        if not columns or self.medians is None:
            return None
        fills = zip(columns, self.medians.tolist(), strict=True)
        steps = tuple(Number(one.name, fill) for one, fill in fills)
        return tables.TableEncoder(tables.Schema(columns), steps)


def _medians(X: Any) -> np.ndarray | None:
    if issparse(X):
        return None
    return np.asarray(np.median(X[:: -(-len(X) // ROWS_FOR_MEDIANS)], axis=0))


def _as_table(X: Any, names: list[str]) -> Table:
    if issparse(X):
        X = X.toarray()
    columns = {name: X[:, i].astype(np.float64) for i, name in enumerate(names)}
    schema = tables.Schema(tuple(tables.Column(name, "number") for name in names))
    return tables.Table(schema, columns)


# ------------------------------------------------------------------------------ kinds of X


def is_numeric(X: Any) -> bool:
    """Return whether X is an array, a sparse matrix or a frame of numbers and truth values alone.

    Anything that is neither a table nor an array of texts counts too, as scikit-learn's own checks
    have the errors for it.
    """
    if issparse(X):
        return True
    if _is_pandas(X):
        types = import_optional("pandas", "data").api.types
        return all(
            types.is_numeric_dtype(one) and not types.is_complex_dtype(one) for one in X.dtypes
        )
    if _is_polars(X):
        return all(one.is_integer() or one.is_float() or str(one) == "Boolean" for one in X.dtypes)
    if hasattr(X, "__arrow_c_stream__"):
        return False
    return not _has_texts(X)


def is_table(X: Any) -> bool:
    """Return whether X, checked, is a :class:`rewire.tables.Table`: neither an array nor sparse."""
    return not (isinstance(X, np.ndarray) or issparse(X))


def _is_pandas(X: Any) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(X, pandas.DataFrame)


def _is_polars(X: Any) -> bool:
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(X, polars.DataFrame)


def _has_texts(X: Any) -> bool:
    """Return whether X is an array of shape (samples, features) with texts or None in it."""
    if not isinstance(X, (np.ndarray, list, tuple)):
        return False
    try:
        X = np.asarray(X)
    except ValueError:  # ragged
        return False
    if X.ndim != 2 or X.dtype.kind not in "OU":
        return False
    known = (str, float, int, bool, np.number, np.bool_, type(None))
    cells = X.ravel().tolist()
    return all(isinstance(cell, known) for cell in cells) and any(
        cell is None or isinstance(cell, str) for cell in cells
    )


def _raw(X: Any) -> Any:
    if isinstance(X, (np.ndarray, list, tuple)):
        array = np.asarray(X, object)
        names = [f"x{i}" for i in range(array.shape[1])]
        X = import_optional("pandas", "data").DataFrame(array, columns=names).infer_objects()
    return tables.read_raw(X)


def read_first(X: Any, columns: Any = None) -> Table:
    """Find what the columns of a table are, as far as it is not said, and read them."""
    raw = _raw(X)
    try:
        return tables.parse(raw, tables.understand(raw, columns=columns))
    except ValueError as error:
        raise ValueError(for_estimator(error.args[0])) from error


def read_later(X: Any, encoder: TableEncoder | None) -> Table:
    """Read a table by what was learnt of the first one.

    Raises
    ------
    ValueError
        If the first X was an array of numbers, or for values that cannot be read as in it.
    """
    if encoder is None:
        raise ValueError("X must hold numbers, as in the first fit; got text")
    raw = _raw(X)
    table = tables.parse(raw, encoder.reads)
    if (bad := encoder.unanswerable(table)).any():
        row = int(np.flatnonzero(bad)[0])
        read = {one.of or one.name for one in encoder.reads.inputs}
        cells = {name: raw.columns[name].cells()[row] for name in raw.columns if name in read}
        raise ValueError(
            f"X must hold values that can be read as in the first fit; got others in {bad.sum()} "
            f"rows, the first of which is {cells}"
        )
    return table
