"""What the kernels work on: plain arrays, and the numbers that stand for functions.

A network is one graph.  Neurons are numbered in topological order: the inputs
first, then rank by rank.  Connections form one table over the whole network,
sorted by target and, within a target, by source (``indptr``, ``source``,
and the caller's ``weight``).  The same connections, read by source, are
(``column_pointer``, ``target``); ``place[i]`` is where connection ``i`` of the
table stands in that second order.

Activations ``A`` and sensitivities ``D`` (dL/d pre-activation) are C-contiguous
(neurons, batch) arrays: the batch is the contiguous axis.
"""

from typing import NamedTuple

import numpy as np

LINEAR, RELU, LEAKY_RELU, TANH, SIGMOID, CUSTOM = range(6)
ACTIVATIONS = {
    "linear": LINEAR,
    "relu": RELU,
    "leaky_relu": LEAKY_RELU,
    "tanh": TANH,
    "sigmoid": SIGMOID,
}
CROSS_ENTROPY, HINGE, BINARY_CROSS_ENTROPY, SQUARED_ERROR = range(4)
LOSSES = {
    "cross_entropy": CROSS_ENTROPY,
    "hinge": HINGE,
    "binary_cross_entropy": BINARY_CROSS_ENTROPY,
    "squared_error": SQUARED_ERROR,
}
LEAK = 0.01
LINE = 64


class Wiring(NamedTuple):
    """Everything about a network but its numbers."""

    rank_start: np.ndarray  # (ranks + 1,) rank r is neurons rank_start[r] : rank_start[r + 1]
    activation: np.ndarray  # (ranks,) LINEAR ... CUSTOM; entry 0 (the inputs) is not used
    custom: np.ndarray  # (ranks,) where activation is CUSTOM: the backend's number for it
    indptr: np.ndarray  # (neurons + 1,) target t has connections indptr[t] : [t + 1]
    source: np.ndarray  # (connections,)
    column_pointer: np.ndarray  # (neurons + 1,) the same by source
    target: np.ndarray  # (connections,)
    place: np.ndarray  # (connections,) table position -> position in source order


class Descent(NamedTuple):
    """How weights follow their gradients.

    Attributes
    ----------
    velocity, bias_velocity : ndarray, optional
        Beside weights and biases; None without momentum.
    decay, momentum : float
    nesterov : bool
    """

    velocity: np.ndarray | None = None
    bias_velocity: np.ndarray | None = None
    decay: float = 0.0
    momentum: float = 0.0
    nesterov: bool = False


def wiring(rank_start, activation, indptr, source, custom=None):
    """Complete a table given by target with its by-source index (a counting sort)."""
    neurons = int(rank_start[-1])
    if custom is None:
        custom = np.zeros(len(activation), np.int64)
    fan_out = np.bincount(source, minlength=neurons)
    column_pointer = np.zeros_like(indptr)
    np.cumsum(fan_out, out=column_pointer[1:])
    order = np.argsort(source, kind="stable")
    place = np.empty_like(source)
    place[order] = np.arange(len(source), dtype=source.dtype)
    owner = np.repeat(np.arange(neurons, dtype=source.dtype), np.diff(indptr))
    return Wiring(
        np.array(rank_start, np.int64),  # may be read-only, which Numba compiles anew for
        np.asarray(activation, np.int64),
        np.asarray(custom, np.int64),
        indptr,
        source,
        column_pointer,
        owner[order],
        place,
    )


def aligned(count, dtype):
    """``count`` uninitialised numbers that begin on a cache line.

    NumPy aligns to 16 bytes, and then every 64-byte load touches two lines: the
    forward kernel took 6.8 ns per connection instead of 4.3 (1024 neurons, batch 32).
    """
    bytes_needed = count * np.dtype(dtype).itemsize
    raw = np.empty(bytes_needed + LINE, np.uint8)
    start = -raw.ctypes.data % LINE
    return raw[start : start + bytes_needed].view(dtype)


def as_wanted(values, dtype):
    """An array as the kernels are compiled for: itself where it is so already, or a copy.

    Of one type, C-contiguous, aligned, and such as could be written to.
    """
    if type(values) is np.ndarray and values.dtype is dtype and values.flags.carray:
        return values
    return np.array(values, dtype, order="C")
