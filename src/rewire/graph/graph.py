"""The structure of a network: neurons in ranks and one table of connections."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from rewire.activations import Activation
from rewire.connectivity import ConnectionTable
from rewire.connectivity.table import Columns

from .neuron import Neuron
from .program import Program

__all__ = ["Graph"]

Self = TypeVar("Self", bound="Graph")


class Graph:
    """Neurons and connections, to read.

    :class:`MutableGraph` adds how they change, and :class:`Network` how they are made and what
    they compute.
    """

    def __init__(
        self,
        ranks: Sequence[int],
        connections: ConnectionTable,
        neurons: Columns,
        activations: Sequence[Activation],
        backend: str | None = None,
    ):
        self.ranks = tuple(int(size) for size in ranks)
        self.connections = connections
        self.neurons = neurons
        self.activations = tuple(activations)
        self.backend = backend
        self.version = self.numbering = 0
        self._program: tuple[int, Program] | None = None
        self._skips: tuple[int, bool] | None = None

    # ---------------------------------------------------------------------------------- reading

    @property
    def ranks(self) -> tuple[int, ...]:
        """Neurons in each rank, the inputs first."""
        return self._ranks

    @ranks.setter
    def ranks(self, sizes: tuple[int, ...]) -> None:
        self._ranks = sizes
        self._rank_start = np.cumsum((0, *sizes))
        self._rank_start.flags.writeable = False

    @property
    def size(self) -> int:
        """Number of neurons, inputs included."""
        return int(self._rank_start[-1])

    @property
    def bias(self) -> np.ndarray:
        """Bias of every neuron, shape (neurons,)."""
        return self.neurons.data["bias"]

    @property
    def dtype(self) -> np.dtype:
        """Type of weights, biases and everything computed."""
        return self.bias.dtype

    @property
    def rank_start(self) -> np.ndarray:
        """Neurons of rank r are ``rank_start[r] : rank_start[r + 1]``; shape (ranks + 1,)."""
        return self._rank_start

    @property
    def skips(self) -> bool:
        """Whether any connection skips a rank."""
        if self._skips is None or self._skips[0] != self.version:
            before = np.repeat((0, 0, *self.rank_start[1:-2]), self.ranks)
            found = bool((self.connections.source < before[self.connections.target]).any())
            self._skips = self.version, found
        return self._skips[1]

    @property
    def possible_connections(self) -> int:
        """Connections of a dense network of these ranks, from each rank to the next.

        Where any connection skips a rank, those from each rank to all later ones.
        """
        return sum(self._possible())

    @property
    def density(self) -> float:
        """Existing over possible connections."""
        return len(self.connections) / max(self.possible_connections, 1)

    def layer_densities(self, connections: Sequence[int] | None = None) -> list[float]:
        """Return existing over possible connections of each layer.

        Parameters
        ----------
        connections : sequence of int, optional
            As if each layer had so many; by default those that exist.
        """
        counts: Sequence[int] | np.ndarray = (
            np.diff(self.connections.indptr[self.rank_start[1:]])
            if connections is None
            else connections
        )
        return [
            int(count) / max(possible, 1)
            for count, possible in zip(counts, self._possible(), strict=True)
        ]

    def _possible(self) -> list[int]:
        """Return the number of possible connections of each layer."""
        sources = self._rank_start[1:-1] if self.skips else self.ranks[:-1]
        return [int(n) * size for n, size in zip(sources, self.ranks[1:], strict=True)]

    def forward_flops(self, connections: int | None = None) -> int:
        """Return the FLOPs of one sample forward: two per connection, one per bias.

        Parameters
        ----------
        connections : int, optional
            As if there were so many; by default those that exist.
        """
        count = len(self.connections) if connections is None else connections
        return 2 * count + self.size - self.ranks[0]

    def neuron(self, rank: int, i: int) -> Neuron:
        """Return a view of neuron i of a rank; the same as ``net["rank_i"]``."""
        if not (0 <= rank < len(self.ranks) and 0 <= i < self.ranks[rank]):
            raise IndexError(
                f"there is no neuron {rank}_{i}: rank must be in [0, {len(self.ranks)}) and the "
                f"number within it below its size; the ranks have {self.ranks} neurons"
            )
        return Neuron(self, int(self.rank_start[rank]) + i)

    def __getitem__(self, label: str) -> Neuron:
        rank, separator, i = label.partition("_")
        if not (separator and rank.isdigit() and i.isdigit()):
            raise KeyError(
                f"a neuron's label must look like '2_3' (rank 2, number 3); got {label!r}"
            )
        return self.neuron(int(rank), int(i))

    def label(self, number: int) -> str:
        """Return the name of a neuron: ``2_3`` is number 3 of rank 2."""
        rank = self.rank_of(number)
        return f"{rank}_{number - int(self.rank_start[rank])}"

    def rank_of(self, number: int) -> int:
        """Return the rank of a neuron."""
        return int(np.searchsorted(self.rank_start, number, side="right")) - 1

    def __repr__(self) -> str:
        sizes = "-".join(map(str, self.ranks))
        return f"Network {sizes}: {len(self.connections)} connections, density {self.density:.2%}"

    def program(self) -> Program:
        """Return the compiled program; made anew after the connections have changed."""
        if self._program is None or self._program[0] != self.version:
            table = self.connections
            made = Program(
                self.rank_start,
                self.activations,
                table.indptr,
                table.source,
                self.dtype,
                self.backend,
            )
            self._program = self.version, made
        return self._program[1]

    def __getstate__(self) -> dict[str, Any]:
        # A program holds work memory and compiled code; a copy makes its own.
        return self.__dict__ | {"_program": None}

    def copy(self: Self) -> Self:
        """Return an independent copy."""
        return copy.deepcopy(self)

    def take(self, other: Graph) -> None:
        """Become a copy of another network, but keep this one's backend."""
        copied = other.copy()
        self.ranks, self.activations = copied.ranks, copied.activations
        self.connections, self.neurons = copied.connections, copied.neurons
        self.version += 1
        self.numbering += 1

    def check(self) -> None:
        """Raise AssertionError if anything does not hold together; tests call it after changes."""
        self.connections.check()
        assert len(self.neurons) == self.size == self.connections.units
        assert not self.bias[: self.ranks[0]].any()
        assert self.connections.weight.dtype == self.dtype
        assert len(self.activations) == len(self.ranks)
        if len(self.connections):
            rank = np.repeat(np.arange(len(self.ranks)), self.ranks)
            assert (rank[self.connections.source] < rank[self.connections.target]).all()
