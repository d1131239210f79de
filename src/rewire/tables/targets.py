"""What a target is for: classes, or quantities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rewire.io import advise, together

from .parsing import read_column
from .raw import RawColumn
from .schema import Column, NumberFormat

__all__ = ["understand_target"]

# Whole numbers with more different values than this, or than this share of rows, are quantities.
MOST_CLASSES = 100
MOSTLY_DIFFERENT = 0.5
SHOWN = 5


def understand_target(
    column: Column, raw: RawColumn, task: str | None, alone: bool, problems: list[str]
) -> Column:
    """Return a target as a category, of classes, or as a number or date, of quantities.

    Parameters
    ----------
    column : Column
        As it would be understood among the inputs.
    raw : RawColumn
    task : {"classification", "regression"}, optional
    alone : bool
        Whether it is the only target: several are quantities.
    problems : list of str
        Is added to if it cannot be a target, or can be both.
    """
    name, kind = column.name, column.kind
    column = replace(column, role="target")
    if kind == "unknown":
        problems.append(f"target {name!r} cannot be predicted: {column.note}")
        return column
    measured = kind in ("number", "date")
    if not measured and (task == "regression" or not alone):
        if kind == "boolean":
            return column
        problems.append(
            advise(
                f"target {name!r} must be numbers for a regression; got texts such as "
                f"{_shown(raw)}",
                "correct those that are none",
                f"take them as missing (numeric={name!r})",
            )
        )
        return column
    if not measured or (task == "classification"):
        return _classes(column, raw, problems)
    if task == "regression" or not alone or kind == "date":
        return column
    return _whole_numbers(column, raw, problems)


def _classes(column: Column, raw: RawColumn, problems: list[str]) -> Column:
    """Return a target of classes, named as they are written."""
    filled = column.rows - column.missing
    many = column.different > max(MOST_CLASSES, MOSTLY_DIFFERENT * filled)
    if many and column.kind not in ("number", "date"):
        problems.append(
            f"target {column.name!r} must be numbers, or classes that several rows share; got "
            f"{column.different} different texts in {filled} rows, such as {_shown(raw)}"
        )
    return replace(column, kind="category", number=_of_classes(column), words=None)


def _of_classes(column: Column) -> NumberFormat | None:
    """Return how classes that are numbers are written."""
    return column.number or (NumberFormat() if column.kind == "number" else None)


def _whole_numbers(column: Column, raw: RawColumn, problems: list[str]) -> Column:
    values, _ = read_column(raw, column)
    known = values[np.isfinite(values)]
    different = np.unique(known)
    if len(different) == 2:
        return _classes(column, raw, problems)
    if len(different) < 2 or (known % 1 != 0).any():
        return column
    written = column.number or NumberFormat()
    if written.thousands or written.prefix or written.suffix:
        return column
    if len(different) > min(MOST_CLASSES, MOSTLY_DIFFERENT * len(known)):
        note = advise(
            f"quantities, for it has {len(different)} different whole numbers",
            "if they are classes, say so (task='classification')",
        )
        return replace(column, note=together(column.note, note))
    shown = ", ".join(f"{one:.15g}" for one in different[:SHOWN])
    problems.append(
        advise(
            f"target {column.name!r} has {len(different)} different whole numbers ({shown}"
            f"{', ...' if len(different) > SHOWN else ''}), which may be classes or quantities",
            "give task='classification'",
            "give task='regression'",
        )
    )
    return column


def _shown(raw: RawColumn) -> str:
    cells = [one for one in raw.cells()[:1000] if one is not None and str(one).strip()]
    return ", ".join(repr(str(one)[:40]) for one in dict.fromkeys(cells[:3]))
