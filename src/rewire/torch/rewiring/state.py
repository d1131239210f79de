"""The state of a rewirer as ``torch.load`` takes it with ``weights_only=True``: no arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

__all__ = ["as_arrays", "as_tensors", "check_state"]


def as_tensors(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state with tensors for arrays, which share no memory with them.

    Examples
    --------
    >>> as_tensors({"births": np.array([1, 2]), "threshold": 0.5})
    {'births': tensor([1, 2]), 'threshold': 0.5}
    """
    return {
        name: torch.tensor(value) if isinstance(value, np.ndarray) else value
        for name, value in state.items()
    }


def as_arrays(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state with arrays for tensors, which share no memory with them."""
    return {
        name: value.numpy().copy() if isinstance(value, torch.Tensor) else value
        for name, value in state.items()
    }


def check_state(state: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    """Raise ValueError if a state is of another training than a rewirer's own."""
    for name in ("method", "steps", "due_steps", "layers"):
        if state[name] != own[name]:
            raise ValueError(
                f"{name} must be as in the state, {state[name]}; got {own[name]}: make the "
                "rewirer as the one that was saved"
            )
    found, expected = (one["processes"].get("rank", 0) for one in (state, own))
    if state["latest"] and found != expected:
        raise ValueError(
            f"state must be that of rank {expected} here; got that of rank {found}: "
            "just before a rewiring each process holds batches of its own, so let each save and "
            "load its own state, or save at another step"
        )
