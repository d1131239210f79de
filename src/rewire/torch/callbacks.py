"""What the callbacks for training loops of others share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import nn
from torch.optim import Optimizer

from rewire.io import advise
from rewire.topology import Method

from .layers.layer import SparseLayer
from .rewirer import Rewirer

__all__ = ["Rewires"]


class Rewires:
    """A callback that makes a :class:`Rewirer` when the training begins, and attaches it.

    Parameters
    ----------
    method : str or Method, default "rigl"
    steps : int, optional
        Steps of the optimiser in the whole training; by default the number that the trainer plans.
    seed : int or numpy.random.Generator, optional
    recorder : rewire.report.Recorder, optional
        Follows the model, and is told the losses.
    **options
        Of :class:`Rewirer` and of a method by name, such as ``every=50``.

    Attributes
    ----------
    rewirer : Rewirer or None
        Since the training began.
    """

    def __init__(
        self,
        method: str | Method = "rigl",
        *,
        steps: int | None = None,
        seed: int | np.random.Generator | None = None,
        recorder: Any = None,
        **options: Any,
    ):
        super().__init__()
        self.method, self.steps, self.seed, self.options = method, steps, seed, options
        self.recorder = recorder
        self.rewirer: Rewirer | None = None

    def begin(
        self,
        model: nn.Module,
        optimizers: Sequence[Optimizer],
        steps: float,
        state: Mapping[str, Any] | None,
    ) -> None:
        """Attach a rewirer to the optimiser that holds the weights of the model's sparse layers.

        Parameters
        ----------
        model : nn.Module
        optimizers : sequence of Optimizer
        steps : float
            What the trainer plans; infinite or negative if it has no end.
        state : mapping, optional
            Of the rewirer of the training that goes on.
        """
        if self.steps is None and not 0 < steps < np.inf:
            raise ValueError(
                advise(
                    f"steps must be known, as schedules go by them; the trainer plans {steps}",
                    "give the callback steps=",
                    "give the trainer a number of steps or epochs",
                )
            )
        planned = int(steps) if self.steps is None else self.steps
        if self.rewirer is not None:
            self.rewirer.detach()
        self.rewirer = Rewirer(
            model,
            _holder(model, optimizers),
            self.method,
            steps=planned,
            seed=self.seed,
            **self.options,
        )
        if state is not None:
            self.rewirer.load_state_dict(state)
        self.rewirer.attach()
        if self.recorder is not None:
            self.recorder.follow(self.rewirer)

    def tell(self, **measures: Any) -> None:
        """Tell the recorder, if there is one, what was measured."""
        if self.recorder is not None and self.rewirer is not None:
            self.recorder.log(**measures)

    def end(self) -> None:
        """Leave the model and the optimiser alone from now on; the rewirer keeps its history."""
        if self.rewirer is not None:
            self.rewirer.detach()
            if self.recorder is not None:
                self.recorder.finish()


def _holder(model: nn.Module, optimizers: Sequence[Optimizer]) -> Optimizer:
    """Return the optimiser that holds the first sparse weight, or else the first one."""
    weight = next((m.weight for m in model.modules() if isinstance(m, SparseLayer)), None)
    for optimizer in optimizers:
        if any(one is weight for group in optimizer.param_groups for one in group["params"]):
            return optimizer
    return optimizers[0]
