"""Samples that stay on disk, read piece by piece when they are needed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rewire.graph import Network
from rewire.io import prefixed
from rewire.losses import Loss

from .batches import Batches
from .samples import Samples, check_validation_data, spacing
from .sources import RowSource, pieces
from .windows import Ranges, WindowedBatches

__all__ = ["StreamSamples", "open_samples", "open_validation"]


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
    few : Samples
        Some of the samples, evenly spaced.
    """

    source: RowSource
    loss: Loss
    dtype: np.dtype
    described: dict[str, str]
    few: Samples
    _ranges: Ranges | None = None
    _held: Samples | None = None
    _memory: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    sparse = False

    @classmethod
    def check(cls, net: Network, source: RowSource, loss: Loss) -> StreamSamples:
        """Read everything once, piece by piece, and check it as :meth:`Samples.check` does."""
        sums, count, width = [0, 0], int(source.bounds[-1]), net.ranks[0]
        every, few = spacing(count, width), []
        for first, last in pieces(source):
            try:
                samples = Samples.check(net, *source.read(first, last), loss)
            except ValueError as error:
                raise ValueError(prefixed(f"samples {first} to {last - 1}: ", error)) from error
            few.append(samples.take(np.arange(-first % every, last - first, every)))
            for k, part in enumerate((samples.X, samples.y)):
                flat = np.ascontiguousarray(part).reshape(-1).view(np.uint8)
                sums[k] = zlib.crc32(flat.data, sums[k])
        X, y = (np.concatenate(parts) for parts in zip(*few, strict=True))
        some = Samples(X, y, loss)
        shape = (count, *some.y.shape[1:])
        described = {
            "X": f"{(count, width)} {net.dtype} {sums[0]:08x}",
            "y": f"{shape} {some.y.dtype} {sums[1]:08x}",
            "buffer": str(source.buffer),
        }
        return cls(source, loss, net.dtype, described, some)

    def __len__(self) -> int:
        return int(self.source.bounds[-1])

    @property
    def X(self) -> np.ndarray:  # noqa: N802 as of Samples
        """Inputs in the buffer; some of all before the first step."""
        return (self._held or self.few).X

    @property
    def y(self) -> np.ndarray:
        """Targets in the buffer; some of all before the first step."""
        return (self._held or self.few).y

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

    def parts(self) -> Iterator[Samples]:
        """Yield all samples piece by piece."""
        for first, last in pieces(self.source):
            X, y = self.source.read(first, last)
            yield Samples(np.ascontiguousarray(X, self.dtype), y, self.loss)

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


def open_samples(
    net: Network, X: Any, y: Any, loss: Loss, batch_size: int, seed: int
) -> tuple[Any, Batches]:
    """Return the samples of arrays or a stream, checked, and the batches that they come in."""
    if isinstance(X, RowSource):
        batches = WindowedBatches(X, batch_size, seed)
        return StreamSamples.check(net, X, loss), batches
    samples = Samples.check(net, X, y, loss)
    return samples, Batches(len(samples), batch_size, seed)


def open_validation(net: Network, data: Any, loss: Loss) -> Samples | StreamSamples:
    """Return the samples to validate on, of a pair (X, y) or a stream, checked."""
    if not isinstance(data, RowSource):
        return check_validation_data(net, data, loss)
    try:
        return StreamSamples.check(net, data, loss)
    except ValueError as error:
        raise ValueError(prefixed("validation_data: ", error)) from error
