"""RigL at scale: drop the smallest weights of each layer, grow the largest gradients.

Evci et al., arXiv 1911.11134, section 3. The scalar engine's ``rigl_update`` is its reference.
"""

from __future__ import annotations

import math

import numpy as np

from rewire.graph import Network

from .growth import strongest_absent
from .rewire import rewire

__all__ = ["rigl_update"]


def rigl_update(net: Network, A: np.ndarray, D: np.ndarray, update_fraction: float) -> int:
    r"""Rewire every layer once, in place.

    In each rank, ``floor(update_fraction * connections)`` connections of smallest \|weight\| give
    way to as many absent ones from the rank before it of largest \|gradient\|; where there are
    fewer candidates, only so many change. A dropped connection cannot return at once. Ties: by
    target, then by age (existing) or by source (absent).

    Parameters
    ----------
    net : Network
    A, D : ndarray, shape (neurons, batch)
        Activations and sensitivities of the samples to grow on.
    update_fraction : float
        In [0, 1].

    Returns
    -------
    int
        Number of connections replaced.
    """
    if not 0 <= update_fraction <= 1:
        raise ValueError(f"update_fraction must be in [0, 1]; got {update_fraction}")
    table, start = net.connections, net.rank_start
    drops, sources, targets = [], [], []
    for rank in range(1, len(net.ranks)):
        rows = np.arange(table.row_pointer[start[rank]], table.row_pointer[start[rank + 1]])
        wanted = math.floor(round(update_fraction * len(rows), 9))
        source, target = strongest_absent(
            table,
            A,
            D,
            range(int(start[rank - 1]), int(start[rank])),
            range(int(start[rank]), int(start[rank + 1])),
            wanted,
        )
        owner = np.searchsorted(table.row_pointer, rows, side="right")
        weakest = np.lexsort((table.birth[rows], owner, np.abs(table.weight[rows])))
        drops.append(rows[weakest[: len(source)]])
        sources.append(source)
        targets.append(target)
    drop = np.concatenate(drops)
    if len(drop):
        rewire(net, drop, np.concatenate(sources), np.concatenate(targets))
    return len(drop)
