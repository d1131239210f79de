"""A table before it is understood: texts exactly as written, and values whose type is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from .schema import Kind
from .texts import Texts

__all__ = ["RawColumn", "RawTable", "TextColumn", "TypedColumn"]


@dataclass(frozen=True, eq=False)
class TextColumn:
    """A column of texts whose meaning is to be found, each different text kept once.

    Parameters
    ----------
    different : Texts
        The different texts exactly as written.
    codes : ndarray of int, shape (rows,)
        Which of the texts stands in each row; -1 where the source has no value.
    """

    different: Texts
    codes: np.ndarray

    @property
    def texts(self) -> np.ndarray:
        """The different texts as objects."""
        return self.different.objects

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def counts(self) -> np.ndarray:
        """How many rows have each of the texts."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.different))

    def spread(self, values: np.ndarray, missing: object) -> np.ndarray:
        """Return for each row the value of its text, or what stands for a missing one."""
        padded = np.empty(len(values) + 1, values.dtype)
        padded[:-1] = values
        padded[-1] = missing
        return padded[self.codes]

    def cells(self) -> np.ndarray:
        """Return the text of each row, None where there is none."""
        return self.spread(self.texts, None)


@dataclass(frozen=True, eq=False)
class TypedColumn:
    """A column that its source has a type for.

    Parameters
    ----------
    kind : {"number", "boolean", "date", "category", "unknown"}
        Unknown for a type that cannot be read, such as a list, and for a column without values.
    values : ndarray, shape (rows,)
        As in :class:`rewire.tables.Table`: float64 with NaN, or objects with None.
    type : str
        The source's name for the type, for a person.
    """

    kind: Kind
    values: np.ndarray
    type: str

    def __len__(self) -> int:
        return len(self.values)

    def cells(self) -> np.ndarray:
        """Return the value of each row."""
        return self.values


RawColumn: TypeAlias = TextColumn | TypedColumn


@dataclass(frozen=True, eq=False)
class RawTable:
    """The columns of a table as their source has them.

    Parameters
    ----------
    columns : mapping of str to TextColumn or TypedColumn
        In the source's order.
    rows : int
    name : str
        Of the source, for a person.
    separator : str, optional
        Of a file of text.
    notes : tuple of str
        What was found in reading, such as an encoding or a header that was changed.
    header : bool, default True
        Whether the source names its columns; otherwise they are told apart by their order.
    encoding : str, optional
        Of a file of text, where one was named.
    places : ndarray of int, shape (rows,), optional
        Where the rows stand in their source, in ascending order, if they are but some of its rows.
    """

    columns: Mapping[str, RawColumn]
    rows: int
    name: str = "table"
    separator: str | None = None
    notes: tuple[str, ...] = ()
    header: bool = True
    encoding: str | None = None
    places: np.ndarray | None = None

    def __len__(self) -> int:
        return self.rows

    def renamed(self, names: Sequence[str]) -> RawTable:
        """Return the table with other names for its columns."""
        return replace(self, columns=dict(zip(names, self.columns.values(), strict=True)))
