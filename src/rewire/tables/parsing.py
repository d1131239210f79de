"""Reads a raw table by a schema that was learnt from another, or from the same."""

from __future__ import annotations

import numpy as np

from .numbers import read_numbers
from .raw import RawColumn, RawTable, TextColumn
from .schema import Column, NumberFormat, Schema
from .table import Table

__all__ = ["parse"]


def parse(raw: RawTable, schema: Schema) -> Table:
    """Read a table's values as the schema says.

    Parameters
    ----------
    raw : RawTable
        May have its columns in another order, further columns, and no targets.
    schema : Schema

    Returns
    -------
    Table
        With ``unanswerable`` rows where an input's text cannot be read as its column's kind.

    Raises
    ------
    ValueError
        If inputs are missing; all are named.
    """
    wanted = [*schema.inputs, *(one for one in schema.targets if one.name in raw.columns)]
    if absent := [one.name for one in schema.inputs if one.name not in raw.columns]:
        raise ValueError(
            f"a table must have the columns that the model was trained on; "
            f"{', '.join(map(repr, absent))} missing, and its columns are {', '.join(raw.columns)}"
        )
    values: dict[str, np.ndarray] = {}
    unanswerable = np.zeros(len(raw), bool)
    for one in wanted:
        values[one.name], unreadable = _read(raw.columns[one.name], one)
        if one.role == "input":
            unanswerable |= unreadable
    return Table(schema, values, unanswerable)


def _read(column: RawColumn, learnt: Column) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of each row, and which rows cannot be read."""
    if not isinstance(column, TextColumn):
        return column.values, np.zeros(len(column), bool)
    missing = np.array([text in ("", *learnt.na) for text in column.texts], bool)
    if learnt.kind == "number":
        values = read_numbers(column.texts, learnt.number or NumberFormat())
        bad = np.isnan(values) & ~missing
        values[missing] = np.nan
        return column.spread(values, np.nan), column.spread(bad, False)
    texts = column.texts.copy()
    texts[missing] = None
    return column.spread(texts, None), np.zeros(len(column), bool)
