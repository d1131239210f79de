"""Samples that stay on disk: read piece by piece and shuffled within a buffer."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol, runtime_checkable

import numpy as np

from rewire.graph import Network
from rewire.io import advise, prefixed, received
from rewire.losses import Loss

from .batches import Batches
from .samples import Samples

__all__ = [
    "RowSource",
    "StreamSamples",
    "WindowedBatches",
    "check_targets_given",
    "example_targets",
    "open_samples",
    "pieces",
]

# What labels of two classes are, in the losses of single outputs.
LABELS = (-1, 0, 1)

Ranges = list[tuple[int, int]]


@runtime_checkable
class RowSource(Protocol):
    """Where samples are read from; :class:`rewire.data.Stream` is one.

    Attributes
    ----------
    buffer : int
        Samples to hold in memory at a time.
    bounds : ndarray of int64, shape (pieces + 1,)
        First samples of the pieces that can be read at once, and the number of samples.
    """

    buffer: int
    bounds: np.ndarray

    def read(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs and targets of samples ``first`` to ``last`` (exclusive) of a piece."""
        ...


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
        """Return the samples of steps first to last within one window, in batches of one size."""
        if self.whole:
            return super().stretch(first, last)
        epoch, window, batch = self._place(first)
        order = self._shuffled(epoch, window)[batch * self.size :]
        count = min(last - first, len(order) // self.size)
        return order[: count * self.size].reshape(count, -1) if count else order[None]

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


@dataclass
class StreamSamples:
    """Samples that are read when they are needed; stands for :class:`Samples`.

    Make one with :meth:`check`.

    Attributes
    ----------
    source : RowSource
    loss : Loss
    described : dict of str
        Fingerprints of all inputs and targets, and the buffer, from which the order follows.
    """

    source: RowSource
    loss: Loss
    dtype: np.dtype
    described: dict[str, str]
    _ranges: Ranges | None = None
    _held: Samples | None = None
    _memory: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    sparse = False

    @classmethod
    def check(cls, net: Network, source: RowSource, loss: Loss) -> StreamSamples:
        """Read everything once, piece by piece, and check it as :meth:`Samples.check` does."""
        sums, kinds, width = [0, 0], None, net.ranks[0]
        for first, last in pieces(source):
            try:
                samples = Samples.check(net, *source.read(first, last), loss)
            except ValueError as error:
                raise ValueError(prefixed(f"samples {first} to {last - 1}: ", error)) from error
            kinds = (samples.y.dtype, samples.y.shape[1:])
            for k, part in enumerate((samples.X, samples.y)):
                flat = np.ascontiguousarray(part).reshape(-1).view(np.uint8)
                sums[k] = zlib.crc32(flat.data, sums[k])
        assert kinds is not None
        count = int(source.bounds[-1])
        described = {
            "X": f"{(count, width)} {net.dtype} {sums[0]:08x}",
            "y": f"{(count, *kinds[1])} {kinds[0]} {sums[1]:08x}",
            "buffer": str(source.buffer),
        }
        return cls(source, loss, net.dtype, described)

    def __len__(self) -> int:
        return int(self.source.bounds[-1])

    @property
    def X(self) -> np.ndarray:  # noqa: N802 as of Samples
        """Inputs in the buffer; of its first piece before the first step."""
        return self._in_memory().X

    @property
    def y(self) -> np.ndarray:
        """Targets in the buffer; of its first piece before the first step."""
        return self._in_memory().y

    def describe(self) -> dict[str, str]:
        """Return the fingerprints of inputs and targets, and the buffer."""
        return self.described

    def at(self, batches: WindowedBatches, step: int) -> Samples:
        """Return the window of a step, read unless it is in memory already."""
        ranges = batches.ranges(step)
        if ranges != self._ranges:
            self._ranges = None  # a read that fails leaves the buffer half filled
            self._held, self._ranges = self._read(ranges, batches.window), ranges
        assert self._held is not None
        return self._held

    def _read(self, ranges: Ranges, window: int) -> Samples:
        targets, filled = [], 0
        for first, last in ranges:
            X, y = self.source.read(first, last)
            if self._memory.shape != (window, X.shape[1]):
                self._memory = np.empty((window, X.shape[1]), self.dtype)
            self._memory[filled : filled + last - first] = X
            targets.append(y)
            filled += last - first
        return Samples(self._memory[:filled], np.concatenate(targets), self.loss)

    def _in_memory(self) -> Samples:
        if self._held is not None:
            return self._held
        X, y = self.source.read(0, int(self.source.bounds[1]))
        return Samples(np.ascontiguousarray(X, self.dtype), y, self.loss)


def check_targets_given(X: Any, y: Any, class_weight: Any) -> None:
    """Refuse targets beside a stream, which has its own, and arrays without targets."""
    if not isinstance(X, RowSource):
        if y is None:
            raise ValueError("y must hold the targets of X; got None, which is for streams")
        return
    if y is not None:
        raise ValueError(f"y must be None for a stream, which has targets; got {received(y)}")
    if class_weight is not None:
        raise ValueError(
            "class_weight must be None for a stream, whose classes are not counted; got "
            f"{received(class_weight)}"
        )


def open_samples(
    net: Network, X: Any, y: Any, loss: Loss, batch_size: int, seed: int
) -> tuple[Any, Batches]:
    """Return the samples of arrays or a stream, checked, and the batches that they come in."""
    if isinstance(X, RowSource):
        batches = WindowedBatches(X, batch_size, seed)
        return StreamSamples.check(net, X, loss), batches
    samples = Samples.check(net, X, y, loss)
    return samples, Batches(len(samples), batch_size, seed)


def pieces(source: RowSource) -> Iterator[tuple[int, int]]:
    """Yield first and last sample (exclusive) of each piece of a source."""
    return pairwise(source.bounds.tolist())


def example_targets(X: Any, y: Any) -> Any:
    """Return targets that tell which loss suits all: of a stream, some of its different values."""
    if not isinstance(X, RowSource):
        return y
    found = np.empty((0,))
    for first, last in pieces(X):
        part = X.read(first, last)[1]
        if part.ndim > 1:
            return part
        # With several outputs or other values than those of labels, the rest makes no difference.
        found = np.union1d(found.astype(part.dtype), part)
        if len(found) > len(LABELS) or not np.isin(found, LABELS).all():
            break
    return found
