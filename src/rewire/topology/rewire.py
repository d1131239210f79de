"""The only place where a method changes the wiring."""

from __future__ import annotations

import numpy as np

from rewire.graph import Network, checks

__all__ = ["rewire"]


def rewire(
    net: Network, drop: np.ndarray, grow_source: np.ndarray, grow_target: np.ndarray
) -> None:
    """Remove some connections and add others, in place.

    Whatever a connection carries goes with it; a new one starts with weight zero and zero state,
    and is younger than all before it, in the order given. Costs a copy of the table.

    Parameters
    ----------
    net : Network
    drop : array of int
        Rows of the connection table.
    grow_source, grow_target : array of int, same length
        Neurons that are not connected yet, or only by a connection that is dropped.

    Raises
    ------
    ValueError
        If a grown connection exists already or goes to an earlier rank; nothing is changed then.

    Examples
    --------
    >>> from rewire import Network
    >>> net = Network.from_connections([2, 1], [0], [2], [0.5])
    >>> rewire(net, drop=np.array([0]), grow_source=np.array([1]), grow_target=np.array([2]))
    >>> net.connections.source, net.connections.weight
    (array([1], dtype=int32), array([0.], dtype=float32))
    """
    checks.connections(grow_source, grow_target, net.ranks)
    net.connections.replace(drop, grow_source, grow_target)
    net.version += 1
