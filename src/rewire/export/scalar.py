"""Networks of scalar neurons to networks and back, exactly."""

from __future__ import annotations

import random

import numpy as np

from rewire.connectivity import ConnectionTable
from rewire.graph import Network
from rewire.io import received
from rewire.scalar import SparseMLP, Value
from rewire.validation import of_type

__all__ = ["from_scalar", "to_scalar"]


def from_scalar(model: SparseMLP) -> Network:
    """Convert a network of scalar neurons, exactly; in float64.

    Parameters
    ----------
    model : SparseMLP
        Connections keep their order of insertion as their order of birth.

    Returns
    -------
    Network

    Examples
    --------
    >>> import random
    >>> from rewire.scalar import SparseMLP
    >>> from_scalar(SparseMLP(2, [4, 1], [0.5, 0], rng=random.Random(0)))
    Network 2-4-1: 8 connections, density 66.67%
    """
    if not hasattr(model, "layers"):
        raise TypeError(f"model must be a SparseMLP; got {received(model)}")
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
    birth = np.lexsort((source, target))
    source, target, weight = source[birth], target[birth], weight[birth]
    bias = np.zeros(start[-1])
    bias[ranks[0] :] = [neuron.b.data for neurons in layers for neuron in neurons]
    activation = ["relu" if neurons and neurons[0].nonlin else "linear" for neurons in layers]
    net = Network.from_connections(
        ranks, source, target, weight, bias=bias, activation=activation, dtype="float64"
    )
    net.connections = ConnectionTable(net.size, source, target, weight, birth)
    return net


def to_scalar(net: Network) -> SparseMLP:
    """Convert to a network of scalar neurons, exactly; a neuron's oldest connections come first.

    Raises
    ------
    ValueError
        If a connection skips a rank or an activation is neither ReLU nor linear, which the scalar
        classes do not have.

    Examples
    --------
    >>> net = Network.from_connections([2, 1, 1], [0, 1, 2], [2, 2, 3], [1, -1, 2])
    >>> model = to_scalar(net)
    >>> [value.data for value in model.layers[0].neurons[0].w.values()]
    [1.0, -1.0]
    """
    of_type(net, "net", Network)
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
