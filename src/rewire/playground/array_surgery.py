"""What a person does to a network by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from rewire.graph import Network
from rewire.losses import Loss
from rewire.optimizers import Optimizer
from rewire.topology import Rewirer
from rewire.train.samples import Samples

from .array_frames import Changes
from .engine import LaneError

__all__ = ["Surgery"]

FROZEN = "frozen"  # a column of the neurons, which moves with them
TRIES = 8  # draws for each neuron that is revived


class Surgery:
    """A network and the operations on it; each is one command of a session.

    Parameters
    ----------
    net : Network
    """

    loss: Loss
    scored: Samples
    rewirer: Rewirer

    def __init__(self, net: Network):
        self.net, self.changes, self.steps = net, Changes(net), 0

    def operate(self, name: str, fields: Mapping[str, Any]) -> None:
        """Do the surgery of that name."""
        getattr(self, name)(**fields)

    def cut(self, source: int, target: int) -> None:
        """Remove a connection."""
        with self.changing():
            self.net.disconnect(source, target)

    def draw(self, source: int, target: int, weight: float) -> None:
        """Add a connection, to any later rank."""
        with self.changing():
            self.net.connect(source, target, weight)

    def prune(self, density: float) -> None:
        """Remove the weakest connections down to a density."""
        table = self.net.connections
        excess = len(table) - round(density * self.net.possible_connections)
        weakest = np.argsort(np.abs(table.weight), kind="stable")[: max(excess, 0)]
        with self.changing():
            self.net.rewire(weakest, [], [])

    def add_neuron(self, rank: int) -> None:
        """Add a neuron without connections to a hidden rank."""
        self.net.add_neuron(rank)
        self.changes.clear(self.net, self.steps)

    def remove_neuron(self, neuron: int) -> None:
        """Remove a hidden neuron with its connections."""
        rank = self.net.rank_of(self._existing(neuron))
        self.net.remove_neuron(rank, neuron - int(self.net.rank_start[rank]))
        self.changes.clear(self.net, self.steps)

    def strip(self, on_data: bool) -> None:
        """Remove dead neurons; what is computed stays the same."""
        self.net.take(self.net.strip(self.scored.X if on_data else None))
        self.changes.clear(self.net, self.steps)

    def revive(self) -> None:
        """Start all idle neurons anew; what is computed stays the same."""
        X, y = self.scored.X, self.scored.y
        signals = self.net.signals(X, y, self.loss)
        with self.keeping_frozen():
            self.net.revive([signals], self.rewirer.generator, tries=TRIES, samples=len(X))

    def freeze(self, neuron: int, frozen: bool) -> None:
        """Keep a neuron's weights, bias and incoming connections as they are, or let them go."""
        if self.net.rank_of(self._existing(neuron)) == 0:
            raise LaneError(f"neuron must not be an input, which has no weights; got {neuron}")
        self.net.neurons.zeros(FROZEN, np.uint8)[neuron] = frozen
        table, rows = self.net.connections, self.net.connections.rows(neuron)
        for columns, where in ((table, rows), (self.net.neurons, neuron)):
            for name in Optimizer.remembers:
                if name in columns:
                    columns[name][where] = 0

    def frozen(self) -> np.ndarray:
        """Return whether each neuron is frozen."""
        columns = self.net.neurons
        return columns[FROZEN].astype(bool) if FROZEN in columns else np.zeros(self.net.size, bool)

    @contextmanager
    def keeping_frozen(self) -> Iterator[None]:
        """Give frozen neurons back the weights and biases that they had before.

        The same as not to have learnt them, as no step of another depends on theirs.
        """
        table, bias, frozen = self.net.connections, self.net.bias, self.frozen()
        rows = np.repeat(frozen, table.fan_in)
        kept = table.weight[rows], bias[frozen]
        yield
        table.weight[rows], bias[frozen] = kept

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Note what is dropped and grown within."""
        before = self.changes.begin(self.net)
        yield
        self.changes.end(self.net, before, self.steps)

    def _existing(self, neuron: int) -> int:
        if not 0 <= neuron < self.net.size:
            raise LaneError(f"neuron must be in [0, {self.net.size}); got {neuron}")
        return neuron
