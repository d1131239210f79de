"""What a page shows of a network at one moment, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from rewire.connectivity import ConnectionTable
from rewire.graph import Network
from rewire.graph.strip import alive

from .strongest_paths import strongest_paths

__all__ = ["BLOCKS", "boundary_points", "look", "restore", "snapshot"]

# Blocks along each side of a heat map of densities, and of pixels of an image's input map.
BLOCKS = 24
# Samples that a network too large to draw is tried on.
FEW = 32
# Points along each side of a decision boundary.
POINTS = 60
# Outputs beyond these are as sure as can be: twice the margin of the hinge loss.
SURE = 2.0


def snapshot(net: Network) -> dict[str, np.ndarray]:
    """Return copies of a network's arrays, and nothing computed: microseconds."""
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
    """Return the network that a snapshot was taken of.

    Parameters
    ----------
    arrays : mapping
        From :func:`snapshot`.
    activations : sequence of str or Activation
        Of each rank but the inputs.
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
    # Not by way of the checks above, which a diverged training would not pass.
    net.connections = ConnectionTable(
        net.size, arrays["source"], target, arrays["weight"], arrays["birth"]
    )
    net.neurons.data["bias"] = arrays["bias"]
    return net


def look(
    net: Network, X: np.ndarray, loss: str, *, whole: bool, image: Sequence[int] | None = None
) -> dict[str, np.ndarray]:
    """Return everything that a page shows of a network.

    Parameters
    ----------
    net : Network
    X : ndarray, shape (samples, inputs)
        Samples to be active on.
    loss : str
        Says how outputs are to be read.
    whole : bool
        Show every connection; otherwise the strongest paths, and densities by blocks.
    image : (int, int), optional
        Rows and columns of the picture that the inputs are.

    Returns
    -------
    dict of str to ndarray
        ``totals`` (connections, possible ones, hidden neurons, dead ones, neurons that live but
        for the inputs, connections between living ones, bytes, dense bytes,
        biases, and whether all numbers are finite; those that are not are shown as 0), ``source``,
        ``target``, ``weight`` and ``birth`` of the connections drawn; ``neuron`` (numbers of those
        drawn) with their ``bias``, ``activity`` (mean absolute activation), ``alive``, ``fan_in``
        and ``fan_out``; ``fan_ins`` and ``fan_outs``, rows of (value, neurons that have it); and
        where they apply ``boundary``, ``input_map`` and a ``density r s`` for each pair of ranks.
    """
    net, finite = _finite(net)
    table, start = net.connections, net.rank_start
    living = alive(net)
    fan_in, fan_out = table.fan_in, table.fan_out
    drawn = np.arange(len(table)) if whole else strongest_paths(net)
    target = np.searchsorted(table.indptr, drawn, side="right") - 1
    neuron = np.arange(net.size)
    if not whole:
        neuron = np.union1d(table.source[drawn], target)
    shown = {
        "ranks": np.array(net.ranks),
        "totals": np.append(_totals(net, living), finite),
        "next_birth": np.array([table.next_birth]),
        "source": table.source[drawn],
        "target": target.astype(table.source.dtype),
        "weight": table.weight[drawn].astype(np.float32),
        "birth": table.birth[drawn],
        "neuron": neuron,
        "bias": net.bias[neuron].astype(np.float32),
        "activity": _activity(net, X if whole else X[:: -(-len(X) // FEW)])[neuron],
        "alive": living[neuron].astype(np.uint8),
        "fan_in": fan_in[neuron],
        "fan_out": fan_out[neuron],
        "fan_ins": _distribution(fan_in[start[1] :]),
        "fan_outs": _distribution(fan_out[: start[-2]]),
    }
    if net.ranks[0] == 2:
        shown["boundary"] = _boundary(net, X, loss)
    if image is not None:
        shown["input_map"] = _shrunk(fan_out[: net.ranks[0]].reshape(image))
    return shown if whole else shown | _densities(net)


def _finite(net: Network) -> tuple[Network, bool]:
    """Return the network, or a copy with 0 for what is not finite; and whether all was."""
    weight, bias = net.connections.weight, net.bias
    if np.isfinite(weight).all() and np.isfinite(bias).all():
        return net, True
    net = net.copy()
    net.connections.data["weight"] = np.where(np.isfinite(weight), weight, 0)
    net.neurons.data["bias"] = np.where(np.isfinite(bias), bias, 0)
    return net, False


def boundary_points(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return at which coordinates, across and up, a decision boundary is asked for."""
    low, high = X.min(axis=0), X.max(axis=0)
    margin = 0.15 * (high - low) + 1e-6
    across, up = np.linspace(low - margin, high + margin, POINTS).T
    return across, up


