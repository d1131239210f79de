"""What the columns of a table on disk are, learnt from some of its rows and all of its targets."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from rewire.tables import Schema, Table, TableEncoder, parse
from rewire.tables.encoder import Missing, check_values
from rewire.tables.parquet import RowGroups
from rewire.tables.parsing import read_column
from rewire.tables.raw import RawTable, TextColumn

from .dataset import Dataset, Task
from .stream_rows import Rows, draw_rows
from .stream_samples import Chosen, StoredSamples
from .stream_sizes import buffer_bytes, sample_rows
from .tabular import (
    UNDERSTANDING,
    check_options,
    count_labels,
    name_of,
    names_of_classes,
    targets_of,
    task_of_columns,
    unanswered,
    understood,
    without_answers,
)

__all__ = ["TableSource", "open_table"]

MEASURED = ("number", "date", "boolean")
# A row group larger than this share of the buffer is told of.
LARGE_GROUP = 0.25


@dataclass(frozen=True, eq=False)
class TableSource:
    """A table on disk whose columns are encoded as they are read.

    Parameters
    ----------
    groups : RowGroups
    schema : Schema
        Of all columns.
    task : {"classification", "regression"}
    classes : tuple
    encoder : TableEncoder
    learnt_from : (ndarray of int64, ndarray), optional
        Rows that the encoder was fitted on, and their inputs: where these are made of targets,
        they tell those of other rows alone.
    """

    groups: RowGroups
    schema: Schema
    task: Task
    classes: tuple[Any, ...]
    encoder: TableEncoder
    learnt_from: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def bounds(self) -> np.ndarray:
        """First rows of the row groups, and the number of rows."""
        return self.groups.bounds

    def read(self, number: int, rows: Chosen) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs and targets of some rows of a row group."""
        table = self._table(number, rows, self.encoder.reads)
        check_values(table, self.encoder.missing)
        X = self.encoder.transform(table)
        if self.learnt_from is not None:
            places, inputs = self.learnt_from
            own = np.arange(*self.bounds[number : number + 2])[rows]
            _, here, there = np.intersect1d(own, places, assume_unique=True, return_indices=True)
            X[here] = inputs[there]
        return X, targets_of(table, self.task, self.classes)

    def targets(self, number: int, rows: Chosen) -> np.ndarray:
        """Return the targets alone."""
        table = self._table(number, rows, Schema(self.schema.targets))
        return targets_of(table, self.task, self.classes)

    def learn(
        self, sample: Dataset, rows: np.ndarray, places: np.ndarray
    ) -> tuple[TableSource, Dataset]:
        """Learn from some rows of a sample how all are encoded, and return these rows."""
        if sample.table is None:
            return self, replace(sample, X=sample.X[rows], y=sample.y[rows])
        source, fresh = _encoded(
            self.groups,
            sample.table.take(rows),
            places,
            task=self.task,
            classes=self.classes,
            missing=self.encoder.missing,
        )
        return source, replace(fresh, name=sample.name, notes=sample.notes)

    def for_unseen(self) -> TableSource:
        """Return the source for rows that the encoder was not fitted on."""
        return replace(self, learnt_from=None)

    def _table(self, number: int, rows: Chosen, schema: Schema) -> Table:
        read = self.groups.read(number, _sources_of(schema))
        if isinstance(rows, slice):
            part = read.slice(rows.start, rows.stop - rows.start)
        else:
            part = read.take(rows)
        return parse(self.groups.raw([part]), schema)


