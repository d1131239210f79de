"""What a rewiring did, and what the wiring looks like after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rewire.connectivity.blocks import Candidates, count_in_groups
from rewire.graph import Network
from rewire.graph.strip import alive

from .context import RewiringContext
from .planning import Change

__all__ = ["Explored", "Rewiring", "forward_flops", "measure"]


@dataclass(frozen=True)
class Rewiring:
    """One rewiring in figures.

    Attributes
    ----------
    step : int
        After which step of the training.
    dropped, grown : tuple of int
        Connections of each layer.
    shortfall : int
        Connections that should have been replaced and could not be, for want of candidates.
    connections : tuple of int
        Of each layer, afterwards.
    explored : float
        Share of all possible connections that have existed at some time (ITOP, arXiv 2102.02887).
    age : tuple of float
        Least, median and greatest age of the connections, in steps.
    dead : int
        Hidden neurons on no way from the inputs to the outputs.
    fan_in, fan_out : tuple of float
        Least, mean and greatest, of hidden and output neurons, and of inputs and hidden ones.
    flops : float
        What this rewiring cost: gradients of the batch and the scores of absent connections.
    revived : int
        Idle neurons that started anew.

    Examples
    --------
    >>> import rewire
    >>> from rewire.methods import SET
    >>> from rewire.topology import Rewirer
    >>> net = rewire.mlp([4, 8, 2], density=0.5, seed=0)
    >>> record = Rewirer(SET(0.25, every=1), net, total_steps=10, seed=0).rewire(1)
    >>> record.dropped, record.grown, record.connections
    ((4, 2), (4, 2), (16, 8))
    """

    step: int
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
    now: RewiringContext,
    change: Change,
    explored: float,
    birthdays: Callable[[np.ndarray], np.ndarray],
    flops: float,
) -> Rewiring:
    """Describe a network that has just been rewired.

    Parameters
    ----------
    now : RewiringContext
        Before the change.
    change : Change
    explored : float
    birthdays : callable
        From birth numbers, of which there is at least one, to the steps after which they were.
    flops : float
    """
    net, layers = now.net, now.places.layer_start
    table, connections = net.connections, len(net.connections)
    first, outputs, ends = net.ranks[0], net.ranks[-1], table.indptr[layers]
    return Rewiring(
        step=now.time.step,
        dropped=tuple(count_in_groups(layers, now.target[change.drop]).tolist()),
        grown=tuple(count_in_groups(layers, change.grow.target).tolist()),
        shortfall=change.shortfall,
        connections=tuple((ends[1:] - ends[:-1]).tolist()),
        explored=explored,
        age=_ages(table.birth, birthdays, now.time.step),
        dead=int((~alive(net)[first : net.size - outputs]).sum()),
        fan_in=_spread(table.fan_in[first:], connections),
        fan_out=_spread(table.fan_out[: net.size - outputs], connections),
        flops=flops,
    )


def _spread(values: np.ndarray, total: int) -> tuple[float, float, float]:
    if not len(values):
        return 0.0, 0.0, 0.0
    return float(values.min()), total / len(values), float(values.max())


def _ages(
    birth: np.ndarray, birthdays: Callable[[np.ndarray], np.ndarray], total_steps: int
) -> tuple[float, float, float]:
    """Return the least, median and greatest age: birth numbers go up with time."""
    if not len(birth):
        return 0.0, 0.0, 0.0
    middle = len(birth) // 2
    chosen = np.sort(birth)[[-1, middle, -middle - 1, 0]]
    least, above, below, greatest = (total_steps - birthdays(chosen)).tolist()
    return float(least), (above + below) / 2, float(greatest)


class Explored:
    """Which of the possible connections have ever existed; memory for as many numbers.

    Parameters
    ----------
    net : Network
    places : Candidates
    """

    def __init__(self, net: Network, places: Candidates):
        self.places, self.keys = places, np.empty(0, np.int64)
        self.note(net)

    def note(self, net: Network) -> None:
        """Take note of a network's whole wiring."""
        source, target = net.connections.source, net.connections.target
        inside = source >= self.places.first_source[target]
        self.add(net, source[inside], target[inside])

    def add(self, net: Network, source: np.ndarray, target: np.ndarray) -> None:
        """Take note of some possible connections."""
        keys = np.concatenate((self.keys, target * np.int64(net.size) + source))
        keys.sort()
        different = np.ones(len(keys), bool)
        np.not_equal(keys[1:], keys[:-1], out=different[1:])
        self.keys = keys[different]

    @property
    def share(self) -> float:
        """How many of the possible connections have existed."""
        return len(self.keys) / max(self.places.possible, 1)


def forward_flops(net: Network, connections: int) -> int:
    """Return the FLOPs of one sample forward: two per connection, one per bias."""
    return 2 * connections + net.size - net.ranks[0]
