"""Neurons that do nothing start anew, where they would help most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rewire.activations import Activation
from rewire.graph import Network, Signals
from rewire.graph.strip import alive

__all__ = ["Revival", "Revived", "idle"]

MATCHED = 128  # samples on which draws are compared
BLOCK_NUMBERS = 1 << 20  # activations of draws held at once
# Columns that a revived neuron and its connections keep; what optimisers remember goes.
KEPT = {"source", "birth", "weight", "first_weight", "bias", "first_bias"}


class Revived(NamedTuple):
    """Which neurons were revived, and what the search cost."""

    neurons: np.ndarray = np.empty(0, np.int64)
    flops: float = 0.0


@dataclass(frozen=True)
class Revival:
    r"""Give idle neurons new incoming weights before a rewiring; their outgoing ones become 0.

    A hidden neuron is idle if it is constant on all samples looked at (a dead ReLU), or on no way
    to an output. It learns nothing, as its gradient is zero. And where all neurons that are read
    are silent on a sample, that sample moves nothing but the outputs' biases, however wrong its
    prediction is: training is stuck.

    An idle neuron keeps its connections and gets the best of some random draws of their weights:
    the one whose activations a match the sensitivities d = dL/dz of some neuron that it may feed
    best, by \|a · d\| / ‖a‖. This is the gradient that its best outgoing connection would have, so
    that growth by gradient finds it next; and so a neuron that is merely not read keeps the weights
    it has if no draw is better. Weights are from N(0, 2 / fan-in), and smaller where the sources x
    are larger than 1: N(0, 2 / Σ E[x²]). The bias is such that the weighted sum is 0 at a sample
    drawn at random: each draw parts the data somewhere. The function of the network stays as it is
    on the samples looked at: outgoing weights become 0, and a constant moves into the biases it
    fed.

    Starting idle neurons anew is ReDo's idea (arXiv 2302.12902), choosing among random candidates
    by their match with the error that of cascade correlation (Fahlman and Lebiere, 1990).

    Parameters
    ----------
    tries : int, default 8
        Draws for each idle neuron.
    samples : int, default 64
        On fewer, no neuron is called idle: one that is merely rare would lose what it has learnt.

    Examples
    --------
    Hidden neuron 3 is silent, and nothing reads neuron 4:

    >>> from rewire import Network
    >>> source, target = [0, 1, 0, 2, 3], [2, 3, 4, 5, 5]
    >>> net = Network.from_connections([2, 3, 1], source, target, weight=[1, -1, 1, 1, 1])
    >>> X = np.random.default_rng(0).random((64, 2))
    >>> before = net.predict(X)
    >>> signals = net.signals(X, 5 * X[:, 1], "mean_squared_error")
    >>> Revival()(net, [signals], np.random.default_rng(0)).neurons
    array([3, 4])
    >>> bool((net.predict(X) == before).all())
    True
    """

    tries: int = 8
    samples: int = 64

    needs = frozenset({"signals"})

    def __post_init__(self) -> None:
        for name in ("tries", "samples"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; got {getattr(self, name)}")

    def __call__(
        self,
        net: Network,
        signals: Sequence[Signals],
        generator: np.random.Generator,
        wiring: str = "layered",
    ) -> Revived:
        """Revive a network's idle neurons, in place.

        Parameters
        ----------
        net : Network
        signals : sequence of Signals
            What the network computes now, one for each batch of data.
        generator : numpy.random.Generator
        wiring : {"layered", "skip"}, default "layered"
            Whether neurons may feed the next rank only, or all later ones.
        """
        A = np.concatenate([part.activation for part in signals], axis=1)
        D = np.concatenate([part.sensitivity for part in signals], axis=1)
        if A.shape[1] < self.samples or not np.isfinite(A).all():  # diverged: others will say so
            return Revived()
        start, fan_in = net.rank_start, net.connections.fan_in
        waiting, constants = idle(net, A) & (fan_in > 0), _constants(A)
        if A.shape[1] > MATCHED:
            some = generator.choice(A.shape[1], MATCHED, replace=False)
            A, D = A[:, some], D[:, some]
        revived, flops = np.zeros(net.size, bool), 0.0
        for rank in range(1, len(net.ranks) - 1):
            here = start[rank] + np.flatnonzero(waiting[start[rank] : start[rank + 1]])
            if not len(here):
                continue
            fed = D[start[rank + 1] : start[rank + 2] if wiring == "layered" else None]
            fed = fed[fed.any(axis=1)]
            work = int(fan_in[here].sum()) + len(fed) * len(here)
            flops += 2.0 * (self.tries + 1) * work * A.shape[1]
            block = max(1, BLOCK_NUMBERS // ((self.tries + 1) * A.shape[1]))
            for first in range(0, len(here), block):
                part = here[first : first + block]
                revived[part] = self._choose(net, part, A, fed, net.activations[rank], generator)
            _silence(net, here[revived[here]], constants)
        _forget(net, revived)
        return Revived(np.flatnonzero(revived), flops)

    def _choose(
        self,
        net: Network,
        neurons: np.ndarray,
        A: np.ndarray,
        fed: np.ndarray,
        activation: Activation,
        generator: np.random.Generator,
    ) -> np.ndarray:
        """Give neurons the best weights, biases and activations; return for which they are new."""
        table, count = net.connections, len(neurons)
        fan_in = table.fan_in[neurons].astype(np.int64)
        owner = np.repeat(np.arange(count), fan_in)
        rows = np.concatenate([np.arange(*table.indptr[t : t + 2]) for t in neurons])
        source = table.source[rows]
        ends = np.cumsum(fan_in) - fan_in
        # A neuron much larger than the others has the next steps overshoot.
        power = np.add.reduceat((A[source] ** 2).mean(axis=1), ends)
        scale = np.sqrt(2 / np.maximum(power, fan_in))[owner]
        drawn = generator.standard_normal((self.tries, len(rows))) * scale
        weight = np.vstack((table.weight[rows], drawn)).astype(net.dtype)
        kink = generator.integers(A.shape[1], size=(len(weight), count))
        bias = -np.add.reduceat(weight * A[source, kink[:, owner]], ends, axis=1)
        bias[0] = net.bias[neurons]
        # What the neurons have and all draws together are the outputs of one network.
        draws = Network.from_connections(
            [net.size, bias.size],
            np.tile(source, len(weight)),
            net.size + (owner + count * np.arange(len(weight))[:, None]).ravel(),
            weight.ravel(),
            bias=np.concatenate((np.zeros(net.size), bias.ravel())),
            activation=[activation],
            backend=net.backend,
        )
        activations = draws.predict(A.T)
        size = np.linalg.norm(activations, axis=0)
        match = np.abs(fed @ activations).max(axis=0, initial=0)
        varies = activations.min(axis=0) < activations.max(axis=0)  # or a bias does the same
        match = np.divide(match, size, out=np.zeros_like(size), where=varies)
        best = match.reshape(bias.shape).argmax(axis=0)
        table.weight[rows] = weight[best[owner], np.arange(len(rows))]
        net.bias[neurons] = bias[best, np.arange(count)]
        A[neurons] = activations[:, best * count + np.arange(count)].T
        return best > 0


def idle(net: Network, activation: np.ndarray) -> np.ndarray:
    """Return whether each neuron is hidden and does nothing.

    Parameters
    ----------
    net : Network
    activation : ndarray, shape (neurons, samples)

    Returns
    -------
    ndarray of bool, shape (neurons,)
        True where the activation is constant, or on no way from the inputs to the outputs.
    """
    result = ~alive(net)
    hidden = slice(int(net.rank_start[1]), int(net.rank_start[-2]))
    result[hidden] |= activation[hidden].min(axis=1) == activation[hidden].max(axis=1)
    return result


def _constants(activation: np.ndarray) -> np.ndarray:
    """Return the value of every neuron that is constant, 0 for the others."""
    first = activation[:, 0]
    return np.where((activation == first[:, None]).all(axis=1), first, 0)


def _silence(net: Network, neurons: np.ndarray, constants: np.ndarray) -> None:
    """Set the outgoing weights of neurons to 0; what was constant moves into the biases."""
    table, silent = net.connections, np.zeros(net.size, bool)
    silent[neurons] = True
    rows = np.flatnonzero(silent[table.source])
    np.add.at(net.bias, table.target[rows], table.weight[rows] * constants[table.source[rows]])
    table.weight[rows] = 0


def _forget(net: Network, neurons: np.ndarray) -> None:
    """Have optimisers forget the connections of these neurons, and the neurons themselves."""
    table = net.connections
    rows = neurons[table.source] | neurons[table.target]
    for columns, where in ((table, rows), (net.neurons, neurons)):
        for name in set(columns.data) - KEPT:
            columns[name][where] = 0
