"""What the kernels work on: arrays in named groups, and the numbers that stand for functions.

A network is one graph. Its neurons are numbered in topological order, the inputs first, then rank
by rank, and its connections form one table over the whole network (see ``adjacency``).

Activations ``A`` and sensitivities ``D`` (dL/d pre-activation) are C-contiguous (neurons, batch)
arrays: the batch is the contiguous axis.

Numba takes every array of a call for itself, as a tuple costs more to pass. The named tuples here
say in which order the arguments of ``train`` come; the kernel puts them together again.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

LINEAR, RELU, LEAKY_RELU, TANH, SIGMOID, CUSTOM = range(6)
ACTIVATIONS = {
    "linear": LINEAR,
    "relu": RELU,
    "leaky_relu": LEAKY_RELU,
    "tanh": TANH,
    "sigmoid": SIGMOID,
}
CROSS_ENTROPY, HINGE, BINARY_CROSS_ENTROPY, SQUARED_ERROR, HUBER = range(5)
LOSSES = {
    "cross_entropy": CROSS_ENTROPY,
    "hinge": HINGE,
    "binary_cross_entropy": BINARY_CROSS_ENTROPY,
    "squared_error": SQUARED_ERROR,
    "huber": HUBER,
}
LEAK = 0.01
CACHE_LINE = 64  # bytes


class Ranks(NamedTuple):
    """The ranks of a network and their activations.

    Attributes
    ----------
    start : ndarray of int64, shape (ranks + 1,)
        Neurons of rank r are ``start[r] : start[r + 1]``; rank 0 are the inputs.
    activation : ndarray of int64, shape (ranks,)
        ``LINEAR`` ... ``CUSTOM``; entry 0 is not used.
    custom : ndarray of int64, shape (ranks,)
        Where the activation is ``CUSTOM``: the backend's number for it.
    """

    start: np.ndarray
    activation: np.ndarray
    custom: np.ndarray

    @classmethod
    def of(cls, start: Any, activation: Any, custom: Any = None) -> Ranks:
        """Copy sequences of numbers into arrays as the kernels are compiled for."""
        custom = np.zeros(len(activation)) if custom is None else custom
        return cls(*(np.array(values, np.int64) for values in (start, activation, custom)))


class Buffers(NamedTuple):
    """Arrays that training needs beside the network's own; ``csc`` is the order by source.

    Attributes
    ----------
    A, D : ndarray, flat
        Activations and sensitivities of as many samples as fit.
    output_grad : ndarray, flat
        dL/dA of the outputs.
    csc_weight, csc_gradient : ndarray, shape (connections,)
    bias_gradient : ndarray, shape (neurons,)
    """

    A: np.ndarray
    D: np.ndarray
    output_grad: np.ndarray
    csc_weight: np.ndarray
    csc_gradient: np.ndarray
    bias_gradient: np.ndarray


class Parameters(NamedTuple):
    """The numbers of a network: a weight per connection, a bias per neuron (0 for inputs)."""

    weight: np.ndarray
    bias: np.ndarray


class Batch(NamedTuple):
    """Data and the rows of it to learn in each step.

    Attributes
    ----------
    X : ndarray, shape (rows, inputs)
    y : ndarray, shape (rows, targets), with one more column where samples have weights
    samples : ndarray of intp, shape (steps, batch) or (1, batch)
        -1 at the end of a step with fewer.
    """

    X: np.ndarray
    y: np.ndarray
    samples: np.ndarray


class Objective(NamedTuple):
    """What is minimized: the mean over the batch of ``scale`` times a sample's loss, and a penalty.

    That is ``penalty`` times the sum of the squares of all parameters.
    """

    loss: int
    scale: float
    penalty: float


class Descent(NamedTuple):
    """How parameters follow their gradients: by SGD, or by Adam where there are squares.

    Attributes
    ----------
    velocity, bias_velocity : ndarray, optional
        Beside weights and biases, Adam's first moment; None (for the kernels: empty) without
        momentum.
    square, bias_square : ndarray, optional
        Adam's second moment; None (for the kernels: empty) for SGD.
    decay : float
        Added to the gradient, times the parameter.
    momentum : float
        How much of the velocity a step keeps.
    nesterov : bool
        Of SGD.
    shrinkage : float
        AdamW's decay: what the parameter loses in a step, times the rate.
    keep_square, eps : float
        Of Adam.
    steps : int
        Made before, by Adam.
    """

    velocity: np.ndarray | None = None
    bias_velocity: np.ndarray | None = None
    square: np.ndarray | None = None
    bias_square: np.ndarray | None = None
    decay: float = 0.0
    momentum: float = 0.0
    nesterov: bool = False
    shrinkage: float = 0.0
    keep_square: float = 0.0
    eps: float = 0.0
    steps: int = 0


class StepResult(NamedTuple):
    """What steps of training found out, one entry per step, before each update.

    Attributes
    ----------
    losses : ndarray of float64, shape (steps,)
    n_correct : ndarray of int64, shape (steps,)
        Samples whose largest, or every, output was on the right side.
    """

    losses: np.ndarray
    n_correct: np.ndarray


def aligned_empty(count: int, dtype: Any) -> np.ndarray:
    """Return ``count`` uninitialised numbers that begin on a cache line.

    NumPy aligns to 16 bytes, and then every 64-byte load touches two lines: the forward kernel took
    6.8 ns per connection instead of 4.3 (1024 neurons, batch 32).
    """
    bytes_needed = count * np.dtype(dtype).itemsize
    raw = np.empty(bytes_needed + CACHE_LINE, np.uint8)
    start = -raw.ctypes.data % CACHE_LINE
    return raw[start : start + bytes_needed].view(dtype)


def as_kernel_array(values: Any, dtype: np.dtype) -> np.ndarray:
    """Return the array, or a copy as the kernels are compiled for where it is not so already.

    That is: of one type, C-contiguous, aligned and writeable.
    """
    if type(values) is np.ndarray and values.dtype is dtype and values.flags.carray:
        return values
    return np.array(values, dtype, order="C")
