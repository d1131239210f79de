"""Inference on a few samples, compiled: at these sizes every call and every branch counts.

A row of activations has 4 or 16 places, whole vectors whatever the batch; places without a sample
of their own repeat the last one. Nothing is masked and nothing is left over, so that 16 samples
take hardly longer than one.
"""

import numpy as np

from .layout import LEAK, LEAKY_RELU, RELU
from .numba_kernels import place_squares
from .numba_rows import activate, at, inlined, plain
from .vectors import choose, few, lanes, load, multiply_add, spread, store


@inlined
def forward_few(code, weight, source, pointer, A, bias, low, high, like):
    """Neurons low to high; the order of the sums is that of ``forward_piece``."""
    none, leak = spread(A.dtype.type(0), like), spread(A.dtype.type(LEAK), like)
    k, width = np.intp(pointer[low]), lanes(like)
    for t in range(low, high):
        even, odd, last = spread(at(bias, t), like), none, np.intp(pointer[t + 1])
        while k + 2 <= last:
            even = multiply_add(at(weight, k), load(A, at(source, k) * width, like), even)
            odd = multiply_add(at(weight, k + 1), load(A, at(source, k + 1) * width, like), odd)
            k += 2
        if k < last:
            even = multiply_add(at(weight, k), load(A, at(source, k) * width, like), even)
            k += 1
        value = even + odd
        if code == RELU:
            value = choose(value, value, none)
        elif code == LEAKY_RELU:
            value = choose(value, value, value * leak)
        store(A, t * width, value)


@inlined
def predict_tile(layers, row_pointer, source, weight, bias, X, samples, A, D, out, like):
    """The outputs of as many samples as there are lanes."""
    shape = bias.size, lanes(like)
    A = A[: bias.size * lanes(like)].reshape(shape)
    D = D[: bias.size * lanes(like)].reshape(shape)
    place_squares(X, samples, A, 0, X.shape[1], like)
    for rank in range(1, layers.shape[1] - 1):
        code, low, high = layers[1, rank], layers[0, rank], layers[0, rank + 1]
        forward_few(code, weight, source, row_pointer, A, bias, low, high, like)
        activate(code, layers[2, rank], A, D, low, high)
    for c in range(min(lanes(like), out.shape[0])):
        for o in range(out.shape[1]):
            out[c, o] = A[bias.size - out.shape[1] + o, c]


@plain
def predict_few(layers, row_pointer, source, weight, bias, X, samples, A, D, out):
    """As predict, on one thread, for the whole of X.

    ``layers`` has rank_start, activation and custom as its rows. ``samples`` counts up to the
    last row of X and repeats it until there are a multiple of 16, or 4 more. A and D are flat
    scratch arrays for 16 samples.
    """
    net, start = (layers, row_pointer, source, weight, bias, X), 0
    while start < samples.size:
        part, rows = samples[start:], out[start:]
        if part.size >= 16:
            predict_tile(*net, part[:16], A, D, rows, few(A, 16))
            start += 16
        else:
            predict_tile(*net, part[:4], A, D, rows, few(A, 4))
            start += 4
