"""The samples and inputs of each step, as functions of the seed and the step alone."""

from __future__ import annotations

import numpy as np

__all__ = ["Batches", "batch_sizes", "in_batches", "leave_out_inputs"]


class Batches:
    """Samples in a new random order in every epoch.

    The order of an epoch follows from the seed and the epoch's number, so that a training can
    resume at any step without replaying those before. A batch of all samples keeps their order.

    Parameters
    ----------
    samples : int
    size : int
        Samples in a batch; the last batch of an epoch has the remainder.
    seed : int
    """

    def __init__(self, samples: int, size: int, seed: int):
        self.samples, self.size, self.seed = samples, min(size, samples), seed
        self.per_epoch = -(-samples // self.size)
        self._orders: dict[int, np.ndarray] = {}

    @property
    def whole(self) -> bool:
        """Whether every batch is all samples."""
        return self.size == self.samples

    def rows(self, step: int) -> np.ndarray:
        """Return which samples step number ``step`` (from 0) learns from."""
        epoch, batch = divmod(step, self.per_epoch)
        return self._order(epoch)[batch * self.size : (batch + 1) * self.size]

    def stretch(self, first: int, last: int) -> np.ndarray:
        """Return the samples of steps first to last.

        Returns
        -------
        ndarray of int, shape (steps, batch)
            As of :func:`in_batches`.
        """
        if self.whole:
            return np.broadcast_to(self._order(0), (last - first, self.samples))
        parts = []
        while first < last:
            epoch, batch = divmod(first, self.per_epoch)
            count = min(last - first, self.per_epoch - batch)
            order = self._order(epoch)[batch * self.size : (batch + count) * self.size]
            parts.append(in_batches(order, self.size))
            first += count
        return np.concatenate(parts)

    def _order(self, epoch: int) -> np.ndarray:
        if self.whole:
            return np.arange(self.samples)
        if epoch not in self._orders:
            # A rewiring may look back at batches of the epoch before.
            self._orders = {old: self._orders[old] for old in self._orders if old == epoch - 1}
            randomness = np.random.SeedSequence(self.seed, spawn_key=(0, epoch))
            self._orders[epoch] = np.random.default_rng(randomness).permutation(self.samples)
        return self._orders[epoch]


def in_batches(order: np.ndarray, size: int) -> np.ndarray:
    """Divide samples into batches; -1 fills up the last one.

    Examples
    --------
    >>> in_batches(np.arange(5), 3)
    array([[ 0,  1,  2],
           [ 3,  4, -1]])
    """
    filling = np.full(-len(order) % size, -1)
    return np.concatenate([order, filling]).reshape(-1, size)


def batch_sizes(rows: np.ndarray) -> np.ndarray:
    """Return how many samples batches have, without what fills them up.

    Examples
    --------
    >>> batch_sizes(in_batches(np.arange(5), 3))
    array([3, 2])
    """
    sizes = np.full(len(rows), rows.shape[1])
    short = rows[:, -1] < 0  # few, as a rule
    sizes[short] = (rows[short] >= 0).sum(axis=1)
    return sizes


def leave_out_inputs(X: np.ndarray, order: np.ndarray, share: float, seed: int, first: int) -> None:
    """Set a random share of the inputs to 0 and scale up the others, in place.

    Parameters
    ----------
    X : ndarray, shape (samples, inputs)
    order : ndarray of int, shape (steps, batch)
        Rows of X for each step, as of :func:`in_batches`.
    share : float
        In [0, 1).
    seed : int
    first : int
        Number of the first step; each step has random choices of its own.
    """
    X *= X.dtype.type(1 / (1 - share))
    for step, filled in enumerate(order, start=first):
        rows = filled[filled >= 0]
        randomness = np.random.SeedSequence(seed, spawn_key=(2, step))
        drawn = np.random.default_rng(randomness).bytes(2 * X[rows].size)
        kept = np.frombuffer(drawn, "<u2") >= share * 2**16
        X[rows] *= kept.reshape(len(rows), -1)
