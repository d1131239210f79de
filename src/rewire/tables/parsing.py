"""Reads a raw table by a schema that was learnt from another, or from the same."""

from __future__ import annotations

import numpy as np

from rewire.validation import of_type

from .dates import EPOCHS, read_dates
from .limits import read_limits
from .missing import are_missing
from .numbers import read_numbers
from .raw import RawColumn, RawTable, TextColumn, TypedColumn
from .schema import Column, DateFormat, NumberFormat, Schema
from .table import Table
from .texts import Texts
from .typed import plain_text

__all__ = ["parse", "read_column", "read_measured"]


def parse(raw: RawTable, schema: Schema) -> Table:
    """Read a table's values as the schema says, without guessing anything anew.

    Parameters
    ----------
    raw : RawTable
        May have its columns in another order, further columns, and no targets.
    schema : Schema

    Returns
    -------
    Table
        With ``unanswerable`` rows where an input's text cannot be read as its column's kind. What
        means a missing value, and what was taken as missing when the schema was learnt, is missing.

    Raises
    ------
    ValueError
        If inputs are missing; all are named.

    Examples
    --------
    >>> from rewire.tables import read_raw, understand
    >>> schema = understand(read_raw({"code": ["01", "02", "0A"], "area": ["1.5", "2", "3"]}))
    >>> table = parse(read_raw({"area": ["4", "?", "four"], "code": ["01", "02", "03"]}), schema)
    >>> table.values["area"].tolist(), table.values["code"].tolist()
    ([4.0, nan, nan], ['01', '02', '03'])
    >>> table.unanswerable.tolist()
    [False, False, True]
    """
    of_type(raw, "raw", RawTable)
    of_type(schema, "schema", Schema)
    if absent := [one.name for one in schema.inputs if (one.of or one.name) not in raw.columns]:
        raise ValueError(
            f"a table must have the columns that the model was trained on; it lacks "
            f"{', '.join(map(repr, absent))}, and its columns are {_listed(raw)}"
        )
    values: dict[str, np.ndarray] = {}
    unanswerable = np.zeros(len(raw), bool)
    for one in schema.columns:
        source = one.of or one.name
        if one.role == "ignored" or source not in raw.columns:
            continue
        values[one.name], unreadable = read_column(raw.columns[source], one)
        if one.role == "input":
            unanswerable |= unreadable
    return Table(schema, values, unanswerable)


def _listed(raw: RawTable, most: int = 20) -> str:
    return ", ".join(list(raw.columns)[:most]) + (", ..." if len(raw.columns) > most else "")


def read_column(column: RawColumn, learnt: Column) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of each row, and which rows cannot be read.

    Parameters
    ----------
    column : TextColumn or TypedColumn
    learnt : Column
        Its kind and its formats.

    Returns
    -------
    values : ndarray, shape (rows,)
        As in :class:`rewire.tables.Table`.
    unreadable : ndarray of bool, shape (rows,)
    """
    if learnt.of:
        return read_limits(column, learnt), np.zeros(len(column), bool)
    if isinstance(column, TextColumn):
        return _read_texts(column, learnt)
    if column.kind == "category" or (column.kind == "unknown" and column.type == "empty"):
        return _read_texts(_factorized(column.values), learnt)
    if column.kind == "unknown":
        nothing = np.nan if learnt.kind in ("number", "boolean", "date") else None
        return np.full(len(column), nothing), np.ones(len(column), bool)
    return _read_values(column, learnt)


# ----------------------------------------------------------------------------------------- texts


def _read_texts(column: TextColumn, learnt: Column) -> tuple[np.ndarray, np.ndarray]:
    measured = learnt.kind in ("number", "boolean", "date")
    missing = are_missing(column.different, learnt.na, usual=learnt.usual_na, numbers=measured)
    if not measured:
        texts = _categories(column.texts, learnt)
        texts[missing] = None
        return column.spread(texts, None), np.zeros(len(column), bool)
    missing |= column.different.among({t for t, _, what in learnt.odd if what.endswith("missing")})
    values = np.full(len(missing), np.nan)
    values[~missing] = read_measured(column.different.only(~missing), learnt)
    unreadable = np.isnan(values) & ~missing
    rows = column.spread(unreadable, False) if unreadable.any() else np.zeros(len(column), bool)
    return column.spread(values, np.nan), rows


def read_measured(texts: Texts, learnt: Column) -> np.ndarray:
    """Return the values of texts by a column's kind and format, NaN for what cannot be read."""
    if learnt.kind == "number":
        return _numbers(texts, learnt.number or NumberFormat())
    if learnt.kind == "date":
        written = learnt.date or DateFormat()
        if written.pattern in EPOCHS:
            return _numbers(texts, NumberFormat()) * EPOCHS[written.pattern]
        return read_dates(texts.objects, written)
    false, true = learnt.words or (("false", "0"), ("true", "1"))
    meaning = {**dict.fromkeys(false, 0.0), **dict.fromkeys(true, 1.0)}
    return np.array([meaning.get(text.strip().casefold(), np.nan) for text in texts.objects])


