"""How one density is spread over layers, from their shapes alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real

import numpy as np

from rewire.validation import real_number, several

from .apportion import apportion

__all__ = ["connection_counts", "densities"]

DISTRIBUTIONS = ("uniform", "er", "erk")


def densities(
    shapes: Sequence[Sequence[int]],
    *,
    sparsity: float | Sequence[float] | None = None,
    density: float | Sequence[float] | None = None,
    distribution: str = "uniform",
) -> list[float]:
    """Return the density of each layer.

    Parameters
    ----------
    shapes : sequence of (n_in, n_out, *kernel)
        One for each layer; a layer without a kernel is fully connected where it is dense.
    sparsity, density : float or sequence of float, optional
        Sparsity in [0, 1) or density in (0, 1]; give one of the two, or neither for dense layers.
        One number is for all layers together, a sequence has one for each.
    distribution : {"uniform", "er", "erk"}, default "uniform"
        How one number is spread. ``"uniform"``: the same for each layer. ``"er"``: in proportion
        to (n_in + n_out) / (n_in · n_out), with the number of connections of all layers together
        kept; a layer that would exceed density 1 is dense, and the others are solved again (SET,
        arXiv 1707.04780; RigL, arXiv 1911.11134, section 3). ``"erk"``: in proportion to
        (n_in + n_out + Σ kernel) / (n_in · n_out · Π kernel), which differs for convolutions only.

    Raises
    ------
    ValueError
        For numbers outside these ranges, a sequence of the wrong length, a distribution of another
        name, or a distribution besides a number for each layer.

    Examples
    --------
    5% of all connections, most densely where layers are small:

    >>> shapes = [(784, 300), (300, 100), (100, 10)]
    >>> [round(d, 4) for d in densities(shapes, density=0.05, distribution="er")]
    [0.0385, 0.1113, 0.9185]
    """
    if sparsity is not None and density is not None:
        raise ValueError(
            f"give either sparsity or density; got sparsity={sparsity} and density={density}"
        )
    name, given = ("density", density) if sparsity is None else ("sparsity", sparsity)
    given = 1.0 if given is None else given
    for_all = not per_layer(given)
    listed = [given] if for_all else several(given, name, "numbers, or one number")
    numbers = [real_number(number, name) for number in listed]
    shapes = [several(shape, "shapes", "shapes") for shape in several(shapes, "shapes", "shapes")]
    _check(name, numbers, for_all, distribution, len(shapes))
    found = [1 - number if name == "sparsity" else number for number in numbers]
    if not for_all:
        return found
    if distribution == "uniform":
        return found * len(shapes)
    return _erdos_renyi(shapes, found[0], kernels=distribution == "erk")


def connection_counts(
    shapes: Sequence[Sequence[int]],
    *,
    sparsity: float | Sequence[float] | None = None,
    density: float | Sequence[float] | None = None,
    distribution: str = "uniform",
) -> np.ndarray:
    """Return the number of connections of each layer, in whole numbers.

    Parameters
    ----------
    shapes, sparsity, density, distribution
        As for :func:`densities`.

    Returns
    -------
    ndarray of int64, shape (layers,)
        Of one number for all layers together, ``round(density * possible)`` connections in all:
        each layer's share is rounded down, and the largest remainders get one more. Of a number
        for each layer, each is rounded by itself.

    Raises
    ------
    ValueError
        As for :func:`densities`.

    Examples
    --------
    A tenth of 900 connections; the small output layer is the densest:

    >>> connection_counts([(6, 100), (100, 3)], density=0.1, distribution="er").tolist()
    [46, 44]
    """
    found = densities(shapes, sparsity=sparsity, density=density, distribution=distribution)
    possible = np.array([math.prod(shape) for shape in shapes], np.int64)
    shares = np.multiply(found, possible)
    if per_layer(sparsity, density):
        return np.round(shares.round(9)).astype(np.int64)
    return apportion(round(float(shares.sum().round(9))), shares, possible)


def per_layer(*given: float | Sequence[float] | None) -> bool:
    """Return whether any of them holds a number for each layer."""
    return any(one is not None and not isinstance(one, Real) for one in given)


def _check(name: str, numbers: list[float], for_all: bool, distribution: str, layers: int) -> None:
    for layer, number in enumerate(numbers, start=1):
        if not (0 <= number < 1 if name == "sparsity" else 0 < number <= 1):
            interval = "[0, 1)" if name == "sparsity" else "(0, 1]"
            which = "" if for_all else f" for layer {layer}"
            raise ValueError(f"{name} must be in {interval}; got {number}{which}")
    if distribution not in DISTRIBUTIONS:
        raise ValueError(f"distribution must be 'uniform', 'er' or 'erk'; got {distribution!r}")
    if not for_all and len(numbers) != layers:
        raise ValueError(
            f"{name} must be one number, or one for each of the {layers} layers; got {len(numbers)}"
        )
    if not for_all and distribution != "uniform":
        raise ValueError(f"distribution must stay 'uniform' where {name} is given per layer")


def _erdos_renyi(shapes: Sequence[Sequence[int]], density: float, kernels: bool) -> list[float]:
    """Solve density_l = min(1, c · raw_l) for the density of all layers together."""
    n_in = np.array([shape[0] for shape in shapes], float)
    n_out = np.array([shape[1] for shape in shapes], float)
    volume = np.array([math.prod(shape[2:]) for shape in shapes], float)
    possible = n_in * n_out * volume
    numerator, denominator = n_in + n_out, n_in * n_out
    if kernels:
        numerator = numerator + np.array([sum(shape[2:]) for shape in shapes])
        denominator = possible
    raw = np.divide(numerator, denominator, out=np.zeros(len(possible)), where=possible > 0)
    dense = np.zeros(len(possible), bool)
    while True:
        budget = density * possible.sum() - possible[dense].sum()
        # Where all others are dense already, what is left goes to none.
        scale = budget / (raw * possible)[~dense].sum() if (possible * ~dense).any() else 0.0
        exceeding = ~dense & (scale * raw > 1)
        if not exceeding.any():
            return [float(d) for d in np.where(dense, 1.0, scale * raw)]
        dense |= exceeding
