"""One neuron of a network, to look at and to change."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from rewire.connectivity import ConnectionTable

from .program import Program

__all__ = ["Neuron"]


class Owner(Protocol):
    """What a neuron asks of the network it belongs to."""

    connections: ConnectionTable
    numbering: int

    @property
    def bias(self) -> np.ndarray: ...

    def label(self, number: int) -> str: ...

    def rank_of(self, number: int) -> int: ...

    def program(self) -> Program: ...


class Neuron:
    """A view of one neuron: reads and writes the network's own arrays.

    It refers to the neuron by its number, and refuses to be used after any neuron was added or
    removed, as another one may have that number then.

    Attributes
    ----------
    number : int
        Over the whole network.

    Examples
    --------
    >>> import rewire
    >>> net = rewire.Network.from_connections([2, 1, 1], [0, 1, 2], [2, 2, 3], [1, -1, 2])
    >>> neuron = net["1_0"]
    >>> neuron.sources, neuron.weights, neuron.targets
    (array([0, 1], dtype=int32), array([ 1., -1.], dtype=float32), array([3], dtype=int32))
    >>> neuron.bias = 0.5
    >>> float(net.bias[2])
    0.5
    """

    def __init__(self, network: Owner, number: int):
        self._network = network
        self._numbering = network.numbering
        self._number = number

    @property
    def network(self) -> Owner:
        """The network it belongs to; RuntimeError if its neurons were numbered anew."""
        if self._network.numbering != self._numbering:
            raise RuntimeError(
                "neurons were added or removed since this view was made; ask the network again"
            )
        return self._network

    @property
    def number(self) -> int:
        """Its number over the whole network."""
        return self._number if self.network else -1

    @property
    def label(self) -> str:
        """Its name, ``rank_number``."""
        return self.network.label(self._number)

    @property
    def rank(self) -> int:
        """Its topological level; 0 for inputs."""
        return self.network.rank_of(self._number)

    @property
    def fan_in(self) -> int:
        """Number of connections into it."""
        return len(self.sources)

    @property
    def fan_out(self) -> int:
        """Number of connections out of it."""
        return len(self.targets)

    @property
    def sources(self) -> np.ndarray:
        """Numbers of the neurons it reads, ascending; a view."""
        table = self.network.connections
        return table.source[table.rows(self._number)]

    @property
    def weights(self) -> np.ndarray:
        """Weights of the connections into it, aligned with ``sources``; a view to write to."""
        table = self.network.connections
        return table.weight[table.rows(self._number)]

    @property
    def targets(self) -> np.ndarray:
        """Numbers of the neurons that read it, ascending; from the network's by-source index."""
        adjacency = self.network.program().adjacency
        first, last = adjacency.csc_indptr[self._number : self._number + 2]
        return adjacency.target[first:last]

    @property
    def bias(self) -> float:
        """Its bias; assign to change it."""
        return float(self.network.bias[self._number])

    @bias.setter
    def bias(self, value: float) -> None:
        if self.rank == 0:
            raise ValueError(f"bias cannot be set for {self.label}: inputs have none")
        if not np.isfinite(value):
            raise ValueError(f"bias must be finite; got {value} for {self.label}")
        self.network.bias[self._number] = value

    def __repr__(self) -> str:
        return (
            f"Neuron {self.label}: fan-in {self.fan_in}, fan-out {self.fan_out}, "
            f"bias {self.bias:.4g}"
        )
