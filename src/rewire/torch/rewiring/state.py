"""The state of a rewirer as ``torch.load`` takes it with ``weights_only=True``: no arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

import numpy as np
import torch

from rewire.io import prefixed, received
from rewire.io.schemas import conform

__all__ = ["as_arrays", "as_tensors", "check_state"]

LATEST = 2**62  # births and steps are int64


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


class RewindState(TypedDict):
    """What a method rewinds to."""

    values: dict[str, Any]
    kept: dict[str, dict[str, Any]]


class State(TypedDict):
    """What a rewirer's state holds; tensors are checked apart."""

    method: str
    steps: int
    due_steps: list[int]
    steps_made: int
    learning_rate: float
    layers: dict[str, int]
    next_birth: int
    late: bool
    latest: list[list[list[tuple[Any, Any]]]]
    processes: dict[str, int | None]
    topology: dict[str, Any]
    rewind_point: RewindState | None


def check_state(state: Any, own: Mapping[str, Any]) -> None:
    """Raise ValueError if a state is damaged, or of another training than a rewirer's own."""
    try:
        if not isinstance(state, Mapping):
            raise ValueError(f"it must be what state_dict() returned; got {received(state)}")
        conform(dict(state), State)
        _check_same(state, own)
        _check_births(state, own["birth"])
        for batch in state["latest"]:
            if len(batch) != len(own["layers"]):
                raise ValueError(f"latest must hold passes of {len(own['layers'])} layers")
            for tensor in (one for layer in batch for passes in layer for one in passes):
                _check_tensor("latest", tensor)
        if own["rewind_point"] is not None:
            _check_rewind_point(state["rewind_point"], own["rewind_point"])
    except ValueError as error:
        raise ValueError(prefixed("state: ", error)) from error


def _check_births(state: Mapping[str, Any], own: torch.Tensor) -> None:
    birth = _check_tensor("birth", state.get("birth"), own)
    largest = int(birth.max()) if len(birth) else -1
    if not (birth >= 0).all() or not largest < state["next_birth"] < LATEST:
        raise ValueError(f"next_birth must be beyond all of birth; got {state['next_birth']}")
    if not 0 <= state["steps_made"] < LATEST:
        raise ValueError(f"steps_made must be at least 0; got {state['steps_made']}")


def _check_rewind_point(state: Mapping[str, Any] | None, own: Mapping[str, Any]) -> None:
    if state is None or not state["values"].keys() == state["kept"].keys() == own["values"].keys():
        raise ValueError("rewind_point must hold the model's parameters and buffers")
    for name, tensor in own["values"].items():
        _check_tensor(f"rewind_point of {name}", state["values"][name], tensor)


def _check_tensor(name: str, value: Any, own: torch.Tensor | None = None) -> torch.Tensor:
    if not isinstance(value, torch.Tensor):
        raise ValueError(f"{name} must hold tensors; got {received(value)}")
    if own is not None and (value.shape, value.dtype) != (own.shape, own.dtype):
        raise ValueError(
            f"{name} must be {own.dtype} of shape {tuple(own.shape)}; got {value.dtype} of shape "
            f"{tuple(value.shape)}"
        )
    return value


def _check_same(state: Mapping[str, Any], own: Mapping[str, Any]) -> None:
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
