"""The graph itself: neurons in ranks and one table of connections, to read and to change."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from rewire.activations import Activation
from rewire.connectivity.table import Columns, ConnectionTable

from . import checks
from .neuron import Neuron
from .program import Program

__all__ = ["Graph"]


class Graph:
    """The structure of a :class:`Network`, which adds how it is made and what it computes."""

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
        """Of weights, biases and everything computed."""
        return self.bias.dtype

    @property
    def rank_start(self) -> np.ndarray:
        """Neurons of rank r are ``rank_start[r] : rank_start[r + 1]``; shape (ranks + 1,)."""
        return self._rank_start

    @property
    def possible_connections(self) -> int:
        """Connections that a dense network of these layers has, from each rank to the next."""
        return sum(a * b for a, b in pairwise(self.ranks))

    @property
    def density(self) -> float:
        """Existing connections over possible ones; skipping ones count as existing."""
        return len(self.connections) / max(self.possible_connections, 1)

    def layer_densities(self) -> list[float]:
        """Return existing over possible connections of each layer, the skipping ones included."""
        counts = np.diff(self.connections.indptr[self.rank_start[1:]])
        return [
            int(count) / max(a * b, 1)
            for count, (a, b) in zip(counts, pairwise(self.ranks), strict=True)
        ]

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
        """Return how to compute the network; made anew when its wiring has changed."""
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
        # A plan holds scratch memory and compiled code; a copy makes its own.
        return self.__dict__ | {"_program": None}

    # --------------------------------------------------------------------------------- changing

    def connect(self, source: Any, target: Any, weight: float = 0.0) -> None:
        """Add a connection; costs one copy of the table.

        Parameters
        ----------
        source, target : str, Neuron or int
            A label such as ``"1_4"``, a view, or a number; the target in a later rank.
        weight : float, default 0

        Raises
        ------
        ValueError
            If it exists already or would not go to a later rank.
        """
        from_, to = self._number(source), self._number(target)
        checks.connections(np.array([from_]), np.array([to]), self.ranks)
        value = checks.numbers([weight], "weight", self.dtype, shape=(1,))
        _, exists = self.connections.find(np.array([from_]), np.array([to]))
        if exists[0]:
            raise ValueError(
                f"source {self.label(from_)} and target {self.label(to)} are connected already: "
                "assign to the connection's weight instead"
            )
        self.connections.replace([], [from_], [to], weight=value)
        self.version += 1

    def disconnect(self, source: Any, target: Any) -> None:
        """Remove a connection; costs one copy of the table.

        Raises
        ------
        ValueError
            If there is none.
        """
        from_, to = self._number(source), self._number(target)
        row, exists = self.connections.find(np.array([from_]), np.array([to]))
        if not exists[0]:
            raise ValueError(
                f"source {self.label(from_)} and target {self.label(to)} are not connected"
            )
        self.connections.replace(row, [], [])
        self.version += 1

    def add_neuron(self, rank: int, bias: float = 0.0) -> Neuron:
        """Append a neuron without connections to a hidden rank.

        All later neurons move up by one number, which costs a pass over the table.

        Parameters
        ----------
        rank : int
            Of the hidden ranks, in [1, ranks - 1).
        bias : float, default 0

        Returns
        -------
        Neuron
        """
        if not 0 < rank < len(self.ranks) - 1:
            raise ValueError(
                f"rank must be a hidden one, in [1, {len(self.ranks) - 1}); got {rank}: inputs and "
                "outputs are fixed by the data"
            )
        value = checks.numbers([bias], "bias", self.dtype, shape=(1,))
        number = int(self.rank_start[rank + 1])
        self.connections.insert_neuron(number)
        self.neurons.insert(np.array([number]), {"bias": value})
        self._resize(rank, +1)
        return Neuron(self, number)

    def take(self, other: Graph) -> None:
        """Become a copy of another network; how it is computed stays this one's."""
        copied = checks.deep_copy(other)
        self.ranks, self.activations = copied.ranks, copied.activations
        self.connections, self.neurons = copied.connections, copied.neurons
        self.version += 1
        self.numbering += 1

    def remove_neuron(self, rank: int, i: int) -> None:
        """Remove neuron i of a hidden rank with its connections; later ones move down by one.

        Costs a copy of the table. The function of the network changes, unless nothing reads the
        neuron; see :meth:`strip`.
        """
        number = self.neuron(rank, i).number
        if not 0 < rank < len(self.ranks) - 1:
            raise ValueError(
                f"rank must be a hidden one, in [1, {len(self.ranks) - 1}); got {rank}: inputs and "
                "outputs are fixed by the data"
            )
        dead = np.zeros(self.size, bool)
        dead[number] = True
        self.connections.delete_neurons(dead)
        self.neurons.delete(np.array([number]))
        self._resize(rank, -1)

    def _number(self, neuron: Any) -> int:
        if isinstance(neuron, str):
            return self[neuron].number
        number = int(getattr(neuron, "number", neuron))
        if not 0 <= number < self.size:
            raise IndexError(f"neuron must be in [0, {self.size}); got {number}")
        return number

    def _resize(self, rank: int, by: int) -> None:
        sizes = list(self.ranks)
        sizes[rank] += by
        self.ranks = tuple(sizes)
        self.version += 1
        self.numbering += 1

    def check(self) -> None:
        """Raise AssertionError if anything does not hold together; tests call it after changes."""
        self.connections.check()
        assert len(self.neurons) == self.size == self.connections.neurons
        assert not self.bias[: self.ranks[0]].any()
        assert self.connections.weight.dtype == self.dtype
        assert len(self.activations) == len(self.ranks)
        if len(self.connections):
            rank = np.repeat(np.arange(len(self.ranks)), self.ranks)
            assert (rank[self.connections.source] < rank[self.connections.target]).all()
