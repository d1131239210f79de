"""What a page shows of a network at one step, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rewire.graph import Network
from rewire.graph.densities import block_densities
from rewire.graph.graph import Graph
from rewire.graph.strip import alive

from .strongest_paths import strongest_paths

__all__ = [
    "BLOCKS",
    "boundary_points",
    "distribution",
    "drawn_features",
    "extract_features",
    "shrink",
]

# Blocks along each side of a heat map of densities.
BLOCKS = 24
# Pixels along the longer side of an image's input map.
MAX_PIXELS = 64
# Samples on which the activity of a network too large to draw is measured.
FEW_SAMPLES = 32
# Points along each side of a decision boundary.
POINTS = 60
# Scores beyond this are drawn in full colour: twice the margin of the hinge loss.
FULL_COLOUR = 2.0


def extract_features(
    net: Network,
    X: np.ndarray,
    loss: str,
    *,
    whole: bool,
    image_shape: Sequence[int] | None = None,
) -> dict[str, np.ndarray]:
    """Return everything that a page shows of a network.

    Parameters
    ----------
    net : Network
    X : ndarray, shape (samples, inputs)
        Samples on which activity is measured.
    loss : str
        Name of the loss, which decides how outputs are read.
    whole : bool
        Show every connection; otherwise the strongest paths, and densities by blocks.
    image_shape : (int, int), optional
        Rows and columns, if the inputs are the pixels of an image.

    Returns
    -------
    dict of str to ndarray
        ``totals``: connections, possible connections, hidden neurons, dead neurons, living neurons
        except inputs, connections between living neurons, bytes, bytes of the dense network,
        biases, and whether all numbers are finite (those that are not are shown as 0).

        ``source``, ``target``, ``weight`` and ``birth`` of the connections drawn; ``neuron``, the
        numbers of the neurons drawn, with their ``bias``, ``activity`` (mean absolute activation),
        ``alive``, ``fan_in`` and ``fan_out``; ``fan_ins`` and ``fan_outs``, rows of (value, number
        of neurons that have it).

        Where they apply, ``boundary``, ``input_map`` and a ``density r s`` per pair of ranks.
    """
    net, finite = _with_finite_numbers(net)
    table, start = net.connections, net.rank_start
    living, fan_in, fan_out = alive(net), table.fan_in, table.fan_out
    drawn = drawn_features(net, None if whole else strongest_paths(net), living)
    samples = X if whole else X[:: -(-len(X) // FEW_SAMPLES)]
    features = {
        **drawn,
        "totals": np.append(_totals(net, living), finite),
        "next_birth": np.array([table.next_birth]),
        "activity": _activity(net, samples)[drawn["neuron"]],
        "fan_ins": distribution(fan_in[start[1] :]),
        "fan_outs": distribution(fan_out[: start[-2]]),
    }
    if net.ranks[0] == 2:
        features["boundary"] = _boundary(net, X, loss)
    if image_shape is not None:
        features["input_map"] = shrink(fan_out[: net.ranks[0]].reshape(image_shape))
    if whole:
        return features
    return features | {
        f"density {r} {s}": found.astype(np.float32)
        for (r, s), found in block_densities(net, BLOCKS).items()
    }


def drawn_features(net: Graph, drawn: np.ndarray | None, living: np.ndarray) -> dict[str, Any]:
    """Return the ranks, and what is shown of connections and of the neurons that they join.

    Parameters
    ----------
    net : Graph
    drawn : ndarray of int, or None
        Rows of the connection table; None for all, and all neurons.
    living : ndarray of bool, shape (neurons,)
    """
    table = net.connections
    whole = drawn is None
    rows = np.arange(len(table)) if drawn is None else drawn
    target = np.searchsorted(table.indptr, rows, side="right") - 1
    neuron = np.arange(net.size) if whole else np.union1d(table.source[rows], target)
    return {
        "ranks": np.array(net.ranks),
        "source": table.source[rows],
        "target": target.astype(table.source.dtype),
        "weight": table.weight[rows].astype(np.float32),
        "birth": table.birth[rows],
        "neuron": neuron,
        "bias": net.bias[neuron].astype(np.float32),
        "alive": living[neuron].astype(np.uint8),
        "fan_in": table.fan_in[neuron],
        "fan_out": table.fan_out[neuron],
    }


def boundary_points(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the coordinates, across and up, at which a decision boundary is evaluated."""
    low, high = X.min(axis=0), X.max(axis=0)
    margin = 0.15 * (high - low) + 1e-6
    across, up = np.linspace(low - margin, high + margin, POINTS).T
    return across, up


