"""Which samples each update learns from: a function of the seed and the update alone."""

from __future__ import annotations

import numpy as np

__all__ = ["Batches"]


class Batches:
    """Samples in a new random order in every epoch.

    The order of an epoch follows from the seed and the epoch's number, so that a run can be taken
    up at any update without replaying what came before. A batch of all samples keeps their order.

    Parameters
    ----------
    samples : int
    size : int
        Samples in a batch; the last batch of an epoch has what is left.
    seed : int
    """

    def __init__(self, samples: int, size: int, seed: int):
        self.samples, self.size, self.seed = samples, min(size, samples), seed
        self.per_epoch = -(-samples // self.size)
        self._orders: dict[int, np.ndarray] = {}

    def rows(self, update: int) -> np.ndarray:
        """Return which samples update number ``update`` (from 0) learns from."""
        epoch, batch = divmod(update, self.per_epoch)
        return self._order(epoch)[batch * self.size : (batch + 1) * self.size]

    def stretch(self, first: int, last: int) -> np.ndarray:
        """Return the samples of updates first to last, as many as have batches of one size.

        Returns
        -------
        ndarray of int, shape (updates, batch)
        """
        epoch, batch = divmod(first, self.per_epoch)
        whole = self.samples // self.size
        if batch == whole:
            return self.rows(first)[None]
        last = min(last, epoch * self.per_epoch + whole)
        order = self._order(epoch)[batch * self.size :]
        return order[: (last - first) * self.size].reshape(-1, self.size)

    def _order(self, epoch: int) -> np.ndarray:
        if self.size == self.samples:
            epoch = 0
        if epoch not in self._orders:
            # Growth may look back across the beginning of an epoch.
            self._orders = {old: self._orders[old] for old in self._orders if old == epoch - 1}
            order = np.arange(self.samples)
            if self.size < self.samples:
                np.random.default_rng([self.seed, epoch]).shuffle(order)
            self._orders[epoch] = order
        return self._orders[epoch]
