"""A table whose columns have been read: numbers as floats, everything else as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .schema import Schema

__all__ = ["Table"]


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of values, read as their schema says.

    Parameters
    ----------
    schema : Schema
    values : mapping of str to ndarray, shape (rows,)
        Of each column that is not ignored. Numbers, booleans (0 and 1) and dates (seconds since
        1970-01-01, UTC or local as written) are float64 with NaN for a missing value; categories
        and texts are arrays of ``str`` objects with None for a missing value.
    unanswerable : ndarray of bool, shape (rows,), optional
        Rows with a value that cannot be read as its column's kind.

    Examples
    --------
    >>> from rewire.tables import parse, read_raw, understand
    >>> raw = read_raw({"area": ["120", "?", "75.5"], "city": ["Bonn", "Ulm", "Ulm"]})
    >>> parse(raw, understand(raw)).values["area"].tolist()
    [120.0, nan, 75.5]
    """

    schema: Schema
    values: Mapping[str, np.ndarray]
    unanswerable: np.ndarray | None = None

    def __len__(self) -> int:
        return len(next(iter(self.values.values()), ()))

    def take(self, rows: Any) -> Table:
        """Return the table of some rows, by number or by a boolean for each."""
        return Table(
            self.schema,
            _taken(self.values, rows),
            None if self.unanswerable is None else self.unanswerable[rows],
        )


def _taken(columns: Mapping[str, np.ndarray], rows: Any) -> _Some:
    if isinstance(columns, _Some):  # some of some rows
        return _Some(columns.columns, columns.rows[rows])
    rows = np.asarray(rows)
    return _Some(columns, np.flatnonzero(rows) if rows.dtype.kind == "b" else rows)


@dataclass(frozen=True, eq=False)
class _Some(Mapping[str, np.ndarray]):
    """Some rows of columns, taken when a column is asked for: a copy of all would be as large."""

    columns: Mapping[str, np.ndarray]
    rows: Any

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name][self.rows]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)
