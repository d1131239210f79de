"""What a rewiring did, and what the wiring looks like after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rewire.graph import Network
from rewire.graph.strip import alive

from .drafting import Change
from .moment import Moment

__all__ = ["Explored", "Rewiring", "forward_flops", "possible_connections"]


@dataclass(frozen=True)
class Rewiring:
    """One rewiring in figures.

    Attributes
    ----------
    update : int
        After which update of the training.
    dropped, grown : tuple of int
        Connections of each layer.
    shortfall : int
        Connections that should have been replaced and could not be, for want of candidates.
    connections : tuple of int
        Of each layer, afterwards.
    explored : float
        Share of all possible connections that have existed at some time (ITOP, arXiv 2102.02887).
    age : tuple of float
        Least, median and greatest age of the connections, in updates.
    dead : int
        Hidden neurons on no way from the inputs to the outputs.
    fan_in, fan_out : tuple of float
        Least, mean and greatest, of hidden and output neurons, and of inputs and hidden ones.
    flops : float
        What this rewiring cost: gradients of the batch and the scores of absent connections.
    revived : int
        Idle neurons that started anew.
    """

    update: int
    dropped: tuple[int, ...]
    grown: tuple[int, ...]
    shortfall: int
    connections: tuple[int, ...]
    explored: float
    age: tuple[float, float, float]
    dead: int
    fan_in: tuple[float, float, float]
    fan_out: tuple[float, float, float]
    flops: float
    revived: int = 0

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Rewiring:
        """Return the record whose ``dataclasses.asdict`` this was, also by way of JSON."""
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return cls(**fields)

    @property
    def moved(self) -> int:
        """Connections that were grown."""
        return sum(self.grown)


def measure(
    now: Moment,
    change: Change,
    dropped: tuple[int, ...],
    explored: float,
    age: np.ndarray,
    flops: float,
) -> Rewiring:
    """Describe a network that has just been rewired."""
    net = now.net
    start, table = net.rank_start, net.connections
    return Rewiring(
        update=now.time.updates,
        dropped=dropped,
        grown=by_layer(net, change.grow.target),
        shortfall=change.shortfall,
        connections=tuple(int(n) for n in np.diff(table.row_pointer[start[1:]])),
        explored=explored,
        age=_spread(age, np.median),
        dead=int((~alive(net)[start[1] : start[-2]]).sum()),
        fan_in=_spread(table.fan_in[start[1] :], np.mean),
        fan_out=_spread(table.fan_out[: start[-2]], np.mean),
        flops=flops,
    )


def by_layer(net: Network, targets: np.ndarray) -> tuple[int, ...]:
    """Return how many connections into each layer there are among those with these targets."""
    layer = np.searchsorted(net.rank_start, targets, side="right") - 2
    return tuple(np.bincount(layer, minlength=len(net.ranks) - 1).tolist())


def _spread(values: np.ndarray, middle) -> tuple[float, float, float]:
    if not len(values):
        return 0.0, 0.0, 0.0
    return float(values.min()), float(middle(values)), float(values.max())


class Explored:
    """Which connections have ever existed; memory for as many numbers.

    Parameters
    ----------
    net : Network
    wiring : {"layered", "skip"}
        What counts as possible.
    """

    def __init__(self, net: Network, wiring: str = "layered"):
        self.possible = possible_connections(net, wiring)
        self.numbering = net.numbering
        self.keys = self._keys(net)

    def add(self, net: Network) -> float:
        """Take note of the present wiring; return the share of the possible ones ever tried."""
        self.keys = np.union1d(self.keys, self._keys(net))
        return len(self.keys) / max(self.possible, 1)

    @staticmethod
    def _keys(net: Network) -> np.ndarray:
        table = net.connections
        return table.target * np.int64(net.size) + table.source


def possible_connections(net: Network, wiring: str) -> int:
    """Return how many connections there can be, layer by layer or across ranks as well."""
    if wiring == "layered":
        return net.possible_connections
    before = np.cumsum((0, *net.ranks))[:-1]
    return int(np.dot(before, net.ranks))


def forward_flops(net: Network, connections: int) -> int:
    """Return the FLOPs of one sample forward: two per connection, one per bias."""
    return 2 * connections + net.size - net.ranks[0]
