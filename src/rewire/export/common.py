"""What the formats share: names of activations, optional packages, errors that name the file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np

from rewire import activations
from rewire.activations import BUILT_IN, Activation
from rewire.graph import Network

__all__ = [
    "activation_names",
    "activations_named",
    "built_in_names",
    "optional",
    "reading",
    "targets",
]


def optional(module: str, extra: str) -> Any:
    """Import a package that only some need; the error names the extra that brings it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{module} is needed for this and is not installed: pip install 'rewire-nn[{extra}]'"
        ) from error


def activation_names(net: Network) -> list[str]:
    """Return the names of the activations of all ranks but the inputs.

    Raises
    ------
    ValueError
        If a person's own activation has the name of a built-in one, which the file would then mean.
    """
    for function in net.activations[1:]:
        if function.name in BUILT_IN and function != BUILT_IN[function.name]:
            raise ValueError(
                f"activations must have names of their own; got a custom one named "
                f"{function.name!r}, which is a built-in one's: give it another name"
            )
    return [function.name for function in net.activations[1:]]


def built_in_names(net: Network, format: str) -> list[str]:
    """Return the names of the activations for a format that can hold only the built-in ones."""
    names = activation_names(net)
    for rank, name in enumerate(names, start=1):
        if name not in BUILT_IN:
            raise ValueError(
                f"activations must be built-in ones, {sorted(BUILT_IN)}, for {format}, which "
                f"cannot hold a Python function; got {name!r} for rank {rank}: use a built-in "
                "one, or export to .safetensors, .npz or .json, which keep the name"
            )
    return names


def activations_named(names: Sequence[str], custom: Sequence[Activation]) -> list[Activation]:
    """Return the activations of those names, built-in or among the custom ones."""
    own = {function.name: function for function in custom}
    for name in names:
        if name not in BUILT_IN and name not in own:
            raise ValueError(
                f"activations must hold every activation that is not built in; got "
                f"{sorted(own) or 'none'}, and the file names {name!r}: pass activations=[...] "
                "with the rewire.activations.Activation of that name"
            )
    return [own[name] if name in own else activations.get(name) for name in names]


def targets(indptr: np.ndarray, neurons: int, connections: int) -> np.ndarray:
    """Return where each connection goes, from where those of each target begin; checked."""
    if (
        indptr.shape != (neurons + 1,)
        or indptr.dtype.kind not in "iu"
        or (indptr[0], indptr[-1]) != (0, connections)
        or (indptr[:-1] > indptr[1:]).any()
    ):
        raise ValueError(
            f"indptr must rise from 0 to the {connections} connections in {neurons + 1} whole "
            "numbers; it does not"
        )
    return np.repeat(np.arange(neurons), np.diff(indptr))


@contextmanager
def reading(path: str | os.PathLike[str], *errors: type[Exception]) -> Iterator[None]:
    """Turn what goes wrong with a file's contents into a ValueError that names the file."""
    expected: tuple[type[Exception], ...] = (ValueError, KeyError, TypeError, *errors)
    try:
        yield
    except expected as error:
        what = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise ValueError(f"cannot read {os.fspath(path)!r}: {what}") from error