def _numbers(texts: Texts, written: NumberFormat) -> np.ndarray:
    """Return the values of numbers; those of plain ones are known already."""
    if written.decimal != ".":
        return read_numbers(texts.objects, written)
    values, others = texts.plain.values * written.factor, ~texts.plain.mask
    if others.any():
        values[others] = read_numbers(texts.only(others).objects, written)
    return values


def _categories(texts: np.ndarray, learnt: Column) -> np.ndarray:
    """Return texts without blanks around them, numbers as they are written shortest."""
    stripped = np.array([text.strip() for text in texts], object)
    if learnt.number is not None:
        numbers = read_numbers(texts, learnt.number)
        for i in np.flatnonzero(~np.isnan(numbers)):
            stripped[i] = plain_text(numbers[i])
    return stripped


# ---------------------------------------------------------------------------------------- values


def _factorized(values: np.ndarray) -> TextColumn:
    """Return objects, of which some are None, as a column of texts."""
    known = {text: i for i, text in enumerate(dict.fromkeys(v for v in values if v is not None))}
    codes = np.array([-1 if v is None else known[v] for v in values], np.intp)
    return TextColumn(Texts(np.array(list(known), object)), codes)


def _read_values(column: TypedColumn, learnt: Column) -> tuple[np.ndarray, np.ndarray]:
    values, gone = column.values, np.isinf(column.values)
    for number in _na_numbers(learnt):
        gone |= values == number
    if gone.any():  # a table's numbers are not copied for nothing
        values = np.where(gone, np.nan, values)
    readable = np.ones(len(values), bool)
    if learnt.kind == "boolean":
        readable = np.isnan(values) | np.isin(values, (0, 1))
    if learnt.kind == "date" and column.kind != "date":
        unit = learnt.date.pattern if learnt.date else ""
        values = values * EPOCHS.get(unit, np.nan)
        readable = np.isnan(column.values) | ~np.isnan(values)
    if learnt.kind in ("number", "boolean", "date"):
        return values if readable.all() else np.where(readable, values, np.nan), ~readable
    return _named(values, column.kind), ~readable


def _na_numbers(learnt: Column) -> list[float]:
    """Return the texts for a missing value that are numbers."""
    if not learnt.na:
        return []
    texts = np.array([text for text in learnt.na if text], object)
    return [one for one in read_numbers(texts, NumberFormat()) if not np.isnan(one)]


def _named(values: np.ndarray, kind: str) -> np.ndarray:
    """Return values as the texts of categories."""
    different, codes = np.unique(values, return_inverse=True)
    names = {
        "boolean": lambda one: str(bool(one)),
        "date": lambda one: str(np.datetime64(int(one), "s")),
    }
    name = names.get(kind, plain_text)
    texts = np.array([None if np.isnan(one) else name(one) for one in different], object)
    return texts[codes]
