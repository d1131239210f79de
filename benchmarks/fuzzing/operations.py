"""Operations on networks, held against a plain model in Python's dicts and lists.

The plain model knows connections by the names of neurons, which never change, and computes one
number at a time.
"""

from __future__ import annotations

import itertools
import math
import random
from pathlib import Path
from typing import Any

import numpy as np

import rewire

__all__ = ["OPERATIONS", "PlainNetwork", "operate"]

NAMES = itertools.count()


class PlainNetwork:
    """Ranks of named neurons, their biases, and weights by source and target.

    Parameters
    ----------
    net : Network
        Of which it begins as a twin, with ReLU in hidden ranks.
    """

    def __init__(self, net: rewire.Network):
        self.ranks = [[next(NAMES) for _ in range(size)] for size in net.ranks]
        names, table = self.names, net.connections
        self.bias = dict(zip(names, net.bias.tolist(), strict=True))
        ends = zip(table.source.tolist(), table.target.tolist(), strict=True)
        pairs = [(names[s], names[t]) for s, t in ends]
        self.weight = dict(zip(pairs, table.weight.tolist(), strict=True))

    @property
    def names(self) -> list[int]:
        """The neurons in the order of their numbers."""
        return [name for rank in self.ranks for name in rank]

    def rank_of(self, name: int) -> int:
        """Return a neuron's rank."""
        return next(i for i, rank in enumerate(self.ranks) if name in rank)

    def predict(self, row: list[float]) -> list[float]:
        """Compute the outputs of one sample."""
        value = dict(zip(self.ranks[0], row, strict=True))
        for rank in self.ranks[1:]:
            for name in rank:
                terms = [w * value[s] for (s, t), w in self.weight.items() if t == name]
                total = self.bias[name] + math.fsum(terms)
                value[name] = total if rank is self.ranks[-1] else max(0.0, total)
        return [value[name] for name in self.ranks[-1]]

    def remove(self, name: int) -> None:
        """Remove a neuron with its connections."""
        self.ranks[self.rank_of(name)].remove(name)
        del self.bias[name]
        self.weight = {ends: w for ends, w in self.weight.items() if name not in ends}

    def alive(self) -> set[int]:
        """Return inputs, outputs and what is on a path between, by walking along all paths."""

        def reached(begin: list[int], pairs: list[tuple[int, int]]) -> set[int]:
            found, waiting = set(begin), list(begin)
            while waiting:
                here = waiting.pop()
                for source, target in pairs:
                    if source == here and target not in found:
                        found.add(target)
                        waiting.append(target)
            return found

        forward = list(self.weight)
        backward = [(t, s) for s, t in forward]
        ends = {*self.ranks[0], *self.ranks[-1]}
        return ends | (reached(self.ranks[0], forward) & reached(self.ranks[-1], backward))


