"""The saved state of a rewirer, held against what it must be before anything is changed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, TypedDict

import numpy as np

from rewire.io import prefixed, received
from rewire.io.schemas import conform

from .statistics import Rewiring

__all__ = ["SavedState", "check_state"]


class SavedState(NamedTuple):
    """What a rewirer continues with; see :class:`rewire.topology.Rewirer` for the meaning."""

    explored: np.ndarray
    initial: np.ndarray
    born_before: np.ndarray
    born_at: np.ndarray
    generator: dict[str, Any]
    threshold: float
    history: list[Rewiring]


class _Plain(TypedDict):
    """The parts that are no arrays."""

    generator: dict[str, Any]
    threshold: float
    history: list[Rewiring]


def check_state(state: Any, generator: np.random.Generator, layers: int) -> SavedState:
    """Return a state of :meth:`rewire.topology.Rewirer.state_dict`, also by way of a file.

    Parameters
    ----------
    state : mapping
    generator : numpy.random.Generator
        Left as it is; the state must hold that of one of its kind.
    layers : int
        Of the model.

    Raises
    ------
    ValueError
    """
    try:
        return _checked(state, generator, layers)
    except (ValueError, OverflowError) as error:
        raise ValueError(prefixed("state: ", error)) from error


def _checked(state: Any, generator: np.random.Generator, layers: int) -> SavedState:
    if not isinstance(state, Mapping):
        raise ValueError(f"it must be what state_dict() returned; got {received(state)}")
    conform(dict(state), _Plain)
    # Streams count steps from the latest call on, so connections may be born before step 0.
    arrays = {
        name: _whole_numbers(state, name, least=None if name == "born_at" else 0)
        for name in SavedState._fields[:4]
    }
    if len(arrays["initial"]) != layers:
        raise ValueError(f"initial must have a number for each of {layers} layers")
    if len(arrays["born_at"]) != len(arrays["born_before"]) + 1:
        raise ValueError("born_at must have one number more than born_before")
    for name, least in (("explored", 1), ("born_before", 0), ("born_at", 0)):
        if (np.diff(arrays[name]) < least).any():
            raise ValueError(f"{name} must rise")
    _check_generator(generator, state["generator"])
    if not math.isfinite(float(state["threshold"])):
        raise ValueError(f"threshold must be finite; got {state['threshold']}")
    return SavedState(
        **arrays,
        generator=state["generator"],
        threshold=float(state["threshold"]),
        history=[Rewiring.from_dict(record) for record in state["history"]],
    )


def _whole_numbers(state: Mapping[str, Any], name: str, least: int | None) -> np.ndarray:
    if name not in state:
        raise ValueError(f"it lacks {name!r}")
    array = np.array(state[name])
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise ValueError(f"{name} must hold whole numbers; got {array.dtype} of {array.shape}")
    array = array.astype(np.int64)
    if least is not None and array.min(initial=least) < least:
        raise ValueError(f"{name} must hold numbers from {least} on; got {array.min()}")
    return array


def _check_generator(generator: np.random.Generator, state: dict[str, Any]) -> None:
    try:
        type(generator.bit_generator)().state = state
    except Exception as error:  # NumPy raises errors of several kinds
        raise ValueError(
            f"generator must hold the state of a {type(generator.bit_generator).__name__}; got "
            f"something else ({type(error).__name__}: {error})"
        ) from error
