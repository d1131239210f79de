"""What a column is that its source has a type for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rewire.io import advise

from .dates import EPOCHS
from .kinds import ENOUGH_ROWS
from .overrides import Override
from .parsing import read_column
from .raw import TypedColumn
from .schema import Column, Kind, NumberFormat
from .steps import missing_rows

__all__ = ["kind_of_values", "only_counts_rows"]

# What each type may also be taken for.
POSSIBLE: dict[Kind, tuple[Kind, ...]] = {
    "number": ("number", "category", "boolean", "id", "text"),
    "boolean": ("boolean", "number", "category"),
    "date": ("date", "number", "category"),
    "category": ("category", "text", "id"),
    "unknown": ("unknown",),
}


def kind_of_values(
    name: str, column: TypedColumn, said: Override, na: tuple[str, ...], problems: list[str]
) -> Column:
    """Return what a column is whose type is known."""
    kind = said.kind or column.kind
    if column.kind == "unknown":
        note = column.type if column.type != "empty" else "it has no values"
        return Column(name, "unknown", rows=len(column), missing=len(column), note=note)
    epoch = kind == "date" and said.date is not None and said.date.pattern in EPOCHS
    if kind not in POSSIBLE[column.kind] and not epoch and kind != "constant":
        problems.append(
            advise(
                f"column {name!r} is of type {column.type} and cannot be taken as {kind}",
                *([f"give its unit (date='{name}=s', or ms, us, ns)"] if kind == "date" else []),
            )
        )
    found = Column(
        name,
        kind,
        number=NumberFormat() if kind == "category" and column.kind == "number" else None,
        date=said.date,
        na=(*na, *said.na),
        rows=len(column),
    )
    values, _ = read_column(column, found)
    missing = missing_rows(values)
    different = len(np.unique(values[~missing]))
    found = replace(found, missing=int(missing.sum()), different=different)
    if column.kind == "number" and (infinite := int(np.isinf(column.values).sum())):
        found = replace(found, odd=(("inf", infinite, "taken as missing"),))
    if said.kind is not None:
        return found
    if not different:
        return replace(found, kind="unknown", note="it has no values")
    if different == 1 and not missing.any():
        return replace(found, kind="constant", note="it is always the same")
    return found


def only_counts_rows(name: str, values: np.ndarray, places: np.ndarray | None = None) -> bool:
    """Return whether whole numbers only tell the rows apart.

    They do if they count 0, 1, 2 or 1, 2, 3 and so on, or if all are different and the column is
    called an identifier. Years that follow each other are none.

    Parameters
    ----------
    name : str
    values : ndarray of float64, shape (rows,)
    places : ndarray of int, shape (rows,), optional
        Where the rows stand in their source; by default they are all of its rows.

    Examples
    --------
    >>> only_counts_rows("n", np.arange(30.0)), only_counts_rows("size", np.arange(30.0) ** 2)
    (True, False)
    """
    if len(values) < ENOUGH_ROWS or not np.isfinite(values).all() or (values % 1 != 0).any():
        return False
    ahead = values - (np.arange(len(values)) if places is None else places)
    if ahead[0] in (0, 1) and (ahead == ahead[0]).all():
        return True
    words = name.casefold().replace("_", " ").replace("-", " ").replace(".", " ").split()
    called = name.endswith(("ID", "Id")) or bool({"id", "uuid", "index", "key"} & set(words[-1:]))
    return called and len(np.unique(values)) == len(values)
