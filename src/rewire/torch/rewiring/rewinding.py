"""The point in a training that a method rewinds to: first weights, and first optimiser state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..layers.layer import SparseLayer
from .optimizer_state import OptimizerState, follow_index

__all__ = ["RewindPoint"]


class RewindPoint:
    """A model's parameters and buffers as they are now, with what an optimiser keeps for them.

    Memory for another model. The tables of sparse layers are left out: connections that were
    dropped do not return, and those that stay carry their first weights along.

    Parameters
    ----------
    model : nn.Module
    state : OptimizerState

    Examples
    --------
    >>> model = nn.Linear(2, 1)
    >>> first = model.weight.detach().clone()
    >>> point = RewindPoint(model, OptimizerState(torch.optim.SGD(model.parameters(), lr=0.1)))
    >>> _ = nn.init.zeros_(model.weight)
    >>> point.rewind()
    >>> torch.equal(model.weight, first)
    True
    """

    def __init__(self, model: nn.Module, state: OptimizerState):
        self._model, self._state = model, state
        self.values = {name: tensor.detach().clone() for name, tensor in self._tensors().items()}
        self.kept = {
            name: _map(torch.clone, state.of(tensor)) for name, tensor in self._tensors().items()
        }

    def move(self, parameter: Tensor, index: np.ndarray) -> None:
        """Move what is remembered of a parameter; see :func:`follow_index`."""
        name = next(name for name, tensor in self._tensors().items() if tensor is parameter)
        for tensor in (self.values[name], *self.kept[name].values()):
            if isinstance(tensor, Tensor) and tensor.shape == parameter.shape:
                follow_index(tensor, index)

    @torch.no_grad()
    def rewind(self) -> None:
        """Return to it."""
        for name, tensor in self._tensors().items():
            tensor.copy_(self.values[name])
            self._state.restore(tensor, _map(torch.clone, self.kept[name]))

    def state_dict(self) -> dict[str, Any]:
        """Return all that is remembered."""
        return {
            "values": dict(self.values),
            "kept": {name: dict(k) for name, k in self.kept.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a state of :meth:`state_dict`."""
        self.values = _map(torch.clone, state["values"])
        self.kept = {name: _map(torch.clone, kept) for name, kept in state["kept"].items()}

    def _tensors(self) -> dict[str, Tensor]:
        tables = {
            id(tensor)
            for module in self._model.modules()
            if isinstance(module, SparseLayer)
            for tensor in module.table
        }
        named = dict(self._model.named_parameters()) | dict(self._model.named_buffers())
        return {name: tensor for name, tensor in named.items() if id(tensor) not in tables}


def _map(function: Callable[[Tensor], Tensor], values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: function(v) if isinstance(v, Tensor) else v for k, v in values.items()}
