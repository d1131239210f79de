"""The batches of samples that are read in pieces: shuffled within a buffer."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from rewire.io import advise

from .batches import Batches, in_batches
from .sources import RowSource

__all__ = ["Ranges", "WindowedBatches"]

Ranges = list[tuple[int, int]]


class WindowedBatches(Batches):
    """Samples in a new order in every epoch, such that few of them are needed at a time.

    In every epoch the pieces of the source come in a random order; what comes is divided into
    windows that fit the buffer, and the samples of a window are shuffled. If one window holds
    everything, the order is that of :class:`Batches`. All of it follows from the seed, the epoch
    and the window.

    Parameters
    ----------
    source : RowSource
    size, seed : int
        As for :class:`Batches`.

    Raises
    ------
    ValueError
        If the buffer is smaller than a batch.
    """

    def __init__(self, source: RowSource, size: int, seed: int):
        super().__init__(int(source.bounds[-1]), size, seed)
        if source.buffer < self.size:
            raise ValueError(
                advise(
                    f"buffer must hold at least a batch of {self.size} samples; got "
                    f"{source.buffer}",
                    "enlarge it (buffer=)",
                    "make smaller batches (batch_size=)",
                )
            )
        self.bounds = source.bounds
        whole = source.buffer >= self.samples
        self.window = self.samples if whole else source.buffer // self.size * self.size
        self._per_window = -(-self.window // self.size)
        self._windows = -(-self.samples // self.window)
        self._shuffles: dict[tuple[int, int], np.ndarray] = {}
        self._pieces: dict[int, np.ndarray] = {}

    def rows(self, step: int) -> np.ndarray:
        """Return which samples of its window step number ``step`` learns from."""
        epoch, window, batch = self._place(step)
        return self._shuffled(epoch, window)[batch * self.size : (batch + 1) * self.size]

    def stretch(self, first: int, last: int) -> np.ndarray:
        """Return the samples of steps first to last, up to the end of the window."""
        if self._windows == 1:
            return super().stretch(first, last)
        epoch, window, batch = self._place(first)
        order = self._shuffled(epoch, window)[batch * self.size :]
        return in_batches(order[: (last - first) * self.size], self.size)

    def ranges(self, step: int) -> Ranges:
        """Return the ranges of samples that make up the window of a step, in their order there."""
        epoch, window, _ = self._place(step)
        if self._windows == 1:
            return list(pairwise(self.bounds.tolist()))
        if epoch not in self._pieces:
            self._pieces = {epoch: self._randomness(epoch).permutation(len(self.bounds) - 1)}
        order = self._pieces[epoch]
        starts, lengths = self.bounds[order], np.diff(self.bounds)[order]
        ends = np.cumsum(lengths)
        begins = ends - lengths
        low, high = window * self.window, min((window + 1) * self.window, self.samples)
        begin, end = np.searchsorted(ends, [low, high - 1], side="right")
        found = slice(begin, end + 1)
        first = starts[found] + np.maximum(low - begins[found], 0)
        last = starts[found] + np.minimum(high, ends[found]) - begins[found]
        return list(zip(first.tolist(), last.tolist(), strict=True))

    def _place(self, step: int) -> tuple[int, int, int]:
        epoch, batch = divmod(step, self.per_epoch)
        return epoch, *divmod(batch, self._per_window)

    def _shuffled(self, epoch: int, window: int) -> np.ndarray:
        if self._windows == 1:
            return self._order(epoch)
        if (epoch, window) not in self._shuffles:
            size = min(self.window, self.samples - window * self.window)
            order = self._randomness(epoch, window).permutation(size)
            self._shuffles = {(epoch, window): order}
        return self._shuffles[epoch, window]

    def _randomness(self, *key: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(0, *key)))