class Twins:
    """A network and its plain twin, to which the same is done."""

    def __init__(self, rng: random.Random, folder: Path):
        hidden = [rng.randint(1, 4) for _ in range(rng.randint(1, 3))]
        ranks = [rng.randint(1, 4), *hidden, rng.randint(1, 3)]
        self.rng, self.seed, self.path = rng, rng.randrange(2**31), folder / "net.safetensors"
        self.net = rewire.mlp(ranks, density=rng.choice((0.3, 0.6, 1.0)), dtype="float64", seed=0)
        for name in range(self.net.ranks[0], self.net.size):
            self.net.bias[name] = rng.uniform(-1, 1)
        self.plain = PlainNetwork(self.net)

    def free(self) -> tuple[int, int] | None:
        """Return two neurons that may be connected and are not."""
        names, plain = self.plain.names, self.plain
        pairs = [
            (s, t)
            for s, t in itertools.combinations(names, 2)
            if plain.rank_of(s) < plain.rank_of(t) and (s, t) not in plain.weight
        ]
        return self.rng.choice(pairs) if pairs else None

    def number(self, name: int) -> int:
        """Return the number that a neuron has now."""
        return self.plain.names.index(name)

    # Each operation is done to both.

    def connect(self) -> None:
        if (pair := self.free()) is not None:
            weight = self.rng.uniform(-2, 2)
            self.net.connect(*map(self.number, pair), weight)
            self.plain.weight[pair] = weight

    def disconnect(self) -> None:
        if self.plain.weight:
            pair = self.rng.choice(list(self.plain.weight))
            self.net.disconnect(*map(self.number, pair))
            del self.plain.weight[pair]

    def add_neuron(self) -> None:
        rank, bias = self.rng.randrange(1, len(self.plain.ranks) - 1), self.rng.uniform(-1, 1)
        self.net.add_neuron(rank, bias)
        self.plain.ranks[rank].append(name := next(NAMES))
        self.plain.bias[name] = bias

    def remove_neuron(self) -> None:
        hidden = [
            (r, i) for r, names in enumerate(self.plain.ranks[:-1]) if r for i in range(len(names))
        ]
        if hidden:
            rank, i = self.rng.choice(hidden)
            self.net.remove_neuron(rank, i)
            self.plain.remove(self.plain.ranks[rank][i])

    def set_weight(self) -> None:
        if self.plain.weight:
            pair, weight = self.rng.choice(list(self.plain.weight)), self.rng.uniform(-2, 2)
            row, _ = self.net.connections.find(*[[self.number(name)] for name in pair])
            self.net.connections.weight[row] = weight
            self.plain.weight[pair] = weight

    def rewire(self) -> None:
        """Drop some connections and grow others at once; new ones have weight zero."""
        dropped = [pair for pair in self.plain.weight if self.rng.random() < 0.3]
        rows = [
            self.net.connections.find([self.number(s)], [self.number(t)])[0][0] for s, t in dropped
        ]
        grown = []
        while (pair := self.free()) is not None and self.rng.random() < 0.6:
            if pair not in grown:
                grown.append(pair)
        ends = [[self.number(pair[i]) for pair in grown] for i in (0, 1)]
        self.net.rewire(rows, *ends)
        for pair in dropped:
            del self.plain.weight[pair]
        self.plain.weight |= dict.fromkeys(grown, 0.0)

    def strip(self) -> None:
        """Remove dead neurons; what it computes stays the same."""
        alive, names = self.plain.alive(), self.plain.names
        assert self.net.alive().tolist() == [name in alive for name in names]
        self.net = self.net.strip()
        constants = [name for rank in self.plain.ranks[1:-1] for name in rank if name not in alive]
        row = [self.rng.uniform(-1, 1) for _ in self.plain.ranks[0]]
        expected = self.plain.predict(row)
        assert len(self.plain.names) - len(constants) == self.net.size
        assert np.allclose(self.net.predict([row])[0], expected, atol=1e-9)
        self.plain = PlainNetwork(self.net)

    def revive(self) -> None:
        """Start idle neurons anew; the others keep all that they have."""
        X, y = (
            np.random.default_rng(self.seed).normal(size=(8, self.net.ranks[0])),
            np.zeros(8, int),
        )
        if self.net.ranks[-1] < 2:
            return
        before, bias = dict(self.plain.weight), dict(self.plain.bias)
        row = X[0].tolist()
        expected = self.plain.predict(row)
        self.net.revive([self.net.signals(X, y)], np.random.default_rng(0), tries=2, samples=8)
        names = self.plain.names
        after = PlainNetwork(self.net)
        assert [len(rank) for rank in after.ranks] == [len(rank) for rank in self.plain.ranks]
        assert len(after.weight) == len(before)
        assert len(after.bias) == len(bias) == len(names)
        self.net.check()
        assert len(expected) == len(self.net.predict([row])[0])
        self.plain = after

    def method(self) -> None:
        """Let a method drop and grow; it keeps the number of connections and all other weights."""
        before = dict(self.plain.weight)
        rewirer = rewire.topology.Rewirer(
            rewire.methods.SET(0.3, every=1), self.net, total_steps=10, seed=self.rng.randrange(99)
        )
        record = rewirer.rewire(1)
        names, table = self.plain.names, self.net.connections
        pairs = [
            (names[s], names[t])
            for s, t in zip(table.source.tolist(), table.target.tolist(), strict=True)
        ]
        after = dict(zip(pairs, table.weight.tolist(), strict=True))
        assert len(after) == len(before)
        assert sum(record.dropped) == sum(record.grown)
        assert all(w == before.get(pair, 0.0) or w == 0.0 for pair, w in after.items())
        self.plain.weight = after

    def save(self) -> None:
        self.net.save(self.path)
        self.net = rewire.load(self.path)

    def copy(self) -> None:
        other = self.net.copy()
        other.connections.weight[:] = 7.0
        self.net = self.net.copy()

    def misuse(self) -> None:
        """Ask for what cannot be; it must be refused, and change nothing."""
        size = self.net.size
        wrong: list[Any] = [
            lambda: self.net.connect(size - 1, 0),
            lambda: self.net.connect(size, 0),
            lambda: self.net.disconnect(0, 0),
            lambda: self.net.remove_neuron(0, 0),
            lambda: self.net.add_neuron(len(self.net.ranks) - 1),
            lambda: self.net.connect(0, size - 1, float("nan")),
            lambda: self.net.rewire([len(self.net.connections)], [], []),
            lambda: self.net.rewire([], [0], [0]),
        ]
        try:
            self.rng.choice(wrong)()
        except (ValueError, IndexError):
            return
        raise AssertionError("what cannot be was done")

    def compare(self) -> None:
        """Hold the network against its twin: ranks, weights, biases and outputs."""
        self.net.check()
        names, table = self.plain.names, self.net.connections
        assert list(self.net.ranks) == [len(rank) for rank in self.plain.ranks]
        assert self.net.bias.tolist() == [self.plain.bias[name] for name in names]
        ends = zip(table.source.tolist(), table.target.tolist(), strict=True)
        found = dict(
            zip([(names[s], names[t]) for s, t in ends], table.weight.tolist(), strict=True)
        )
        assert found == self.plain.weight
        row = [self.rng.uniform(-1, 1) for _ in self.plain.ranks[0]]
        assert np.allclose(self.net.predict([row])[0], self.plain.predict(row), atol=1e-9)


OPERATIONS = tuple(
    name for name in vars(Twins) if name not in ("free", "number", "compare") and name[0] != "_"
)


def operate(rng: random.Random, count: int, folder: Path) -> dict[str, int]:
    """Do so many random operations on one network, and hold it against its twin after each."""
    twins = Twins(rng, folder)
    done = dict.fromkeys(OPERATIONS, 0)
    for _ in range(count):
        name = rng.choice(OPERATIONS)
        getattr(twins, name)()
        twins.compare()
        done[name] += 1
    return done
