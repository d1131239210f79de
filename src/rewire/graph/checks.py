"""What a network accepts; every refusal names the parameter, the range and what was given."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from rewire.activations import Activation
from rewire.activations import get as activation_named
from rewire.io import received
from rewire.kernels.layout import as_kernel_array
from rewire.validation import plain_array, real_array, several

MOST = 2**31  # neurons: their numbers are int32


def ranks(sizes: Sequence[int], name: str = "ranks") -> tuple[int, ...]:
    """Check the sizes of the ranks."""
    sizes = tuple(several(sizes, name, "whole numbers"))
    if len(sizes) < 2:
        raise ValueError(f"{name} must name at least inputs and outputs; got {list(sizes)}")
    for rank, size in enumerate(sizes):
        smallest = 1 if rank in (0, len(sizes) - 1) else 0
        number = isinstance(size, Real) and not isinstance(size, (bool, np.timedelta64))
        whole = number and size % 1 == 0
        if not whole or not smallest <= size < MOST:
            raise ValueError(
                f"{name} must hold whole numbers, at least 1 for inputs and outputs and 0 between, "
                f"below {MOST:,}; got {received(size)} for rank {rank}"
            )
    return tuple(int(size) for size in sizes)


def indices(values: Any, name: str) -> np.ndarray:
    """Check an array of neuron numbers."""
    array = plain_array(values, name)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise ValueError(
            f"{name} must be a one-dimensional array of whole numbers; "
            f"got shape {array.shape} of {array.dtype}"
        )
    return array


def numbers(values: Any, name: str, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """Check and copy an array of finite numbers."""
    array = np.array(real_array(values, name), dtype=dtype)
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}; got {array.shape}")
    if not np.isfinite(array).all():
        bad = np.flatnonzero(~np.isfinite(array.ravel()))[0]
        raise ValueError(f"{name} must hold finite numbers; got {array.ravel()[bad]} at {bad}")
    return array


def connections(source: np.ndarray, target: np.ndarray, ranks: tuple[int, ...]) -> None:
    """Check that connections are between existing neurons, go forward, and are listed once."""
    neurons = sum(ranks)
    if len(source) != len(target):
        raise ValueError(
            f"source and target must have the same length; got {len(source)} and {len(target)}"
        )
    if len(source) == 0:
        return
    for name, numbers_ in (("source", source), ("target", target)):
        outside = (numbers_ < 0) | (numbers_ >= neurons)
        if outside.any():
            c = int(outside.argmax())
            raise ValueError(
                f"{name} must be in [0, {neurons}), as the ranks {list(ranks)} have so many "
                f"neurons; got {numbers_[c]} for connection {c}"
            )
    ends = np.cumsum(ranks)
    level = ends.searchsorted(source, side="right"), ends.searchsorted(target, side="right")
    backward = level[0] >= level[1]
    if backward.any():
        c = int(backward.argmax())
        raise ValueError(
            f"target must be in a later rank than source; got connection {c} from {source[c]} "
            f"(rank {level[0][c]}) to {target[c]} (rank {level[1][c]})"
        )
    keys = target * np.int64(neurons) + source
    order = np.argsort(keys)
    keys = keys[order]
    same = keys[1:] == keys[:-1]
    if same.any():
        c = order[same.argmax()]
        raise ValueError(
            f"each connection must be listed once; got {source[c]} to {target[c]} twice"
        )


def activations(activation: Any, ranks: int) -> tuple[Activation, ...]:
    """Return one activation per rank, the first of which is not used."""
    linear = activation_named("linear")
    if isinstance(activation, (str, Activation)):
        return (linear, *[activation_named(activation)] * (ranks - 2), linear)
    names = several(activation, "activation", "names or Activations, or be one of them")
    given = [activation_named(name) for name in names]
    if len(given) != ranks - 1:
        raise ValueError(
            f"activation must be one for all hidden ranks, or a sequence of {ranks - 1}, one for "
            f"each rank but the inputs; got {len(given)}"
        )
    return (linear, *given)


def inputs(X: Any, width: int, dtype: np.dtype) -> np.ndarray:
    """Check a batch's shape; converted only if need be. The kernels check its numbers."""
    if type(X) is not np.ndarray or X.dtype is not dtype:
        X = real_array(X, "X")
    X = as_kernel_array(X, dtype)
    shape = X.shape
    if len(shape) != 2 or shape[1] != width:
        raise ValueError(f"X must have shape (batch, {width}); got {shape}")
    return X


def samples(X: Any, width: int, dtype: np.dtype) -> np.ndarray:
    """Check a batch over which there is a mean: there must be something in it."""
    X = inputs(X, width, dtype)
    if not len(X):
        raise ValueError(f"X must hold at least one sample; got shape {X.shape}")
    return X