def open_table(
    path: Path,
    *,
    target: Any,
    buffer: int | str,
    generator: np.random.Generator,
    task: Task | None,
    ignore: Any,
    missing: Missing,
    **options: Any,
) -> StoredSamples:
    """Understand the columns of a table on disk.

    Kinds, categories and medians are learnt from rows drawn at random, as those of a table in
    memory are from all. Classes, and which rows have a target, are found in all rows.

    Parameters
    ----------
    path : Path
        A Parquet file, or a folder of them.
    target, task, ignore, missing, **options
        As of :func:`rewire.data.load`.
    buffer : int or str
        A part of which the rows take that are drawn.
    generator : numpy.random.Generator
    """
    check_options(options, missing, UNDERSTANDING)
    groups = RowGroups(path)
    places, raw = _drawn(groups, sample_rows(buffer, len(groups.names)), generator)
    schema = understood(raw, target=target, task=task, ignore=ignore, **options)
    task = task_of_columns(schema.targets, task)
    answered, labels, notes = _look_through(groups, schema, task, raw)
    classes = names_of_classes(task, schema.targets[0], labels)
    table, have = parse(raw, schema), answered.contain(places)
    if not have.any():  # which is refused
        without_answers(schema, len(have), len(have))
    source, sample = _encoded(
        groups, table.take(have), places[have], task=task, classes=classes, missing=missing
    )
    if groups.largest > LARGE_GROUP * buffer_bytes(buffer, sample.inputs):
        notes.append(
            f"row groups of up to {groups.largest / 1e6:,.3g} MB are read as a whole, beside the "
            "buffer: write the files with smaller ones"
        )
    sample = replace(sample, name=name_of(path), notes=(*groups.notes, *notes))
    everyone = int(answered.counts.sum()) == int(groups.bounds[-1])
    return StoredSamples(source, None if everyone else answered, sample, places[have])


def _encoded(
    groups: RowGroups,
    table: Table,
    places: np.ndarray,
    *,
    task: Task,
    classes: tuple[Any, ...],
    missing: Missing,
) -> tuple[TableSource, Dataset]:
    """Learn from rows that have a target how all are encoded; return all, and these."""
    y = targets_of(table, task, classes)
    encoder = TableEncoder.fit(table, y, missing=missing)
    own = (places, encoder.transform_training(table, y)) if encoder.uses_targets else None
    sample = Dataset(
        encoder.transform(table),
        y,
        task=task,
        classes=classes,
        feature_names=encoder.feature_names,
        table=table,
        encoder=encoder,
    )
    return TableSource(groups, table.schema, task, classes, encoder, own), sample


def _drawn(
    groups: RowGroups, wanted: int, generator: np.random.Generator
) -> tuple[np.ndarray, RawTable]:
    """Return rows drawn at random: which they are, and their columns."""
    chosen = draw_rows(groups.bounds, wanted, generator)
    parts = [groups.read(number).take(rows) for number, rows in enumerate(chosen) if len(rows)]
    places = np.concatenate([groups.bounds[number] + rows for number, rows in enumerate(chosen)])
    return places, replace(groups.raw(parts), places=places)


def _look_through(
    groups: RowGroups, schema: Schema, task: Task, raw: RawTable
) -> tuple[Rows, Counter[Any], list[str]]:
    """Look at the targets of all rows, and at texts that are read as numbers, dates or truth.

    Returns
    -------
    Rows
        Those that have a target.
    Counter
        What classes are called, and how many rows each has.
    list of str
        What a person should know.
    """
    targets = Schema(schema.targets)
    texts = [
        one
        for one in schema.inputs
        if one.kind in MEASURED and isinstance(raw.columns[one.of or one.name], TextColumn)
    ]
    names = _sources_of(Schema((*schema.targets, *texts)))
    masks, labels, unread = [], Counter[Any](), Counter[str]()
    for number in range(len(groups)):
        part = groups.raw([groups.read(number, names)])
        table = parse(part, targets)
        masks.append(~unanswered(table))
        if task == "classification":
            values = table.values[schema.targets[0].name][masks[-1]]
            labels += count_labels(schema.targets[0], values)
        for one in texts:
            unread[one.name] += int(read_column(part.columns[one.of or one.name], one)[1].sum())
    rows = Rows.of_masks(masks)
    total, answered = int(rows.bounds[-1]), int(rows.counts.sum())
    notes = without_answers(schema, total - answered, total)
    for name, count in unread.items():
        if count:
            notes.append(f"{count:,} rows whose text in {name!r} cannot be read: taken as missing")
    return rows, labels, notes


def _sources_of(schema: Schema) -> list[str]:
    """Return the columns of a file that those of a schema are read off."""
    wanted = [one for one in schema.columns if one.role != "ignored"]
    return list(dict.fromkeys(one.of or one.name for one in wanted))
