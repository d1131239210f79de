"""The scalar engine of a session: neurons of the teaching core; standard library only.

It runs where there is no NumPy, as in the pages of the documentation. What the teaching core does
not have it refuses: other activations than ReLU, connections across layers, momentum, methods other
than RigL.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from rewire.scalar import SparseMLP, SparseNeuron, Value, loss, rigl_update

from . import scalar_frames
from .engine import Given, LaneError
from .limits import Limits
from .points import Point
from .scalar_surgery import ScalarSurgery
from .starts import START

__all__ = ["ScalarEngine", "ScalarLane"]

METHODS = ("static", "rigl", "post rigl")
STATIC: dict[str, Any] = {"name": "static", "until": 1}
# A step takes up to a second, and some in a browser.
LIMITS = Limits(connections=200_000, possible=1_000_000, neurons=200_000)


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
    given: Given | None = None
    start = START

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
    layers = zip(pairwise([2, *sizes]), each, strict=True)
    wanted = round(sum(before * after * share for (before, after), share in layers))
    LIMITS.check([2, *sizes], wanted, 1)
    return SparseMLP(
        2,
        sizes,
        [round(1 - share, 12) for share in each],
        wiring=network["wiring"],
        init=network["init"] or "fan_in",
        rng=random.Random(network["seed"]),
    )


class ScalarLane(ScalarSurgery):
    """One network of the teaching core; see :class:`rewire.playground.engine.Lane`.

    Parameters
    ----------
    model : SparseMLP
        Trained in place.
    """

    def __init__(self, model: SparseMLP):
        super().__init__(model)
        self.y: list[int] = []
        self.rate, self.settings, self.begun = 0.1, dict(STATIC), 0

    # --------------------------------------------------------------------------- settings

    def set_points(self, points: Sequence[Point]) -> None:
        """Learn from these points, with the labels -1 and +1."""
        sizes = [2, *(len(layer.neurons) for layer in self.model.layers)]
        LIMITS.check(sizes, sum(len(neuron.w) for neuron in self.neurons()), len(points))
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
        for neuron in self.neurons():
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
        before = self.pairs()
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
        for neuron in self.neurons():
            neuron.zero_ws = {}
        self.note(before)

    # ----------------------------------------------------------------------------- states

    def state(self) -> dict[str, Any]:
        """Return copies of everything that later steps depend on."""
        return {
            "layers": [[_saved(neuron) for neuron in layer.neurons] for layer in self.model.layers],
            "data": (self.X, self.y),
            "settings": (self.rate, self.settings, self.begun, self.steps),
            "changes": self.changes,
            "next_key": self.next_key,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a state, to the same bits."""
        layers = state["layers"]
        self.model = SparseMLP(2, [1] * len(layers), [0.0] * len(layers), rng=random.Random(0))
        for layer, rows in zip(self.model.layers, layers, strict=True):
            nonlin = layer.neurons[0].nonlin
            layer.neurons = [_restored(row, nonlin) for row in rows]
        self.X, self.y = state["data"]
        self.rate, self.settings, self.begun, self.steps = state["settings"]
        self.changes, self.next_key = state["changes"], state["next_key"]

    def weigh(self) -> int:
        """Return about how many bytes a state takes."""
        return 100 * sum(1 + len(neuron.w) for neuron in self.neurons())

    # ---------------------------------------------------------------------------- showing

    def show(self, extent: Sequence[float] | None, look: int | None) -> dict[str, Any]:
        """Return what a frame shows of the network."""
        return {"method": self.settings, **scalar_frames.show(self, extent, look)}


def _saved(neuron: Any) -> tuple[Any, ...]:
    weights = tuple((i, w.data) for i, w in neuron.w.items())
    return neuron.key, neuron.frozen, neuron.b.data, weights, dict(neuron.born), neuron.nin


def _restored(row: tuple[Any, ...], nonlin: bool) -> Any:
    neuron: Any = SparseNeuron(1, 0, nonlin, rng=random.Random(0))
    neuron.key, neuron.frozen, bias, weights, born, neuron.nin = row
    neuron.b, neuron.w = Value(bias), {i: Value(w) for i, w in weights}
    neuron.born = dict(born)
    return neuron
