"""Activations and their slopes in plain NumPy."""

import numpy as np

from ..layout import CUSTOM, LEAK, LEAKY_RELU, RELU, SIGMOID, TANH

_custom: list = []


def compile_activation(function, slope, dtype):
    """Return a number for ``Ranks.custom`` that stands for a person's function of one number."""
    _custom.append((np.vectorize(function, otypes=[dtype]), np.vectorize(slope, otypes=[dtype])))
    return len(_custom) - 1


def activate(code, custom, x):
    """Return act(x), and act'(x) if the activation is a custom one."""
    if code == RELU:
        return np.where(x <= 0, 0, x), None
    if code == LEAKY_RELU:
        return np.where(x <= 0, x * x.dtype.type(LEAK), x), None
    if code == TANH:
        return np.tanh(x), None
    if code == SIGMOID:
        with np.errstate(over="ignore"):
            return 1 / (1 + np.exp(-x)), None
    if code == CUSTOM:
        function, slope = _custom[custom]
        return function(x), slope(x)
    return x, None


def times_slope(code, output, value, kept):
    """Return value * act', from the output, or from the slopes that were kept for a custom one."""
    if code == RELU:
        return np.where(output <= 0, 0, value)
    if code == LEAKY_RELU:
        return np.where(output <= 0, value * value.dtype.type(LEAK), value)
    if code == TANH:
        return value * (1 - output * output)
    if code == SIGMOID:
        return value * (output * (1 - output))
    if code == CUSTOM:
        return value * kept
    return value
