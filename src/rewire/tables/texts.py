"""Different texts, and the plain numbers among them: found without an object for each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from rewire.io import import_optional

from .numbers import PLAIN, as_arrow, floats, matches

__all__ = ["PlainTexts", "Texts", "as_texts", "plain_texts", "texts_of_each"]

GROUPED = r"^[+-]?[1-9]\d{0,2}(\.\d{3})+$"
PADDED = r"^[+-]?0\d+$"
DATED = r"^(19|20)\d{6}$"
NUMBERS_BEGIN = tuple("+-.0123456789")
# Columns with fewer bytes than this are looked at together: a call of Arrow takes as long as some
# thousand characters.
BYTES = 1 << 24


@dataclass(frozen=True, eq=False)
class PlainTexts:
    """Which texts are numbers as programs write them, such as "-1.5e3".

    Parameters
    ----------
    mask : ndarray of bool, shape (texts,)
        Those that are.
    values : ndarray of float64, shape (texts,)
        Their values, NaN for the other texts.
    pointed, grouped, padded, dated : ndarray of bool, shape (texts,)
        Plain numbers with a point; with one that may separate thousands; that begin with a zero as
        codes do; that may be a date of eight digits.
    """

    mask: np.ndarray
    values: np.ndarray
    pointed: np.ndarray
    grouped: np.ndarray
    padded: np.ndarray
    dated: np.ndarray

    def part(self, chosen: Any) -> PlainTexts:
        """Return what is known of some of the texts."""
        return PlainTexts(
            self.mask[chosen],
            self.values[chosen],
            self.pointed[chosen],
            self.grouped[chosen],
            self.padded[chosen],
            self.dated[chosen],
        )


def plain_texts(texts: Any) -> PlainTexts:
    """Find the plain numbers among texts.

    Parameters
    ----------
    texts : ndarray of str objects or Arrow array of strings, shape (texts,)

    Examples
    --------
    >>> found = plain_texts(np.array(["1.5", "007", "1 kg"], object))
    >>> found.values.tolist(), found.padded.tolist()
    ([1.5, 7.0, nan], [False, True, False])
    """
    pyarrow = import_optional("pyarrow", "data")
    array = as_arrow(texts)
    mask = matches(array, PLAIN)
    values = np.full(len(array), np.nan)
    values[mask] = floats(array if mask.all() else array.filter(pyarrow.array(mask)))
    pointed = matches(array, r"\.") & mask
    nothing = np.zeros(len(array), bool)
    return PlainTexts(
        mask,
        values,
        pointed,
        matches(array, GROUPED) if pointed.any() else nothing,
        matches(array, PADDED),
        matches(array, DATED),
    )


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts of which no two are the same.

    Parameters
    ----------
    source : ndarray of str objects or Arrow array of strings, shape (texts,)
    known : PlainTexts, optional
        The plain numbers among them, where these are known already.
    """

    source: Any
    known: PlainTexts | None = None

    def __len__(self) -> int:
        return len(self.source)

    @cached_property
    def objects(self) -> np.ndarray:
        """The texts as objects, which are made when they are first asked for."""
        return self.source if self._made else self.source.to_numpy(zero_copy_only=False)

    @cached_property
    def plain(self) -> PlainTexts:
        """The plain numbers among the texts."""
        return plain_texts(self.source) if self.known is None else self.known

    @property
    def _made(self) -> bool:
        return isinstance(self.source, np.ndarray)

    def only(self, chosen: np.ndarray) -> Texts:
        """Return some of the texts, by a boolean for each."""
        if chosen.all():
            return self
        pyarrow = import_optional("pyarrow", "data")
        mask = chosen if self._made else pyarrow.array(chosen)
        source = self.source[mask] if self._made else self.source.filter(mask)
        return Texts(source, self.plain.part(chosen))

    def among(self, words: Collection[str]) -> np.ndarray:
        """Return which texts are one of some words, but for blanks around them."""
        found = np.zeros(len(self), bool)
        plain = self.plain.mask
        # Plain numbers, often the most of a column, have no blanks.
        if numbers := [word for word in words if word[:1] in NUMBERS_BEGIN]:
            pyarrow = import_optional("pyarrow", "data")
            compute = import_optional("pyarrow.compute", "data")
            same = compute.is_in(as_arrow(self.source), pyarrow.array(numbers))
            found = np.asarray(same).astype(bool) & plain
        if words and not plain.all():
            found[~plain] = [text.strip() in words for text in self.only(~plain).objects]
        return found


def as_texts(texts: np.ndarray | Texts) -> Texts:
    """Return texts that may be an array of objects."""
    return texts if isinstance(texts, Texts) else Texts(texts)


def texts_of_each(arrays: Sequence[Any]) -> Iterator[Texts]:
    """Yield the texts of several Arrow arrays, whose plain numbers are found together."""
    pyarrow = import_optional("pyarrow", "data")
    first = 0
    while first < len(arrays):
        last, size = first, 0
        while last < len(arrays) and (last == first or size + arrays[last].nbytes < BYTES):
            size += arrays[last].nbytes
            last += 1
        together = arrays[first:last]
        found = plain_texts(pyarrow.concat_arrays(together) if len(together) > 1 else together[0])
        start = 0
        for one in together:
            yield Texts(one, found.part(slice(start, start + len(one))))
            start += len(one)
        first = last
