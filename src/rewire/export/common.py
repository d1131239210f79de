"""What the formats share: activations by name, and compressed rows as pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rewire.activations import Activation, registry
from rewire.graph import Network
from rewire.io import advise
from rewire.validation import of_type, several

__all__ = [
    "activation_names",
    "activations_named",
    "built_in_names",
    "targets",
]


def activation_names(net: Network) -> list[str]:
    """Return the names of the activations of all ranks but the inputs.

    Raises
    ------
    ValueError
        If two activations share a name, so that a file could not tell which one is meant.
    """
    for function in net.activations[1:]:
        if function.name in registry and function != registry[function.name]:
            raise ValueError(
                f"activations must have names of their own; got one named {function.name!r}, "
                "which is another one in rewire.activations.registry: give it another name"
            )
    return [function.name for function in net.activations[1:]]


def built_in_names(net: Network, format: str) -> list[str]:
    """Return the names of the activations, for a format that can hold only the built-in ones."""
    names = activation_names(net)
    for rank, function in enumerate(net.activations[1:], start=1):
        if not function.built_in:
            known = sorted(name for name, one in registry.items() if one.built_in)
            raise ValueError(
                f"activations must be built-in ones, {known}, for {format}, which cannot hold a "
                f"Python function; got {function.name!r} for rank {rank}: use a built-in one, or "
                "export to .safetensors, .npz or .json, which keep the name"
            )
    return names


def activations_named(names: Sequence[str], custom: Sequence[Activation]) -> list[Activation]:
    """Return the activations of those names, registered or among the custom ones."""
    given = several(custom, "activations", "Activations")
    own = {of_type(one, "activations", Activation).name: one for one in given}
    for name in names:
        if name not in registry and name not in own:
            raise ValueError(
                advise(
                    f"activations must hold every activation that is not registered; got "
                    f"{sorted(own) or 'none'}, and the file names {name!r}",
                    "pass activations=[...] with the rewire.activations.Activation of that name",
                )
            )
    return [own[name] if name in own else registry[name] for name in names]


def targets(indptr: np.ndarray, neurons: int, connections: int) -> np.ndarray:
    """Return the target of each connection, from the checked row pointers of a CSR matrix."""
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
