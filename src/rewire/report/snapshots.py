"""Copies of a network's arrays, taken in microseconds, and the network restored from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rewire.connectivity import ConnectionTable
from rewire.graph import Network

__all__ = ["restore", "snapshot"]


def snapshot(net: Network) -> dict[str, np.ndarray]:
    """Return copies of a network's arrays; nothing is computed."""
    table = net.connections
    return {
        "ranks": np.array(net.ranks),
        "indptr": table.indptr.copy(),
        "source": table.source.copy(),
        "weight": table.weight.copy(),
        "birth": table.birth.copy(),
        "bias": net.bias.copy(),
    }


def restore(arrays: Mapping[str, np.ndarray], activations: Sequence[Any]) -> Network:
    """Return the network of which a snapshot was taken; it has arrays of its own.

    Parameters
    ----------
    arrays : mapping
        From :func:`snapshot`.
    activations : sequence of str or Activation
        One per rank except the inputs.
    """
    fan_in = np.diff(arrays["indptr"])
    target = np.repeat(np.arange(len(fan_in)), fan_in)
    net = Network.from_connections(
        arrays["ranks"].tolist(),
        arrays["source"],
        target,
        np.zeros_like(arrays["weight"]),
        activation=list(activations),
        backend="numpy",  # nothing to compile, and the samples are few
    )
    # Set directly: the checks of from_connections refuse the weights of a diverged training.
    source, weight, birth = (arrays[name].copy() for name in ("source", "weight", "birth"))
    net.connections = ConnectionTable(net.size, source, target, weight, birth)
    net.neurons.data["bias"] = arrays["bias"].copy()
    return net
