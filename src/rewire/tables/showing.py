"""Shows people what became of the columns of a table."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .schema import Column, Schema

__all__ = ["HEADINGS", "MOST_ROWS", "as_html", "as_text", "column_rows", "grouped"]

HEADINGS = ("column", "kind", "missing", "inputs", "what was found")
Row = tuple[str, str, str, str, str]
# Of more columns than these, those that are alike share a row.
MOST_ROWS = 60
# So many odd texts of a column are shown, each of so many characters.
ODD_SHOWN = 3
WIDEST = 24


def column_rows(
    schema: Schema,
    inputs: Mapping[str, int] | None = None,
    words: Callable[[str], str] = str,
) -> list[Row]:
    """Return a row of :data:`HEADINGS` for each column.

    Parameters
    ----------
    schema : Schema
    inputs : mapping of str to int, optional
        How many inputs each column becomes, where that is known.
    words : callable, optional
        Returns a note with its advice as it is to be followed here; by default as in Python.

    Examples
    --------
    >>> from rewire.tables import Column, Schema
    >>> odd = (("?", 1, "taken as missing"),)
    >>> schema = Schema((Column("b", "number", rows=57, missing=1, odd=odd),))
    >>> column_rows(schema, {"b": 1})
    [('b', 'number', '1', '1', "56 numbers; '?' (1 row) taken as missing")]
    """
    return [
        (
            one.name,
            _kind(one),
            f"{gone:,}" if (gone := _missing(one)) else "",
            "" if inputs is None or one.role != "input" else f"{inputs.get(one.name, 0):,}",
            _found(one, words),
        )
        for one in schema.columns
    ]


def grouped(rows: Sequence[Row], most: int = MOST_ROWS) -> list[Row]:
    """Return the rows of many columns, those of columns alike together in one.

    Columns are alike if what is said of them differs in numbers at most. Of no more than ``most``
    columns, each keeps its row.

    Parameters
    ----------
    rows : sequence of tuple of str
        As :func:`column_rows` returns them.
    most : int
        Also of groups: the others are counted in the last row.

    Examples
    --------
    >>> rows = [(f"g{i}", "number", "", "1", "") for i in range(500)]
    >>> grouped([*rows, ("y", "target, classes", "", "", "2 different")])
    [('g0 … g499 (500)', 'number', '', '500', ''), ('y', 'target, classes', '', '', '2 different')]
    """
    if len(rows) <= most:
        return list(rows)
    alike: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        _, kind, missing, _, found = row
        alike.setdefault((kind, missing and "some", re.sub(r"\d+", "9", found)), []).append(row)
    together = [_together(group) for group in alike.values()]
    if len(together) <= most:
        return together
    rest = sum(len(group) for group in list(alike.values())[most:])
    return [*together[:most], (f"and {rest:,} more", "", "", "", "")]


def _together(rows: Sequence[Row]) -> Row:
    """Return one row for columns that are alike; counts as their range, inputs as their sum."""
    name, kind, missing, inputs, found = rows[0]
    if len(rows) == 1:
        return rows[0]
    counts = sorted({row[2] for row in rows}, key=lambda text: int(text.replace(",", "") or 0))
    made = sum(int(row[3].replace(",", "") or 0) for row in rows)
    alike = all(row[4] == found for row in rows)
    return (
        f"{name} … {rows[-1][0]} ({len(rows):,})",
        kind,
        missing if len(counts) == 1 else f"{counts[0]} to {counts[-1]}",
        inputs and f"{made:,}",
        found if alike else f"such as {found}",
    )


def _kind(column: Column) -> str:
    kind = {"boolean": "truth value", "unknown": "-"}.get(column.kind, column.kind)
    if column.role == "target":
        return f"target, {'classes' if kind == 'category' else kind}"
    return f"{kind}, left out" if column.role == "ignored" else kind


def _found(column: Column, words: Callable[[str], str]) -> str:
    parts = [_filled(column)] if column.odd else []
    for text, times, outcome in column.odd[:ODD_SHOWN]:
        shown = text if len(text) <= WIDEST else f"{text[: WIDEST - 3]}..."
        parts.append(f"{shown!r} ({times:,} row{'s' * (times != 1)}) {outcome}")
    if (more := len(column.odd) - ODD_SHOWN) > 0:
        parts.append(f"{more:,} more such texts")
    if column.kind == "category" and not column.odd:
        parts.append(f"{column.different:,} different")
    return "; ".join(filter(None, [*parts, _dates(column), words(column.note)]))


def _filled(column: Column) -> str:
    words = {"number": "numbers", "date": "dates", "boolean": "truth values"}
    count = column.rows - column.missing - _unread(column) - sum(_limits(column).values())
    return f"{count:,} {words.get(column.kind, 'values')}"


def _missing(column: Column) -> int:
    """Return how many values are missing or taken as such."""
    return column.missing + _unread(column) + _limits(column)["taken as missing"]


def _unread(column: Column) -> int:
    return sum(times for _, times, outcome in column.odd if outcome.startswith("cannot"))


def _limits(column: Column) -> Counter[str]:
    """Return how many numbers are limits, by what became of them."""
    found: Counter[str] = Counter()
    for text, times, outcome in column.odd:
        if text[:1] in ("<", ">", "≤", "≥"):
            found[outcome] += times
    return found


def _dates(column: Column) -> str:
    from .dates import readable_pattern

    if column.date is None or column.date.pattern == "ISO8601":
        return ""
    return f"written {readable_pattern(column.date.pattern)}"


def as_text(schema: Schema, inputs: Mapping[str, int] | None = None) -> str:
    """Return the table of columns as plain text."""
    rows = [HEADINGS, *grouped(column_rows(schema, inputs))]
    kept = [i for i in range(len(HEADINGS)) if any(row[i] for row in rows[1:])]
    widths = {i: max(len(row[i]) for row in rows) for i in kept}
    lines = ["  ".join(row[i].ljust(widths[i]) for i in kept).rstrip() for row in rows]
    return "\n".join([*lines, *schema.notes])


def as_html(schema: Schema) -> str:
    """Return the table of columns for a notebook."""
    head = "".join(f"<th>{one}</th>" for one in HEADINGS)
    body = "".join(
        f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>"
        for row in grouped(column_rows(schema))
    )
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in schema.notes)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"
