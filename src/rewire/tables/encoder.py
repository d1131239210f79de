"""From the columns of a table to the inputs of a network, learnt from the training rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np

from rewire.io import AdviceList, advise, prefixed, together

from .schema import Schema
from .steps import LeftOut, Lookup, Step, cross_fitted, fit_step, missing_rows, step_from_dict
from .table import Table

__all__ = ["Missing", "TableEncoder", "check_values"]

Missing = Literal["impute", "none"]
CHUNK = 16_384
# Columns that an error names.
SHOWN = 10


@dataclass(frozen=True)
class TableEncoder:
    """What makes inputs of the columns of a table: one step for each column.

    Parameters
    ----------
    schema : Schema
        How the columns are read, also from later files.
    steps : tuple of Step
        In the order of the inputs.
    left_out : mapping of str to str
        Columns that make no input, and why.
    missing : {"impute", "none"}, default "impute"
        What becomes of missing values: filled in as learnt, or refused.

    Examples
    --------
    >>> from rewire.tables import Column
    >>> schema = Schema((Column("area", "number"), Column("heating", "category")))
    >>> area = np.array([70.0, np.nan, 90.0])
    >>> table = Table(schema, {"area": area, "heating": np.array(["gas", "wood", "gas"], object)})
    >>> encoder = TableEncoder.fit(table)
    >>> encoder.feature_names
    ('area', 'area is missing', 'heating=gas', 'heating=wood')
    >>> encoder.transform(table).tolist()
    [[70.0, 0.0, 1.0, 0.0], [80.0, 1.0, 0.0, 1.0], [90.0, 0.0, 1.0, 0.0]]
    """

    schema: Schema
    steps: tuple[Step, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    missing: Missing = "impute"

    @classmethod
    def fit(
        cls, table: Table, y: np.ndarray | None = None, *, missing: Missing = "impute"
    ) -> TableEncoder:
        """Learn medians, categories and so on from training rows.

        Parameters
        ----------
        table : Table
        y : ndarray, shape (rows,) or (rows, outputs), optional
            The targets, for encodings that use them: class numbers (integers), or the numbers of a
            regression (floats).
        missing : {"impute", "none"}, default "impute"
            ``"impute"`` puts the median or the most frequent value in place of a missing one, and
            adds an input that says so where at least 5% of the rows have none.

        Raises
        ------
        ValueError
            For a table without a column that tells anything, infinite numbers, and missing values
            if there may be none: all of them in one message.
        """
        if missing not in get_args(Missing):
            raise ValueError(
                f"missing must be one of {', '.join(get_args(Missing))}; got {missing!r}"
            )
        check_values(table, missing)
        steps, left_out = [], {}
        for column in table.schema.inputs:
            found = fit_step(column, table.values[column.name], y)
            if isinstance(found, LeftOut):
                left_out[column.name] = found.reason
            else:
                steps.append(found)
        if not steps:
            raise ValueError(_nothing_left(table.schema, left_out))
        return cls(table.schema, tuple(steps), left_out, missing)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Name of each input; no two are the same."""
        return tuple(_unique([name for step in self.steps for name in step.names]))

    @property
    def groups(self) -> tuple[str, ...]:
        """For each input, the column that it is made of."""
        return tuple(step.column for step in self.steps for _ in step.names)

    @property
    def reads(self) -> Schema:
        """The columns that make inputs, and the targets: what is to be read of other files."""
        used = set(self.groups)
        columns = [one for one in self.schema.columns if one.role == "target" or one.name in used]
        return replace(self.schema, columns=tuple(columns), notes=())

    @property
    def outcome(self) -> Schema:
        """The schema, which says of columns that make no input why not."""
        columns = [
            replace(one, role="ignored", note=together(one.note, reason))
            if (reason := self.left_out.get(one.name))
            else one
            for one in self.schema.columns
        ]
        return replace(self.schema, columns=tuple(columns))

    def inputs_of(self, column: str) -> tuple[str, ...]:
        """Return the names of the inputs that a column makes; empty for one that is left out."""
        pairs = zip(self.feature_names, self.groups, strict=True)
        return tuple(name for name, group in pairs if group == column)

    def transform(self, table: Table) -> np.ndarray:
        """Return inputs of shape (rows, inputs), float64 and finite."""
        X = np.empty((len(table), len(self.groups)))
        # Some rows at a time, which then stay in the processor's cache.
        for first in range(0, len(table), CHUNK):
            rows = np.arange(first, min(first + CHUNK, len(table)))
            part = table.take(rows)
            for step, place in self._places():
                X[rows[0] : rows[-1] + 1, place] = step.transform(part.values[step.column])
        return X

    @property
    def uses_targets(self) -> bool:
        """Whether some inputs are made of the targets of the rows that it was fitted on."""
        return any(isinstance(one, Lookup) and one.encoding == "target" for one in self.steps)

    def transform_training(self, table: Table, y: np.ndarray) -> np.ndarray:
        """Return inputs to learn from, of the rows that the encoder was fitted on.

        As :meth:`transform`, except that target encodings are cross-fitted: of each row they tell
        the targets of other rows alone.
        """
        X = self.transform(table)
        for step, place in self._places():
            if isinstance(step, Lookup) and step.encoding == "target":
                X[:, place] = cross_fitted(step, table.values[step.column], y)
        return X

    def _places(self) -> Iterator[tuple[Step, slice]]:
        """Yield each step and where its inputs are."""
        first = 0
        for step in self.steps:
            last = first + len(step.names)
            yield step, slice(first, last)
            first = last

    def unanswerable(self, table: Table) -> np.ndarray:
        """Return for each row whether it has a value that nothing can be made of.

        That is a value that cannot be read, an infinite number and, where nothing is filled in, a
        missing one.
        """
        rows = np.zeros(len(table), bool)
        if table.unanswerable is not None:
            rows |= table.unanswerable
        for step in self.steps:
            values = table.values[step.column]
            if values.dtype.kind == "f":
                rows |= np.isinf(values)
            if self.missing == "none":
                rows |= missing_rows(values)
        return rows

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "schema": self.schema.to_dict(),
            "steps": [step.to_dict() for step in self.steps],
            "left_out": dict(self.left_out),
            "missing": self.missing,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TableEncoder:
        """Return the encoder that :meth:`to_dict` gave, also by way of JSON."""
        return cls(
            Schema.from_dict(values["schema"]),
            tuple(step_from_dict(one) for one in values["steps"]),
            dict(values.get("left_out", {})),
            values.get("missing", "impute"),
        )


