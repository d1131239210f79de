"""Tables as a trained model reads them: its inputs by name, and the answers if they are known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rewire.data.tabular import class_numbers
from rewire.tables import Column, Schema, Table, parse, read_raw
from rewire.tables.headers import default_names
from rewire.tables.raw import RawTable
from rewire.tables.steps import missing_rows

if TYPE_CHECKING:
    from .predictor import Predictor

__all__ = ["Answered", "answered", "inputs_of", "read_samples", "schema_of", "unreadable"]

SHOWN = 5


def read_samples(model: Predictor, source: Any, encoding: str | None = None) -> RawTable:
    """Read a table as the one that a model was trained on.

    Parameters
    ----------
    model : Predictor
        If its table had no line of names, this one has none either: columns are told apart by
        their order, and those to predict may be left out.
    source
        As :func:`rewire.tables.read_raw` takes it.
    encoding : str, optional
        Of a file of text; by default as in training.

    Raises
    ------
    ValueError
        For another number of columns, where only their order tells them apart.
    """
    learnt = Schema() if model.encoder is None else model.encoder.schema
    raw = read_raw(source, header=learnt.header, encoding=encoding or learnt.encoding)
    if raw.header:
        return raw
    targets = {column.name for column in learnt.targets}
    width = sum(not column.of for column in learnt.columns)
    if len(raw.columns) == width:
        return raw
    others = [name for name in default_names(width) if name not in targets]
    if len(raw.columns) != len(others):
        raise ValueError(
            f"a table without names must have {width} columns, as in training, or {len(others)} "
            f"without {', '.join(sorted(targets))}; got {len(raw.columns)}"
        )
    return raw.renamed(others)


def schema_of(model: Predictor, raw: RawTable, target: str | None = None) -> Schema:
    """Return how a model reads a table.

    Parameters
    ----------
    model : Predictor
        One that was trained on arrays reads numbers: by the names of its inputs, or, if they have
        none, all columns in their order.
    raw : RawTable
    target : str, optional
        The column with the answers, if it is called otherwise than in training.

    Raises
    ------
    ValueError
        If there is no such column.
    """
    if model.encoder is not None:
        inputs, targets = model.encoder.reads.inputs, model.encoder.reads.targets
    else:
        names = model.feature_names or [name for name in raw.columns if name != target]
        if len(names) != model.network.ranks[0]:
            raise ValueError(
                f"a table must have {model.network.ranks[0]} columns, one per input of the model; "
                f"got {len(names)}"
            )
        inputs, targets = tuple(Column(str(name), "number") for name in names), ()
    if target is not None:
        if target not in raw.columns:
            raise ValueError(
                f"target must be the column with the answers; got {target!r}, and the columns are "
                f"{', '.join(raw.columns)}"
            )
        kind: Any = "number" if model.task == "regression" else "category"
        learnt = targets[0] if targets else Column(target, kind, "target")
        targets = (replace(learnt, name=target),)
    return Schema((*inputs, *targets))


def inputs_of(model: Predictor, table: Table) -> tuple[np.ndarray, np.ndarray]:
    """Return the inputs of a table's rows, and for each row whether it can be answered."""
    encoder = model.encoder
    if encoder is not None:
        answerable = ~encoder.unanswerable(table)
        encode = encoder.transform
    else:
        rows = [table.values[column.name] for column in table.schema.inputs]
        answerable = np.isfinite(np.column_stack(rows)).all(axis=1)
        encode = _side_by_side
    X = np.zeros((len(table), model.network.ranks[0]))
    X[answerable] = encode(table.take(answerable))
    return X, answerable


def _side_by_side(table: Table) -> np.ndarray:
    return np.column_stack([table.values[column.name] for column in table.schema.inputs])


class Answered(NamedTuple):
    """Samples whose answers are known, and how many rows are not among them.

    Attributes
    ----------
    X : ndarray, shape (samples, inputs)
    y : ndarray
        Class numbers, or the numbers of a regression.
    without_answer, unanswerable : int
        Rows without a value in the target, and with a value that cannot be read.
    """

    X: np.ndarray
    y: np.ndarray
    without_answer: int
    unanswerable: int


def answered(model: Predictor, table: Table) -> Answered:
    """Return the rows of a table that have an answer and can be answered.

    Raises
    ------
    ValueError
        For a table without the targets or without such a row, and for a class that the model does
        not know.
    """
    columns = table.schema.targets
    absent = [column.name for column in columns if column.name not in table.values]
    if absent or not columns:
        raise ValueError(
            "target must be a column of the table, with the answers; got "
            f"{', '.join(map(repr, absent)) or 'none'}: name the one it has (target)"
        )
    values = [table.values[column.name] for column in columns]
    known = ~np.any([missing_rows(one) for one in values], axis=0)
    X, answerable = inputs_of(model, table)
    rows = known & answerable
    if not rows.any():
        raise ValueError("a table must have rows with an answer to be measured on; got none")
    values = [one[rows] for one in values]
    if model.task == "regression":
        y = values[0] if len(values) == 1 else np.column_stack(values)
    else:
        y = class_numbers(columns[0], values[0], model.classes)
        if (unknown := y < 0).any():
            shown = ", ".join(map(str, model.classes[:10])) + ", ..." * (len(model.classes) > 10)
            raise ValueError(
                f"classes must be among {shown}, which the model was trained on; got "
                f"{values[0][unknown][0]!r}"
            )
    return Answered(X[rows], y, int((~known).sum()), int((known & ~answerable).sum()))


def unreadable(model: Predictor, raw: RawTable) -> list[str]:
    """Return where values are that the model cannot read, for a person; the first few columns."""
    found = []
    for column in schema_of(model, raw).inputs:
        table = parse(raw, Schema((column,)))
        bad = np.zeros(len(table), bool) if table.unanswerable is None else table.unanswerable
        values = table.values[column.name]
        if model.encoder is None or model.encoder.missing == "none":
            bad = bad | missing_rows(values)
        if values.dtype.kind == "f":
            bad = bad | np.isinf(values)
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            cell = raw.columns[column.of or column.name].cells()[row]
            found.append(f"{cell!r} in column {column.name!r}, row {row + 1}")
    return found[:SHOWN] + ["..."] * (len(found) > SHOWN)