def _with_finite_numbers(net: Network) -> tuple[Network, bool]:
    """Return the network, or a copy with 0 for what is not finite; and whether all was finite."""
    weight, bias = net.connections.weight, net.bias
    if np.isfinite(weight).all() and np.isfinite(bias).all():
        return net, True
    net = net.copy()
    net.connections.data["weight"] = np.where(np.isfinite(weight), weight, 0)
    net.neurons.data["bias"] = np.where(np.isfinite(bias), bias, 0)
    return net, False


def _boundary(net: Network, X: np.ndarray, loss: str) -> np.ndarray:
    """Return scores on a grid as int8, rows from the bottom up.

    127 is a certain second class (or a large output), -127 a certain first one; with three or more
    classes, the number of the class.
    """
    points = np.stack(np.meshgrid(*boundary_points(X)), axis=-1).reshape(-1, 2)
    with np.errstate(over="ignore", invalid="ignore"):
        outputs = np.nan_to_num(net.predict(points).astype(np.float64))
    if outputs.shape[1] > 2 and loss == "cross_entropy":
        return outputs.argmax(axis=1).astype(np.int8).reshape(POINTS, POINTS)
    score = outputs[:, 0] if outputs.shape[1] != 2 else outputs[:, 1] - outputs[:, 0]
    shade = np.rint(127 * np.clip(score / FULL_COLOUR, -1, 1))
    return shade.astype(np.int8).reshape(POINTS, POINTS)


def _totals(net: Network, living: np.ndarray) -> np.ndarray:
    start, table, item = net.rank_start, net.connections, net.dtype.itemsize
    biases = net.size - net.ranks[0]
    between_living = len(table)
    if not living.all():
        ends_alive = living[table.source] & np.repeat(living, table.fan_in)
        between_living = int(ends_alive.sum())
    hidden = living[start[1] : start[-2]]
    index = table.source.dtype.itemsize
    return np.array(
        [
            len(table),
            net.possible_connections,
            len(hidden),
            int((~hidden).sum()),
            int(living[start[1] :].sum()),
            between_living,
            len(table) * (item + index) + (net.size + 1) * index + biases * item,
            (net.possible_connections + biases) * item,
            biases,
        ],
        np.int64,
    )


def _activity(net: Network, X: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        X = np.ascontiguousarray(X)  # kernels do not take strided rows
        A = net.program().activations(net.connections.weight, net.bias, X)
        return np.nan_to_num(np.abs(A).mean(axis=1).astype(np.float32), posinf=0)


def distribution(values: np.ndarray) -> np.ndarray:
    """Return rows of (value, how often it occurs)."""
    count = np.bincount(values)
    value = np.flatnonzero(count)
    return np.stack([value, count[value]], axis=1).astype(np.int32)


def shrink(picture: np.ndarray) -> np.ndarray:
    """Return a picture of at most 64 by 64 pixels; larger ones are summed over square blocks."""
    step = -(-max(picture.shape) // MAX_PIXELS)
    rows, columns = (-(-side // step) for side in picture.shape)
    padded = np.zeros((rows * step, columns * step), np.int32)
    padded[: picture.shape[0], : picture.shape[1]] = picture
    return padded.reshape(rows, step, columns, step).sum(axis=(1, 3), dtype=np.int32)
