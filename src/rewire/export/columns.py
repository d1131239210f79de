"""What a row has in a column: in words, and as an example."""

from __future__ import annotations

import numpy as np

from rewire.tables import Column, DateFormat, NumberFormat
from rewire.tables.dates import EPOCHS, read_dates
from rewire.tables.numbers import read_numbers
from rewire.tables.steps import Date, Lookup, Ngrams, Number
from rewire.tables.steps.date import PERIODS

from .whole import Whole

__all__ = ["describe", "example_value", "is_text", "stand_ins"]

SHOWN, LONG = 6, 40  # categories that a description names, and characters of each


def is_text(whole: Whole, column: Column) -> bool:
    """Return whether a row has text in a column, and not a number."""
    return isinstance(whole.step_of(column), (Lookup, Ngrams))


def describe(whole: Whole, column: Column) -> str:
    """Return kind, unit and known categories of a column."""
    step, written = whole.step_of(column), column.number
    if isinstance(step, Lookup):
        known = [text if len(text) <= LONG else f"{text[:LONG]}..." for text in step.rows]
        more = f", ... ({len(known)})" if len(known) > SHOWN else ""
        return f"{column.kind}: {', '.join(known[:SHOWN])}{more}"
    if isinstance(step, Ngrams):
        return "text"
    if column.of:
        signs = " or ".join(map(repr, column.words[1])) if column.words else "a sign"
        return f"truth value: 1 where {column.of} is the limit that follows {signs}, else 0"
    if column.kind == "boolean":
        if column.words:
            no, yes = (" or ".join(map(repr, words)) for words in column.words)
            return f"truth value: 0 for {no}, 1 for {yes}"
        return "truth value: 0 or 1"
    if column.kind == "date":
        return "date: seconds since 1970-01-01" + (
            " UTC" if column.date and column.date.utc else ""
        )
    if written and (unit := written.prefix + written.suffix):
        value = f"{written.factor:g} for {written.prefix}1{written.suffix}"
        return f"number: {value}" if written.factor != 1 else f"number in {unit.strip()}"
    return "number"


def example_value(whole: Whole, column: Column) -> float | str:
    """Return a value that a row may have in a column: what fills in missing ones, or the mean."""
    step = whole.step_of(column)
    if isinstance(step, Lookup):
        return next(iter(step.rows), "")
    if isinstance(step, Ngrams):
        return "text"
    assert isinstance(step, (Date, Number))
    mean = whole.mean[whole.first_input[whole.steps.index(step)]]
    if isinstance(step, Date):
        return float(np.round(mean * PERIODS["day"] if np.isnan(step.fill) else step.fill))
    return float(f"{mean if np.isnan(step.fill) else step.fill:.6g}")


def stand_ins(whole: Whole, column: Column) -> list[float]:
    """Return the numbers that mean a missing value in a column of numbers or dates: -999."""
    texts = np.array([text for text in column.na if text], object)
    if is_text(whole, column) or not len(texts):
        return []
    date = column.date or DateFormat()
    if column.kind == "date" and date.pattern not in EPOCHS:
        values = read_dates(texts, date)
    else:
        unit = EPOCHS.get(date.pattern, 1.0) if column.kind == "date" else 1.0
        values = read_numbers(texts, column.number or NumberFormat()) * unit
    return values[~np.isnan(values)].tolist()
