"""Models for the tests of rewirers, and their connections in a form that can be compared."""

import numpy as np
import torch
from torch import nn

import rewire.torch as rt

DOUBLE = torch.float64


def torch_twin(net, slack=0.0):
    """The model of sparse layers with a layered network's connections, weights and biases."""
    modules, starts = [], np.cumsum([0, *net.ranks])
    table, target = net.connections, net.connections.target
    for rank in range(len(net.ranks) - 1):
        here = (target >= starts[rank + 1]) & (target < starts[rank + 2])
        indptr = table.indptr[starts[rank + 1] : starts[rank + 2] + 1] - np.argmax(here)
        layer = rt.Linear(
            net.ranks[rank],
            net.ranks[rank + 1],
            wiring=(indptr, table.source[here] - starts[rank]),
            slack=slack,
            dtype=DOUBLE,
        )
        with torch.no_grad():
            layer.weight[: layer.n_connections] = torch.from_numpy(table.weight[here])
            layer.bias.copy_(
                torch.from_numpy(net.neurons["bias"][starts[rank + 1] : starts[rank + 2]])
            )
        modules += [layer, nn.ReLU()]
    return nn.Sequential(*modules[:-1])


def connections(model):
    """All connections as (layer, target, source), with their weights."""
    found = {}
    for number, layer in enumerate(m for m in model.modules() if isinstance(m, rt.Linear)):
        fan_in = layer.indptr.diff()
        target = torch.repeat_interleave(torch.arange(len(fan_in)), fan_in)
        live = slice(layer.n_connections)
        source, weight = layer.source[live].tolist(), layer.weight[live].tolist()
        keys = zip([number] * len(target), target.tolist(), source, strict=True)
        found |= dict(zip(keys, weight, strict=True))
    return found


def network_connections(net):
    starts, table = np.cumsum([0, *net.ranks]), net.connections
    target, source = table.target, table.source
    rank = np.searchsorted(starts, target, side="right") - 2
    keys = zip(
        rank.tolist(),
        (target - starts[rank + 1]).tolist(),
        (source - starts[rank]).tolist(),
        strict=True,
    )
    return dict(zip(keys, table.weight.tolist(), strict=True))


def small_model(seed=0, slack=0.0):
    return nn.Sequential(
        rt.Linear(12, 10, density=0.3, seed=seed, slack=slack, dtype=DOUBLE),
        nn.ReLU(),
        rt.Linear(10, 4, density=0.4, seed=seed + 1, slack=slack, dtype=DOUBLE),
    )


def batch(*shape, seed=0):
    return torch.randn(*shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))
