"""Which rows of pieces on disk are taken: drawn by a seed, without all of them in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from rewire.validation import whole_number

from .splitting import random_state

__all__ = ["Rows", "draw", "draw_rows", "generator_for"]


@dataclass(frozen=True, eq=False)
class Rows:
    """Some rows of pieces, kept as a bit for each row.

    Parameters
    ----------
    bounds : ndarray of int64, shape (pieces + 1,)
        First rows of the pieces, and the number of rows.
    bits : tuple of ndarray of uint8
        Of each piece.
    counts : ndarray of int, shape (pieces,)
        How many of its rows are among these.

    Examples
    --------
    >>> rows = Rows.of_masks([np.array([True, False, True]), np.array([False])])
    >>> rows.of(0).tolist(), rows.counts.tolist(), rows.contain(np.array([1, 2, 3])).tolist()
    ([0, 2], [2, 0], [False, True, False])
    """

    bounds: np.ndarray
    bits: tuple[np.ndarray, ...]
    counts: np.ndarray

    @classmethod
    def of_masks(cls, masks: Iterable[np.ndarray]) -> Rows:
        """Return the rows of some masks, one for each piece."""
        found = [(np.packbits(one), len(one), int(one.sum())) for one in masks]
        bits, lengths, counts = zip(*found, strict=True)
        return cls(np.concatenate([[0], np.cumsum(lengths)]), bits, np.array(counts))

    def mask(self, number: int) -> np.ndarray:
        """Return for each row of a piece whether it is among these."""
        length = int(self.bounds[number + 1] - self.bounds[number])
        return np.unpackbits(self.bits[number], count=length).view(bool)

    def of(self, number: int) -> np.ndarray:
        """Return the rows of a piece, counted from its first."""
        return np.flatnonzero(self.mask(number))

    def contain(self, rows: np.ndarray) -> np.ndarray:
        """Return which of some rows, counted from the first of all, are among these."""
        found = np.zeros(len(rows), bool)
        numbers = np.searchsorted(self.bounds, rows, side="right") - 1
        for number in np.unique(numbers):
            here = numbers == number
            found[here] = self.mask(number)[rows[here] - self.bounds[number]]
        return found


def generator_for(seed: Any, key: int) -> np.random.Generator:
    """Return a generator of its own for one of the things that a seed decides."""
    seed = random_state(seed)
    entropy = None if seed is None else whole_number(seed, "seed")
    return np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(key,)))


def draw(
    parts: Iterable[np.ndarray],
    members: np.ndarray,
    wanted: np.ndarray,
    generator: np.random.Generator,
) -> Iterator[np.ndarray]:
    """Draw rows at random, piece by piece: of each group exactly as many as wanted.

    Each piece gives what is expected of as many rows, but for chance, and the last ones what is
    still missing; so no more than a piece is looked at at a time.

    Parameters
    ----------
    parts : iterable of ndarray of int
        The group of each row of a piece.
    members, wanted : ndarray of int, shape (groups,)
        Rows of each group in all pieces, and how many of them to draw.
    generator : numpy.random.Generator

    Yields
    ------
    ndarray of bool
        Which rows of a piece are drawn.

    Examples
    --------
    >>> parts = [np.array([0, 0, 1]), np.array([0, 1, 1, 1])]
    >>> members, wanted = np.array([3, 4]), np.array([2, 1])
    >>> drawn = np.concatenate(list(draw(parts, members, wanted, np.random.default_rng(0))))
    >>> np.bincount(np.concatenate(parts)[drawn]).tolist()
    [2, 1]
    """
    left, wanted = members.copy(), wanted.copy()
    for groups in parts:
        drawn = np.zeros(len(groups), bool)
        for group in np.unique(groups):
            rows = np.flatnonzero(groups == group)
            least = max(0, wanted[group] - (left[group] - len(rows)))
            by_chance = generator.binomial(len(rows), wanted[group] / left[group])
            count = int(np.clip(by_chance, least, min(len(rows), wanted[group])))
            drawn[generator.choice(rows, count, replace=False)] = True
            left[group] -= len(rows)
            wanted[group] -= count
        yield drawn


def draw_rows(bounds: np.ndarray, wanted: int, generator: np.random.Generator) -> list[np.ndarray]:
    """Return the drawn rows of each piece, counted from its first, of pieces of one group."""
    lengths = np.diff(bounds)
    parts = (np.zeros(length, np.int64) for length in lengths)
    total = int(bounds[-1])
    drawn = draw(parts, np.array([total]), np.array([min(wanted, total)]), generator)
    return [np.flatnonzero(one) for one in drawn]
