"""Reads a table, CSV, TSV or Parquet, as a data set."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rewire.io import advise

from .dataset import Dataset
from .pandas_io import check_complete, check_size, find_column, read_frame, values_of

__all__ = ["read_table"]

# A text column of more different values is probably a name, or numbers that were misread.
MAX_CATEGORIES = 100
# A column of consecutive numbers over this many rows is probably a row number.
MIN_COUNTED_ROWS = 20


def read_table(
    path: Path, *, target: Any, task: Any, dtype: np.dtype, ignore: Sequence[Any], **options: Any
) -> Dataset:
    """Read a table of inputs and targets.

    Numbers and booleans are inputs as they are. A text column is one-hot encoded: it becomes one
    input per value, in sorted order, named ``column=value``.

    Parameters
    ----------
    path : Path
    target : str, int, or list of them
        The column to predict, by name or number, or the columns of a regression.
    task, dtype
        As in :func:`rewire.data.load`.
    ignore : sequence of str or int
        Columns to leave out.
    **options
        Further arguments for pandas' reader.
    """
    frame = read_frame(path, **options)
    names = list(frame.columns)
    wanted = target if isinstance(target, (list, tuple)) else [target]
    targets = [find_column(one, names) for one in wanted]
    ignored = [find_column(one, names, "ignore") for one in ignore]
    if both := [name for name in targets if name in ignored]:
        raise ValueError(f"ignore must not name the target; got {both[0]!r} for both")
    used = [name for name in names if name not in ignored]
    check_complete(frame[used])
    values = {name: values_of(frame[name]) for name in used}
    for name, column in values.items():
        check_size(name, column, dtype)
    for name in targets:
        _check_target(name, values[name], task)
    y = [values[name] for name in targets]
    X, features = _inputs({name: values[name] for name in used if name not in targets})
    return Dataset.from_arrays(
        X,
        y[0] if len(y) == 1 else np.column_stack(y),
        task=task,
        dtype=dtype,
        feature_names=features,
        name=path.stem,
    )


def _check_target(name: Any, values: np.ndarray, task: Any) -> None:
    """Refuse text that cannot be classes, or that should have been numbers."""
    if values.dtype.kind != "U":
        return
    if task == "regression":
        raise ValueError(
            f"target must be a column of numbers for a regression; got {str(values[0])!r} in "
            f"column {str(name)!r}: write numbers without units and thousands separators"
        )
    different = len(np.unique(values))
    if task is None and different > max(MAX_CATEGORIES, len(values) // 2):
        raise ValueError(
            f"target must be numbers, or classes that several rows share; got {different} "
            f"different texts in {len(values)} rows of column {str(name)!r}, such as "
            f"{str(values[0])!r}: write numbers without units and thousands separators"
        )


def _inputs(columns: dict[Any, np.ndarray]) -> tuple[np.ndarray, list[str]]:
    """Return the inputs, text one-hot encoded, and their names."""
    if not columns:
        raise ValueError("at least one column must be left besides target; got none")
    blocks, names = [], []
    for name, values in columns.items():
        if values.dtype.kind != "U":
            if _numbers_rows(values):
                warnings.warn(
                    advise(
                        f"column {str(name)!r} only numbers the rows",
                        "leave it out unless the order of the rows matters (ignore=)",
                    ),
                    stacklevel=2,
                )
            blocks.append(values[:, None])
            names.append(str(name))
            continue
        categories = np.unique(values)
        if len(categories) > MAX_CATEGORIES:
            raise ValueError(
                advise(
                    f"column {str(name)!r} must have at most {MAX_CATEGORIES} different texts, "
                    f"each of which becomes an input; got {len(categories)}, such as "
                    f"{str(values[0])!r}",
                    "leave the column out (ignore=)",
                    "turn it into numbers",
                )
            )
        blocks.append(values[:, None] == categories)
        names += [f"{name}={category}" for category in categories]
    return np.hstack(blocks), names


def _numbers_rows(values: np.ndarray) -> bool:
    """Return whether a column holds consecutive whole numbers."""
    whole = values.dtype.kind in "iu" and len(values) >= MIN_COUNTED_ROWS
    return bool(whole and (np.diff(values.astype(np.float64)) == 1).all())
