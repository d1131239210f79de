"""States of PyTorch models and rewirers, as ``torch.load`` has read them."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import torch

import rewire.torch as rt

from .mutations import mutate_state
from .reader import FEWER, Reader

__all__ = ["states"]


def states() -> Iterable[Reader]:
    """Return their readers; whatever a state holds, it is refused or fit for use."""
    torch.set_num_threads(1)
    training = _Training()
    training.go_on(6)
    for name, part, read in (
        ("state of a PyTorch model", training.model, _load_model),
        ("state of a PyTorch rewirer", training.rewirer, _load_rewirer),
    ):
        saved = io.BytesIO()
        torch.save(part.state_dict(), saved)
        seeds = (saved.getvalue(),)
        yield Reader(
            name, "state.pt", seeds, read, _Training.go_on, ("state",), mutate_state, FEWER
        )


class _Training:
    def __init__(self) -> None:
        first = rt.Linear(4, 5, density=0.5, seed=0)
        last = rt.Linear(5, 2, density=0.8, seed=1)
        self.model = torch.nn.Sequential(first, torch.nn.ReLU(), last)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1, momentum=0.9)
        self.rewirer = rt.Rewirer(self.model, self.optimizer, steps=20, every=4, seed=0)

    def go_on(self, steps: int = 5) -> None:
        for _ in range(steps):
            self.optimizer.zero_grad()
            self.model(torch.ones(3, 4)).sum().backward()
            self.optimizer.step()
            self.rewirer.step()


def _load_model(path: Path) -> _Training:
    """Load it; what PyTorch itself refuses is a RuntimeError, by its custom."""
    training = _Training()
    try:
        training.model.load_state_dict(torch.load(path, weights_only=True))
    except (RuntimeError, TypeError) as error:
        if "state_dict" in str(error):
            raise ValueError(f"the state is refused by PyTorch: {error}") from error
        raise
    return training


def _load_rewirer(path: Path) -> _Training:
    """Load it; one that is refused must leave the rewirer as it was."""
    training = _Training()
    before = repr(training.rewirer.state_dict())
    try:
        training.rewirer.load_state_dict(torch.load(path, weights_only=True))
    except BaseException:
        assert repr(training.rewirer.state_dict()) == before, "the refused state changed it"
        raise
    return training
