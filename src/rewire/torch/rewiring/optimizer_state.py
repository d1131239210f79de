"""What an optimiser keeps for each connection, and its move when connections move."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from rewire.io import advise

__all__ = ["OptimizerState", "follow_index"]

# Optimisers whose state is not one number for each parameter, and why.
REFUSED = {
    torch.optim.LBFGS: "keeps a history of all parameters in one vector",
    torch.optim.SparseAdam: "takes sparse gradients only",
}
# The state that is a momentum, by its name in PyTorch's optimisers.
MOMENTA = ("momentum_buffer", "exp_avg")


class OptimizerState:
    """The state of an optimiser, as a rewiring sees and moves it.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer

    Raises
    ------
    TypeError
        If it is no optimiser of PyTorch's kind.
    ValueError
        If it keeps a state that cannot follow the connections.
    """

    def __init__(self, optimizer: Optimizer):
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"optimizer must be a torch.optim.Optimizer; got {type(optimizer).__name__}"
            )
        for kind, reason in REFUSED.items():
            if isinstance(optimizer, kind):
                raise ValueError(
                    advise(
                        f"optimizer must keep one number for each weight; got {kind.__name__}, "
                        f"which {reason}",
                        "use another of torch.optim, such as AdamW or SGD",
                    )
                )
        self.optimizer = optimizer

    def __repr__(self) -> str:
        """Show the optimiser's kind, for error messages."""
        return type(self.optimizer).__name__

    @property
    def momentum(self) -> float:
        """The factor β of the first group; 0 if no momentum is kept."""
        group = self.optimizer.param_groups[0]
        return float(group["betas"][0] if "betas" in group else group.get("momentum", 0.0))

    def group_of(self, parameter: nn.Parameter) -> dict[str, Any] | None:
        """Return the group of a parameter, or None."""
        groups = self.optimizer.param_groups
        return next((g for g in groups if any(p is parameter for p in g["params"])), None)

    def momentum_of(self, parameter: nn.Parameter) -> Tensor:
        """Return the momentum of each connection; zeros before the first step."""
        state = self.optimizer.state.get(parameter, {})
        found = (state[name] for name in MOMENTA if state.get(name) is not None)
        return next(found, torch.zeros_like(parameter))

    def of(self, parameter: Tensor) -> dict[str, Any]:
        """Return what is kept for a parameter; nothing before the first step, as a rule."""
        return dict(self.optimizer.state.get(parameter, {}))

    def restore(self, parameter: Tensor, state: dict[str, Any]) -> None:
        """Keep this for a parameter; what is empty the optimiser begins anew."""
        if state or parameter in self.optimizer.state:
            self.optimizer.state.pop(parameter, None)
            self.optimizer.state.update({parameter: state} if state else {})

    def clear(self, parameter: Tensor, rows: np.ndarray) -> None:
        """Set to 0 what is kept for some entries of a parameter."""
        for value in self._alike(parameter):
            value[torch.from_numpy(rows).to(value.device)] = 0

    def replace(self, old: nn.Parameter, new: nn.Parameter) -> None:
        """Hold the first entries of a parameter, which are a new one now, in its place."""
        group = self.group_of(old)
        assert group is not None
        place = next(i for i, p in enumerate(group["params"]) if p is old)
        group["params"][place] = new
        alike = {id(value) for value in self._alike(old)}
        state = self.optimizer.state.pop(old, {})
        if state:
            self.optimizer.state[new] = {
                name: value[: len(new)].clone() if id(value) in alike else value
                for name, value in state.items()
            }
        new.grad = None if old.grad is None else old.grad[: len(new)].clone()

    @contextmanager
    def other_gradients(self) -> Iterator[None]:
        """Let other gradients be computed meanwhile; the present ones come back."""
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        kept = [p.grad for p in parameters]
        for p in parameters:
            p.grad = None
        try:
            yield
        finally:
            for p, gradient in zip(parameters, kept, strict=True):
                p.grad = gradient

    def check(self, parameter: nn.Parameter) -> None:
        """Raise ValueError if a state of this parameter has neither its shape nor one number."""
        kind = type(self.optimizer).__name__
        for name, value in self.optimizer.state.get(parameter, {}).items():
            if isinstance(value, Tensor) and value.numel() > 1 and value.shape != parameter.shape:
                raise ValueError(
                    f"optimizer must keep one number for each weight; {kind} "
                    f"keeps {name!r} of shape {tuple(value.shape)} for a parameter of shape "
                    f"{tuple(parameter.shape)}: use another optimizer"
                )

    def move(self, parameter: nn.Parameter, index: np.ndarray) -> None:
        """Move a parameter, its gradient and its state; see :func:`follow_index`."""
        for tensor in (parameter, parameter.grad, *self._alike(parameter)):
            if tensor is not None:
                follow_index(tensor, index)

    def _alike(self, parameter: Tensor) -> list[Tensor]:
        """Return what is kept with one number for each of a parameter's."""
        state = self.optimizer.state.get(parameter, {}).values()
        return [v for v in state if isinstance(v, Tensor) and v.shape == parameter.shape]


@torch.no_grad()
def follow_index(tensor: Tensor, index: np.ndarray) -> None:
    """Rewrite a tensor in place: each entry from its old place, new ones zero.

    Parameters
    ----------
    tensor : Tensor, shape (entries,)
    index : ndarray of int64, shape (entries,)
        The old place of each entry, -1 for a new or a spare one.

    Examples
    --------
    >>> numbers = torch.tensor([1.0, 2.0, 3.0])
    >>> follow_index(numbers, np.array([-1, 0, 2]))
    >>> numbers.tolist()
    [0.0, 1.0, 3.0]
    """
    old = torch.from_numpy(index).to(tensor.device)
    # A tenth of the time of tensor[index], whose indices may be negative.
    moved = tensor.index_select(0, old.clamp(min=0))
    tensor.copy_(moved.masked_fill_(old < 0, 0))
