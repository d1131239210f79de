"""Madelon, read from the files of the NIPS 2003 feature selection challenge."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from rewire.io import advise

from .dataset import Dataset
from .registry import register
from .stored import data_folder, read, stored_file

__all__ = ["INFORMATIVE", "load_madelon"]

# The columns that are informative: five, and fifteen combinations of them. The challenge does not
# name them, but the data do: each correlates with another one by 0.68 or more, no other by 0.1.
INFORMATIVE = (
    *(28, 48, 64, 105, 128, 153, 241, 281, 318, 336),
    *(338, 378, 433, 442, 451, 453, 455, 472, 475, 493),
)


@register("madelon")
def load_madelon(
    *, data_dir: str | os.PathLike[str] | None = None, dtype: Any = "float32"
) -> Dataset:
    """Two classes, 500 features of which 20 matter; the challenge's validation part for testing.

    Parameters
    ----------
    data_dir : path, optional
        The folder of ``madelon_train.data``, ``madelon_train.labels``, ``madelon_valid.data`` and
        ``madelon_valid.labels``, plain or ``.gz``, or of a subfolder ``madelon`` with them; by
        default the environment variable ``REWIRE_DATA_DIR``.
    dtype : {"float32", "float64"}

    Raises
    ------
    FileNotFoundError
        If no folder is given, or it does not have the files.
    ValueError
        If a file is damaged; the message names it.

    References
    ----------
    Guyon, Gunn, Ben-Hur, Dror: Result analysis of the NIPS 2003 feature selection challenge,
    NIPS 2004. https://archive.ics.uci.edu/dataset/171/madelon
    """
    folder = data_folder(data_dir)
    if folder is None:
        raise FileNotFoundError(
            advise(
                "madelon is read from its own files, which are at "
                "https://archive.ics.uci.edu/dataset/171/madelon",
                "give their folder (data_dir=)",
                "name it in the environment variable REWIRE_DATA_DIR",
            )
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
    """Read numbers separated by spaces, one sample per line."""
    lines = read(path).decode("ascii", "replace").splitlines()
    try:
        if not lines:
            raise ValueError("it is empty")
        return np.loadtxt(lines, dtype, ndmin=2)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{path} is damaged, fetch it again: {error}") from error
