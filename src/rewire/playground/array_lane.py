"""One lane of the array engine: a Network with its Trainer and its Rewirer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rewire.connectivity import Signals
from rewire.graph import Network
from rewire.losses import Hinge, Loss
from rewire.topology import Rewirer
from rewire.train import Trainer
from rewire.train.batches import Batches, batch_sizes
from rewire.train.evaluation import score
from rewire.train.samples import Samples

from . import array_frames
from .array_parts import make_method, make_optimizer
from .array_rewiring import spare
from .array_surgery import Surgery
from .engine import LaneError
from .points import Point

__all__ = ["MAX_SCORED", "ArrayLane", "scored_part"]

# Up to so many samples every step learns all of them, and of more a batch of the library's size.
WHOLE, BATCH_SIZE = 2000, 128
MAX_SCORED = 2000  # samples on which the loss that a frame shows is measured
RATE = {"value": 0.1, "optimizer": "sgd", "momentum": 0.0}
STATIC = {"name": "static", "until": 1, "seed": 0}


class ArrayLane(Surgery):
    """One network with what trains and rewires it; see :class:`rewire.playground.engine.Lane`.

    Parameters
    ----------
    net : Network
        Trained in place.
    loss : Loss
    samples : Samples, optional
        What it learns until :meth:`set_points`.
    """

    def __init__(self, net: Network, loss: Loss, samples: Samples | None = None):
        super().__init__(net)
        self.loss, self.steps = loss, 0
        if samples is not None:
            self._learn_from(samples)
        self.optimizer = make_optimizer(RATE)
        self.set_method(STATIC)
        self.set_learning_rate(RATE)

    # --------------------------------------------------------------------------- settings

    def set_points(self, points: Sequence[Point]) -> None:
        """Learn from these points; their labels are -1 and +1 where the loss wants that."""
        if self.net.ranks[0] != 2 or not self.loss.counts_correct:
            raise LaneError(
                "data must be classes of points in the plane only where the network has two "
                f"inputs; got one with {self.net.ranks[0]} for {self.loss.name}"
            )
        table = np.array(points, self.net.dtype)
        y = 2 * table[:, 2] - 1 if isinstance(self.loss, Hinge) else table[:, 2]
        self._learn_from(Samples.check(self.net, table[:, :2], y, self.loss))

    def set_learning_rate(self, settings: Mapping[str, Any]) -> None:
        """Learn at this rate; what an optimiser has gathered is cleared."""
        optimizer = make_optimizer(settings)
        self.rewirer.method.check(self.net, optimizer)
        self.rate = dict(settings)
        self.optimizer = self.rewirer.optimizer = optimizer
        self.trainer = Trainer(self.net, self.loss, optimizer)

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

    def _learn_from(self, samples: Samples) -> None:
        whole = len(samples) <= WHOLE
        self.samples = samples
        self.batches = Batches(len(samples), len(samples) if whole else BATCH_SIZE, 0)
        self.scored = scored_part(samples)

    # --------------------------------------------------------------------------- learning

    def step(self, steps: int) -> list[tuple[float, float | None]]:
        """Learn, and rewire where that is due."""
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
        """Learn batches up to a step; one by one where a neuron is frozen."""
        last = self.steps + 1 if self.frozen().any() else end
        batch = self.batches.stretch(self.steps, last)
        rows = None if self.batches.whole else batch
        with self.keeping_frozen():
            learned = self.trainer.learn(
                self.samples.X, self.samples.y, rows, [self.optimizer.lr] * len(batch), checked=True
            )
        if not np.isfinite(self.net.connections.weight).all():
            raise LaneError("learning_rate must be lower: the network has diverged")
        self.steps += len(batch)
        losses, right = learned.losses.tolist(), learned.n_correct / batch_sizes(batch)
        shares = right.tolist() if self.loss.counts_correct else [None] * len(losses)
        return list(zip(losses, shares, strict=True))

    def _rewire(self, time: int) -> None:
        method = self.rewirer.method
        latest = method.batches if self.batches.per_epoch > 1 else 1
        last = max(self.steps, 1)
        batches = [self.batches.rows(step) for step in range(max(last - latest, 0), last)]
        part = slice(None) if method.growth_samples == "all" else slice(-1, None)

        def signals() -> list[Signals]:
            taken = [self.samples.take(rows[part]) for rows in batches]
            return [self.net.signals(X, y, self.loss) for X, y in taken]

        with self.changing():
            with self.keeping_frozen():  # the method may revive idle neurons
                change = self.rewirer.decide(time, signals, learning_rate=self.optimizer.lr)
            self.rewirer.apply(spare(change, self.net, self.frozen()))
        self.rewirer.history.clear()  # nothing reads it here, and it would grow for ever

    # ----------------------------------------------------------------------------- states

    def state(self) -> dict[str, Any]:
        """Return copies of everything that later steps depend on."""
        return {
            "net": self.net.copy(),
            "changes": self.changes.copy(),
            "samples": self.samples,
            "rate": self.rate,
            "method": self.settings,
            "steps": (self.steps, self.begun),
            "rewirer": self.rewirer.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a state, to the same bits."""
        self.net.take(state["net"])
        self.changes = state["changes"].copy()
        self._learn_from(state["samples"])
        self.rate = state["rate"]
        self.optimizer = make_optimizer(self.rate)
        self.set_method(state["method"])
        self.steps, self.begun = state["steps"]
        self.rewirer.load_state_dict(state["rewirer"])
        self.trainer = Trainer(self.net, self.loss, self.optimizer)
        self.optimizer.load_state_dict(state["optimizer"])

    def weigh(self) -> int:
        """Return about how many bytes a state takes."""
        columns = [*self.net.connections.data.values(), *self.net.neurons.data.values()]
        explored = 8 * len(self.net.connections)
        return sum(column.nbytes for column in columns) + explored

    # ---------------------------------------------------------------------------- showing

    def show(self, extent: Sequence[float] | None, look: int | None) -> dict[str, Any]:
        """Return what a frame shows of the network."""
        found = score(self.net, self.scored)
        wiring = array_frames.show(self.net, self.scored.X, self.frozen(), self.changes, self.steps)
        return {
            "method": self.settings,
            "loss": found.loss,
            "accuracy": found.accuracy,
            **wiring,
            **array_frames.boundaries(self.net, extent, look),
        }


def scored_part(samples: Samples) -> Samples:
    """Return the samples on which what a frame shows is measured, evenly spaced."""
    every = -(-len(samples) // MAX_SCORED)
    X, _ = samples.take(np.arange(0, len(samples), every))
    return Samples(np.ascontiguousarray(X), samples.y[::every], samples.loss)
