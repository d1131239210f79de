"""Settles columns that can be read in two ways by what the rest of the table says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from rewire.io import advise

from .dates import read_dates, readable_pattern, study_dates
from .kinds import TextStudy, measured_kind
from .number_formats import study_numbers
from .numbers import read_numbers
from .overrides import Override
from .raw import RawTable, TypedColumn
from .schema import DateFormat, NumberFormat

__all__ = ["Evidence", "gather_evidence", "settle"]


@dataclass(frozen=True)
class Evidence:
    """What columns that leave no doubt say about the others.

    Parameters
    ----------
    separator : str, optional
        Of the values of a file of text.
    decimals : mapping of str to str
        Each decimal separator that occurs, and a column that has it.
    orders : mapping of str to str
        Whether days or months come first ("%d" or "%m"), and a column where they do.
    """

    separator: str | None = None
    decimals: Mapping[str, str] = field(default_factory=dict)
    orders: Mapping[str, str] = field(default_factory=dict)


def gather_evidence(
    studies: Mapping[str, TextStudy], said: Mapping[str, Override], raw: RawTable
) -> Evidence:
    """Return what the columns say that can be read in one way only."""
    decimals: dict[str, str] = {}
    if raw.separator is not None:  # a large file of text has columns read as decimals at once
        typed = (name for name, one in raw.columns.items() if isinstance(one, TypedColumn))
        decimals |= zip((".",), typed, strict=False)
    orders: dict[str, str] = {}
    for name, study in studies.items():
        kind = measured_kind(study, said.get(name, Override()))
        if kind == "number" and study.numbers.decimal and not study.numbers.contradiction:
            decimals.setdefault(study.numbers.decimal, name)
        if kind == "date" and len(study.dates.formats) == 1 and not study.dates.contradiction:
            pattern = study.dates.formats[0].pattern
            if "%m" in pattern and "%d" in pattern and pattern[:2] in ("%d", "%m"):
                orders.setdefault(pattern[:2], name)
    return Evidence(raw.separator, decimals, orders)


def settle(
    name: str, study: TextStudy, said: Override, evidence: Evidence, problems: list[str]
) -> tuple[TextStudy, str]:
    """Return the study with its right format first, and a note where evidence decided.

    What stays open, or contradicts itself, is added to the problems.
    """
    kind = measured_kind(study, said)
    if study.refused:
        problems.append(
            advise(
                f"column {name!r} is not written with the separators given, as {study.refused!r} "
                "shows",
                "leave them to be found",
                "give the column's own in a file (columns=)",
            )
        )
    if kind == "number" and said.number is None:
        return _settle_numbers(name, study, evidence, problems)
    if kind == "date" and said.date is None:
        return _settle_dates(name, study, evidence, problems)
    return study, ""


def _settle_numbers(
    name: str, study: TextStudy, evidence: Evidence, problems: list[str]
) -> tuple[TextStudy, str]:
    numbers = study.numbers
    if numbers.contradiction:
        one, other = numbers.contradiction
        problems.append(
            advise(
                f"column {name!r}: {_reading(one)} and {_reading(other)} contradict each other",
                "correct one of them",
                f"take the column as categories (categorical={name!r})",
                f"leave it out (ignore={name!r})",
            )
        )
        return study, ""
    if numbers.percent_beside_shares:
        one, other = numbers.percent_beside_shares
        problems.append(
            advise(
                f"column {name!r}: {one!r} stands beside {other!r}, which may be a share of one",
                "write both alike",
                f"leave the column out (ignore={name!r})",
            )
        )
        return study, ""
    if len(numbers.formats) == 1:
        return study, ""
    decimal, reason = _decimal_of(study, evidence)
    if decimal:
        first = sorted(numbers.formats, key=lambda one: one.decimal != decimal)
        return replace(study, numbers=replace(numbers, formats=tuple(first))), reason
    problems.append(_open_numbers(name, study))
    return study, ""


def _decimal_of(study: TextStudy, evidence: Evidence) -> tuple[str, str]:
    """Return the decimal separator that the rest of the table speaks for, and why."""
    if len(evidence.decimals) == 1:
        decimal, other = next(iter(evidence.decimals.items()))
        word = {".": "points", ",": "commas"}[decimal]
        return decimal, f"read so because {other!r} has decimal {word}"
    if evidence.decimals:
        return "", ""
    with_points = study.numbers.formats[0].thousands == ""
    if evidence.separator == ",":
        return ".", "" if with_points else "read so because commas separate the file's values"
    if with_points and evidence.separator != ";":
        return ".", ""
    return "", ""


def _open_numbers(name: str, study: TextStudy) -> str:
    return _question(
        name,
        study.texts,
        study.numbers.formats,
        read_numbers,
        lambda value, written: f"{value:.12g} ({_described(written)})",
        lambda written: f"decimal={written.decimal!r}",
    )


def _question(
    name: str,
    texts: np.ndarray,
    formats: Sequence[Any],
    read: Callable[[np.ndarray, Any], np.ndarray],
    show: Callable[[float, Any], str],
    option: Callable[[Any], str],
) -> str:
    """Return which of two formats was meant, asked by the first text that they read differently."""
    values = [read(texts, written) for written in formats]
    shown = int(np.flatnonzero(values[0] != values[1])[0])
    readings = [show(found[shown], one) for found, one in zip(values, formats, strict=True)]
    return advise(
        f"column {name!r}: {texts[shown]!r} is {' or '.join(readings)}, and nothing in the table "
        "tells which",
        *(f"give {option(one)}" for one in formats),
    )


def _reading(text: str) -> str:
    """Return a number as it is written, with the first way in which it can be read."""
    values = study_numbers(np.array([text], object), np.ones(1, int))
    value = read_numbers(np.array([text], object), values.formats[0])[0]
    return f"{text!r} ({value:.12g}, {_described(values.formats[0], text)})"


def _described(written: NumberFormat, text: str = "") -> str:
    if written.thousands and (not text or written.thousands in text):
        return f"thousands separated by {written.thousands!r}"
    return {".": "decimal point", ",": "decimal comma"}[written.decimal]


def _settle_dates(
    name: str, study: TextStudy, evidence: Evidence, problems: list[str]
) -> tuple[TextStudy, str]:
    dates = study.dates
    if dates.contradiction:
        one, other = dates.contradiction
        problems.append(
            advise(
                f"column {name!r}: {_date_reading(one)} and {_date_reading(other)} contradict each "
                "other",
                "write both alike",
                f"take the column as categories (categorical={name!r})",
                f"leave it out (ignore={name!r})",
            )
        )
        return study, ""
    if not dates.formats:
        problems.append(
            advise(
                f"column {name!r} has no dates that are known, but texts such as "
                f"{study.texts[0]!r}",
                f"give its pattern (date='{name}=DD/MM/YYYY')",
                f"leave it out (ignore={name!r})",
            )
        )
        return study, ""
    if len(dates.formats) == 1:
        return study, ""
    if len(evidence.orders) == 1:
        order, other = next(iter(evidence.orders.items()))
        first = sorted(dates.formats, key=lambda one: not one.pattern.startswith(order))
        word = {"%d": "day", "%m": "month"}[order]
        note = f"read so because in {other!r} the {word} comes first"
        return replace(study, dates=replace(dates, formats=tuple(first))), note
    problems.append(_open_dates(name, study))
    return study, ""


def _open_dates(name: str, study: TextStudy) -> str:
    return _question(
        name,
        study.texts,
        study.dates.formats,
        read_dates,
        lambda value, written: f"{_day(value)} ({readable_pattern(written.pattern)})",
        lambda written: f"date={_choice(name, written)}",
    )


def _date_reading(text: str) -> str:
    """Return a date as it is written, with its pattern."""
    formats = study_dates(np.array([text], object), np.ones(1, int)).formats
    return f"{text!r} ({' or '.join(readable_pattern(one.pattern) for one in formats)})"


def _day(seconds: float) -> str:
    return str(np.datetime64(int(seconds), "s"))[:10]


def _choice(name: str, written: DateFormat) -> str:
    return repr(f"{name}={readable_pattern(written.pattern)}")
