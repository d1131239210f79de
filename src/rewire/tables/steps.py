"""How one column becomes inputs: a step for each kind of column, as plain numbers and words.

Steps are few and simple, so that every export can carry them: a C file or an ONNX model computes
the same from the raw row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from .schema import Column

__all__ = ["Lookup", "Number", "Step", "fit_step", "step_from_dict"]


class Step(Protocol):
    """What the encoder asks of a step."""

    @property
    def column(self) -> str:
        """Name of the column that it reads."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each input that it makes."""
        ...

    def transform(self, values: np.ndarray) -> np.ndarray:
        """Return inputs of shape (rows, len(names)), float64 and finite."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold, with the name of its type under "step"."""
        ...


@dataclass(frozen=True)
class Number:
    """A number as it is, the fill value where it is missing, and an indicator if wanted.

    Parameters
    ----------
    column : str
    fill : float
        What stands for a missing value: the median of the training rows.
    indicator : bool, default False
        Whether a second input says that the value is missing.
    """

    column: str
    fill: float
    indicator: bool = False
    step: ClassVar[str] = "number"

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each input that it makes."""
        return (self.column, f"{self.column} is missing")[: 1 + self.indicator]

    def transform(self, values: np.ndarray) -> np.ndarray:
        """Return inputs of shape (rows, len(names))."""
        missing = np.isnan(values)
        inputs = [np.where(missing, self.fill, values), missing.astype(np.float64)]
        return np.column_stack(inputs[: 1 + self.indicator])

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"step": self.step, **asdict(self)}


@dataclass(frozen=True)
class Lookup:
    """A row of numbers for each known text, one for unseen texts and one for missing values.

    One-hot encodings, target encodings and counts are all of this form.

    Parameters
    ----------
    column : str
    inputs : tuple of str
        Name of each input that it makes.
    rows : mapping of str to tuple of float
        For each known text.
    unseen, missing : tuple of float
    """

    column: str
    inputs: tuple[str, ...]
    rows: Mapping[str, tuple[float, ...]]
    unseen: tuple[float, ...]
    missing: tuple[float, ...]
    step: ClassVar[str] = "lookup"

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each input that it makes."""
        return self.inputs

    def transform(self, values: np.ndarray) -> np.ndarray:
        """Return inputs of shape (rows, len(names))."""
        rows = [self.missing if v is None else self.rows.get(v, self.unseen) for v in values]
        return np.array(rows, np.float64).reshape(len(values), len(self.inputs))

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"step": self.step, **asdict(self)}


def fit_step(column: Column, values: np.ndarray, y: np.ndarray | None) -> Step | None:
    """Learn the step of a column from its training rows; None for a column that tells nothing."""
    if column.kind in ("number", "boolean"):
        known = values[~np.isnan(values)]
        return Number(column.name, float(np.median(known))) if len(known) else None
    if column.kind == "category":
        return _one_hot(column.name, values)
    return None


def _one_hot(name: str, values: np.ndarray) -> Lookup:
    known = sorted({value for value in values if value is not None})
    rows = {value: tuple(float(value == other) for other in known) for value in known}
    nothing = (0.0,) * len(known)
    return Lookup(name, tuple(f"{name}={value}" for value in known), rows, nothing, nothing)


def step_from_dict(values: Mapping[str, Any]) -> Step:
    """Return the step that ``to_dict`` gave, also by way of JSON."""
    given = dict(values)
    if given.pop("step") == "number":
        return Number(**given)
    rows = {text: tuple(row) for text, row in given.pop("rows").items()}
    return Lookup(
        given["column"],
        tuple(given["inputs"]),
        rows,
        tuple(given["unseen"]),
        tuple(given["missing"]),
    )
