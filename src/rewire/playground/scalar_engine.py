"""The scalar engine of a session: neurons of the teaching core; standard library only.

It runs where there is no NumPy, as in the pages of the documentation. What the teaching core does
not have it refuses: other activations than ReLU, connections across layers, momentum, methods other
than RigL.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from itertools import count
from types import SimpleNamespace
from typing import Any

from rewire.scalar import SparseMLP, SparseNeuron, Value, loss, rigl_update, strip

from . import scalar_frames
from .engine import LaneError
from .points import Point

__all__ = ["ScalarEngine", "ScalarLane"]

METHODS = ("static", "rigl", "post rigl")
STATIC = {"name": "static", "until": 1}


class ScalarEngine:
    """Makes lanes of the teaching core.

    Examples
    --------
    >>> from rewire.playground import Session
    >>> session = Session(ScalarEngine())
    >>> session.do({"do": "step", "steps": 1})
    >>> session.lanes[0].model.layers[2]
    Layer of [LinearNeuron(4)]
    """

    name = "scalar"
    given = None

    def lane(self, network: Mapping[str, Any] | None) -> ScalarLane:
        """Return a new network by the fields of the command."""
        if network is None:
            raise LaneError("given needs the array engine")
        return ScalarLane(make_model(network))


def make_model(network: Mapping[str, Any]) -> SparseMLP:
    """Return the network that the fields of a ``network`` command describe."""
    if network["activation"] != "relu":
        raise LaneError(
            f"activation must be 'relu' in the teaching core; got {network['activation']!r}"
        )
    sizes, density = [*network["layers"], 1], network["density"]
    each = density if isinstance(density, list) else [density] * len(sizes)
    if len(each) != len(sizes):
        raise LaneError(
            f"density must be one number or {len(sizes)}, one for each layer; got {len(each)}"
        )
    return SparseMLP(
        2,
        sizes,
        [round(1 - share, 12) for share in each],
        wiring=network["wiring"],
        init=network["init"] or "fan_in",
        rng=random.Random(network["seed"]),
    )


class ScalarLane:
    """One network of the teaching core; see :class:`rewire.playground.engine.Lane`.

    Neurons carry a key that stays theirs while their numbers change, ``frozen``, and in ``born``
    the step after which each connection was made, by the key of its source.
    """

    def __init__(self, model: SparseMLP):
        self._keys = count(model.nin)
        self.model, self.steps = model, 0
        self.changes = scalar_frames.Changes()
        self.X: list[list[float]] = []
        self.y: list[int] = []
        self.rate, self.settings, self.begun = 0.1, dict(STATIC), 0
        for layer in model.layers:
            for neuron in layer.neurons:
                self._adopt(neuron)
        for layer, sources in zip(model.layers, self._sources(), strict=True):
            for neuron in layer.neurons:
                neuron.born = {sources[i]: 0 for i in neuron.w}

    # --------------------------------------------------------------------------- settings

    def set_points(self, points: Sequence[Point]) -> None:
        """Learn from these points, with the labels -1 and +1."""
        self.X = [[x, y] for x, y, _ in points]
        self.y = [2 * label - 1 for _, _, label in points]

    def set_learning_rate(self, settings: Mapping[str, Any]) -> None:
        """Learn by plain gradient descent at this rate."""
        if settings.get("optimizer", "sgd") != "sgd":
            raise LaneError(f"optimizer must be 'sgd' here; got {settings['optimizer']!r}")
        if settings["momentum"]:
            raise LaneError(f"momentum must be 0 in the teaching core; got {settings['momentum']}")
        self.rate = settings["value"]

    def set_method(self, settings: Mapping[str, Any]) -> None:
        """Rewire by this method, beginning at this step."""
        if settings["name"] not in METHODS:
            raise LaneError(
                f"name must be one of {', '.join(METHODS)} in the teaching core; "
                f"got {settings['name']!r}"
            )
        self.settings, self.begun = dict(settings), self.steps

    # --------------------------------------------------------------------------- learning

    def step(self, steps: int) -> list[tuple[float, float | None]]:
        """Learn all points in every step, and rewire where that is due."""
        return [self._step() for _ in range(steps)]

    def rewire(self) -> None:
        """Rewire once, whether that is due or not; after its end, a method begins anew for it."""
        if self.settings["name"] == "static":
            raise LaneError("method must be one that rewires; got 'static'")
        since = self.steps - self.begun
        self._rewire(0 if since >= self.settings["until"] else since)

    def _step(self) -> tuple[float, float | None]:
        total, accuracy = self._loss()
        self.model.zero_grad()
        total.backward()
        for neuron in self._neurons():
            if not neuron.frozen:
                for p in neuron.parameters():
                    p.data -= self.rate * p.grad
        if not all(math.isfinite(p.data) for p in self.model.parameters()):
            raise LaneError("learning_rate must be lower: the network has diverged")
        self.steps += 1
        since = self.steps - self.begun
        moves = self.settings["name"] != "static" and since < self.settings["until"]
        if moves and since % self.settings["interval"] == 0:
            self._rewire(since)
        return total.data, accuracy

    def _loss(self, dense_grad: bool | str = False) -> tuple[Value, float]:
        return loss(self.model, self.X, self.y, dense_grad=dense_grad)

    def _rewire(self, time: int) -> None:
        """Rewire by the teaching core; frozen neurons are hidden from it."""
        done = min(time / self.settings["until"], 1.0)
        fraction = self.settings["fraction"] / 2 * (1 + math.cos(math.pi * done))
        before = self._pairs()
        free = SimpleNamespace(
            layers=[
                SimpleNamespace(neurons=[n for n in layer.neurons if not n.frozen])
                for layer in self.model.layers
            ],
            zero_grad=self.model.zero_grad,
        )
        rigl_update(
            free,
            lambda model, dense_grad: self._loss(dense_grad),
            fraction,
            dense_grad="last" if self.settings["name"] == "post rigl" else True,
        )
        for neuron in self._neurons():
            neuron.zero_ws = {}
        self._changed(before)

    # ---------------------------------------------------------------------------- surgery

    def operate(self, name: str, fields: Mapping[str, Any]) -> None:
        """Do the surgery of that name."""
        getattr(self, name)(**fields)

    def cut(self, source: int, target: int) -> None:
        """Remove a connection."""
        neuron, i = self._end(source, target)
        if i not in neuron.w:
            raise LaneError(f"source must be connected to target; got {source} and {target}")
        before = self._pairs()
        del neuron.w[i]
        self._changed(before)

    def draw(self, source: int, target: int, weight: float) -> None:
        """Add a connection to the next layer."""
        neuron, i = self._end(source, target)
        if i in neuron.w:
            raise LaneError(f"source and target are connected already; got {source} and {target}")
        before = self._pairs()
        neuron.w[i] = Value(weight)
        self._changed(before)

    def prune(self, density: float) -> None:
        """Remove the weakest connections down to a density."""
        rows = [(abs(w.data), n, i) for n in self._neurons() for i, w in n.w.items()]
        possible = sum(a * b for a, b in zip(self.ranks, self.ranks[1:], strict=False))
        excess = len(rows) - round(density * possible)
        before = self._pairs()
        for _, neuron, i in sorted(rows, key=lambda row: row[0])[: max(excess, 0)]:
            del neuron.w[i]
        self._changed(before)

    def add_neuron(self, rank: int) -> None:
        """Add a neuron without connections to a hidden rank."""
        self._check_hidden(rank)
        neuron = SparseNeuron(self.ranks[rank - 1], 0, rng=random.Random(0))
        neuron.w.clear()
        self._adopt(neuron)
        self.model.layers[rank - 1].neurons.append(neuron)
        for reader in self.model.layers[rank].neurons:
            reader.nin += 1
        self.changes = scalar_frames.Changes(step=self.steps)

    def remove_neuron(self, neuron: int) -> None:
        """Remove a hidden neuron with its connections."""
        rank, own = self._place(neuron)
        self._check_hidden(rank)
        if self.ranks[rank] == 1:
            raise LaneError("neuron must not be the last of its layer")
        gone = self.model.layers[rank - 1].neurons.pop(own)
        for reader in self.model.layers[rank].neurons:
            reader.w = {i - (i > own): w for i, w in reader.w.items() if i != own}
            reader.born.pop(gone.key, None)
            reader.nin -= 1
        self.changes = scalar_frames.Changes(step=self.steps)

    def strip(self, on_data: bool) -> None:
        """Remove dead neurons; what is computed stays the same."""
        self.model = strip(self.model, self.X if on_data else None)
        kept = {key for sources in self._sources() for key in sources}
        for neuron in self._neurons():
            neuron.born = {key: step for key, step in neuron.born.items() if key in kept}
        self.changes = scalar_frames.Changes(step=self.steps)

    def revive(self) -> None:
        """Refuse, as the teaching core cannot."""
        raise LaneError("revive needs the array engine: open this session with `rewire play`")

    def freeze(self, neuron: int, frozen: bool) -> None:
        """Keep a neuron's weights, bias and incoming connections as they are, or let them go."""
        rank, own = self._place(neuron)
        if rank == 0:
            raise LaneError(f"neuron must not be an input, which has no weights; got {neuron}")
        self.model.layers[rank - 1].neurons[own].frozen = frozen

    # ----------------------------------------------------------------------------- states

    def state(self) -> dict[str, Any]:
        """Return copies of everything that later steps depend on."""
        return {
            "layers": [[_saved(neuron) for neuron in layer.neurons] for layer in self.model.layers],
            "data": (self.X, self.y),
            "settings": (self.rate, self.settings, self.begun, self.steps),
            "changes": self.changes,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a state, to the same bits."""
        layers = state["layers"]
        sizes = [len(layer) for layer in layers]
        self.model = SparseMLP(2, sizes, [0.0] * len(sizes), init=0.1, rng=random.Random(0))
        for layer, rows in zip(self.model.layers, layers, strict=True):
            for neuron, row in zip(layer.neurons, rows, strict=True):
                _restore(neuron, row)
        self.X, self.y = state["data"]
        self.rate, self.settings, self.begun, self.steps = state["settings"]
        self.changes = state["changes"]
        self._keys = count(1 + max(neuron.key for neuron in self._neurons()))

    def weigh(self) -> int:
        """Return about how many bytes a state takes."""
        return 100 * sum(1 + len(neuron.w) for neuron in self._neurons())

    # ---------------------------------------------------------------------------- showing

    @property
    def ranks(self) -> list[int]:
        """Neurons in each rank."""
        return [self.model.nin, *(len(layer.neurons) for layer in self.model.layers)]

    def show(self, extent: Sequence[float] | None, look: int | None) -> dict[str, Any]:
        """Return what a frame shows of the network."""
        return {"method": self.settings, **scalar_frames.show(self, extent, look)}

    def _neurons(self) -> list[Any]:
        return [neuron for layer in self.model.layers for neuron in layer.neurons]

    def _sources(self) -> list[list[int]]:
        """Return the keys of the possible sources of each layer."""
        keys = [[neuron.key for neuron in layer.neurons] for layer in self.model.layers]
        return [list(range(self.model.nin)), *keys[:-1]]

    def _pairs(self) -> list[tuple[int, int]]:
        """Return every connection as (key of its source, key of its target)."""
        layers = zip(self.model.layers, self._sources(), strict=True)
        return [(keys[i], n.key) for layer, keys in layers for n in layer.neurons for i in n.w]

    def _changed(self, before: list[tuple[int, int]]) -> None:
        now = self._pairs()
        old, new = set(before), set(now)
        self.changes = scalar_frames.Changes(
            [pair for pair in before if pair not in new],
            [pair for pair in now if pair not in old],
            self.steps,
        )
        targets = {neuron.key: neuron for neuron in self._neurons()}
        for source, target in self.changes.dropped:
            targets[target].born.pop(source)
        for source, target in self.changes.grown:
            targets[target].born[source] = self.steps

    def _adopt(self, neuron: Any) -> None:
        neuron.key, neuron.frozen, neuron.born = next(self._keys), False, {}

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


def _saved(neuron: Any) -> tuple[Any, ...]:
    weights = tuple((i, w.data) for i, w in neuron.w.items())
    return neuron.key, neuron.frozen, neuron.b.data, weights, dict(neuron.born), neuron.nin


def _restore(neuron: Any, row: tuple[Any, ...]) -> None:
    neuron.key, neuron.frozen, bias, weights, born, neuron.nin = row
    neuron.b, neuron.w = Value(bias), {i: Value(w) for i, w in weights}
    neuron.born, neuron.zero_ws = dict(born), {}


