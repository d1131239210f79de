"""Scalar networks to arrays and back, exactly."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np

from rewire.scalar import SparseMLP, Value

if TYPE_CHECKING:
    from .network import Network

__all__ = ["from_scalar", "to_scalar"]


def from_scalar(model: Any) -> tuple[list[int], tuple[np.ndarray, ...], np.ndarray, list[str]]:
    """Take a scalar model apart.

    Returns
    -------
    ranks : list of int
    rows : tuple of ndarray
        source, target, weight and birth of every connection, sorted by target and source.
    bias : ndarray
    activations : list of str
        One for each rank but the inputs.
    """
    layers = [layer.neurons for layer in model.layers]
    ranks = [model.nin, *map(len, layers)]
    start = np.cumsum((0, *ranks))
    rows = [
        (start[k] + i, start[k + 1] + j, w.data)
        for k, neurons in enumerate(layers)
        for j, neuron in enumerate(neurons)
        for i, w in neuron.w.items()
    ]
    source, target, weight = np.array(rows, dtype=np.float64).reshape(-1, 3).T
    source, target = source.astype(np.int64), target.astype(np.int64)
    order = np.lexsort((source, target))
    bias = np.zeros(start[-1])
    bias[ranks[0] :] = [neuron.b.data for neurons in layers for neuron in neurons]
    activations = ["relu" if neurons and neurons[0].nonlin else "linear" for neurons in layers]
    return ranks, (source[order], target[order], weight[order], order), bias, activations


def to_scalar(net: Network) -> SparseMLP:
    """Build the scalar model with the same connections; the oldest of a neuron come first."""
    names = [activation.name for activation in net.activations[1:]]
    if not set(names) <= {"relu", "linear"}:
        raise ValueError(
            f"activations must be 'relu' or 'linear' for scalar neurons; got {sorted(set(names))}"
        )
    table, start = net.connections, net.rank_start
    skipping = start[np.searchsorted(start, table.target, side="right") - 2] > table.source
    if skipping.any():
        c = int(np.flatnonzero(skipping)[0])
        raise ValueError(
            "connections must go from one rank to the next for scalar neurons; "
            f"got {net.label(table.source[c])} to {net.label(table.target[c])}"
        )
    # Neurons of one placeholder connection each; nothing random about them.
    sizes = [max(size, 1) for size in net.ranks]
    model = SparseMLP(
        net.ranks[0],
        sizes[1:],
        [1 - 1 / size for size in sizes[:-1]],
        wiring="first",
        init=lambda fan_in, rng: 0.0,
        rng=random.Random(0),
    )
    for rank, (layer, name) in enumerate(zip(model.layers, names, strict=True), start=1):
        del layer.neurons[net.ranks[rank] :]
        for t, neuron in enumerate(layer.neurons, start=int(start[rank])):
            rows = table.rows(t)
            oldest_first = rows.start + np.argsort(table.birth[rows])
            first_source = int(start[rank - 1])
            neuron.w = {
                int(table.source[c]) - first_source: Value(float(table.weight[c]))
                for c in oldest_first
            }
            neuron.b = Value(float(net.bias[t]))
            neuron.nin, neuron.nonlin = net.ranks[rank - 1], name == "relu"
    return model
