"""Converts targets of any kind to the numbers that losses take."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from rewire.io import advise
from rewire.validation import plain_array, real_array

__all__ = ["as_targets", "task_of"]

# Floats that are whole numbers, of at most this many different values, are classes.
MAX_FLOAT_CLASSES = 20
# Integers of more different values than this may be class numbers, or counts and prices.
MAX_CERTAIN_CLASSES = 100


def task_of(y: np.ndarray) -> Literal["classification", "regression"]:
    """Infer the task from the targets; refuse to guess if both are likely.

    Examples
    --------
    >>> task_of(np.array(["red", "blue"])), task_of(np.array([0.0, 1.0])), task_of(np.array([0.5]))
    ('classification', 'classification', 'regression')
    """
    if y.ndim == 2 and y.shape[1] > 1:
        return "regression"
    if y.dtype.kind == "f":
        few = len(np.unique(y)) <= MAX_FLOAT_CLASSES
        return "classification" if few and (y == np.floor(y)).all() else "regression"
    if y.dtype.kind in "iu" and len(np.unique(y)) > MAX_CERTAIN_CLASSES:
        raise ValueError(
            advise(
                f"y has {len(np.unique(y))} different whole numbers, which may be classes or the "
                "targets of a regression",
                "say which (task='classification' or task='regression')",
            )
        )
    return "classification"


def as_targets(
    y: np.ndarray, y_test: Any, task: str
) -> tuple[np.ndarray, np.ndarray | None, tuple[Any, ...]]:
    """Return targets, test targets and the classes in sorted order; none in regression."""
    if task == "regression":
        # In float64 whatever the inputs are: float32 knows times in seconds to the minute only.
        test = None if y_test is None else np.asarray(real_array(y_test, "y_test"), np.float64)
        return np.asarray(real_array(y, "y"), np.float64), test, ()
    y = _labels(y, "y")
    try:
        classes, numbers = np.unique(y, return_inverse=True)
    except TypeError as error:
        raise ValueError(f"y must hold labels of one kind, text or numbers; {error}") from error
    if y.dtype.kind == "f" and not np.isfinite(classes).all():
        raise ValueError("y must hold finite labels; got nan or infinity: leave those samples out")
    if len(classes) < 2:
        raise ValueError(f"y must hold at least two classes; got {classes.tolist()}")
    test = None if y_test is None else _numbered(plain_array(y_test, "y_test"), classes)
    return numbers, test, tuple(classes.tolist())


def _labels(values: np.ndarray, name: str) -> np.ndarray:
    """Return one label per sample; refuse what has no order, or several parts."""
    if values.dtype.kind in "cV":
        raise ValueError(f"{name} must hold labels, text or real numbers; got {values.dtype}")
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise ValueError(
            f"{name} must have one label per sample, shape (samples,); got {values.shape}"
        )
    return values


def _numbered(labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the class numbers of labels; refuse labels that are not among the classes."""
    labels = _labels(labels, "y_test")
    try:
        numbers = np.minimum(np.searchsorted(classes, labels), len(classes) - 1)
    except TypeError as error:
        raise ValueError(f"y_test must hold labels as y does, text or numbers; {error}") from error
    unknown = np.asarray(labels != classes[numbers], bool)
    if unknown.any():
        raise ValueError(
            f"y_test must hold labels that are in y too; got {labels[unknown].tolist()[0]!r}"
        )
    return numbers
