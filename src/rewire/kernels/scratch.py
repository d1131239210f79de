"""Arrays that a call needs beside the network's own."""

from __future__ import annotations

from functools import lru_cache

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

    A and D are one array, which halves the memory: the backward pass does not read A[s] any more
    once D[s] is written. They are ``apart`` for custom activations, whose slopes wait in D, and
    where someone wants to look at both.
    """

    def __init__(self, wiring: Wiring, dtype: np.dtype, apart: bool = False):
        start = wiring.rank_start
        self.neurons, self.outputs = int(start[-1]), int(start[-1] - start[-2])
        self.connections, self.dtype = len(wiring.source), dtype
        self.apart = apart or bool((wiring.activation == CUSTOM).any())
        self._few: tuple[np.ndarray, np.ndarray] | None = None
        self._tile: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
        self._learning: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None

    def few(self) -> tuple[np.ndarray, np.ndarray]:
        """Return flat A and D for ``predict_few``."""
        if self._few is None:
            self._few = self._signals(self.neurons * FEW)
        return self._few

    def tile(self, columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return flat A and D, and one for the loss's slopes, for a tile of so many samples."""
        if self._tile is None or self._tile[2].size != self.outputs * columns:
            slopes = aligned(self.outputs * columns, self.dtype)
            self._tile = *self._signals(self.neurons * columns), slopes
        return self._tile

    def learning(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return weights and gradients in source order, and the gradients of the biases."""
        if self._learning is None:
            self._learning = (
                aligned(self.connections, self.dtype),
                aligned(self.connections, self.dtype),
                np.zeros(self.neurons, self.dtype),
            )
        return self._learning

    def _signals(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        A = aligned(size, self.dtype)
        return A, aligned(size, self.dtype) if self.apart else A
