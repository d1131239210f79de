"""What all steps have in common, and how they are made of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from rewire.io.schemas import conform

from .date import Date
from .lookup import Lookup
from .ngrams import Ngrams
from .number import Number

__all__ = ["Step", "step_from_dict"]


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


_TYPES: dict[str, type[Any]] = {one.step: one for one in (Number, Lookup, Date, Ngrams)}


def step_from_dict(values: Mapping[str, Any]) -> Step:
    """Return the step that ``to_dict`` gave, also by way of JSON.

    Raises
    ------
    ValueError
        For a step of a newer version, and damaged ones.
    """
    given = dict(values)
    kind = given.pop("step", None)
    if kind not in _TYPES:
        raise ValueError(f"step must be one of {', '.join(_TYPES)}; got {kind!r}")
    conform(given, _TYPES[kind])
    return _TYPES[kind].from_dict(given)
