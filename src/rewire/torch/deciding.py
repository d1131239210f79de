"""Rewirings as they are decided and made: what is recorded before, who decides, what is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from rewire import topology
from rewire.connectivity import Signals
from rewire.topology import Method, Rewiring
from rewire.topology.changes import Change

from .distributed.processes import Processes
from .layers.recording import LatestPasses, Passes
from .rewiring.layered_model import LayeredModel
from .rewiring.reviving import Renewal
from .rewiring.state import as_arrays, as_tensors

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

    def record_next(self, made: int) -> None:
        """Record the next step's passes if a rewiring will look at them.

        Parameters
        ----------
        made : int
            Steps made so far.
        """
        first = made + (made > 0 or bool(self.topology.history))
        following = range(first, made + 1 + self.method.batches)
        self.latest.record(self.method.looks_at_data and any(map(self.topology.due, following)))

    def rewire(self, step: int, learning_rate: float, closure: Closure | None = None) -> Rewiring:
        """Decide and make a change after so many steps."""

        def decide(signals: list[Signals]) -> tuple[Change, list[Renewal | None]]:
            # A method that revives units asks twice; reviving brings these signals up to date.
            change = self.topology.decide(step, lambda: signals, learning_rate=learning_rate)
            return change, self.model.renewals

        if self.processes is None:
            change, _ = decide([self.model.signals(one) for one in self._batches(closure)])
        else:
            change, renewals = self.processes.decide(
                step, self.model, lambda: self._batches(closure), decide
            )
            if change.revived and self.processes.rank:
                self.model.renew(renewals)
        if self.method.batches == 1:  # of no use any more, and as large as the activations
            self.latest.batches.clear()
        return self.topology.apply(change)

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
        if self.processes is not None:
            self.processes.load_state_dict(state["processes"])