def _boundary(net: Network, X: np.ndarray, loss: str) -> np.ndarray:
    """Return int8 rows from the bottom up.

    127 is surely the second class (or the largest output), -127 surely the first; with three or
    more classes, the number of the class.
    """
    points = np.stack(np.meshgrid(*boundary_points(X)), axis=-1).reshape(-1, 2)
    with np.errstate(over="ignore", invalid="ignore"):
        outputs = np.nan_to_num(net.predict(points).astype(np.float64))
    if outputs.shape[1] > 2 and loss == "cross_entropy":
        classes = outputs.argmax(axis=1)
        return classes.astype(np.int8).reshape(POINTS, POINTS)
    score = outputs[:, 0] if outputs.shape[1] != 2 else outputs[:, 1] - outputs[:, 0]
    return np.rint(127 * np.clip(score / SURE, -1, 1)).astype(np.int8).reshape(POINTS, POINTS)


def _totals(net: Network, living: np.ndarray) -> np.ndarray:
    start, table, item = net.rank_start, net.connections, net.dtype.itemsize
    biases = net.size - net.ranks[0]
    both = len(table)
    if not living.all():
        both = int((living[table.source] & np.repeat(living, table.fan_in)).sum())
    hidden = living[start[1] : start[-2]]
    index = table.source.dtype.itemsize
    return np.array(
        [
            len(table),
            net.possible_connections,
            len(hidden),
            int((~hidden).sum()),
            int(living[start[1] :].sum()),
            both,
            len(table) * (item + index) + (net.size + 1) * index + biases * item,
            (net.possible_connections + biases) * item,
            biases,
        ],
        np.int64,
    )


def _activity(net: Network, X: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        # A sample of the rows is a view with gaps, which kernels do not take.
        X = np.ascontiguousarray(X)
        A = net.program().activations(net.connections.weight, net.bias, X)
        return np.nan_to_num(np.abs(A).mean(axis=1).astype(np.float32), posinf=0)


def _distribution(values: np.ndarray) -> np.ndarray:
    count = np.bincount(values)
    value = np.flatnonzero(count)
    return np.stack([value, count[value]], axis=1).astype(np.int32)


def _shrunk(picture: np.ndarray) -> np.ndarray:
    """Return a picture of at most 64 by 64 pixels, sums of blocks where it is larger."""
    step = -(-max(picture.shape) // 64)
    rows, columns = (-(-side // step) for side in picture.shape)
    padded = np.zeros((rows * step, columns * step), np.int32)
    padded[: picture.shape[0], : picture.shape[1]] = picture
    return padded.reshape(rows, step, columns, step).sum(axis=(1, 3), dtype=np.int32)


def _densities(net: Network) -> dict[str, np.ndarray]:
    """Return the density of blocks of neighbouring neurons, sources across, for pairs of ranks."""
    table, ranks = net.connections, net.ranks
    sides = np.minimum(ranks, BLOCKS)
    # Each neuron's block, counted on from rank to rank; the numbers that bincount takes uncopied.
    block = np.concatenate(
        [
            before + np.arange(n, dtype=np.intp) * side // max(n, 1)
            for n, side, before in zip(ranks, sides, np.cumsum(sides) - sides, strict=True)
        ]
    )
    neurons = np.bincount(block)
    found = {}
    for s in range(1, len(ranks)):
        # The rows of a block of targets follow each other.
        cuts = np.searchsorted(block, np.arange(sides[:s].sum(), sides[: s + 1].sum() + 1))
        rows = table.indptr[cuts].tolist()
        counts = np.array(
            [
                np.bincount(block[table.source[first:last]], minlength=len(neurons))
                for first, last in pairwise(rows)
            ]
        ).reshape(len(rows) - 1, len(neurons))
        down = neurons[sides[:s].sum() :][: sides[s]]
        for r in range(s):
            columns = slice(sides[:r].sum(), sides[: r + 1].sum())
            if r == s - 1 or counts[:, columns].any():
                possible = np.outer(down, neurons[columns])
                found[f"density {r} {s}"] = (counts[:, columns] / possible).astype(np.float32)
    return found
