"""The array engine of a session: a Network, a Trainer and a Rewirer a lane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any

import numpy as np

from rewire import losses, methods, mlp, optimizers
from rewire.connectivity import Signals
from rewire.graph import Network
from rewire.topology import Rewirer
from rewire.train import Trainer, evaluate

from . import array_frames
from .array_rewiring import rewire_around
from .commands import METHODS
from .engine import LaneError
from .points import Point

__all__ = ["ArrayEngine", "ArrayLane"]

# The post's loss, and its precision.
LOSS = losses.Hinge(l2=1e-4)
DTYPE = "float64"
FROZEN = "frozen"  # a column of the neurons, which moves with them
REVIVAL_TRIES = 8


class ArrayEngine:
    """Makes lanes of the array engine.

    Examples
    --------
    >>> from rewire.playground import Session
    >>> Session(ArrayEngine()).lanes[0].net
    Network 2-16-16-1: 61 connections, density 20.07%
    """

    name = "array"

    def lane(self, network: Mapping[str, Any]) -> ArrayLane:
        """Return a new network by the fields of the command."""
        return ArrayLane(make_network(network))


def make_network(network: Mapping[str, Any]) -> Network:
    """Return the network that the fields of a ``network`` command describe."""
    sizes, density = [2, *network["layers"], 1], network["density"]
    if isinstance(density, list) and len(density) != len(sizes) - 1:
        raise LaneError(
            f"density must be one number or {len(sizes) - 1}, one for each layer; "
            f"got {len(density)}"
        )
    return mlp(
        sizes,
        density=density,
        activation=network["activation"],
        init=network["init"] or "fan_in",
        wiring=network["wiring"],
        dtype=DTYPE,
        seed=network["seed"],
    )


class ArrayLane:
    """One network with what trains and rewires it; see :class:`rewire.playground.engine.Lane`."""

    def __init__(self, net: Network):
        self.net = net
        self.changes = array_frames.Changes(net)
        self.X, self.y = np.zeros((0, net.ranks[0]), net.dtype), np.zeros(0, net.dtype)
        self.steps = 0
        self.optimizer = optimizers.SGD()
        self.settings: dict[str, Any] = {}
        self.set_method({"name": "static", "until": 1, "seed": 0})
        self.set_learning_rate({"value": 0.1, "momentum": 0.0})

    # --------------------------------------------------------------------------- settings

    def set_points(self, points: Sequence[Point]) -> None:
        """Learn from these points, with the labels -1 and +1."""
        table = np.array(points, self.net.dtype)
        self.X, self.y = np.ascontiguousarray(table[:, :2]), 2 * table[:, 2] - 1

    def set_learning_rate(self, settings: Mapping[str, Any]) -> None:
        """Learn by gradient descent at this rate; what momentum has gathered is cleared."""
        optimizer = optimizers.SGD(lr=settings["value"], momentum=settings["momentum"])
        self.rewirer.method.check(self.net, optimizer)
        self.optimizer = self.rewirer.optimizer = optimizer
        self.trainer = Trainer(self.net, LOSS, optimizer)

    def set_method(self, settings: Mapping[str, Any]) -> None:
        """Rewire by this method, beginning at this step."""
        self.rewirer = Rewirer(
            make_method(settings),
            self.net,
            total_steps=settings["until"],
            optimizer=self.optimizer,
            seed=settings["seed"],
        )
        self.settings, self.begun = dict(settings), self.steps

    # --------------------------------------------------------------------------- learning

    def step(self, steps: int) -> list[tuple[float, float | None]]:
        """Learn all points in every step, and rewire where that is due."""
        measured: list[tuple[float, float | None]] = []
        end = self.steps + steps
        while self.steps < end:
            due = self.rewirer.due_steps + self.begun
            later = due[due > self.steps]
            measured += self._learn(min(end, int(later[0])) if len(later) else end)
            if self.rewirer.due(self.steps - self.begun):
                self._rewire(self.steps - self.begun)
        return measured

    def rewire(self) -> None:
        """Rewire once, whether that is due or not; after its end, a method begins anew for it."""
        if self.rewirer.method.when is None:
            raise LaneError("method must be one that rewires; got 'static'")
        since = self.steps - self.begun
        over = since >= self.rewirer.total_steps and self.rewirer.method.pruning is None
        self._rewire(0 if over else since)

    def _learn(self, end: int) -> list[tuple[float, float | None]]:
        """Learn up to a step, in one compiled call unless a neuron is frozen."""
        count, rate = end - self.steps, self.optimizer.lr
        rows, frozen = self._frozen_rows()
        each = 1 if frozen.any() else count
        found: list[tuple[float, int]] = []
        for _ in range(0, count, each):
            weight, bias = self.net.connections.weight[rows], self.net.bias[frozen]
            learned = self.trainer.learn(self.X, self.y, None, [rate] * each)
            self.net.connections.weight[rows], self.net.bias[frozen] = weight, bias
            found += zip(learned.losses.tolist(), learned.n_correct.tolist(), strict=True)
        if not np.isfinite(self.net.connections.weight).all():
            raise LaneError(
                "learning_rate must be lower: the network diverged; rewind and lower it"
            )
        self.steps = end
        return [(loss, correct / len(self.X)) for loss, correct in found]

    def _rewire(self, time: int) -> None:
        method = self.rewirer.method
        part = slice(None) if method.samples == "all" else slice(-1, None)
        X, y = self.X[part], self.y[part]

        def signals() -> list[Signals]:
            return [self.net.signals(X, y, LOSS)] if method.looks_at_data else []

        before = self.changes.begin(self.net)
        rate = self.optimizer.lr
        rewire_around(self.rewirer, time, signals, rate, self._frozen())
        self.rewirer.history.clear()  # nothing reads it here, and it would grow for ever
        self.changes.end(self.net, before, self.steps)

    # ---------------------------------------------------------------------------- surgery

    def operate(self, name: str, fields: Mapping[str, Any]) -> None:
        """Do the surgery of that name."""
        getattr(self, name)(**fields)

    def cut(self, source: int, target: int) -> None:
        """Remove a connection."""
        before = self.changes.begin(self.net)
        self.net.disconnect(source, target)
        self.changes.end(self.net, before, self.steps)

    def draw(self, source: int, target: int, weight: float) -> None:
        """Add a connection, to any later rank."""
        before = self.changes.begin(self.net)
        self.net.connect(source, target, weight)
        self.changes.end(self.net, before, self.steps)

    def prune(self, density: float) -> None:
        """Remove the weakest connections down to a density."""
        table = self.net.connections
        excess = len(table) - round(density * self.net.possible_connections)
        weakest = np.argsort(np.abs(table.weight), kind="stable")[: max(excess, 0)]
        before = self.changes.begin(self.net)
        self.net.rewire(weakest, [], [])
        self.changes.end(self.net, before, self.steps)

    def add_neuron(self, rank: int) -> None:
        """Add a neuron without connections to a hidden rank."""
        self.net.add_neuron(rank)
        self.changes.clear(self.net, self.steps)

    def remove_neuron(self, neuron: int) -> None:
        """Remove a hidden neuron with its connections."""
        rank = self.net.rank_of(self._existing(neuron))
        self.net.remove_neuron(rank, neuron - int(self.net.rank_start[rank]))
        self.changes.clear(self.net, self.steps)

    def freeze(self, neuron: int, frozen: bool) -> None:
        """Keep a neuron's weights, bias and incoming connections as they are, or let them go."""
        if self.net.rank_of(self._existing(neuron)) == 0:
            raise LaneError(
                f"neuron must not be an input, which has nothing to freeze; got {neuron}"
            )
        self.net.neurons.zeros(FROZEN, np.uint8)[neuron] = frozen
        for columns, where in (
            (self.net.connections, self.net.connections.rows(neuron)),
            (self.net.neurons, neuron),
        ):
            if "velocity" in columns:
                columns["velocity"][where] = 0

    def revive(self) -> None:
        """Start all idle neurons anew; what is computed stays the same."""
        signals = self.net.signals(self.X, self.y, LOSS)
        self.net.revive([signals], self.rewirer.generator, tries=REVIVAL_TRIES, samples=len(self.X))

    def strip(self, on_data: bool) -> None:
        """Remove dead neurons; what is computed stays the same."""
        self.net.take(self.net.strip(self.X if on_data else None))
        self.changes.clear(self.net, self.steps)

    # ----------------------------------------------------------------------------- states

    def state(self) -> dict[str, Any]:
        """Return copies of everything that later steps depend on."""
        return {
            "net": self.net.copy(),
            "changes": self.changes.copy(),
            "data": (self.X, self.y),
            "rate": {"lr": self.optimizer.lr, "momentum": self.optimizer.momentum},
            "method": self.settings,
            "steps": (self.steps, self.begun),
            "rewirer": self.rewirer.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a state, to the same bits."""
        self.net.take(state["net"])
        self.changes = state["changes"].copy()
        self.X, self.y = state["data"]
        self.optimizer = optimizers.SGD(**state["rate"])
        self.set_method(state["method"])
        self.steps, self.begun = state["steps"]
        self.rewirer.load_state_dict(state["rewirer"])
        self.trainer = Trainer(self.net, LOSS, self.optimizer)
        self.optimizer.load_state_dict(state["optimizer"])

    def weigh(self) -> int:
        """Return about how many bytes a state takes."""
        columns = [*self.net.connections.data.values(), *self.net.neurons.data.values()]
        return sum(column.nbytes for column in columns) + 8 * len(self.net.connections)

    # ---------------------------------------------------------------------------- showing

    def score(self) -> tuple[float, float | None]:
        """Return loss and accuracy on all points, now."""
        found = evaluate(self.net, self.X, self.y, LOSS)
        return found.loss, found.accuracy

    def show(self, extent: Sequence[float] | None, look: int | None) -> dict[str, Any]:
        """Return what a frame shows of the network."""
        loss, accuracy = self.score()
        return {
            "method": self.settings,
            "loss": loss,
            "accuracy": accuracy,
            **array_frames.show(self.net, self.X, self._frozen(), self.changes, self.steps),
            **array_frames.boundaries(self.net, extent, look),
        }

    def _frozen(self) -> np.ndarray:
        columns = self.net.neurons
        return columns[FROZEN].astype(bool) if FROZEN in columns else np.zeros(self.net.size, bool)

    def _frozen_rows(self) -> tuple[np.ndarray, np.ndarray]:
        frozen = self._frozen()
        return np.repeat(frozen, self.net.connections.fan_in), frozen

    def _existing(self, neuron: int) -> int:
        if not 0 <= neuron < self.net.size:
            raise LaneError(f"neuron must be in [0, {self.net.size}); got {neuron}")
        return neuron


def make_method(settings: Mapping[str, Any]) -> Any:
    """Return the method that the fields of a ``method`` command describe.

    Of the options it is given those that it takes; its schedules end with the last of its steps.
    """
    name = settings["name"]
    assert name in METHODS
    taken = signature(methods.registry[name]).parameters
    options = {"fraction": "fraction", "every": "interval", "density": "density"}
    given = {key: settings[field] for key, field in options.items() if key in taken}
    if "end" in taken:
        given["end"] = 1.0
    return methods.get(name, **given)
