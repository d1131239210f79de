"""Rewirings as they are decided and made: what is recorded before, who decides, what is kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch

from rewire import topology
from rewire.connectivity import Signals
from rewire.schedules import Time
from rewire.topology import Method, Rewiring
from rewire.topology.changes import Change

from .distributed.processes import Processes
from .layers.recording import Consumer, LatestPasses, Passes
from .rewiring.layered_model import LayeredModel
from .rewiring.reviving import Renewal
from .rewiring.state import as_arrays, as_tensors
from .rewiring.streaming import Streaming, can_stream

__all__ = ["Decider"]

Closure = Callable[[], Any]


class Decider:
    """Decides on rewirings of a model and makes them, in one process or in the same way in many.

    Parameters
    ----------
    method : Method
    model : LayeredModel
    steps : topology.Rewirer
        Of this method and model.
    processes : Processes or None
    """

    def __init__(
        self,
        method: Method,
        model: LayeredModel,
        steps: topology.Rewirer,
        processes: Processes | None,
    ):
        self.method, self.model, self.topology, self.processes = method, model, steps, processes
        self.latest = LatestPasses(list(model.layers.values()), method.batches)
        self._can_stream = can_stream(method)
        self._streaming: Streaming | None = None
        self._late = False

    def step(self, made: int, learning_rate: float, closure: Closure | None) -> Rewiring | None:
        """Rewire if that is due after so many steps, and prepare for the next one."""
        self.latest.take()
        record = None
        if self._late or self.topology.due(made):
            self._late = closure is None and self._has_missed_something()
            if not self._late:
                record = self.rewire(made, learning_rate, closure)
        self.record_next(made)
        return record

    def record_next(self, made: int) -> None:
        """Record the next step's passes if a rewiring will look at them.

        Parameters
        ----------
        made : int
            Steps made so far.
        """
        first = made + (made > 0 or bool(self.topology.history))
        following = range(first, made + 1 + self.method.batches)
        wanted = self._late or any(map(self.topology.due, following))
        self._streaming = None
        consumers: list[Consumer] | None = None
        if self._can_stream and self.processes is None and not self._late:
            if made and self.topology.due(made + 1) and set(self.latest.counts) == {1}:
                self.model.refresh()
                time = Time(made + 1, self.topology.total_steps, math.nan)
                self._streaming = Streaming.of(self.model, self.method, time)
            numbers = range(len(self.model.layers))
            if self._streaming is not None:
                consumers = [partial(_consume, self._streaming, number) for number in numbers]
            elif not wanted and self.topology.due(made + 2):
                consumers = [_ignore for _ in numbers]  # they are counted
        self.latest.record(self.method.looks_at_data and wanted, consumers)

    def rewire(self, step: int, learning_rate: float, closure: Closure | None = None) -> Rewiring:
        """Decide and make a change after so many steps."""
        streaming = self._streaming if closure is None else None

        def decide(
            signals: list[Signals], streaming: Streaming | None
        ) -> tuple[Change, list[Renewal | None]]:
            # A method that revives units asks twice; reviving brings these signals up to date.
            change = self.topology.decide(
                step,
                lambda: signals,
                learning_rate=learning_rate,
                strongest=None if streaming is None else streaming.strongest,
            )
            return change, self.model.renewals

        def candidates() -> Streaming | None:
            time = Time(step, self.topology.total_steps, math.nan)
            return Streaming.of(self.model, self.method, time) if self._can_stream else None

        if self.processes is not None:
            change, renewals = self.processes.decide(
                step, self.model, lambda: self._batches(closure), candidates, decide
            )
            if change.revived and self.processes.rank:
                self.model.renew(renewals)
        elif streaming is not None:
            self.model.refresh()
            streaming.check_recorded([count > 0 for count in self.latest.counts])
            change, _ = decide([streaming.signals()], streaming)
        else:
            change, _ = decide([self.model.signals(one) for one in self._batches(closure)], None)
        if self.method.batches == 1:  # of no use any more, and as large as the activations
            self.latest.batches.clear()
        return self.topology.apply(change)

    def _has_missed_something(self) -> bool:
        """Whether passes came that were not kept, or others have changed the wiring since.

        Then the next step is recorded in full, and the rewiring comes after it.
        """
        return self._streaming is not None and (
            max(self.latest.counts, default=0) > 1 or self.model.has_other_wiring()
        )

    def _batches(self, closure: Closure | None) -> Sequence[list[Passes]]:
        """Return what was recorded of the batches that the method looks at."""
        self.model.refresh()
        if not self.method.looks_at_data:
            return ()
        if closure is not None:
            with self.model.state.other_gradients(), torch.enable_grad():
                self.latest.replace(closure)
        return self.latest.batches

    def state_dict(self) -> dict[str, Any]:
        """Return all but model, optimiser and method."""
        table, point = self.model.connections, self.model.rewind_point
        return {
            "method": self.method.name,
            "due_steps": self.topology.due_steps.tolist(),
            "layers": {name: len(layer.weight) for name, layer in self.model.layers.items()},
            "birth": torch.from_numpy(table.birth.copy()),
            "next_birth": table.next_birth,
            "late": self._late,
            "latest": [list(passes) for passes in self.latest.batches],
            "processes": {} if self.processes is None else self.processes.state_dict(),
            "topology": as_tensors(self.topology.state_dict()),
            "rewind_point": None if point is None else point.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where :meth:`state_dict` was taken; it is of such a training."""
        self.topology.load_state_dict(as_arrays(state["topology"]))  # may refuse it
        self.latest.stop()
        self.model.connections.data["birth"] = state["birth"].numpy().copy()
        self.model.connections.next_birth = state["next_birth"]
        if self.model.rewind_point is not None:
            self.model.rewind_point.load_state_dict(state["rewind_point"])
        self.latest.batches.clear()
        self.latest.batches.extend(state["latest"])
        self.latest.counts, self._late = [], state["late"]
        if self.processes is not None:
            self.processes.load_state_dict(state["processes"])


def _consume(streaming: Streaming, layer: int, x: torch.Tensor, output_grad: torch.Tensor) -> None:
    streaming.consume(layer, [(x, output_grad)])


def _ignore(x: torch.Tensor, output_grad: torch.Tensor) -> None:
    """Leave a pass alone."""
