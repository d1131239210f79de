"""Samples larger than memory: arrays on disk and Parquet files, read piece by piece."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from rewire.io import advise, as_path, import_optional, reading, received
from rewire.validation import of_type, real_array, whole_number

from .standardizer import Standardizer

__all__ = ["Stream"]

# The buffer is filled from so many places of the data, so that neighbours there are parted.
PLACES = 16
UNITS = {"kb": 10**3, "mb": 10**6, "gb": 10**9}
# Bytes of a number in the buffer, and of a target.
NUMBER, TARGET = 4, 8

Read = Callable[[int, int], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, eq=False, repr=False)
class Stream:
    """Inputs and targets that stay on disk; :func:`rewire.fit` takes one in place of X and y.

    Make one with :meth:`from_arrays` or :meth:`from_parquet`. In every epoch its pieces are read in
    a random order into a buffer and shuffled there, so that a training takes the memory of the
    buffer and of a piece, whatever the size of the data. The same buffer and seed give the same
    bits; a buffer that holds everything gives those of arrays in memory.

    Attributes
    ----------
    inputs : int
    buffer : int
        Samples to hold in memory at a time.
    bounds : ndarray of int64, shape (pieces + 1,)
        First samples of the pieces, and the number of samples.

    Examples
    --------
    >>> import rewire, tempfile
    >>> from pathlib import Path
    >>> X, y = rewire.data.moons(n_samples=1000, seed=0)
    >>> path = Path(tempfile.mkdtemp()) / "moons.npy"
    >>> np.save(path, X.astype("float32"))
    >>> stream = Stream.from_arrays(path, y, buffer=256)
    >>> stream
    <Stream: 1,000 samples, 2 inputs, 256 at a time>
    >>> net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    >>> history = rewire.fit(net, stream, total_steps=100, seed=0)
    >>> history["step"][-1]
    100
    """

    inputs: int
    buffer: int
    bounds: np.ndarray
    _read: Read
    _standardizer: Standardizer | None = None

    @classmethod
    def from_arrays(cls, X: Any, y: Any, *, buffer: int | str) -> Stream:
        """Stream arrays, which may be memory-mapped.

        Parameters
        ----------
        X : ndarray, or path of a ``.npy`` file, shape (samples, inputs)
            A file is memory-mapped, never loaded as a whole.
        y : ndarray, or path of a ``.npy`` file, shape (samples,) or (samples, outputs)
        buffer : int or str
            Samples to hold in memory, or their size, such as ``"500 MB"``.

        Raises
        ------
        ValueError
            For arrays of other shapes, and a buffer that holds no sample.
        OSError
            For a file that cannot be read.
        """
        open_X, open_y = _opener(X, "X"), _opener(y, "y")
        X, y = open_X(), open_y()
        if X.ndim != 2 or len(X) == 0 or y.ndim not in (1, 2) or len(y) != len(X):
            raise ValueError(
                "X and y must have shapes (samples, inputs) and (samples,) or (samples, outputs), "
                f"with at least one sample; got {X.shape} and {y.shape}"
            )
        size = _buffer_size(buffer, X.shape[1])
        bounds = np.append(np.arange(0, len(X), max(1, size // PLACES)), len(X))

        def read(first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
            return np.array(open_X()[first:last]), np.array(open_y()[first:last])

        return cls(X.shape[1], size, bounds, read)

    @classmethod
    def from_parquet(
        cls, path: str | os.PathLike[str], target: str, *, buffer: int | str
    ) -> Stream:
        """Stream a Parquet file, or a folder of such files, row group by row group.

        Parameters
        ----------
        path : path-like
            A file, or a folder whose ``.parquet`` files are taken in the order of their names.
        target : str
            The column to learn; all others are inputs and must be numbers.
        buffer : int or str
            Samples to hold in memory, or their size, such as ``"500 MB"``; a row group comes on
            top, so that files should have small ones.

        Raises
        ------
        ValueError
            For columns that are not numbers or differ between files, and an unknown target.
        OSError
            For a file that cannot be read.
        ImportError
            If pyarrow is not installed.
        """
        path = as_path(path, "path")
        arrow = import_optional("pyarrow.dataset", "data")
        if not path.exists():
            raise FileNotFoundError(f"path must be an existing file or folder; got {str(path)!r}")
        files = sorted(path.glob("**/*.parquet")) if path.is_dir() else [path]
        if not files:
            raise ValueError(f"path must hold .parquet files; got none in {str(path)!r}")
        dataset = arrow.dataset([str(file) for file in files], format="parquet")
        names = _numeric_columns(dataset.schema, target)
        groups = [one for file in dataset.get_fragments() for one in file.split_by_row_group()]
        groups = [one for one in groups if one.row_groups[0].num_rows]
        rows = [one.row_groups[0].num_rows for one in groups]
        if not rows:
            raise ValueError(f"path must hold samples; got files without rows in {str(path)!r}")
        bounds = np.concatenate([[0], np.cumsum(rows)])

        def read(first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
            number = int(np.searchsorted(bounds, first, side="right")) - 1
            table = groups[number].to_table(columns=[*names, target], schema=dataset.schema)
            table = table.slice(first - bounds[number], last - first)
            X = np.empty((table.num_rows, len(names)))
            for place, name in enumerate(names):
                X[:, place] = table[name].to_numpy()
            return X, table[target].to_numpy()

        return cls(len(names), _buffer_size(buffer, len(names)), bounds, read)

    def __len__(self) -> int:
        return int(self.bounds[-1])

    def __repr__(self) -> str:
        return (
            f"<Stream: {len(self):,} samples, {self.inputs} input{'s' * (self.inputs != 1)}, "
            f"{min(self.buffer, len(self)):,} at a time>"
        )

    def read(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs and targets of samples ``first`` to ``last`` (exclusive) of one piece."""
        X, y = self._read(first, last)
        return (X if self._standardizer is None else self._standardizer.transform(X)), y

    def fit_standardizer(self, *, limit: float | None = None) -> Standardizer:
        """Compute mean and standard deviation of all inputs in one pass.

        Parameters
        ----------
        limit : float, optional
            As of :class:`Standardizer`.

        Examples
        --------
        >>> X = np.array([[1.0], [3.0], [5.0]])
        >>> Stream.from_arrays(X, np.zeros(3), buffer=1).fit_standardizer().mean.tolist()
        [3.0]
        """
        from sklearn.preprocessing import StandardScaler

        scaler = StandardScaler()
        for first, last in pairwise(self.bounds.tolist()):
            scaler.partial_fit(np.asarray(self.read(first, last)[0], np.float64))
        return Standardizer(scaler.mean_, scaler.scale_, limit)

    def standardized(self, standardizer: Standardizer) -> Stream:
        """Return the stream with its inputs transformed by a standardizer as they are read."""
        if self._standardizer is not None:
            raise ValueError("a stream must not be standardized twice; got one that is already")
        return replace(self, _standardizer=of_type(standardizer, "standardizer", Standardizer))


