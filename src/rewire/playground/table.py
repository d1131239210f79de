"""Two columns of a small table as points."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter

from .points import Point

__all__ = ["table_points"]

MAX_ROWS = 2000


def table_points(
    text: str, x: str, y: str, label: str, positive: str | None = None
) -> tuple[Point, ...]:
    r"""Return the rows of a table as points, both coordinates at mean 0 and standard deviation 1.

    Parameters
    ----------
    text : str
        CSV, its first line the names of the columns. Rows that lack a number or the class are left
        out.
    x, y : str
        Columns of numbers.
    label : str
        The column of classes.
    positive : str, optional
        The class that gets label 1; by default the last in alphabetical order.

    Returns
    -------
    tuple of (float, float, int)

    Raises
    ------
    ValueError
        For a column or class that is not there, one class only, fewer than 4 rows or more than
        2000.

    Examples
    --------
    >>> table_points("a,b,c\n1,2,no\n3,2,yes\n1,4,no\n3,4,yes\n", "a", "b", "c")[:2]
    ((-1.0, -1.0, 0), (1.0, -1.0, 1))
    """
    rows = list(csv.DictReader(io.StringIO(text)))
    names = list(rows[0]) if rows else []
    for field, column in (("x", x), ("y", y), ("label", label)):
        if column not in names:
            raise ValueError(
                f"{field} must be one of the columns {', '.join(map(str, names))}; got {column!r}"
            )
    found = [
        (number(row[x]), number(row[y]), row[label].strip())
        for row in rows
        if row[label] is not None
    ]
    complete = [row for row in found if math.isfinite(row[0] + row[1]) and row[2]]
    if not 4 <= len(complete) <= MAX_ROWS:
        raise ValueError(
            f"text must hold 4 to {MAX_ROWS} rows with numbers and a class; got {len(complete)}"
        )
    classes = sorted(Counter(row[2] for row in complete))
    chosen = classes[-1] if positive is None else positive
    if chosen not in classes or len(classes) < 2:
        raise ValueError(
            f"positive must be one of two classes or more; got {chosen!r} among "
            f"{', '.join(classes[:10])}"
        )
    across, up = (
        _standardized([row[0] for row in complete]),
        _standardized([row[1] for row in complete]),
    )
    return tuple(
        (a, b, int(row[2] == chosen)) for a, b, row in zip(across, up, complete, strict=True)
    )


def number(text: str | None) -> float:
    """Return the number that a cell holds, NaN if it holds none."""
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan


def _standardized(values: list[float]) -> list[float]:
    mean = math.fsum(values) / len(values)
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values)) or 1.0
    return [(value - mean) / spread for value in values]
