"""Categories: one-hot encoded if they are few, otherwise by what their rows have for a target."""

from __future__ import annotations

from collections import Counter
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

from .lookup import Lookup

__all__ = ["MOST_LEVELS", "LeftOut", "cross_fitted", "fit_categories"]

# More levels than these are not one-hot encoded.
MOST_LEVELS = 50
# A level has an input of its own in this share of the training rows, at least 2 and at most 10 of
# them; in tables of fewer than 20 rows, in any row.
RARE, LEAST_ROWS, ENOUGH_ROWS, SMALL_TABLE = 0.005, 2, 10, 20
# Of more rows than these, a column in which all are different names the rows.
FEW_ROWS = 5
# Rows of an average level that each level's mean is mixed with, in a target encoding.
SMOOTHING = 10.0
# More classes than these would make as many inputs: levels are encoded by their counts then.
MOST_CLASSES = 10
FOLDS = 5


class LeftOut(NamedTuple):
    """Why a column makes no input."""

    reason: str


def fit_categories(
    name: str, values: np.ndarray, y: np.ndarray | None, indicator: bool
) -> Lookup | LeftOut:
    """Learn the encoding of a column of categories from its training rows.

    Parameters
    ----------
    name : str
        Of the column.
    values : ndarray of object, shape (rows,)
        Texts, None where they are missing.
    y : ndarray, optional
        Class numbers (integers), or the numbers of a regression (floats).
    indicator : bool
        Whether missing values are a level of their own; otherwise they count as the most frequent
        level.
    """
    counts = Counter(values.tolist())
    missing = counts.pop(None, 0)
    if FEW_ROWS < sum(counts.values()) == len(counts):
        return LeftOut("each row has its own")
    least = _least(len(values))
    frequent = sorted(level for level, count in counts.items() if count >= least)
    if not _many(counts, frequent):
        if not frequent or (len(frequent) == len(counts) == 1 and not indicator):
            return LeftOut(f"no value is in {least} rows or more, too few to learn from")
        return _one_hot(name, counts, frequent, missing, indicator)
    targets = None if y is None else _targets(y)
    if targets is None:
        return _by_count(name, counts, missing)
    return _by_target(name, values, targets)


def _many(counts: Counter[str], frequent: list[str]) -> bool:
    """Return whether levels are too many for an input each, or most rows would be "another"."""
    if len(frequent) > MOST_LEVELS:
        return True
    rows = sum(counts.values())
    rare = rows - sum(counts[level] for level in frequent)
    # Where almost every row has its own, their targets tell nothing either.
    return MOST_LEVELS < len(counts) <= rows / 2 < rare


def _least(rows: int) -> int:
    if rows < SMALL_TABLE:
        return 1
    return int(np.clip(np.ceil(RARE * rows), LEAST_ROWS, ENOUGH_ROWS))


def _one_hot(
    name: str, counts: Counter[str], frequent: list[str], missing: int, indicator: bool
) -> Lookup:
    names = [f"{name}={level}" for level in frequent]
    rare = len(frequent) < len(counts)
    names += [f"{name} is another"] * rare + [f"{name} is missing"] * indicator
    unit = [tuple(row) for row in np.eye(len(names)).tolist()]
    rows = dict(zip(frequent, unit, strict=False))
    most_frequent = rows[max(frequent, key=lambda level: counts[level])]
    if rare:
        unseen = unit[len(frequent)]
    else:  # nothing is known of them: what is usual
        total = sum(counts.values()) + missing * indicator
        shares = [counts[level] / total for level in frequent]
        unseen = (*shares, *[missing / total] * indicator)
    return Lookup(name, tuple(names), rows, unseen, unit[-1] if indicator else most_frequent)


def _by_count(name: str, counts: Counter[str], missing: int) -> Lookup:
    """Return the logarithm of 1 plus the number of training rows that have the level."""
    rows = {level: (float(np.log1p(count)),) for level, count in sorted(counts.items())}
    return Lookup(name, (f"{name}: log count",), rows, (0.0,), (float(np.log1p(missing)),), "count")


# --------------------------------------------------------------------------- by their targets


class _Targets(NamedTuple):
    """Columns that a level's mean is taken of, and what each is called."""

    columns: np.ndarray
    names: tuple[str, ...]


def _targets(y: np.ndarray) -> _Targets | None:
    if y.dtype.kind == "f":
        columns = y.reshape(len(y), -1).astype(np.float64)
        several = columns.shape[1] > 1
        return _Targets(
            columns,
            tuple("mean target" + f" {i}" * several for i in range(columns.shape[1])),
        )
    classes = int(y.max()) + 1
    if classes > MOST_CLASSES:
        return None
    first = 1 if classes == 2 else 0  # of two shares, one tells the other
    numbers = range(first, classes)
    columns = np.column_stack([(y == number) for number in numbers]).astype(np.float64)
    return _Targets(columns, tuple(f"share of class {number}" for number in numbers))


def _by_target(name: str, values: np.ndarray, targets: _Targets) -> Lookup:
    levels = sorted({value for value in values.tolist() if value is not None})
    encoded, average = _means(levels, values, targets.columns)
    return Lookup(
        name,
        tuple(f"{name}: {one}" for one in targets.names),
        dict(zip(levels, map(tuple, encoded[:-1].tolist()), strict=True)),
        tuple(average.tolist()),
        tuple(encoded[-1].tolist()),
        "target",
    )


def _means(
    levels: list[str], values: np.ndarray, columns: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return smoothed means for each level and, last, for missing values; and those of all rows."""
    numbers: dict[Any, int] = {level: i for i, level in enumerate(levels)}
    codes = np.fromiter(map(numbers.get, values, repeat(len(levels))), np.intp, len(values))
    average = columns.mean(axis=0)
    counts = np.bincount(codes, minlength=len(levels) + 1)[:, None]
    sums = np.column_stack(
        [np.bincount(codes, column, minlength=len(levels) + 1) for column in columns.T]
    )
    return (sums + SMOOTHING * average) / (counts + SMOOTHING), average


def cross_fitted(step: Lookup, values: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return a target encoding of training rows, each by the targets of other rows alone.

    A network that learnt from :meth:`Lookup.transform` would see each row's own target in it.
    """
    targets = _targets(y)
    assert targets is not None
    # By chance but always the same: rows may be in an order that has a meaning.
    fold = np.random.default_rng(0).permutation(np.arange(len(values)) % FOLDS)
    out = np.empty((len(values), len(step.names)))
    for one in range(FOLDS):
        held_out, others = fold == one, fold != one
        part = _Targets(targets.columns[others], targets.names)
        out[held_out] = _by_target(step.column, values[others], part).transform(values[held_out])
    return out
