"""Arrays in NPZ and NPY files, as NumPy or SciPy saved them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from rewire.io import reading
from rewire.io.npz import check_npy, open_npz

from .dataset import Dataset
from .inputs import as_inputs

__all__ = ["input_pieces", "read_npy", "read_npz"]


def read_npz(
    path: Path, *, target: Any, task: Any, dtype: np.dtype, max_bytes: int | None = None
) -> Dataset:
    """Read ``X`` and ``y``, and ``X_test`` and ``y_test`` if the file has them.

    Parameters
    ----------
    path : Path
        A file written by ``numpy.savez`` or ``scipy.sparse.save_npz``.
    target : str, optional
        Name of the array of targets, by default "y"; with ``_test`` appended, of its test part.
        Or a ``.npy`` file of targets, as SciPy's function saves only the matrix.
    task, dtype
        As in :func:`rewire.data.load`.
    max_bytes : int, optional
        As in :func:`rewire.io.npz.open_npz`.
    """
    name = "y" if target is None else str(target)
    y = _npy(Path(name), "target") if name.endswith(".npy") else None
    with open_npz(path, max_bytes) as file:
        X = _inputs(path, file)
        y = _array(file, name, ", or target must name a .npy file") if y is None else y
        tested = "X_test" in file.files
        tests = [_array(file, key) for key in ("X_test", f"{name}_test") if tested]
    return Dataset.from_arrays(X, y, *tests, task=task, dtype=dtype, name=path.stem)


def read_npy(path: Path, *, target: Any, task: Any, dtype: np.dtype) -> Dataset:
    """Read inputs from a ``.npy`` file, and targets from another.

    Parameters
    ----------
    path : Path
    target : str
        The other file.
    task, dtype
        As in :func:`rewire.data.load`.
    """
    if not str(target).endswith(".npy"):
        raise ValueError(f"target must name a .npy file with the targets; got {target!r}")
    X, y = _npy(path, "source"), _npy(Path(str(target)), "target")
    return Dataset.from_arrays(X, y, task=task, dtype=dtype, name=path.stem)


def input_pieces(path: Path, dtype: np.dtype, inputs: int, rows: int) -> Iterator[Any]:
    """Yield inputs alone, so many rows at a time, as arrays or CSR matrices of the dtype.

    Of a ``.npy`` file, no more is in memory.
    """
    if path.suffix.lower() == ".npy":
        X: Any = _npy(path, "it", mapped=True)
    else:
        with reading(path), open_npz(path) as file:
            X = as_inputs("X", _inputs(path, file), dtype)
    if len(X.shape) != 2 or X.shape[1] != inputs:
        raise ValueError(
            f"{path} cannot be loaded: X must have shape (samples, {inputs}), one column per input "
            f"of the model; got {X.shape}"
        )
    for first in range(0, max(X.shape[0], 1), rows):
        yield as_inputs("X", X[first : first + rows], dtype)


def _inputs(path: Path, file: Any) -> Any:
    sparse = "format" in file.files and "X" not in file.files
    if not sparse:
        return _array(file, "X")
    from scipy.sparse import load_npz

    return load_npz(path)


def _npy(path: Path, parameter: str, *, mapped: bool = False) -> np.ndarray:
    if not path.is_file():
        raise FileNotFoundError(f"{parameter} must be an existing .npy file; got {str(path)!r}")
    with reading(path), path.open("rb") as file:
        check_npy(file, path.stat().st_size, "it")
        file.seek(0)
        try:
            return np.load(path, mmap_mode="r") if mapped else np.load(file)
        except ValueError as error:
            raise ValueError(f"{error}: save labels as text, y.astype(str)") from error


def _array(file: Any, name: str, otherwise: str = "") -> np.ndarray:
    if name not in file.files:
        raise ValueError(
            f"it must hold the array {name!r}{otherwise}; its arrays are {', '.join(file.files)}"
        )
    try:
        return file[name]
    except ValueError as error:
        raise ValueError(
            f"array {name!r} could not be read, {error}: save labels as text, y.astype(str)"
        ) from error
