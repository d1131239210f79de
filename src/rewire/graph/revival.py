"""Starting idle neurons anew where they would help most; why is told at topology's Revival."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rewire.activations import Activation
from rewire.connectivity import ConnectionTable, Signals
from rewire.connectivity.protocol import Revived
from rewire.kernels.block import block_products

from . import checks
from .program import Program
from .strip import alive
from .surgery import REWIND_POINT, MutableGraph

__all__ = ["idle", "revive"]

MATCHED = 128  # samples on which draws are compared
BLOCK_NUMBERS = 1 << 20  # activations of draws held at once
# Columns that a revived neuron and its connections keep; an optimiser's are cleared.
KEPT = {"source", "birth", "weight", "bias", *REWIND_POINT.values()}


def revive(
    net: MutableGraph,
    signals: Sequence[Signals],
    generator: np.random.Generator,
    *,
    tries: int,
    samples: int,
    skip_connections: bool = False,
) -> Revived:
    """Revive a network's idle neurons, in place; see :meth:`Network.revive`."""
    start, fan_in = net.rank_start, net.connections.fan_in
    A = np.concatenate([np.asarray(batch.activation) for batch in signals], axis=1)
    # Inputs may be far more than neurons, so they are left out of all that does not need them.
    D = np.concatenate([np.asarray(batch.sensitivity)[start[1] :] for batch in signals], axis=1)
    if A.shape[1] < samples or not np.isfinite(A[start[1] :]).all():
        return Revived()  # too few samples, or a divergence, which is reported elsewhere
    waiting, constants = idle(net, A) & (fan_in > 0), _constants(net, A)
    if A.shape[1] > MATCHED:
        some = generator.choice(A.shape[1], MATCHED, replace=False)
        A, D = A[:, some], D[:, some]
    revived, flops = np.zeros(net.size, bool), 0
    for rank in range(1, len(net.ranks) - 1):
        here = start[rank] + np.flatnonzero(waiting[start[rank] : start[rank + 1]])
        if not len(here):
            continue
        first, last = start[rank + 1 : rank + 3] - start[1]
        fed = D[first : None if skip_connections else last]
        fed = fed[fed.any(axis=1)]
        work = int(fan_in[here].sum()) + len(fed) * len(here)
        flops += 2 * (tries + 1) * work * A.shape[1]
        block = max(1, BLOCK_NUMBERS // ((tries + 1) * A.shape[1]))
        partner = np.concatenate(
            [
                _choose(net, part, A, fed, net.activations[rank], tries, generator)
                for part in np.split(here, range(block, len(here), block))
            ]
        )
        here, partner = here[partner >= 0], partner[partner >= 0]
        revived[here] = True
        _divide(net, here, partner, A, net.activations[rank])
        _silence(net, here, constants)
    _clear(net, revived)
    return Revived(np.flatnonzero(revived), flops)


def _choose(
    net: MutableGraph,
    neurons: np.ndarray,
    A: np.ndarray,
    fed: np.ndarray,
    activation: Activation,
    tries: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """Give neurons the best weights, biases and activations.

    Returns for each the row of ``fed`` that it matches best, -1 where nothing was better.
    """
    table, count = net.connections, len(neurons)
    fan_in, rows, owner = _incoming(table, neurons)
    source = table.source[rows]
    ends = np.cumsum(fan_in) - fan_in
    # A neuron much larger than the others would make the next steps overshoot.
    power = np.add.reduceat((A[source] ** 2).mean(axis=1), ends)
    scale = np.sqrt(2 / np.maximum(power, fan_in))[owner]
    drawn = generator.standard_normal((tries, len(rows))) * scale
    weight = np.vstack((table.weight[rows], drawn)).astype(net.dtype)
    kink = generator.integers(A.shape[1], size=(len(weight), count))
    bias = -np.add.reduceat(weight * A[source, kink[:, owner]], ends, axis=1)
    bias[0] = net.bias[neurons]
    activations = _outputs(net, activation, source, owner, weight, bias, A)
    size = np.linalg.norm(activations, axis=0)
    alike = np.abs(block_products(activations.T, fed, backend=net.backend))
    match = alike.max(axis=0, initial=0)
    varies = activations.min(axis=0) < activations.max(axis=0)  # a bias could do the same
    match = np.divide(match, size, out=np.zeros_like(size), where=varies)
    best = match.reshape(bias.shape).argmax(axis=0)
    table.weight[rows] = weight[best[owner], np.arange(len(rows))]
    net.bias[neurons] = bias[best, np.arange(count)]
    chosen = best * count + np.arange(count)
    A[neurons] = activations[:, chosen].T
    return np.where(best > 0, alike[:, chosen].argmax(axis=0) if len(fed) else 0, -1)


def _divide(
    net: MutableGraph,
    neurons: np.ndarray,
    partner: np.ndarray,
    A: np.ndarray,
    activation: Activation,
) -> None:
    """Make neurons that match the same unit smaller, so that all of them act like one.

    What a step changes through them is the sum of their squares: together they would overshoot.
    """
    if not len(neurons):
        return
    table, factor = net.connections, 1 / np.sqrt(np.bincount(partner)[partner])
    _, rows, owner = _incoming(table, neurons)
    table.weight[rows] *= factor[owner]
    net.bias[neurons] *= factor
    weight, bias = table.weight[rows][None], net.bias[neurons][None]
    A[neurons] = _outputs(net, activation, table.source[rows], owner, weight, bias, A).T


def _incoming(
    table: ConnectionTable, neurons: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the fan-in of neurons, their rows in the table, and whose each row is."""
    fan_in = table.fan_in[neurons].astype(np.int64)
    rows = np.concatenate([np.arange(*table.indptr[t : t + 2]) for t in neurons])
    return fan_in, rows, np.repeat(np.arange(len(neurons)), fan_in)


def _outputs(
    net: MutableGraph,
    activation: Activation,
    source: np.ndarray,
    owner: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    A: np.ndarray,
) -> np.ndarray:
    """Return the activations of all draws, as the outputs of one network that reads all neurons.

    Weights have shape (draws, connections), biases (draws, neurons); the result has shape
    (samples, draws · neurons).
    """
    draws, count = bias.shape
    target = net.size + owner + count * np.arange(draws)[:, None]
    rank_start = np.array([0, net.size, net.size + bias.size])
    table = ConnectionTable(
        int(rank_start[-1]), np.tile(source, draws), target.ravel(), weight.ravel()
    )
    functions = checks.activations([activation], 2)
    program = Program(rank_start, functions, table.indptr, table.source, net.dtype, net.backend)
    biases = np.concatenate((np.zeros(net.size, net.dtype), bias.ravel().astype(net.dtype)))
    return program.predict(table.weight, biases, checks.inputs(A.T, net.size, net.dtype))


def idle(net: MutableGraph, activation: np.ndarray) -> np.ndarray:
    """Return whether each neuron is hidden and does nothing.

    Parameters
    ----------
    net : Network
    activation : ndarray, shape (neurons, samples)

    Returns
    -------
    ndarray of bool, shape (neurons,)
        True where the activation is constant, or on no path from the inputs to the outputs.
    """
    result, hidden = ~alive(net), _hidden(net)
    result[hidden] |= activation[hidden].min(axis=1) == activation[hidden].max(axis=1)
    return result


def _constants(net: MutableGraph, activation: np.ndarray) -> np.ndarray:
    """Return the value of every hidden neuron that is constant, 0 for the others."""
    result, hidden = np.zeros(net.size, activation.dtype), _hidden(net)
    first = activation[hidden, :1]
    result[hidden] = np.where((activation[hidden] == first).all(axis=1), first[:, 0], 0)
    return result


def _hidden(net: MutableGraph) -> slice:
    return slice(int(net.rank_start[1]), int(net.rank_start[-2]))


def _silence(net: MutableGraph, neurons: np.ndarray, constants: np.ndarray) -> None:
    """Set the outgoing weights of neurons to 0; what was constant moves into the biases."""
    table, silent = net.connections, np.zeros(net.size, bool)
    silent[neurons] = True
    rows = np.flatnonzero(silent[table.source])
    np.add.at(net.bias, table.target[rows], table.weight[rows] * constants[table.source[rows]])
    table.weight[rows] = 0


def _clear(net: MutableGraph, neurons: np.ndarray) -> None:
    """Clear an optimiser's state of these neurons and of their connections."""
    table = net.connections
    rows = neurons[table.source] | neurons[table.target]
    for columns, where in ((table, rows), (net.neurons, neurons)):
        for name in set(columns.data) - KEPT:
            columns[name][where] = 0
