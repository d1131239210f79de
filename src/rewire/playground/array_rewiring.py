"""A rewiring that leaves frozen neurons alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rewire.graph import Network
from rewire.topology import Change
from rewire.topology.growth import NewConnections

__all__ = ["spare"]


def spare(change: Change, net: Network, frozen: np.ndarray) -> Change:
    """Return a change in which connections into frozen neurons neither come nor go.

    As many fewer are grown or dropped elsewhere in the layer, so that layers keep their balance.

    Parameters
    ----------
    change : Change
        Of this network, not yet applied.
    net : Network
    frozen : ndarray of bool, shape (neurons,)
    """
    if not frozen.any():
        return change
    target, grown = net.connections.target[change.drop], change.grow.target
    kept_drop, kept_grow = ~frozen[target], ~frozen[grown]
    for rank in range(1, len(net.ranks)):
        first, end = net.rank_start[rank : rank + 2]
        here, new = (first <= target) & (target < end), (first <= grown) & (grown < end)
        excess = int(here.sum()) - int(new.sum())  # what a pruning removes, or a layer gives away
        drops, grows = np.flatnonzero(here & kept_drop), np.flatnonzero(new & kept_grow)
        count = max(min(len(grows), len(drops) - excess), 0)
        kept_grow[grows[count:]] = False
        kept_drop[drops[max(count + excess, 0) :]] = False
    grow = NewConnections(change.grow.source[kept_grow], grown[kept_grow])
    return replace(change, drop=change.drop[kept_drop], grow=grow)
