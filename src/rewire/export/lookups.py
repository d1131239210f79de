"""Lookups of texts as every format writes them: each row of numbers once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rewire.tables import Column
from rewire.tables.steps import Lookup

__all__ = ["Levels"]


@dataclass(frozen=True, eq=False)
class Levels:
    """The texts that a column may hold, and the row of numbers that each stands for.

    Parameters
    ----------
    texts : tuple of str
        Known texts, with those that mean a missing value; the empty text is not among them, as it
        always means that.
    places : tuple of int
        For each text, its row.
    rows : ndarray of float64, shape (different rows, inputs)
    unseen, missing : int
        The rows for other texts, and for missing values.
    """

    texts: tuple[str, ...]
    places: tuple[int, ...]
    rows: np.ndarray
    unseen: int
    missing: int

    @classmethod
    def of(cls, step: Lookup, column: Column) -> Levels:
        """Number the rows of a step."""
        found: dict[tuple[float, ...], int] = {}
        number = lambda row: found.setdefault(tuple(row), len(found))  # noqa: E731
        missing, unseen = number(step.missing), number(step.unseen)
        places = {text: number(row) for text, row in step.rows.items()}
        places |= dict.fromkeys(column.na, missing)
        places.pop("", None)
        rows = np.array(list(found), np.float64).reshape(len(found), len(step.names))
        return cls(tuple(places), tuple(places.values()), rows, unseen, missing)
