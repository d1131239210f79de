"""The graph as plain records of neurons and connections, for JSON and NetworkX."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from rewire.activations import Activation
from rewire.graph import Network

from .common import activation_names, activations_named

__all__ = ["attributes", "connections", "network", "neurons"]

Record = Mapping[str, Any]


def attributes(net: Network) -> dict[str, Any]:
    """Return what records of neurons cannot tell: the dtype, and activations of empty ranks."""
    return {"dtype": str(net.dtype), "activations": activation_names(net)}


def neurons(net: Network) -> list[dict[str, Any]]:
    """Return a record for each neuron, in order; inputs have no bias and no activation."""
    names = activation_names(net)
    bias = net.bias.tolist()  # Python's floats: their text reads back to the same bits
    records: list[dict[str, Any]] = []
    for rank, size in enumerate(net.ranks):
        for i in range(size):
            record = {"id": len(records), "label": f"{rank}_{i}", "rank": rank}
            if rank > 0:
                record |= {"bias": bias[len(records)], "activation": names[rank - 1]}
            records.append(record)
    return records


def connections(net: Network) -> list[dict[str, Any]]:
    """Return a record for each connection, in the order of the table."""
    table = net.connections
    columns = table.source.tolist(), table.target.tolist(), table.weight.tolist()
    return [{"source": s, "target": t, "weight": w} for s, t, w in zip(*columns, strict=True)]


def network(
    neurons: Iterable[Record],
    connections: Iterable[Record],
    attributes: Record,
    activations: Sequence[Activation] = (),
) -> Network:
    """Make a network from records.

    Parameters
    ----------
    neurons : iterable of mapping
        Each with ``id`` (any hashable object), ``rank`` and, unless it is 0, ``bias``. They are
        numbered by rank, and within a rank in the order given.
    connections : iterable of mapping
        Each with ``source``, ``target`` and ``weight``. They are born in the order of the table.
    attributes : mapping
        ``dtype``, and ``activations``: a list of names, or its JSON.
    activations : sequence of Activation, optional
        The custom ones among them.
    """
    names = attributes["activations"]
    names = json.loads(names) if isinstance(names, str) else names
    neurons = list(neurons)
    for neuron in neurons:  # before anything is counted up to a rank
        if not isinstance(neuron["rank"], int) or not 0 <= neuron["rank"] <= len(names):
            raise ValueError(
                f"rank must be a whole number from 0 to {len(names)}, as there are so many "
                f"activations; got {neuron['rank']!r} for the neuron {neuron['id']!r}"
            )
    by_rank = sorted(neurons, key=lambda neuron: neuron["rank"])
    number = {neuron["id"]: i for i, neuron in enumerate(by_rank)}
    if len(number) < len(by_rank):
        raise ValueError("each neuron must have an id of its own; some share one")
    rows = sorted((number[c["target"]], number[c["source"]], c["weight"]) for c in connections)
    target, source, weight = zip(*rows, strict=True) if rows else ((), (), ())
    return Network.from_connections(
        np.bincount([neuron["rank"] for neuron in by_rank]).tolist(),
        source,
        target,
        weight,
        bias=[neuron.get("bias", 0.0) for neuron in by_rank],
        activation=activations_named(names, activations),
        dtype=attributes["dtype"],
    )
