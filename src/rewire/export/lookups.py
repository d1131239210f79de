"""Lookups of texts as every format writes them: each row of numbers once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from rewire.tables import Column
from rewire.tables.missing import IN_ANY_COLUMN
from rewire.tables.steps import Lookup

__all__ = ["Levels", "missing_texts", "usual_words"]


@dataclass(frozen=True, eq=False)
class Levels:
    """The texts that a column may hold, and the row of numbers that each stands for.

    Texts are without blanks around them. The empty text always means a missing value.

    Parameters
    ----------
    texts : tuple of str
        Known texts, with those that mean a missing value in this column alone.
    places : tuple of int
        For each text, its row.
    usual : tuple of str
        Words that mean a missing value in any case of their letters, such as "na".
    rows : ndarray of float64, shape (different rows, inputs)
    unseen, missing : int
        The rows for other texts, and for missing values.
    """

    texts: tuple[str, ...]
    places: tuple[int, ...]
    usual: tuple[str, ...]
    rows: np.ndarray
    unseen: int
    missing: int

    @classmethod
    def of(cls, step: Lookup, column: Column) -> Levels:
        """Number the rows of a step."""
        found: dict[tuple[float, ...], int] = {}

        def number(row: Iterable[float]) -> int:
            return found.setdefault(tuple(row), len(found))

        missing, unseen = number(step.missing), number(step.unseen)
        places = {text: number(row) for text, row in step.rows.items()}
        places |= dict.fromkeys(column.na, missing)
        places.pop("", None)
        rows = np.array(list(found), np.float64).reshape(len(found), len(step.names))
        return cls(
            tuple(places), tuple(places.values()), usual_words(column), rows, unseen, missing
        )

    @property
    def known(self) -> dict[str, int]:
        """The row of every text, with the usual words in all cases of their letters."""
        spelt = [one for word in self.usual for one in _cases(word)]
        return {
            **dict.fromkeys(spelt, self.missing),
            **dict(zip(self.texts, self.places, strict=True)),
        }


def usual_words(column: Column) -> tuple[str, ...]:
    """Return the words that mean a missing value in a column of texts, in small letters."""
    return tuple(sorted(IN_ANY_COLUMN - {""})) if column.usual_na else ()


def _cases(word: str) -> Iterator[str]:
    return map("".join, product(*({c, c.upper()} for c in word)))


def missing_texts(column: Column) -> list[str]:
    """Return all texts that mean a missing value in a column of texts."""
    return ["", *column.na, *(one for word in usual_words(column) for one in _cases(word))]
