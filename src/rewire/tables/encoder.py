"""From the columns of a table to the inputs of a network, learnt from the training rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .schema import Schema
from .steps import Step, fit_step, step_from_dict
from .table import Table

__all__ = ["TableEncoder"]


@dataclass(frozen=True)
class TableEncoder:
    """What makes inputs of the columns of a table: one step for each column.

    Parameters
    ----------
    schema : Schema
        How the columns are read, also from later files.
    steps : tuple of Step
        In the order of the inputs.

    Examples
    --------
    >>> from rewire.tables import Column
    >>> schema = Schema((Column("area", "number"), Column("heating", "category")))
    >>> area = np.array([70.0, np.nan, 90.0])
    >>> table = Table(schema, {"area": area, "heating": np.array(["gas", "wood", None], object)})
    >>> encoder = TableEncoder.fit(table)
    >>> encoder.feature_names
    ('area', 'heating=gas', 'heating=wood')
    >>> encoder.transform(table).tolist()
    [[70.0, 1.0, 0.0], [80.0, 0.0, 1.0], [90.0, 0.0, 0.0]]
    """

    schema: Schema
    steps: tuple[Step, ...]

    @classmethod
    def fit(cls, table: Table, y: np.ndarray | None = None) -> TableEncoder:
        """Learn medians, categories and so on from training rows.

        Parameters
        ----------
        table : Table
        y : ndarray, shape (rows,), optional
            The targets, for encodings that use them.
        """
        steps = [fit_step(one, table.values[one.name], y) for one in table.schema.inputs]
        return cls(table.schema, tuple(step for step in steps if step is not None))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Name of each input."""
        return tuple(name for step in self.steps for name in step.names)

    @property
    def groups(self) -> tuple[str, ...]:
        """For each input, the column that it is made of."""
        return tuple(step.column for step in self.steps for _ in step.names)

    def transform(self, table: Table) -> np.ndarray:
        """Return inputs of shape (rows, inputs), float64 and finite."""
        blocks = [step.transform(table.values[step.column]) for step in self.steps]
        return np.hstack([np.empty((len(table), 0)), *blocks])

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "schema": self.schema.to_dict(),
            "steps": [step.to_dict() for step in self.steps],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TableEncoder:
        """Return the encoder that :meth:`to_dict` gave, also by way of JSON."""
        return cls(
            Schema.from_dict(values["schema"]),
            tuple(step_from_dict(one) for one in values["steps"]),
        )
