"""A person's own arrays in an NPZ file, as NumPy or SciPy saved them."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import load_npz

from .dataset import Dataset

__all__ = ["read_npz"]


def read_npz(path: Path, *, target: Any, task: Any, dtype: np.dtype, **options: Any) -> Dataset:
    """Read ``X`` and ``y``, and ``X_test`` and ``y_test`` where they are.

    Parameters
    ----------
    path : Path
        What ``numpy.savez`` wrote, or ``scipy.sparse.save_npz``.
    target : str, optional
        Name of the targets' array, by default "y"; its test part has the same name and ``_test``.
        Or a ``.npy`` file, as SciPy's function saves nothing but the matrix.
    task, dtype
        As in :func:`rewire.data.load`.
    """
    if options:
        raise ValueError(f"NPZ files are read without options; got {', '.join(options)}")
    if not zipfile.is_zipfile(path):
        raise ValueError("it must be an NPZ file, as numpy.savez writes; got something else")
    name = "y" if target is None else str(target)
    try:
        with np.load(path) as file:
            sparse = "format" in file.files and "X" not in file.files
            X = load_npz(path) if sparse else _array(file, "X")
            y = np.load(name) if name.endswith(".npy") else _array(file, name)
            tested = "X_test" in file.files
            tests = [_array(file, key) for key in ("X_test", f"{name}_test") if tested]
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError) as error:
        raise ValueError(f"it could not be read: {error}") from error
    return Dataset.from_arrays(X, y, *tests, task=task, dtype=dtype, name=path.stem)


def _array(file: Any, name: str) -> np.ndarray:
    if name not in file.files:
        raise ValueError(
            f"it must hold the array {name!r}, or target must name a .npy file; its arrays are "
            f"{', '.join(file.files)}"
        )
    try:
        return file[name]
    except ValueError as error:
        raise ValueError(
            f"array {name!r} could not be read, {error}: save labels as text, y.astype(str)"
        ) from error
