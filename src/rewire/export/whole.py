"""A model taken apart, from a row of raw columns to an answer, for any language to write."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from rewire.graph import Network
from rewire.tables import Column, Schema, TableEncoder
from rewire.tables.headers import default_names
from rewire.tables.steps import Date, Lookup, Number, Step

from .model import Model

__all__ = ["Whole"]


@dataclass(frozen=True, eq=False)
class Whole:
    """A model taken apart into what every format writes in its own language.

    Parameters
    ----------
    net : Network
    columns : tuple of Column
        What a row has, in the order of the schema; empty if a row is an array of numbers.
    steps : tuple of Step
        What makes inputs of the columns, in the order of the inputs.
    names : tuple of str
        Name of each input of the network; empty if they have none.
    mean, scale : ndarray of float64, shape (inputs,)
        Inputs of the network are (input - mean) / scale.
    limit : float, optional
        Scaled inputs beyond ±limit are ±limit.
    classes : tuple
        Class names; empty for a regression.
    probabilities : bool
        Whether the outputs are log odds, so that there are probabilities.
    target_mean, target_scale : ndarray of float64, shape (outputs,)
        Answers of a regression are output * scale + mean.
    targets : tuple of str
        What is predicted, as far as it has a name.
    standardized : bool
        Whether inputs are scaled; otherwise the means are 0 and the scales 1.
    file_columns : tuple of str
        What the columns of a file are called, if it does not name them itself.
    encoding : str, optional
        Of files of text, where the training data's was named.
    absent : float
        What a missing text makes of all inputs of its n-grams: 0, or NaN where missing values are
        refused.
    """

    net: Network
    columns: tuple[Column, ...]
    steps: tuple[Step, ...]
    names: tuple[str, ...]
    mean: np.ndarray
    scale: np.ndarray
    limit: float | None
    classes: tuple[Any, ...]
    probabilities: bool
    target_mean: np.ndarray
    target_scale: np.ndarray
    targets: tuple[str, ...]
    standardized: bool
    file_columns: tuple[str, ...]
    encoding: str | None
    absent: float

    @classmethod
    def of(cls, model: Model, strip: bool = True) -> Whole:
        """Take a model apart, without dead neurons if wanted."""
        net = model.network.strip() if strip else model.network
        encoder, by = model.encoder, model.standardizer
        steps = () if encoder is None else _steps(encoder)
        read = {step.column for step in steps}
        learnt = Schema() if encoder is None else encoder.schema
        schema = learnt.columns
        inputs, outputs = net.ranks[0], net.ranks[-1]
        return cls(
            net,
            tuple(one for one in schema if one.name in read),
            steps,
            model.feature_names or (() if encoder is None else encoder.feature_names),
            _numbers(None if by is None else by.mean, 0, inputs),
            _numbers(None if by is None else by.scale, 1, inputs),
            None if by is None else by.limit,
            model.classes if model.task == "classification" else (),
            model.task == "classification" and model.loss != "hinge",
            _numbers(model.target_mean, 0, outputs),
            _numbers(model.target_scale, 1, outputs),
            tuple(one.name for one in schema if one.role == "target"),
            by is not None,
            () if learnt.header else tuple(default_names(sum(not one.of for one in schema))),
            learnt.encoding,
            np.nan if encoder is not None and encoder.missing == "none" else 0.0,
        )

    @property
    def inputs(self) -> int:
        """How many inputs the network has."""
        return self.net.ranks[0]

    @property
    def first_input(self) -> tuple[int, ...]:
        """For each step, the first input that it makes."""
        ends = np.cumsum([0, *(len(step.names) for step in self.steps)])
        return tuple(ends[:-1].tolist())

    @property
    def labels(self) -> tuple[str, ...]:
        """Name of each class as text."""
        return tuple(map(str, self.classes))

    @property
    def title(self) -> str:
        """What the model is, in a line of ASCII."""
        net = self.net
        size = f"{'-'.join(map(str, net.ranks))} neurons and {len(net.connections)} connections"
        count = len(self.columns) or self.inputs
        row = f"row of {count} column{'s' * (count != 1)}"
        what = f"one of {len(self.classes)} classes" if self.classes else "numbers"
        return f"From a {row if self.columns else f'row of {count} numbers'} to {what}: {size}."

    def column(self, name: str) -> Column:
        """Return a column by its name."""
        return self._by_name[name][0]

    def step_of(self, column: Column) -> Step:
        """Return the step that reads a column."""
        return self._by_name[column.name][1]

    @cached_property
    def _by_name(self) -> dict[str, tuple[Column, Step]]:
        steps = {step.column: step for step in self.steps}
        return {one.name: (one, steps[one.name]) for one in self.columns}

    @property
    def single_output(self) -> bool:
        """Whether one output is the log odds of the second of two classes."""
        return len(self.classes) == 2 and self.net.ranks[-1] == 1


def _steps(encoder: TableEncoder) -> tuple[Step, ...]:
    """Return the steps; where missing values are refused, they make what is no number."""
    if encoder.missing == "impute":
        return encoder.steps
    return tuple(
        replace(step, missing=(np.nan,) * len(step.names))
        if isinstance(step, Lookup)
        else replace(step, fill=np.nan)
        if isinstance(step, (Date, Number))
        else step
        for step in encoder.steps
    )


def _numbers(values: np.ndarray | None, default: float, count: int) -> np.ndarray:
    if values is None:
        return np.full(count, float(default))
    return np.broadcast_to(np.asarray(values, np.float64), count)
