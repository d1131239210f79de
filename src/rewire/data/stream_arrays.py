"""Arrays as the source of a stream: mapped into memory, their labels numbered if wanted."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from rewire.io import reading
from rewire.validation import plain_array, real_array

from .dataset import Dataset, Task
from .inputs import as_inputs
from .labels import as_targets, task_of
from .stream_samples import Chosen, StoredSamples

__all__ = ["ArraySource", "label", "open_arrays"]


@dataclass(frozen=True, eq=False)
class ArraySource:
    """Arrays, which may be mapped into memory.

    Parameters
    ----------
    open_inputs, open_targets : callable
        Return the array. A map that is kept would keep every page that was read.
    bounds : ndarray of int64
        First rows of the pieces, and the number of rows.
    name : str
        Of the data, for a person.
    classes : ndarray, optional
        In order, where the targets are labels to be numbered.
    """

    open_inputs: Callable[[], np.ndarray]
    open_targets: Callable[[], np.ndarray]
    bounds: np.ndarray
    name: str
    classes: np.ndarray | None = None

    def read(self, number: int, rows: Chosen) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs and targets of some rows of a piece."""
        piece = self.open_inputs()[self.bounds[number] : self.bounds[number + 1]]
        return np.array(piece[rows]), self.targets(number, rows)

    def targets(self, number: int, rows: Chosen) -> np.ndarray:
        """Return the targets alone."""
        y = np.array(self.open_targets()[self.bounds[number] : self.bounds[number + 1]][rows])
        return y if self.classes is None else self.number(y)

    def number(self, y: np.ndarray) -> np.ndarray:
        """Return the numbers of labels."""
        assert self.classes is not None
        return np.searchsorted(self.classes, _labels(y))

    def learn(
        self, sample: Dataset, rows: np.ndarray, places: np.ndarray
    ) -> tuple[ArraySource, Dataset]:
        """Return some rows of a sample; there is nothing to learn from them."""
        return self, replace(sample, X=sample.X[rows], y=sample.y[rows])

    def for_unseen(self) -> ArraySource:
        """Return the source itself."""
        return self


def label(
    samples: StoredSamples, task: Task | None, rows: int, generator: np.random.Generator
) -> StoredSamples:
    """Return samples of arrays of which some are drawn, in a classification with numbered classes.

    Parameters
    ----------
    samples : StoredSamples
    task : {"classification", "regression"}, optional
        By default inferred from the samples drawn.
    rows : int
        Samples to draw.
    generator : numpy.random.Generator

    Raises
    ------
    ValueError
        For targets that do not suit the task.
    """
    source = samples.source
    assert isinstance(source, ArraySource)
    X, y, places = samples.draw(rows, generator)
    task = task or task_of(y)
    classes: tuple[Any, ...] = ()
    if task == "classification":
        labels = _different(source)
        _, _, classes = as_targets(labels, None, task)
        source = replace(source, classes=labels)
        y = source.number(y)
    else:
        y, _, _ = as_targets(y, None, task)
    X = as_inputs("X", X, np.dtype(np.float64))
    sample = Dataset(X, y, task=task, classes=classes, name=source.name)
    return StoredSamples(source, samples.rows, sample, places)


def _different(source: ArraySource) -> np.ndarray:
    """Return the different labels in order; all are looked at."""
    found = _labels(source.targets(0, slice(0, 0)))
    for number in range(len(source.bounds) - 1):
        labels = _labels(source.targets(number, slice(None)))
        found = np.union1d(found, labels)
    return found


def open_arrays(X: Any, y: Any) -> ArraySource:
    """Return the source of arrays or ``.npy`` files, in one piece.

    Raises
    ------
    ValueError
        For arrays that do not belong together.
    OSError
        For a file that cannot be read.
    """
    open_X, open_y = _opener(X, "X", "biuf"), _opener(y, "y", "biufU")
    name = Path(X).stem if isinstance(X, (str, os.PathLike)) else "arrays"
    X, y = open_X(), open_y()
    if X.ndim != 2 or 0 in X.shape or y.ndim not in (1, 2) or len(y) != len(X):
        raise ValueError(
            "X and y must have shapes (samples, inputs) and (samples,) or (samples, outputs), "
            f"with at least one sample; got {X.shape} and {y.shape}"
        )
    return ArraySource(open_X, open_y, np.array([0, len(X)]), name)


def _opener(values: Any, name: str, kinds: str) -> Callable[[], np.ndarray]:
    """Return what returns an array, or maps a file anew."""
    if isinstance(values, (str, os.PathLike)):
        path = Path(values)
        if path.suffix != ".npy":
            raise ValueError(f"{name} must be an array or a .npy file; got {str(path)!r}")
        opener = partial(np.load, path, mmap_mode="r", allow_pickle=False)
        with reading(path):
            array = opener()
    else:
        array = real_array(values, name) if name == "X" else plain_array(values, name)
        opener = partial(np.asarray, array)
    if array.dtype.kind not in kinds:
        wanted = "real numbers" if kinds == "biuf" else "numbers or texts"
        raise ValueError(f"{name} must hold {wanted}; got {array.dtype}")
    return opener


def _labels(y: np.ndarray) -> np.ndarray:
    """Return labels that may stand in a column of their own."""
    return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
