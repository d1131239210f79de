"""A rewiring that leaves frozen neurons alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from rewire.connectivity import Signals
from rewire.graph import Network
from rewire.topology import Change, Rewirer
from rewire.topology.growth import NewConnections

__all__ = ["rewire_around"]


def rewire_around(
    rewirer: Rewirer,
    time: int,
    signals: Callable[[], Sequence[Signals]],
    rate: float,
    frozen: np.ndarray,
) -> None:
    """Rewire once; connections into frozen neurons neither come nor go.

    Parameters
    ----------
    rewirer : Rewirer
        Of a network.
    time : int
        Steps that its schedules go by.
    signals : callable
    rate : float
        The learning rate.
    frozen : ndarray of bool, shape (neurons,)
    """
    if not frozen.any():
        rewirer.rewire(time, signals, learning_rate=rate)
        return
    net = cast(Network, rewirer.model)
    rows = np.repeat(frozen, net.connections.fan_in)
    weight, bias = net.connections.weight[rows], net.bias[frozen]
    change = rewirer.decide(time, signals, learning_rate=rate)  # it may revive idle neurons
    net.connections.weight[rows], net.bias[frozen] = weight, bias
    rewirer.apply(spare(change, net, frozen))


def spare(change: Change, net: Network, frozen: np.ndarray) -> Change:
    """Return a change without what concerns frozen neurons; layers keep their balance."""
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
