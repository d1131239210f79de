"""Categories: a row of numbers for each text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import repeat
from typing import Any, ClassVar, Literal

import numpy as np

__all__ = ["Lookup"]


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
    encoding : {"one-hot", "target", "count"}, default "one-hot"
        What the numbers are.

    Examples
    --------
    >>> step = Lookup("fuel", ("fuel=gas",), {"gas": (1.0,)}, unseen=(0.0,), missing=(0.5,))
    >>> step.transform(np.array(["gas", "wood", None], object)).ravel().tolist()
    [1.0, 0.0, 0.5]
    """

    column: str
    inputs: tuple[str, ...]
    rows: Mapping[str, tuple[float, ...]]
    unseen: tuple[float, ...]
    missing: tuple[float, ...]
    encoding: Literal["one-hot", "target", "count"] = "one-hot"
    step: ClassVar[str] = "lookup"

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each input that it makes."""
        return self.inputs

    def transform(self, values: np.ndarray) -> np.ndarray:
        """Return inputs of shape (rows, len(names))."""
        # One look in a hash table for each row; sorting the texts would take longer.
        unseen = repeat(len(self.rows))
        codes = np.fromiter(map(self._places.get, values, unseen), np.intp, len(values))
        return self.table[codes]

    @cached_property
    def table(self) -> np.ndarray:
        """All rows, that of unseen texts, and that of missing values, one below another."""
        rows = [*self.rows.values(), self.unseen, self.missing]
        return np.array(rows, np.float64).reshape(len(rows), len(self.inputs))

    @cached_property
    def _places(self) -> dict[Any, int]:
        return {**{text: i for i, text in enumerate(self.rows)}, None: len(self.rows) + 1}

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"step": self.step, **asdict(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Lookup:
        """Return the step that :meth:`to_dict` gave, without its "step"."""
        given = dict(values)
        given["rows"] = {text: tuple(row) for text, row in given["rows"].items()}
        for name in ("inputs", "unseen", "missing"):
            given[name] = tuple(given[name])
        rows, width = (*given["rows"].values(), given["unseen"], given["missing"]), given["inputs"]
        if any(len(row) != len(width) for row in rows):
            raise ValueError(f"rows must have {len(width)} numbers, one for each of inputs")
        return cls(**given)
