"""Tables as data sets: their columns understood, and encoded as a network takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from rewire.io import advise
from rewire.tables import Column, Schema, Table, TableEncoder, parse, read_raw, understand
from rewire.tables.encoder import Missing
from rewire.tables.steps import missing_rows

__all__ = ["READING", "UNDERSTANDING", "class_names", "class_numbers", "read_table"]

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
    task: Literal["classification", "regression"] | None = None,
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
    _check_options(options, missing)
    options["ignore"] = ignore
    reading = {name: options.pop(name) for name in READING if name in options}
    raw = read_raw(source, **reading)
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
    schema = _targets_in_order(schema, target)
    table, notes = _with_answers(parse(raw, schema))
    task, y, classes = _targets(table, task)
    encoder = TableEncoder.fit(table, y, missing=missing)
    return {
        "X": encoder.transform(table),
        "y": y,
        "task": task,
        "classes": classes,
        "feature_names": encoder.feature_names,
        "name": _name(source),
        "table": table,
        "encoder": encoder,
        "notes": (*raw.notes, *notes),
    }


def _targets_in_order(schema: Schema, target: Any) -> Schema:
    """Return the schema with several targets in the order in which they were asked for."""
    if not isinstance(target, (list, tuple)) or len(target) < 2:
        return schema
    names = [column.name for column in schema.columns]
    wanted = [one if one in names else names[int(one)] for one in target]
    targets = iter([schema[name] for name in wanted])
    ordered = tuple(next(targets) if one.role == "target" else one for one in schema.columns)
    return replace(schema, columns=ordered)


def _check_options(options: Mapping[str, Any], missing: Any) -> None:
    known = (*READING, *UNDERSTANDING)
    if unknown := [name for name in options if name not in known]:
        raise ValueError(
            f"the options of a table are: ignore, missing, {', '.join(known)}; got {unknown[0]}"
        )
    if missing not in get_args(Missing):
        raise ValueError(f"missing must be one of {', '.join(get_args(Missing))}; got {missing!r}")


def _name(source: Any) -> str:
    """Return the name of a file without its endings."""
    if not isinstance(source, (str, Path)) or str(source) == "-":
        return "table"
    path = Path(source)
    return path.name.removesuffix("".join(path.suffixes[-2:])) or path.name


# ----------------------------------------------------------------------------------- targets


def _with_answers(table: Table) -> tuple[Table, list[str]]:
    """Return the rows that have a value in every target, and what is to be said of the others."""
    names = [column.name for column in table.schema.targets]
    without = np.zeros(len(table), bool)
    for name in names:
        without |= missing_rows(table.values[name])
    if not without.any():
        return table, []
    shown = " or ".join(map(repr, names))
    if without.all():
        raise ValueError(f"target must have values to learn from; got none in column {shown}")
    return table.take(~without), [f"{without.sum():,} rows without a value in {shown} left out"]


def _targets(
    table: Table, task: Literal["classification", "regression"] | None
) -> tuple[Literal["classification", "regression"], np.ndarray, tuple[Any, ...]]:
    """Return the task, the targets as a data set has them, and the names of the classes."""
    columns = table.schema.targets
    numbers = all(column.kind in ("number", "date") for column in columns)
    task = task or ("regression" if numbers else "classification")
    values = [table.values[column.name] for column in columns]
    if task == "regression":
        if text := [one.name for one in columns if table.values[one.name].dtype.kind != "f"]:
            raise ValueError(
                f"target must be a column of numbers for a regression; got text in {text[0]!r}"
            )
        return task, values[0] if len(values) == 1 else np.column_stack(values), ()
    if len(columns) > 1:
        raise ValueError(
            "target must be one column of classes, or several of numbers; got "
            f"{', '.join(repr(one.name) for one in columns)}"
        )
    classes = class_names(columns[0], values[0])
    if len(classes) < 2:
        raise ValueError(
            f"target must be a column of at least two classes; got {classes[0]!r} in all "
            f"{len(table):,} rows of {columns[0].name!r}"
        )
    return task, class_numbers(columns[0], values[0], classes), classes


def class_names(column: Column, values: np.ndarray) -> tuple[Any, ...]:
    """Return the classes in a column's values, in order.

    Examples
    --------
    >>> class_names(Column("doors", "category"), np.array(["4", "10", "2"], object))
    (2, 4, 10)
    >>> class_names(Column("code", "category"), np.array(["01", "0A"], object))
    ('01', '0A')
    """
    known = {_label(column, value) for value in set(values.tolist())}
    if all(isinstance(name, int) for name in known):
        return tuple(sorted(known))
    return tuple(sorted((str(name) for name in known), key=_numbers_first))


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
