"""Columns of a file of text by Arrow: as texts, or at once as numbers where texts would be many."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from rewire.io import import_optional

from .numbers import PLAIN
from .raw import RawColumn, TextColumn, TypedColumn
from .texts import texts_of_each

__all__ = ["read_columns"]

# Bytes that are read at a time: at least so many, and so many for each column, since a block of a
# few rows only has thousands of small arrays.
BLOCK, OF_COLUMN = 1 << 20, 1000
# The longest block, and the longest value, that Arrow takes.
LONGEST = 2**31 - 1
# Of files with more bytes, columns of decimal fractions are read as numbers, without their texts:
# these, looked at one by one, take several times the memory and the time.
LARGE = 1 << 24
FIRST_LINES = 20
# How often it is begun anew where a column begins as such and does not go on so.
MOST_SURPRISES = 4


@dataclass(frozen=True)
class Lines:
    """Lines without a header, and how to read them.

    Parameters
    ----------
    content : bytes
        UTF-8.
    begin : int
        Where the first of them begins.
    width : int
        How many columns there are.
    sep : str
    threads : bool, default True
        Without them, lines of another length have numbers.

    Attributes
    ----------
    wrong : list
        Arrow's descriptions of lines of another length, which the last reading skipped.
    """

    content: bytes
    begin: int
    width: int
    sep: str
    threads: bool = True
    wrong: list[Any] = field(default_factory=list, init=False, repr=False)

    @property
    def block(self) -> int:
        return min(max(BLOCK, OF_COLUMN * self.width), LONGEST)

    def arguments(self, block: int, decimals: Collection[int] = ()) -> tuple[Any, ...]:
        """Return what Arrow's readers take, to read some columns as decimals, others as texts."""
        pyarrow = import_optional("pyarrow", "data")
        reader = import_optional("pyarrow.csv", "data")
        self.wrong.clear()
        names = [str(i) for i in range(self.width)]
        types = {one: pyarrow.string() for one in names}
        types |= {names[i]: pyarrow.float64() for i in decimals}
        return (
            pyarrow.BufferReader(pyarrow.py_buffer(self.content).slice(self.begin)),
            reader.ReadOptions(column_names=names, block_size=block, use_threads=self.threads),
            reader.ParseOptions(
                delimiter=self.sep, newlines_in_values=True, invalid_row_handler=self._skip
            ),
            reader.ConvertOptions(column_types=types, strings_can_be_null=False, null_values=[""]),
        )

    def _skip(self, row: Any) -> str:
        self.wrong.append(row)
        return "skip"


def read_columns(lines: Lines) -> list[RawColumn]:
    """Return the columns of lines."""
    if len(lines.content) <= LARGE or not lines.threads:
        return list(_texts(_whole(lines)))
    decimals = _begin_as_decimals(lines)
    for _ in range(MOST_SURPRISES):
        try:
            return _streamed(lines, decimals)
        except _NoDecimalError as error:
            decimals -= error.columns
    return list(_texts(_whole(lines)))


# ----------------------------------------------------------------------------------------- texts


def _whole(lines: Lines) -> list[Any]:
    """Return columns of strings, all of their blocks together."""
    pyarrow = import_optional("pyarrow", "data")
    reader = import_optional("pyarrow.csv", "data")
    # A line longer than a block needs a larger one.
    for block in (lines.block, min(len(lines.content) + 1, LONGEST)):
        try:
            return reader.read_csv(*lines.arguments(block)).columns
        except pyarrow.ArrowInvalid as error:
            if block != lines.block or len(lines.content) <= block:
                raise ValueError(f"it is no table of text: {error}") from error
    return []


def _texts(columns: list[Any]) -> Iterator[TextColumn]:
    """Yield Arrow's chunked arrays of strings, which are given up, as columns of texts."""
    for i, one in enumerate(columns):  # each makes room for the next
        columns[i] = one.dictionary_encode().combine_chunks()
    codes = (np.asarray(one.indices) for one in columns)  # no value is null in a file of text
    texts = texts_of_each([one.dictionary for one in columns])
    return (TextColumn(*pair) for pair in zip(texts, codes, strict=True))


# --------------------------------------------------------------------------------------- numbers


class _NoDecimalError(Exception):
    """Columns have something else than decimals."""

    def __init__(self, columns: set[int]):
        super().__init__(columns)
        self.columns = columns


def _begin_as_decimals(lines: Lines) -> set[int]:
    """Return the columns that have decimals and gaps, and nothing else, in the first lines."""
    csv.field_size_limit(LONGEST)
    some = lines.content[lines.begin : lines.begin + OF_COLUMN * lines.width]
    text = io.StringIO(some.decode(errors="ignore"), newline="")
    first = list(islice(csv.reader(text, delimiter=lines.sep), FIRST_LINES))[:-1]
    plain = re.compile(PLAIN)
    return {
        i
        for i, column in enumerate(zip(*first, strict=False))
        if any("." in one for one in column) and all(not one or plain.match(one) for one in column)
    }


def _streamed(lines: Lines, decimals: set[int]) -> list[RawColumn]:
    """Return columns of decimals as numbers and others as texts, read block after block.

    Arrow alone would hold several times the size of the file.
    """
    pyarrow = import_optional("pyarrow", "data")
    reader = import_optional("pyarrow.csv", "data")
    chosen = sorted(decimals)
    others = [i for i in range(lines.width) if i not in decimals]
    values, rows = np.empty((len(chosen), lines.content.count(b"\n", lines.begin) + 1)), 0
    pieces: dict[int, list[Any]] = {i: [] for i in others}
    try:
        for batch in reader.open_csv(*lines.arguments(lines.block, decimals)):
            if chosen:
                _put(batch.select(chosen), chosen, values[:, rows : rows + len(batch)])
            for i in others:
                pieces[i].append(batch.column(i))
            rows += len(batch)
    except pyarrow.ArrowInvalid as error:
        # With one thread Arrow names the row as well.
        found = re.search(r"column #(\d+): (?:Row #\d+: )?CSV conversion error", str(error))
        # Another error is one of the lines, such as a long one, which texts are read in spite of.
        raise _NoDecimalError({int(found[1])} if found else decimals) from None
    place = dict(zip(chosen, values[:, :rows], strict=True))
    if doubtful := {i for i, column in place.items() if not _are_fractions(column)}:
        raise _NoDecimalError(doubtful)
    texts = _texts([pyarrow.chunked_array(pieces.pop(i), pyarrow.string()) for i in others])
    return [
        TypedColumn("number", place[i], "decimals") if i in decimals else next(texts)
        for i in range(lines.width)
    ]


def _put(batch: Any, numbers: list[int], values: np.ndarray) -> None:
    """Copy the values of columns with these numbers, NaN where there is none."""
    values[:] = batch.to_tensor(null_to_nan=True).to_numpy().T
    known = [len(batch) - column.null_count for column in batch.itercolumns()]
    other = np.isfinite(values).sum(axis=1) != known  # Arrow reads "nan" and "inf" as numbers
    if other.any():
        raise _NoDecimalError({numbers[i] for i in np.flatnonzero(other)})


def _are_fractions(values: np.ndarray) -> bool:
    """Return whether a number has so many decimals that its point cannot separate thousands.

    Examples
    --------
    >>> _are_fractions(np.array([1.234, 12.5])), _are_fractions(np.array([1.2345, 12.5]))
    (False, True)
    """
    thousandths = 1000 * np.abs(values)
    away = np.abs(thousandths - np.round(thousandths))
    return bool((away > 1e-9 * np.maximum(thousandths, 1)).any())
