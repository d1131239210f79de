"""Arrays that a call needs beside the network's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from types import SimpleNamespace

import numpy as np

from .layout import CUSTOM, Wiring, aligned

__all__ = ["FEW", "Scratch", "in_order", "padded"]

# What ``predict_few`` takes at once. Up to so many samples a connection costs much the same.
FEW = 16


@lru_cache(maxsize=4)
def in_order(batch: int) -> np.ndarray:
    """Return 0 ... batch - 1, shape (1, batch)."""
    return np.arange(batch).reshape(1, batch)


@lru_cache(maxsize=8)
def padded(batch: int) -> np.ndarray:
    """Return the samples as ``predict_few`` wants them: the last one repeated to 16, or 4."""
    step = 4 if 0 < batch % FEW <= 4 else FEW
    return np.minimum(np.arange(-(-batch // step) * step), batch - 1)


class Scratch:
    """Scratch arrays, allocated at first use; for one call at a time.

    The operations that need many of them are kept with their first arguments filled in, the wiring
    and the scratch arrays: putting 30 arguments together for every call took 0.2 µs.

    A and D are one array, which halves the memory: the backward pass does not read A[s] any more
    once D[s] is written. They are ``apart`` for custom activations, whose slopes wait in D, and
    where someone wants to look at both.
    """

    def __init__(
        self, kernels: SimpleNamespace, wiring: Wiring, dtype: np.dtype, apart: bool = False
    ):
        start = wiring.rank_start
        self.neurons, self.outputs = int(start[-1]), int(start[-1] - start[-2])
        self.kernels, self.wiring, self.dtype = kernels, wiring, dtype
        self.apart = apart or bool((wiring.activation == CUSTOM).any())
        self._few: tuple[Callable[..., bool], Callable[..., bool]] | None = None
        self._columns = -1  # of the tile
        self._tile: tuple[np.ndarray, np.ndarray]
        self._learning: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
        self._train: Callable[..., bool] | None = None

    def few(self) -> tuple[Callable[..., bool], Callable[..., bool]]:
        """Return ``predict_one`` and ``predict_few``, from their ``weight`` on."""
        if self._few is None:
            kernels, wiring = self.kernels, self.wiring
            codes = [(*row, 0) for row in (wiring.activation, wiring.custom)]
            layers = np.array([wiring.rank_start, *codes], np.int64)
            given = layers, wiring.indptr, wiring.source, *self._signals(self.neurons * FEW)
            self._few = partial(kernels.predict_one, *given), partial(kernels.predict_few, *given)
        return self._few

    def tile(self, columns: int) -> tuple[np.ndarray, np.ndarray]:
        """Return flat A and D for a tile of so many samples."""
        if self._columns != columns:
            self._columns, self._train = columns, None
            self._tile = self._signals(self.neurons * columns)
        return self._tile

    def learning(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return weights and gradients in source order, and the gradients of the biases."""
        if self._learning is None:
            connections = len(self.wiring.source)
            self._learning = (
                aligned(connections, self.dtype),
                aligned(connections, self.dtype),
                np.zeros(self.neurons, self.dtype),
            )
        return self._learning

    def train(self, columns: int) -> Callable[..., bool]:
        """Return ``train`` for a tile of so many samples, from its ``weight`` on."""
        if self._train is None or self._columns != columns:
            signals, slopes = self.tile(columns), aligned(self.outputs * columns, self.dtype)
            given = *self.wiring, *signals, slopes, *self.learning()
            self._train = partial(self.kernels.train, *given)
        return self._train

    def _signals(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        A = aligned(size, self.dtype)
        return A, aligned(size, self.dtype) if self.apart else A
