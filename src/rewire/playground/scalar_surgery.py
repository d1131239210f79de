"""What a person does to a network of the teaching core by hand; standard library only."""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, cast

from rewire.scalar import SparseMLP, SparseNeuron, Value, strip

from .engine import LaneError
from .scalar_frames import Changes

__all__ = ["ScalarSurgery"]


class ScalarSurgery:
    """A network and the operations on it; each is one command of a session.

    Neurons carry a key that stays theirs while their numbers change, ``frozen``, and in ``born``
    the step after which each connection was made, by the key of its source.
    """

    def __init__(self, model: SparseMLP):
        self.next_key = model.nin
        self.model: Any = cast(Any, model)
        self.steps, self.changes = 0, Changes()
        self.X: list[list[float]] = []
        for neuron in self.neurons():
            self._adopt(neuron)
        for layer, sources in zip(self.model.layers, self._sources(), strict=True):
            for neuron in layer.neurons:
                neuron.born = {sources[i]: 0 for i in neuron.w}

    def operate(self, name: str, fields: Mapping[str, Any]) -> None:
        """Do the surgery of that name."""
        getattr(self, name)(**fields)

    def cut(self, source: int, target: int) -> None:
        """Remove a connection."""
        neuron, i = self._end(source, target)
        if i not in neuron.w:
            raise LaneError(f"source must be connected to target; got {source} and {target}")
        before = self.pairs()
        del neuron.w[i]
        self.note(before)

    def draw(self, source: int, target: int, weight: float) -> None:
        """Add a connection to the next layer."""
        neuron, i = self._end(source, target)
        if i in neuron.w:
            raise LaneError(f"source and target are connected already; got {source} and {target}")
        before = self.pairs()
        neuron.w[i] = Value(weight)
        self.note(before)

    def prune(self, density: float) -> None:
        """Remove the weakest connections down to a density."""
        rows = [(abs(w.data), n, i) for n in self.neurons() for i, w in n.w.items()]
        possible = sum(a * b for a, b in pairwise(self.ranks))
        excess = len(rows) - round(density * possible)
        before = self.pairs()
        for _, neuron, i in sorted(rows, key=lambda row: row[0])[: max(excess, 0)]:
            del neuron.w[i]
        self.note(before)

    def add_neuron(self, rank: int) -> None:
        """Add a neuron without connections to a hidden rank."""
        self._check_hidden(rank)
        neuron: Any = SparseNeuron(1, 0, rng=random.Random(0))
        neuron.w, neuron.nin = {}, self.ranks[rank - 1]
        self._adopt(neuron)
        self.model.layers[rank - 1].neurons.append(neuron)
        for reader in self.model.layers[rank].neurons:
            reader.nin += 1
        self.changes = Changes(step=self.steps)

    def remove_neuron(self, neuron: int) -> None:
        """Remove a hidden neuron with its connections."""
        rank, own = self._place(neuron)
        self._check_hidden(rank)
        gone = self.model.layers[rank - 1].neurons.pop(own)
        for reader in self.model.layers[rank].neurons:
            reader.w = {i - (i > own): w for i, w in reader.w.items() if i != own}
            reader.born.pop(gone.key, None)
            reader.nin -= 1
        self.changes = Changes(step=self.steps)

    def strip(self, on_data: bool) -> None:
        """Remove dead neurons; what is computed stays the same."""
        self.model = strip(self.model, self.X if on_data else None)
        kept = {key for sources in self._sources() for key in sources}
        for neuron in self.neurons():
            neuron.born = {key: step for key, step in neuron.born.items() if key in kept}
        self.changes = Changes(step=self.steps)

    def revive(self) -> None:
        """Refuse, as the teaching core cannot."""
        raise LaneError("revive needs the array engine: open the session with `rewire play`")

    def freeze(self, neuron: int, frozen: bool) -> None:
        """Keep a neuron's weights, bias and incoming connections as they are, or let them go."""
        rank, own = self._place(neuron)
        if rank == 0:
            raise LaneError(f"neuron must not be an input, which has no weights; got {neuron}")
        self.model.layers[rank - 1].neurons[own].frozen = frozen

    @property
    def ranks(self) -> list[int]:
        """Neurons in each rank."""
        return [self.model.nin, *(len(layer.neurons) for layer in self.model.layers)]

    def neurons(self) -> list[Any]:
        """Return all neurons but the inputs, rank by rank."""
        return [neuron for layer in self.model.layers for neuron in layer.neurons]

    def _sources(self) -> list[list[int]]:
        """Return the keys of the possible sources of each layer."""
        keys = [[neuron.key for neuron in layer.neurons] for layer in self.model.layers]
        return [list(range(self.model.nin)), *keys[:-1]]

    def pairs(self) -> list[tuple[int, int]]:
        """Return every connection as (key of its source, key of its target)."""
        layers = zip(self.model.layers, self._sources(), strict=True)
        return [(keys[i], n.key) for layer, keys in layers for n in layer.neurons for i in n.w]

    def note(self, before: list[tuple[int, int]]) -> None:
        """Note what was dropped and grown since there were these connections."""
        now = self.pairs()
        old, new = set(before), set(now)
        self.changes = Changes(
            [pair for pair in before if pair not in new],
            [pair for pair in now if pair not in old],
            self.steps,
        )
        targets = {neuron.key: neuron for neuron in self.neurons()}
        for source, target in self.changes.dropped:
            targets[target].born.pop(source)
        for source, target in self.changes.grown:
            targets[target].born[source] = self.steps

    def _adopt(self, neuron: Any) -> None:
        neuron.key, neuron.frozen, neuron.born = self.next_key, False, {}
        self.next_key += 1

    def _place(self, number: int) -> tuple[int, int]:
        first = 0
        for rank, size in enumerate(self.ranks):
            if 0 <= number - first < size:
                return rank, number - first
            first += size
        raise LaneError(f"neuron must be in [0, {first}); got {number}")

    def _end(self, source: int, target: int) -> tuple[Any, int]:
        """Return the neuron at the end of a connection, and its input's index."""
        (rank, i), (end, j) = self._place(source), self._place(target)
        if end != rank + 1:
            raise LaneError(
                "target must be in the layer after that of source in the teaching core; "
                f"got layers {rank} and {end}"
            )
        return self.model.layers[rank].neurons[j], i

    def _check_hidden(self, rank: int) -> None:
        if not 0 < rank < len(self.ranks) - 1:
            raise LaneError(f"rank must be in [1, {len(self.ranks) - 2}]; got {rank}")
