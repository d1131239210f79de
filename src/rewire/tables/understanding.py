"""Finds what each column of a table is, from all of its values and what a person says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from rewire.io import AdviceList, advise, together
from rewire.validation import of_type

from .evidence import Evidence, gather_evidence, settle
from .kinds import TextStudy, kind_of_texts, study_texts
from .limits import limit_columns
from .overrides import Override, Overrides, collect_overrides, one_or_several
from .parsing import read_column, read_measured
from .raw import RawColumn, RawTable, TextColumn
from .schema import Column, Schema
from .targets import understand_target
from .typed import plain_text
from .typed_kinds import kind_of_values, only_counts_rows

__all__ = ["understand"]

# More problems than these are counted: of a wide table, every column may have the same.
MOST_PROBLEMS = 20


def understand(
    raw: RawTable,
    *,
    target: str | int | Sequence[str | int] | None = None,
    task: str | None = None,
    numeric: str | int | Sequence[str | int] = (),
    categorical: str | int | Sequence[str | int] = (),
    date: str | int | Sequence[str | int] = (),
    text: str | int | Sequence[str | int] = (),
    ignore: str | int | Sequence[str | int] = (),
    na: str | Sequence[str] = (),
    decimal: str | None = None,
    thousands: str | None = None,
    censored: str = "missing",
    columns: str | Path | Mapping[str, Any] | None = None,
) -> Schema:
    """Find what each column is and how it is written.

    Nothing that can be read in two ways is guessed: all such columns are named in one error.

    Parameters
    ----------
    raw : RawTable
    target : str, int, or a sequence of them, optional
        The columns to predict, by name or number.
    task : {"classification", "regression"}, optional
        What the target is for. By default, texts, truth values and two different numbers are
        classes, and numbers with fractions are quantities; of whole numbers it is asked, unless
        more than half of them, or more than 100, are different: these are quantities.
    numeric, categorical, date, text : str, int, or a sequence of them
        Columns that are of this kind. A date's pattern may follow its name:
        ``"when=DD/MM/YYYY"``.
    ignore : str, int, or a sequence of them
        Columns to leave out.
    na : str or sequence of str
        Further texts that mean a missing value, in any column.
    decimal : {".", ","}, optional
        The decimal separator of numbers that are written as text; found for each column by default.
    thousands : str, optional
        The separator of groups of three digits; found for each column by default.
    censored : {"missing", "limit"}, default "missing"
        Whether ``"<1.0"`` among numbers is a missing value, or its limit, 1.0; a further column of
        truth values then tells where that is so, and an input where it is so in at least 5% of the
        rows.
    columns : path or mapping, optional
        What is said of single columns: a JSON or TOML file such as ``rewire inspect --json``
        prints, or its content.

    Returns
    -------
    Schema

    Raises
    ------
    ValueError
        With all problems of the table: columns that do not exist, that can be read in two ways or
        in none, and a target that is no target.

    Examples
    --------
    >>> from rewire.tables import read_raw
    >>> raw = read_raw({"area": ["1,200", "950.5", "?"], "sold": ["yes", "no", "yes"]})
    >>> schema = understand(raw, target="sold")
    >>> [(one.name, one.kind, one.role) for one in schema.columns]
    [('area', 'number', 'input'), ('sold', 'category', 'target')]
    >>> schema["area"].odd
    (('?', 1, 'taken as missing'),)
    """
    of_type(raw, "raw", RawTable)
    _check_choices(task=task, decimal=decimal, censored=censored)
    said = collect_overrides(
        list(raw.columns),
        target=target,
        kinds={"numeric": numeric, "categorical": categorical, "date": date, "text": text},
        ignore=ignore,
        columns=columns,
        na=tuple(map(str, one_or_several("na", na))),
        decimal=decimal,
        thousands=thousands,
        censored=censored,
    )
    problems = list(said.problems)
    found = _columns(raw, said, task, problems)
    if problems:
        raise ValueError(_message(problems))
    return Schema(found, raw.notes, raw.header, raw.encoding)


def _columns(
    raw: RawTable, said: Overrides, task: str | None, problems: list[str]
) -> tuple[Column, ...]:
    """Return what each column is; what cannot be settled is added to the problems."""
    studies = {
        name: study_texts(column, said.of(name), said)
        for name, column in raw.columns.items()
        if isinstance(column, TextColumn) and said.of(name).role != "ignored"
    }
    evidence = gather_evidence(studies, said.columns, raw)
    found = []
    for name, column in raw.columns.items():
        one = _column(raw, name, studies, said, evidence, problems)
        if name in said.targets:
            one = understand_target(one, column, task, len(said.targets) == 1, problems)
        elif one.role == "input":
            one = _among_inputs(one, column, said.of(name), raw.places)
        if one.kind == "number" and one.role != "ignored":
            one = replace(one, note=together(one.note, _mark_note(one, column)))
        found.append(one)
        if one.role == "input" and one.number is not None and one.number.censored == "limit":
            found += limit_columns(one, column, raw.columns)
    return tuple(found)


def _check_choices(*, task: str | None, decimal: str | None, censored: str) -> None:
    for name, value, allowed in (
        ("task", task, (None, "classification", "regression")),
        ("decimal", decimal, (None, ".", ",")),
        ("censored", censored, ("missing", "limit")),
    ):
        if value not in allowed:
            known = " or ".join(repr(one) for one in allowed if one is not None)
            raise ValueError(f"{name} must be {known}; got {value!r}")


def _column(
    raw: RawTable,
    name: str,
    studies: Mapping[str, TextStudy],
    said: Overrides,
    evidence: Evidence,
    problems: list[str],
) -> Column:
    column, override = raw.columns[name], said.of(name)
    if override.role == "ignored":
        return Column(
            name, override.kind or "unknown", "ignored", rows=len(raw), note="left out as asked"
        )
    if not isinstance(column, TextColumn):
        return kind_of_values(name, column, override, said.na, problems)
    study, note = settle(name, studies[name], override, evidence, problems)
    found = kind_of_texts(name, study, override, said.censored)
    return replace(found, na=(*said.na, *override.na), note=together(found.note, note))


def _among_inputs(
    column: Column, raw: RawColumn, said: Override, places: np.ndarray | None
) -> Column:
    """Return an input, left out if it tells nothing or if nobody asked for it."""
    if said.kind is None and column.kind == "number":
        if column.different == 1 and not column.missing and not column.odd:
            column = replace(column, kind="constant", note="it is always the same")
        elif column.different == len(raw) and only_counts_rows(
            column.name, read_column(raw, column)[0], places
        ):
            note = advise("it tells the rows apart", "use it as a number (numeric=)")
            column = replace(column, kind="id", note=note)
    asked = said.kind == "text" or said.role == "input"
    left_out = column.kind in ("id", "constant", "unknown") or (column.kind == "text" and not asked)
    return replace(column, role="ignored") if left_out else column


def _mark_note(column: Column, raw: RawColumn) -> str:
    """Return what to say of a number that looks like a mark for a missing one, such as -999.

    That is the smallest or the largest, if it is written with nines alone and is further from the
    others than they are from each other. It is taken as it is: only who made the table knows.
    """
    values = read_column(raw, column)[0]
    values = values[~np.isnan(values)]
    for mark in (values.min(), values.max()) if len(values) else ():
        others = values[values != mark]
        nines = {*plain_text(abs(mark))} == {"9"} and abs(mark) > 9
        if nines and len(others) and 0 < np.ptp(others) < np.abs(others - mark).min():
            text, count = _written(mark, column, raw), len(values) - len(others)
            return advise(
                f"it is {text} in {count:,} row{'s' * (count > 1)}, far from all others",
                f"if that means a missing value, say so (na='{text}')",
            )
    return ""


def _written(value: float, column: Column, raw: RawColumn) -> str:
    """Return how a number is written in a column, the first way if there are several."""
    if not isinstance(raw, TextColumn):
        return plain_text(value)
    same = read_measured(raw.different, column) == value
    return str(raw.different.objects[same.argmax()]).strip()


def _message(problems: Sequence[str]) -> str:
    if len(problems) == 1:
        return problems[0]
    shown = problems[:MOST_PROBLEMS]
    if more := len(problems) - len(shown):
        shown = [*shown, f"and {more:,} more"]
    return AdviceList(f"{len(problems):,} things must be settled to use this table", *shown)