def _nothing_left(schema: Schema, left_out: Mapping[str, str]) -> str:
    """Return the error of a table without inputs: every column, and why it makes none."""
    reasons = {one.name: one.note for one in schema.columns if one.role == "ignored"}
    reasons = {**reasons, **left_out}
    problem = "a table must have a column besides target that tells something; got"
    if not reasons:
        return f"{problem} none"
    said = [prefixed(f"{name!r}: ", ValueError(reason)) for name, reason in reasons.items()]
    more = [f"and {len(said) - SHOWN:,} more"] * (len(said) > SHOWN)
    return AdviceList(problem, *said[:SHOWN], *more)


def check_values(table: Table, missing: Missing) -> None:
    """Refuse infinite numbers and, if there may be none, missing values."""
    problems = []
    for column in table.schema.inputs:
        values = table.values[column.name]
        if values.dtype.kind == "f" and (infinite := int(np.isinf(values).sum())):
            problems.append(f"column {column.name!r} has {infinite} infinite numbers")
        if missing == "none" and (count := int(missing_rows(values).sum())):
            problems.append(f"column {column.name!r} has {count} missing values")
    if problems:
        known = missing == "none"
        remedies = ["correct them", "leave the columns out (ignore=)"]
        remedies += ["fill in what is missing (missing='impute')"] * known
        problem = f"every value must be finite{' and known' * known}; {', '.join(problems)}"
        raise ValueError(advise(problem, *remedies))


def _unique(names: Sequence[str]) -> list[str]:
    """Return the names, with a number where one occurs again."""
    out: dict[str, None] = {}
    for name in names:
        fresh, times = name, 1
        while fresh in out:
            times += 1
            fresh = f"{name} ({times})"
        out[fresh] = None
    return list(out)
