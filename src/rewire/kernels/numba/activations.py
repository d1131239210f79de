"""Activations and their slopes, compiled."""

import math

import numpy as np
from numba import cfunc, from_dtype, njit, types

from ..layout import CUSTOM, LEAK, LEAKY_RELU, RELU, SIGMOID, TANH
from .compiling import inlined, part
from .intrinsics import call_activation
from .simd import broadcast, load_masked, select

_compiled: dict = {}


def compile_activation(function, slope, dtype):
    """Return a number for ``Ranks.custom`` that stands for a person's function of one number.

    It is the address of a small compiled loop over a row, so the kernels themselves need not be
    compiled again.
    """
    key = function, slope, np.dtype(dtype)
    if key not in _compiled:
        value, steepness = njit(function), njit(slope)
        number = from_dtype(key[2])

        @cfunc(types.void(types.CPointer(number), types.CPointer(number), types.intp))
        def activate(values, slopes, count):
            for c in range(count):
                slopes[c] = steepness(values[c])
                values[c] = value(values[c])

        _compiled[key] = activate
    return _compiled[key].address


@inlined
def rectify(code, value, A):
    """Apply ReLU or leaky ReLU to a vector; other activations wait for :func:`activate`."""
    if code == RELU:
        return select(value, value, broadcast(A.dtype.type(0), value))
    if code == LEAKY_RELU:
        return select(value, value, value * broadcast(A.dtype.type(LEAK), value))
    return value


@part
def activate(code, custom, A, D, low, high):
    """Apply the other activations to rows low to high; a custom one leaves its slopes in D."""
    one = A.dtype.type(1)
    if code == TANH:
        for t in range(low, high):
            for c in range(A.shape[1]):
                A[t, c] = math.tanh(A[t, c])
    elif code == SIGMOID:
        for t in range(low, high):
            for c in range(A.shape[1]):
                A[t, c] = one / (one + math.exp(-A[t, c]))
    elif code == CUSTOM and low < high:
        call_activation(custom, A, D, low * A.shape[1], (high - low) * A.shape[1])


@inlined
def times_slope(code, a, value, D, offset, count):
    """Return value * act', from the activation's output a; a custom one's slopes are in D."""
    one = broadcast(D.dtype.type(1), a)
    if code == RELU:
        return select(a, value, broadcast(D.dtype.type(0), a))
    if code == LEAKY_RELU:
        return select(a, value, value * broadcast(D.dtype.type(LEAK), a))
    if code == TANH:
        return value * (one - a * a)
    if code == SIGMOID:
        return value * (a * (one - a))
    if code == CUSTOM:
        return value * load_masked(D, offset, count, a)
    return value
