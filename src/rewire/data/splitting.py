"""Chooses the samples that are held out for validation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from rewire.io import advise

__all__ = ["random_state", "split_rows"]


def random_state(seed: Any) -> int | None:
    """Return a seed that scikit-learn takes; a generator gives its next number."""
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(2**32))
    return seed


def split_rows(
    y: np.ndarray, classes: Sequence[Any], size: float, seed: int | None, name: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that remain and the rows that are split off, both in ascending order.

    Parameters
    ----------
    y : ndarray, shape (samples, ...)
    classes : sequence
        Names of the classes, for parts with the same share of each class; empty for a random
        split.
    size : float or int
        Share of the samples to split off, or their number.
    seed : int, optional
    name : str
        Name of the data set, for messages.
    """
    samples = len(y)
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
    if classes:
        _check_classes(y, classes, size, held_out, name)
    from sklearn.model_selection import train_test_split

    train, validation = train_test_split(
        np.arange(samples), test_size=held_out, random_state=seed, stratify=y if classes else None
    )
    return np.sort(train), np.sort(validation)


def _check_classes(
    y: np.ndarray, classes: Sequence[Any], size: float, held_out: int, name: str
) -> None:
    """Refuse to split if a class would be missing in one part."""
    counts = np.bincount(y, minlength=len(classes))
    rare = [label for label, count in zip(classes, counts, strict=True) if count == 1]
    if rare:
        more = f" and of {len(rare) - 1} more" if len(rare) > 1 else ""
        raise ValueError(
            advise(
                f"every class must have at least two samples to be in both parts; {name} has one "
                f"of {rare[0]!r}{more}",
                "leave such samples out",
                "split without regard to classes (stratify=False)",
            )
        )
    present, parts = np.count_nonzero(counts), (len(y) - held_out, held_out)
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
