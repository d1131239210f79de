"""Making layered networks: which inputs each neuron reads, and first weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from rewire.connectivity import ConnectionTable, densities
from rewire.connectivity.distributions import connection_counts, per_layer
from rewire.connectivity.table import Columns
from rewire.validation import float_dtype, whole_number
from rewire.validation import generator as as_generator

from . import checks
from .network import Network

__all__ = ["mlp"]

Init = str | float | Callable[[int, np.random.Generator], float]


def mlp(
    sizes: Sequence[int],
    *,
    sparsity: float | Sequence[float] | None = None,
    density: float | Sequence[float] | None = None,
    distribution: str = "uniform",
    min_fan_in: int = 1,
    activation: Any = "relu",
    init: Init = "fan_in",
    wiring: str = "random",
    dtype: Any = "float32",
    seed: int | np.random.Generator | None = None,
    backend: str | None = None,
) -> Network:
    """Make a multi-layer perceptron of sparsely connected neurons.

    One density for the whole network is kept exactly: there are ``round(density * possible)``
    connections, and within a layer fan-ins differ by one at most. A density for each layer is
    rounded up for each neuron, to a fan-in of ``ceil(density * inputs)``, as in the post. Only
    where ``min_fan_in`` raises a layer are there more. Biases start at 0.

    Parameters
    ----------
    sizes : sequence of int
        Neurons in each rank: inputs, hidden layers, outputs.
    sparsity, density : float or sequence of float, optional
        Sparsity in [0, 1) or density in (0, 1]; give one of the two, or neither for a dense
        network. One number is for the whole network, a sequence has one for each layer.
    distribution : {"uniform", "er", "erk"}, default "uniform"
        How one number is spread over the layers; see :func:`rewire.connectivity.densities`.
        ``"er"`` and ``"erk"``, which do not differ here, make small layers denser.
    min_fan_in : int, default 1
        What every neuron reads at least, or all neurons of the rank before where these are fewer.
    activation : str, Activation or sequence, default "relu"
        Of the hidden layers, where the output is linear; or one per layer.
    init : float, callable or "fan_in", default "fan_in"
        ``"fan_in"``: normal with standard deviation sqrt(2 / fan-in) (arXiv 1502.01852), so that
        signals keep their size whatever the density; a number r: uniform in [-r, r]; or a
        function of (fan_in, generator) that returns one weight.
    wiring : {"random", "first"}, default "random"
        Which inputs a neuron reads: a uniformly random choice, or the first ones, as in the post.
    dtype : {"float32", "float64"}, default "float32"
    seed : int or numpy.random.Generator, optional
    backend : {"numba", "numpy"}, optional
        What computes; see :func:`rewire.kernels.get_backend` for the default.

    Returns
    -------
    Network

    Examples
    --------
    >>> net = mlp([784, 300, 100, 10], sparsity=[0.99, 0.89, 0], seed=0)
    >>> net
    Network 784-300-100-10: 6700 connections, density 2.52%
    >>> mlp([784, 300, 100, 10], density=0.05, distribution="er", seed=0).ranks
    (784, 300, 100, 10)
    """
    ranks = checks.ranks(sizes, "sizes")
    if min(ranks) < 1:
        raise ValueError(f"sizes must all be at least 1; got {list(ranks)}")
    dtype = float_dtype(dtype)
    fan_ins = _fan_ins(
        ranks, whole_number(min_fan_in, "min_fan_in", 1), sparsity, density, distribution
    )
    if wiring not in ("random", "first"):
        raise ValueError(f"wiring must be 'random' or 'first'; got {wiring!r}")
    generator = as_generator(seed)
    start = np.cumsum((0, *ranks))
    index = np.int32 if start[-1] < 2**31 else np.int64
    sources, weights = [], []
    for layer, fan_in in enumerate(fan_ins):
        rows = _rows(generator, fan_in, ranks[layer], wiring)
        sources.append((rows + start[layer]).astype(index, copy=False))
        weights.append(_first_weights(init, generator, np.repeat(fan_in, fan_in), dtype))
    target = np.repeat(np.arange(start[1], start[-1], dtype=index), np.concatenate(fan_ins))
    table = ConnectionTable(
        int(start[-1]), np.concatenate(sources), target, np.concatenate(weights)
    )
    bias = np.zeros(start[-1], dtype)
    functions = checks.activations(activation, len(ranks))
    return Network(ranks, table, Columns({"bias": bias}), functions, backend)


def _fan_ins(
    ranks: Sequence[int],
    least: int,
    sparsity: float | Sequence[float] | None,
    density: float | Sequence[float] | None,
    distribution: str,
) -> list[np.ndarray]:
    """Return the fan-in of each neuron, layer by layer."""
    layers = list(pairwise(ranks))
    how: dict[str, Any] = {"sparsity": sparsity, "density": density, "distribution": distribution}
    if per_layer(sparsity, density):
        counts = [
            math.ceil(round(share * inputs, 9)) * neurons
            for share, (inputs, neurons) in zip(densities(layers, **how), layers, strict=True)
        ]
    else:
        counts = connection_counts(layers, **how).tolist()
    fan_ins = []
    for count, (inputs, neurons) in zip(counts, layers, strict=True):
        each, more = divmod(max(count, min(least, inputs) * neurons), neurons)
        fan_ins.append(each + (np.arange(neurons) < more))
    return fan_ins


def _rows(
    generator: np.random.Generator, fan_in: np.ndarray, inputs: int, wiring: str
) -> np.ndarray:
    """Return which inputs the neurons of a layer read, one neuron after the other."""
    found = []
    for each in np.unique(fan_in)[::-1].tolist():  # neurons with one more come first
        count = int(np.count_nonzero(fan_in == each))
        found.append(
            _random_rows(generator, count, inputs, each)
            if wiring == "random"
            else np.broadcast_to(np.arange(each), (count, each))
        )
    return np.concatenate([rows.ravel() for rows in found])


def _random_rows(generator: np.random.Generator, rows: int, inputs: int, fan_in: int) -> np.ndarray:
    """Return, for each row, ``fan_in`` different inputs in ascending order, uniformly at random.

    Duplicates are drawn again until all differ. By symmetry each subset is equally likely, and
    nothing of size rows x inputs is allocated while fan_in is small.
    """
    if 2 * fan_in > inputs:  # choose those left out
        out = _random_rows(generator, rows, inputs, inputs - fan_in)
        chosen = np.empty((rows, fan_in), np.int64)
        for row in range(rows):
            chosen[row] = np.delete(np.arange(inputs), out[row])
        return chosen
    drawn = np.sort(generator.integers(inputs, size=(rows, fan_in)), axis=1)
    unfinished = np.arange(rows)
    while True:
        again = np.diff(drawn[unfinished], axis=1) == 0
        unfinished, again = unfinished[again.any(axis=1)], again[again.any(axis=1)]
        if not len(unfinished):
            return drawn
        part = drawn[unfinished]
        part[:, 1:][again] = generator.integers(inputs, size=int(again.sum()))
        drawn[unfinished] = np.sort(part, axis=1)


def _first_weights(
    init: Init, generator: np.random.Generator, fan_in: np.ndarray, dtype: np.dtype
) -> np.ndarray:
    """Return one weight for each connection, given the fan-in of the neuron it leads to."""
    if callable(init):
        return np.array([init(int(each), generator) for each in fan_in], dtype)
    if init == "fan_in":
        weights = generator.standard_normal(len(fan_in), dtype=dtype.type)
        weights *= np.sqrt(2 / fan_in).astype(dtype)
        return weights
    if isinstance(init, (int, float)) and 0 < init < math.inf:
        return generator.uniform(-init, init, len(fan_in)).astype(dtype, copy=False)
    raise ValueError(
        "init must be 'fan_in', a number above 0 or a function of (fan_in, generator); "
        f"got {init!r}"
    )
