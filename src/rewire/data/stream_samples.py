"""Samples on disk: which rows of a source they are, and some of them in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Protocol

import numpy as np

from rewire.connectivity.apportion import apportion

from .dataset import Dataset
from .splitting import held_out_count
from .stream_rows import Rows, draw, draw_rows

__all__ = ["Chosen", "Source", "StoredSamples"]

# Rows of a piece: all from one to another, or some by their number.
Chosen = slice | np.ndarray


class Source(Protocol):
    """Pieces on disk, each with inputs and targets."""

    @property
    def bounds(self) -> np.ndarray:
        """First rows of the pieces, and the number of rows."""
        ...

    def read(self, number: int, rows: Chosen) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs and targets of some rows of a piece."""
        ...

    def targets(self, number: int, rows: Chosen) -> np.ndarray:
        """Return the targets alone."""
        ...

    def learn(
        self, sample: Dataset, rows: np.ndarray, places: np.ndarray
    ) -> tuple[Source, Dataset]:
        """Learn from some rows of a sample how inputs are made, and return these rows.

        Parameters
        ----------
        sample : Dataset
        rows : ndarray of bool
            Which of its rows.
        places : ndarray of int64
            Where these rows are in the source.
        """
        ...

    def for_unseen(self) -> Source:
        """Return the source for samples that nothing is learnt from."""
        ...


@dataclass(frozen=True, eq=False)
class StoredSamples:
    """Samples on disk: all rows of a source, or some of them.

    Parameters
    ----------
    source : Source
    rows : Rows, optional
        Those that are samples; by default all.
    sample : Dataset, optional
        Some of the samples.
    places : ndarray of int64, optional
        Which rows of the source these are.
    """

    source: Source
    rows: Rows | None = None
    sample: Dataset | None = None
    places: np.ndarray | None = None

    @cached_property
    def numbers(self) -> np.ndarray:
        """The pieces that have samples."""
        return np.flatnonzero(self._counts)

    @cached_property
    def bounds(self) -> np.ndarray:
        """First samples of these pieces, and the number of samples."""
        return np.concatenate([[0], np.cumsum(self._counts[self.numbers])])

    @property
    def _counts(self) -> np.ndarray:
        return np.diff(self.source.bounds) if self.rows is None else self.rows.counts

    @property
    def name(self) -> str:
        """What errors call them."""
        return "the stream" if self.sample is None else self.sample.name

    def read(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs and targets of samples ``first`` to ``last`` (exclusive) of one piece."""
        return self.source.read(*self._located(first, last))

    def targets(self, first: int, last: int) -> np.ndarray:
        """Return the targets alone."""
        return self.source.targets(*self._located(first, last))

    def _located(self, first: int, last: int) -> tuple[int, Chosen]:
        """Return the piece of the source that some samples are in, and their rows there."""
        place = int(np.searchsorted(self.bounds, first, side="right")) - 1
        number, start = int(self.numbers[place]), int(self.bounds[place])
        first, last = first - start, last - start
        rows = slice(first, last) if self.rows is None else self.rows.of(number)[first:last]
        return number, rows

    def draw(
        self, wanted: int, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return inputs and targets of samples drawn at random, and which rows they are.

        All are drawn if there are no more than wanted.
        """
        X, filled = np.empty((0, 0)), 0
        targets: list[np.ndarray] = []
        places: list[np.ndarray] = []
        chosen = draw_rows(self.bounds, wanted, generator)
        for number, drawn in zip(self.numbers, chosen, strict=True):
            rows = drawn if self.rows is None else self.rows.of(number)[drawn]
            part, y = self.source.read(number, rows)
            if not targets:  # as large as it will be, so that no copy is made of all
                X = np.empty((sum(map(len, chosen)), part.shape[1]), part.dtype)
            X[filled : filled + len(part)] = part
            filled += len(part)
            targets.append(y)
            places.append(self.source.bounds[number] + rows)
        return X, np.concatenate(targets), np.concatenate(places)

    def with_drawn(self, wanted: int, generator: np.random.Generator) -> StoredSamples:
        """Return these with a sample of their own, if they have one of others."""
        if self.sample is None:
            return self
        X, y, places = self.draw(wanted, generator)
        return replace(self, sample=replace(self.sample, X=X, y=y, table=None), places=places)

    def hold_out(
        self, size: float, generator: np.random.Generator, *, by_class: bool
    ) -> tuple[StoredSamples, StoredSamples]:
        """Return the samples that remain, and those that are split off.

        Parameters
        ----------
        size : float or int
            Share of the samples to split off, or their number.
        generator : numpy.random.Generator
        by_class : bool
            Whether targets are class numbers, of each of which the same share is split off; but
            one sample of each at least remains.
        """
        wanted = held_out_count(size, int(self.bounds[-1]), self.name)
        members = np.zeros(1, np.int64)
        for groups in self._groups(by_class):
            counts = np.bincount(groups, minlength=len(members))
            counts[: len(members)] += members
            members = counts
        shares = apportion(wanted, members.astype(float), np.maximum(members - 1, 0))
        masks = self._masks(draw(self._groups(by_class), members, shares, generator))
        held_out = Rows.of_masks(masks)
        kept = Rows.of_masks(
            self._mask(number) & ~held_out.mask(number) for number in range(len(held_out.counts))
        )
        train = self._of(kept)
        source = train.source.for_unseen()
        return train, replace(train, source=source, rows=held_out)

    def _groups(self, by_class: bool) -> Iterator[np.ndarray]:
        """Yield the group of each sample: its class, or the same for all."""
        for first, last in pairwise(self.bounds.tolist()):
            yield self.targets(first, last) if by_class else np.zeros(last - first, np.int64)

    def _masks(self, drawn: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield masks of all rows of all pieces, of masks of those that are samples."""
        for number, count in enumerate(self._counts):
            mask = self._mask(number)
            if count:
                mask[mask] = next(drawn)
            yield mask

    def _mask(self, number: int) -> np.ndarray:
        """Return for each row of a piece whether it is a sample."""
        if self.rows is not None:
            return self.rows.mask(number)
        return np.ones(self.source.bounds[number + 1] - self.source.bounds[number], bool)

    def _of(self, kept: Rows) -> StoredSamples:
        """Return the samples among some rows; how inputs are made is learnt from these alone."""
        if self.sample is None or self.places is None:
            return replace(self, rows=kept)
        own = kept.contain(self.places)
        places = self.places[own]
        source, sample = self.source.learn(self.sample, own, places)
        return StoredSamples(source, kept, sample, places)
