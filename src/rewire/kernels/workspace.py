"""Arrays that a call needs beside the network's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from types import ModuleType

import numpy as np

from .adjacency import Adjacency
from .layout import CUSTOM, Buffers, Ranks, aligned_empty

__all__ = ["SMALL_BATCH", "Workspace", "consecutive", "padded"]

# What ``predict_few`` takes at once. Up to so many samples a connection costs much the same.
SMALL_BATCH = 16


@lru_cache(maxsize=4)
def consecutive(batch: int) -> np.ndarray:
    """Return 0 ... batch - 1, shape (1, batch)."""
    return np.arange(batch).reshape(1, batch)


@lru_cache(maxsize=8)
def padded(batch: int) -> np.ndarray:
    """Return sample numbers for ``predict_few``, the last repeated to whole tiles of 16 or 4."""
    step = 4 if 0 < batch % SMALL_BATCH <= 4 else SMALL_BATCH
    return np.minimum(np.arange(-(-batch // step) * step), batch - 1)


class Workspace:
    """Buffers for one call at a time, allocated when first needed.

    Operations with many arguments are kept with their first ones filled in, the network's arrays
    and the buffers: putting 30 arguments together for every call took 0.2 µs.

    A and D are one array, which halves the memory: the backward pass does not read A[s] any more
    once D[s] is written. They are ``separate`` for custom activations, whose slopes wait in D, and
    where a caller wants to look at both.
    """

    def __init__(
        self,
        kernels: ModuleType,
        ranks: Ranks,
        adjacency: Adjacency,
        dtype: np.dtype,
        separate: bool = False,
    ):
        self.kernels, self.ranks, self.adjacency, self.dtype = kernels, ranks, adjacency, dtype
        self.neurons, self.outputs = int(ranks.start[-1]), int(ranks.start[-1] - ranks.start[-2])
        self.separate = separate or bool((ranks.activation == CUSTOM).any())
        self._small: tuple[Callable[..., bool], Callable[..., bool]] | None = None
        self._columns = -1  # of the tile
        self._tile: tuple[np.ndarray, np.ndarray]
        self._gradients: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
        self._predict: Callable[..., None] | None = None
        self._train: Callable[..., bool] | None = None

    def predict_small(self) -> tuple[Callable[..., bool], Callable[..., bool]]:
        """Return ``predict_one`` and ``predict_few``, from their ``weight`` on."""
        if self._small is None:
            kernels, ranks = self.kernels, self.ranks
            codes = [(*row, 0) for row in (ranks.activation, ranks.custom)]
            layers = np.array([ranks.start, *codes], np.int64)
            table = self.adjacency.indptr, self.adjacency.source
            fixed = layers, *table, *self._pair(self.neurons * SMALL_BATCH)
            self._small = partial(kernels.predict_one, *fixed), partial(kernels.predict_few, *fixed)
        return self._small

    def tile(self, columns: int) -> tuple[np.ndarray, np.ndarray]:
        """Return flat A and D for a tile of so many samples."""
        if self._columns != columns:
            self._columns, self._train, self._predict = columns, None, None
            self._tile = self._pair(self.neurons * columns)
        return self._tile

    def predict(self, columns: int) -> Callable[..., None]:
        """Return ``predict`` for a tile of so many samples, from its ``weight`` on."""
        if self._predict is None or self._columns != columns:
            table = self.adjacency.indptr, self.adjacency.source
            fixed = *self.ranks, *table, *self.tile(columns)
            self._predict = partial(self.kernels.predict, *fixed)
        return self._predict

    def gradients(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return weights and gradients in the order by source, and the biases' gradients."""
        if self._gradients is None:
            connections = len(self.adjacency.source)
            self._gradients = (
                aligned_empty(connections, self.dtype),
                aligned_empty(connections, self.dtype),
                np.zeros(self.neurons, self.dtype),
            )
        return self._gradients

    def train(self, columns: int) -> Callable[..., bool]:
        """Return ``train`` for a tile of so many samples, from its ``weight`` on."""
        if self._train is None or self._columns != columns:
            output_grad = aligned_empty(self.outputs * columns, self.dtype)
            buffers = Buffers(*self.tile(columns), output_grad, *self.gradients())
            self._train = partial(self.kernels.train, *self.ranks, *self.adjacency, *buffers)
        return self._train

    def _pair(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        A = aligned_empty(size, self.dtype)
        return A, aligned_empty(size, self.dtype) if self.separate else A
