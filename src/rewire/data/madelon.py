"""Madelon, in the format of the NIPS 2003 feature selection challenge."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from .dataset import Dataset
from .registry import register
from .stored import data_folder, read, stored_file

__all__ = ["madelon"]


@register("madelon")
def madelon(*, data_dir: str | os.PathLike[str] | None = None, dtype: Any = "float32") -> Dataset:
    """Two classes, 500 features of which 20 tell; the challenge's validation part as test part.

    Parameters
    ----------
    data_dir : path, optional
        A folder with ``madelon_train.data``, ``madelon_train.labels``, ``madelon_valid.data`` and
        ``madelon_valid.labels``, plain or ``.gz``, in itself or in ``madelon``; by default what
        ``REWIRE_DATA_DIR`` names.
    dtype : {"float32", "float64"}

    Raises
    ------
    FileNotFoundError
        Where no folder is named, or it does not have the files.
    ValueError
        For a damaged file, which is named.

    References
    ----------
    Guyon, Gunn, Ben-Hur, Dror: Result analysis of the NIPS 2003 feature selection challenge,
    NIPS 2004. https://archive.ics.uci.edu/dataset/171/madelon
    """
    folder = data_folder(data_dir)
    if folder is None:
        raise FileNotFoundError(
            "madelon is read from its own files: name their folder by --data-dir, data_dir= or "
            "REWIRE_DATA_DIR (https://archive.ics.uci.edu/dataset/171/madelon has them)"
        )
    X, y = _part(folder, "train", dtype)
    X_test, y_test = _part(folder, "valid", dtype)
    return Dataset.from_arrays(X, y, X_test, y_test, task="classification")


def _part(folder: Path, part: str, dtype: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs and labels of one part."""
    data_path, labels_path = (
        stored_file(folder, ["madelon"], f"madelon_{part}.{kind}") for kind in ("data", "labels")
    )
    X, labels = _table(data_path, dtype), _table(labels_path, np.int64)
    if labels.shape != (len(X), 1) or (np.abs(labels) != 1).any():
        raise ValueError(
            f"{labels_path} must hold one label, -1 or 1, for each of the {len(X)} lines of "
            f"{data_path.name}; got labels {np.unique(labels).tolist()} in shape {labels.shape}"
        )
    return X, labels[:, 0]


def _table(path: Path, dtype: Any) -> np.ndarray:
    """Read numbers parted by spaces, a sample per line."""
    lines = read(path).decode("ascii", "replace").splitlines()
    try:
        if not lines:
            raise ValueError("it is empty")
        return np.loadtxt(lines, dtype, ndmin=2)
    except ValueError as error:
        raise ValueError(f"{path} is damaged, fetch it again: {error}") from error