def _opener(values: Any, name: str) -> Callable[[], np.ndarray]:
    """Return what returns an array, or maps a file anew.

    A map that is kept would keep every page that was read, as far as memory suffices.
    """
    if isinstance(values, (str, os.PathLike)):
        path = Path(values)
        if path.suffix != ".npy":
            raise ValueError(f"{name} must be an array or a .npy file; got {str(path)!r}")
        with reading(path):
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        opener = partial(np.load, path, mmap_mode="r", allow_pickle=False)
    else:
        array = real_array(values, name)
        opener = partial(np.asarray, array)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers; got {array.dtype}")
    return opener


def _numeric_columns(schema: Any, target: str) -> list[str]:
    """Return the inputs' names: all columns but the target, if they are numbers."""
    if target not in schema.names:
        raise ValueError(f"target must be one of {', '.join(schema.names)}; got {target!r}")
    types = import_optional("pyarrow.types", "data")
    for column in schema:
        kind = column.type
        if not (types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)):
            raise ValueError(
                advise(
                    f"columns of a stream must be numbers; got {kind} in column {column.name!r}",
                    "number its values in the file",
                    "leave it out of the file",
                )
            )
    names = [name for name in schema.names if name != target]
    if not names:
        raise ValueError(f"path must have inputs beside the target; got {target!r} alone")
    return names


def _buffer_size(buffer: int | str, inputs: int) -> int:
    """Return a buffer's number of samples."""
    if not isinstance(buffer, str):
        return whole_number(buffer, "buffer", 1)
    found = re.fullmatch(r"\s*([\d.]+)\s*([kmg]b)\s*", buffer.lower())
    try:
        size = int(float(found[1]) * UNITS[found[2]]) if found else 0
    except ValueError:
        size = 0
    samples = size // (inputs * NUMBER + TARGET)
    if not samples:
        raise ValueError(
            "buffer must be a number of samples, or the size of one or more, such as '500 MB'; "
            f"got {received(buffer)}"
        )
    return samples
