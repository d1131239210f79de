"""Tables as a trained model reads them: its inputs by name, and the answers if they are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rewire.data.tabular import class_numbers
from rewire.tables import Column, Schema, Table, parse, read_raw
from rewire.tables.headers import default_names
from rewire.tables.parquet import RowGroups, is_parquet
from rewire.tables.raw import RawTable
from rewire.tables.steps import missing_rows

if TYPE_CHECKING:
    from .predictor import Predictor

__all__ = [
    "Answered",
    "inputs_of",
    "read_answered",
    "read_pieces",
    "read_samples",
    "rows_at_a_time",
    "schema_of",
    "unreadable",
]

# Bytes of the inputs that are made at a time of samples on disk, and the most rows.
PIECE, MOST_ROWS = 1 << 26, 1 << 16


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


def rows_at_a_time(model: Predictor) -> int:
    """Return how many samples on disk are read at a time: memory does not grow with them."""
    return max(1, min(MOST_ROWS, PIECE // (8 * model.network.ranks[0])))


def read_pieces(model: Predictor, source: Any, encoding: str | None = None) -> Iterator[RawTable]:
    """Yield a table, as :func:`read_samples` does, row after row of Parquet files.

    A row group and its piece are in memory at a time; files of other formats are read as a whole.
    """
    if not isinstance(source, (str, Path)) or not is_parquet(Path(source)):
        yield read_samples(model, source, encoding)
        return
    groups, rows = RowGroups(Path(source)), rows_at_a_time(model)
    for number in range(len(groups)):
        group = groups.read(number)
        for first in range(0, len(group), rows):
            yield groups.raw([group.slice(first, rows)])


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


def read_answered(
    model: Predictor, source: Any, target: str | None = None, encoding: str | None = None
) -> Answered:
    """Return the rows of a table that have an answer and can be answered.

    Parameters
    ----------
    model : Predictor
    source
        As :func:`read_pieces` takes it, so that of Parquet files only the inputs are in memory.
    target : str, optional
        The column with the answers, if it is called otherwise than in training.
    encoding : str, optional
        Of a file of text; by default as in training.

    Raises
    ------
    ValueError
        For a table without the targets or without such a row, and for a class that the model does
        not know.
    """
    pieces = [
        _answered(model, parse(raw, schema_of(model, raw, target)))
        for raw in read_pieces(model, source, encoding)
    ]
    if not any(len(one.y) for one in pieces):
        raise ValueError("a table must have rows with an answer to be measured on; got none")
    if len(pieces) == 1:
        return pieces[0]
    X, y, without_answer, unanswerable = zip(*pieces, strict=True)
    return Answered(np.concatenate(X), np.concatenate(y), sum(without_answer), sum(unanswerable))


def _answered(model: Predictor, table: Table) -> Answered:
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


def unreadable(model: Predictor, raw: RawTable, first: int = 0) -> dict[str, str]:
    """Return for each column with values that the model cannot read where the first of them is.

    Parameters
    ----------
    model : Predictor
    raw : RawTable
    first : int, default 0
        Rows of the samples before these.
    """
    found = {}
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
            place = f"{cell!r} in column {column.name!r}, row {first + row + 1:,}"
            found[column.name] = place
    return found
