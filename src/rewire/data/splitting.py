"""Chooses the samples that are held out for validation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from rewire.io import advise

__all__ = ["held_out_count", "random_state", "split_rows"]


def random_state(seed: Any) -> int | None:
    """Return a seed that scikit-learn takes; a generator gives its next number."""
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(2**32))
    return seed


def held_out_count(size: float, samples: int, name: str) -> int:
    """Return how many samples to split off, of a share or a number of them.

    Raises
    ------
    ValueError
        For a size that leaves either part empty.
    """
    if not (0 < size < 1 or (1 <= size < samples and size == int(size))):
        raise ValueError(
            f"size must be a share in (0, 1) or a whole number in [1, {samples}), the number of "
            f"training samples; got {size}"
        )
    held_out = math.ceil(size * samples) if size < 1 else int(size)
    if held_out == samples:
        raise ValueError(
            f"size must leave samples to train on; got {size} of {samples} samples of {name}"
        )
    return held_out


def split_rows(
    y: np.ndarray, classes: Sequence[Any], size: float, seed: int | None, name: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that remain and the rows that are split off, both in ascending order.

    Parameters
    ----------
    y : ndarray, shape (samples, ...)
    classes : sequence
        Names of the classes, for parts with the same share of each class; empty for a random
        split. The only sample of a class remains.
    size : float or int
        Share of the samples to split off, or their number.
    seed : int, optional
    name : str
        Name of the data set, for messages.
    """
    samples = len(y)
    held_out = held_out_count(size, samples, name)
    rows, alone = np.arange(samples), np.zeros(0, np.int64)
    if classes:
        alone = _only_members(y)
        rows = np.setdiff1d(rows, alone)
        if not len(rows):
            raise ValueError(
                f"a class must have at least two samples to be in both parts; {name} has one of "
                "each class"
            )
        _check_classes(y[rows], size, held_out, name)
    from sklearn.model_selection import train_test_split

    train, validation = train_test_split(
        rows, test_size=held_out, random_state=seed, stratify=y[rows] if classes else None
    )
    return np.sort(np.concatenate([train, alone])), np.sort(validation)


def _only_members(y: np.ndarray) -> np.ndarray:
    """Return the rows of samples that are the only ones of their class."""
    _, first, counts = np.unique(y, return_index=True, return_counts=True)
    return first[counts == 1]


def _check_classes(y: np.ndarray, size: float, held_out: int, name: str) -> None:
    """Refuse to split if a class of several samples would be missing in one part."""
    present, parts = len(np.unique(y)), (len(y) - held_out, held_out)
    if min(parts) < present:
        raise ValueError(
            advise(
                f"size must give both parts at least as many samples as there are classes, "
                f"{present}; got {size}, which makes parts of {parts[0]} and {parts[1]} samples "
                f"of {name}",
                "choose another one",
                "split without regard to classes (stratify=False)",
            )
        )
