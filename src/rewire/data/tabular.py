"""Tables as data sets: their columns understood, and encoded as a network takes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np

from rewire.io import advise
from rewire.tables import Column, Schema, Table, TableEncoder, parse, read_raw, understand
from rewire.tables.encoder import Missing
from rewire.tables.raw import RawTable
from rewire.tables.steps import missing_rows

from .dataset import Task

__all__ = [
    "READING",
    "UNDERSTANDING",
    "check_options",
    "class_names",
    "class_numbers",
    "count_labels",
    "name_of",
    "names_of_classes",
    "read_table",
    "targets_of",
    "task_of_columns",
    "unanswered",
    "understood",
    "without_answers",
]

# Options of the functions that read a table's texts, and that decide what they mean.
READING = ("sep", "encoding", "comment", "sheet", "header", "max_bytes")
UNDERSTANDING = (
    *("columns", "numeric", "categorical", "date", "text"),
    *("na", "thousands", "decimal", "censored"),
)
# Those that name several columns, or a single one alone.
LISTS = ("numeric", "categorical", "date", "text", "ignore", "na")
# A longer row of digits is a code.
LONGEST_NUMBER = 16


def read_table(
    source: Any,
    *,
    target: Any,
    task: Task | None = None,
    ignore: Any = (),
    missing: Missing = "impute",
    **options: Any,
) -> dict[str, Any]:
    """Read a table of inputs and targets; return the parts of a data set by name.

    Parameters
    ----------
    source
        As :func:`rewire.tables.read_raw` takes it.
    target : str, int, or list of them
        The column to predict, by name or number, or the columns of a regression.
    task, ignore, missing
        As in :func:`rewire.data.load`.
    **options
        Those in ``READING`` and ``UNDERSTANDING``.
    """
    check_options(options, missing, (*READING, *UNDERSTANDING))
    reading = {name: options.pop(name) for name in READING if name in options}
    raw = read_raw(source, **reading)
    schema = understood(raw, target=target, task=task, ignore=ignore, **options)
    table = parse(raw, schema)
    without = unanswered(table)
    notes = without_answers(schema, int(without.sum()), len(table))
    table = table.take(~without) if notes else table
    columns = schema.targets
    task, labels = task_of_columns(columns, task), Counter[Any]()
    if task == "classification":
        labels = count_labels(columns[0], table.values[columns[0].name])
    classes = names_of_classes(task, columns[0], labels)
    y = targets_of(table, task, classes)
    encoder = TableEncoder.fit(table, y, missing=missing)
    return {
        "X": encoder.transform(table),
        "y": y,
        "task": task,
        "classes": classes,
        "feature_names": encoder.feature_names,
        "name": name_of(source),
        "table": table,
        "encoder": encoder,
        "notes": (*raw.notes, *notes),
    }


def understood(raw: RawTable, *, target: Any, task: Any, ignore: Any, **options: Any) -> Schema:
    """Return what the columns of a table are, its targets in the order that was asked for.

    Parameters
    ----------
    raw : RawTable
    target, task, ignore
        As of :func:`read_table`.
    **options
        Those in ``UNDERSTANDING``.

    Raises
    ------
    ValueError
        As :func:`rewire.tables.understand` does, and if there is no target.
    """
    options["ignore"] = ignore
    for name in LISTS:
        if isinstance(options.get(name), (str, int)):
            options[name] = [options[name]]
    schema = understand(raw, target=target, task=task, **options)
    if not schema.targets:
        names = [column.name for column in schema.columns]
        shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
        raise ValueError(
            advise(
                f"target must be the column to predict; got none, and the columns are {shown}",
                "name it (target=)",
            )
        )
    return _targets_in_order(schema, target)


def _targets_in_order(schema: Schema, target: Any) -> Schema:
    """Return the schema with several targets in the order in which they were asked for."""
    if not isinstance(target, (list, tuple)) or len(target) < 2:
        return schema
    names = [column.name for column in schema.columns]
    wanted = [one if one in names else names[int(one)] for one in target]
    targets = iter([schema[name] for name in wanted])
    ordered = tuple(next(targets) if one.role == "target" else one for one in schema.columns)
    return replace(schema, columns=ordered)


def check_options(options: Mapping[str, Any], missing: Any, known: Sequence[str]) -> None:
    """Refuse options of a table that are not known, and words for missing that are none."""
    if unknown := [name for name in options if name not in known]:
        raise ValueError(
            f"the options of a table are: ignore, missing, {', '.join(known)}; got {unknown[0]}"
        )
    if missing not in get_args(Missing):
        raise ValueError(f"missing must be one of {', '.join(get_args(Missing))}; got {missing!r}")


def name_of(source: Any) -> str:
    """Return the name of a file or folder without its endings."""
    if not isinstance(source, (str, Path)) or str(source) == "-":
        return "table"
    path = Path(source)
    return path.name.removesuffix("".join(path.suffixes[-2:])) or path.name


# ----------------------------------------------------------------------------------- targets


def unanswered(table: Table) -> np.ndarray:
    """Return for each row whether a target has no value."""
    values = [table.values[column.name] for column in table.schema.targets]
    return np.any([missing_rows(one) for one in values], axis=0)


def without_answers(schema: Schema, without: int, rows: int) -> list[str]:
    """Return what is to be said of rows that have no target and are left out.

    Raises
    ------
    ValueError
        If there are no others.
    """
    shown = " or ".join(repr(column.name) for column in schema.targets)
    if without == rows:
        raise ValueError(f"target must have values to learn from; got none in column {shown}")
    return [f"{without:,} rows without a value in {shown} left out"] if without else []


def task_of_columns(columns: Sequence[Column], task: Task | None) -> Task:
    """Return the task that columns are the targets of.

    Raises
    ------
    ValueError
        For columns of another task than the one given.
    """
    numbers = all(column.kind in ("number", "date") for column in columns)
    task = task or ("regression" if numbers else "classification")
    measured = ("number", "date", "boolean")
    if task == "regression":
        if text := [one.name for one in columns if one.kind not in measured]:
            raise ValueError(
                f"target must be a column of numbers for a regression; got text in {text[0]!r}"
            )
    elif len(columns) > 1:
        raise ValueError(
            "target must be one column of classes, or several of numbers; got "
            f"{', '.join(repr(one.name) for one in columns)}"
        )
    return task


def targets_of(table: Table, task: Task, classes: tuple[Any, ...]) -> np.ndarray:
    """Return the targets of a table as a data set has them: NaN or -1 where there is no value."""
    columns = table.schema.targets
    values = [table.values[column.name] for column in columns]
    if task == "classification":
        return class_numbers(columns[0], values[0], classes)
    return values[0] if len(values) == 1 else np.column_stack(values)


def count_labels(column: Column, values: np.ndarray) -> Counter[Any]:
    """Return what the values of a target are called, and how many rows have each.

    Examples
    --------
    >>> count_labels(Column("doors", "category"), np.array(["4", "10", "4"], object))
    Counter({4: 2, 10: 1})
    """
    found: Counter[Any] = Counter()
    for value, count in Counter(values.tolist()).items():
        found[_label(column, value)] += count
    return found


def names_of_classes(task: Task, column: Column, labels: Mapping[Any, int]) -> tuple[Any, ...]:
    """Return the classes of a target in order; none of a regression.

    Raises
    ------
    ValueError
        For a target of one class.
    """
    if task == "regression":
        return ()
    classes = _in_order(labels)
    if len(classes) < 2:
        rows = sum(labels.values())
        raise ValueError(
            f"target must be a column of at least two classes; got {classes[0]!r} in all "
            f"{rows:,} rows of {column.name!r}"
        )
    return classes


def class_names(column: Column, values: np.ndarray) -> tuple[Any, ...]:
    """Return the classes in a column's values, in order.

    Examples
    --------
    >>> class_names(Column("doors", "category"), np.array(["4", "10", "2"], object))
    (2, 4, 10)
    >>> class_names(Column("code", "category"), np.array(["01", "0A"], object))
    ('01', '0A')
    """
    return _in_order(count_labels(column, values))


def _in_order(labels: Iterable[Any]) -> tuple[Any, ...]:
    known = set(labels)
    if all(isinstance(name, int) for name in known):
        return tuple(sorted(known))
    return tuple(sorted({str(name) for name in known}, key=_numbers_first))


def class_numbers(column: Column, values: np.ndarray, classes: tuple[Any, ...]) -> np.ndarray:
    """Return the place of each value among the classes, -1 if it is not there or missing."""
    place = {str(name): number for number, name in enumerate(classes)}
    different = [value for value in set(values.tolist()) if value is not None and value == value]
    known = {value: place.get(str(_label(column, value)), -1) for value in different}
    return np.array([known.get(value, -1) for value in values.tolist()], np.int64)


def _label(column: Column, value: Any) -> Any:
    """Return what a value of the target is called: whole numbers as such, the rest as text."""
    if column.kind == "boolean":
        return bool(value) if column.words is None else column.words[int(value)][0]
    if isinstance(value, float):
        return int(value) if value.is_integer() else repr(value)
    plain = value.removeprefix("-").isdecimal() and len(value) < LONGEST_NUMBER
    return int(value) if plain and str(int(value)) == value else value


def _numbers_first(name: str) -> tuple[bool, float, str]:
    try:
        return False, float(name), name
    except ValueError:
        return True, 0.0, name
