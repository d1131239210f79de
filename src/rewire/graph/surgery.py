"""Changing a network: its connections, its neurons, and its weights to earlier ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from rewire.connectivity import Block

from . import checks
from .graph import Graph
from .neuron import Neuron

__all__ = ["REWIND_POINT", "MutableGraph"]

# Columns that are remembered, and under which names.
REWIND_POINT = {"weight": "first_weight", "bias": "first_bias"}


class MutableGraph(Graph):
    """Neurons and connections, to read and to change.

    It keeps :class:`rewire.connectivity.SparseModel`: units are neurons, and the connections into
    each rank are one block.
    """

    abilities = frozenset({"signals", "dead units", "revival", "rewinding", "skip connections"})

    # ----------------------------------------------------------------------------- rewiring

    def blocks(self, skip_connections: bool = False) -> list[Block]:
        """Return what may be connected, one block for each rank but the inputs.

        Parameters
        ----------
        skip_connections : bool, default False
            Whether a rank may be fed by all before it, rather than by the last one only.

        Examples
        --------
        >>> import rewire
        >>> for block in rewire.mlp([2, 8, 1], seed=0).blocks(skip_connections=True):
        ...     print(block.sources, block.targets)
        range(0, 2) range(2, 10)
        range(0, 10) range(10, 11)
        """
        bounds = self.rank_start.tolist()
        firsts = [0] * (len(bounds) - 2) if skip_connections else bounds[:-2]
        return [
            Block(range(first, begin), range(begin, end))
            for first, begin, end in zip(firsts, bounds[1:-1], bounds[2:], strict=True)
        ]

    def rewire(self, drop: Any, grow_source: Any, grow_target: Any) -> None:
        """Remove some connections and add others, in place; costs a copy of the table.

        Whatever a connection carries goes with it; a new one starts with weight zero and zero
        state, and is younger than all before it, in the order given.

        Parameters
        ----------
        drop : array-like of int
            Rows of the connection table.
        grow_source, grow_target : array-like of int, same length
            Neurons that are not connected yet, or only by a connection that is dropped.

        Raises
        ------
        ValueError
            If a grown connection exists already or goes to an earlier rank; nothing is changed
            then.

        Examples
        --------
        >>> import rewire
        >>> net = rewire.Network.from_connections([2, 1], [0], [2], [0.5])
        >>> net.rewire(drop=[0], grow_source=[1], grow_target=[2])
        >>> net.connections.source, net.connections.weight
        (array([1], dtype=int32), array([0.], dtype=float32))
        """
        source = checks.indices(grow_source, "grow_source")
        target = checks.indices(grow_target, "grow_target")
        checks.connections(source, target, self.ranks)
        drop, rows = checks.indices(drop, "drop"), len(self.connections)
        if len(drop) and not 0 <= drop.min() <= drop.max() < rows:
            raise ValueError(f"drop must hold rows in [0, {rows}); got {drop.tolist()}")
        self.connections.replace(drop, source, target)
        self.version += 1

    def set_rewind_point(self) -> None:
        """Remember the present weights and biases; a connection carries its own along."""
        for columns, name in ((self.connections, "weight"), (self.neurons, "bias")):
            columns.zeros(REWIND_POINT[name], self.dtype)[:] = columns[name]

    def rewind(self) -> None:
        """Return to the remembered weights and biases, and clear what optimisers keep for each."""
        for columns, name in ((self.connections, "weight"), (self.neurons, "bias")):
            columns[name][:] = columns[REWIND_POINT[name]]
            for state in set(columns.data) - {"source", "birth", name, REWIND_POINT[name]}:
                columns[state][:] = 0

    # --------------------------------------------------------------------------- one by one

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
        ends = np.array([from_]), np.array([to])
        checks.connections(*ends, self.ranks)
        [value] = checks.numbers([weight], "weight", self.dtype, shape=(1,))
        _, exists = self.connections.find(*ends)
        if exists[0]:
            raise ValueError(
                f"source {self.label(from_)} and target {self.label(to)} are connected already: "
                "assign to the connection's weight instead"
            )
        self.rewire([], *ends)
        row, _ = self.connections.find(*ends)
        self.connections.weight[row] = value

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
        self.rewire(row, [], [])

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
        self._check_hidden(rank)
        value = checks.numbers([bias], "bias", self.dtype, shape=(1,))
        number = int(self.rank_start[rank + 1])
        self.connections.insert_unit(number)
        self.neurons.insert(np.array([number]), {"bias": value})
        self._resize(rank, +1)
        return Neuron(self, number)

    def remove_neuron(self, rank: int, i: int) -> None:
        """Remove neuron i of a hidden rank with its connections; later ones move down by one.

        Costs a copy of the table. The function of the network changes, unless nothing reads the
        neuron; see :meth:`strip`.
        """
        number = self.neuron(rank, i).number
        self._check_hidden(rank)
        dead = np.zeros(self.size, bool)
        dead[number] = True
        self.connections.delete_units(dead)
        self.neurons.delete(np.array([number]))
        self._resize(rank, -1)

    def _number(self, neuron: Any) -> int:
        if isinstance(neuron, str):
            return self[neuron].number
        number = int(getattr(neuron, "number", neuron))
        if not 0 <= number < self.size:
            raise IndexError(f"neuron must be in [0, {self.size}); got {number}")
        return number

    def _check_hidden(self, rank: int) -> None:
        if not 0 < rank < len(self.ranks) - 1:
            raise ValueError(
                f"rank must be a hidden one, in [1, {len(self.ranks) - 1}); got {rank}: inputs and "
                "outputs are fixed by the data"
            )

    def _resize(self, rank: int, by: int) -> None:
        sizes = list(self.ranks)
        sizes[rank] += by
        self.ranks = tuple(sizes)
        self.version += 1
        self.numbering += 1
