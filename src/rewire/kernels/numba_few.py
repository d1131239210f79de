"""Inference on a few samples, compiled: at these sizes every call and every branch counts.

A row of activations has 4 or 16 places, whole vectors whatever the batch; places without a sample
of their own repeat the last one. Nothing is masked and nothing is left over, so that 16 samples
take hardly longer than one.
"""

import numpy as np

from .layout import LEAK, LEAKY_RELU, RELU
from .numba_kernels import all_finite, place_squares
from .numba_rows import activate, at, inlined, plain
from .vectors import (
    choose,
    few,
    first,
    gather,
    lanes,
    load,
    multiply_add,
    spread,
    store,
    total,
    zeros,
)


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
def forward_one(code, weight, source, pointer, A, bias, low, high, pair):
    """As ``forward_few`` for a single sample; its two sums are the lanes of one vector."""
    none, leak = spread(A.dtype.type(0), pair), spread(A.dtype.type(LEAK), pair)
    k = np.intp(at(pointer, low))
    for t in range(low, high):
        both, last = first(at(bias, t), pair), np.intp(at(pointer, t + 1))
        while k + 2 <= last:
            both = multiply_add(load(weight, k, pair), gather(A, source, k, pair), both)
            k += 2
        if k < last:
            value = first(at(A, at(source, k)), pair)
            both = multiply_add(first(at(weight, k), pair), value, both)
            k += 1
        value = first(total(both), pair)
        if code == RELU:
            value = choose(value, value, none)
        elif code == LEAKY_RELU:
            value = choose(value, value, value * leak)
        A[np.uintp(t)] = total(value)


@inlined
def place_one(X, A, like):
    """Copy a sample's inputs; return whether all are finite."""
    something, i, rest = like, 0, X.dtype.type(0)
    while i + lanes(like) <= X.size:
        numbers = load(X, i, like)
        something = something + (numbers - numbers)
        store(A, i, numbers)
        i += lanes(like)
    for k in range(i, X.size):
        A[k] = at(X, k)
        rest += A[k] - A[k]
    return total(something) + rest == 0


@plain
def predict_one(layers, indptr, source, A, D, weight, bias, X, out):
    """As predict_few, for one sample."""
    column = A.size, 1
    if not place_one(X, A, zeros(A, 1)):
        return False
    for rank in range(1, layers.shape[1] - 1):
        code, low, high = layers[1, rank], layers[0, rank], layers[0, rank + 1]
        forward_one(code, weight, source, indptr, A, bias, low, high, few(A, 2))
        if code > LEAKY_RELU:
            custom = layers[2, rank]
            activate(code, custom, A.reshape(column), D.reshape(column), low, high)
    for o in range(out.size):
        out[0, o] = A[bias.size - out.size + o]
    return True


@inlined
def predict_tile(layers, indptr, source, weight, bias, X, samples, A, D, out, like):
    """The outputs of as many samples as there are lanes."""
    shape = bias.size, lanes(like)
    A = A[: bias.size * lanes(like)].reshape(shape)
    D = D[: bias.size * lanes(like)].reshape(shape)
    place_squares(X, samples, A, 0, X.shape[1], like)
    for rank in range(1, layers.shape[1] - 1):
        code, low, high = layers[1, rank], layers[0, rank], layers[0, rank + 1]
        forward_few(code, weight, source, indptr, A, bias, low, high, like)
        activate(code, layers[2, rank], A, D, low, high)
    for c in range(min(lanes(like), out.shape[0])):
        for o in range(out.shape[1]):
            out[c, o] = A[bias.size - out.shape[1] + o, c]


@plain
def predict_few(layers, indptr, source, A, D, weight, bias, X, samples, out):
    """As predict, on one thread, for the whole of X; returns whether X is finite.

    ``layers`` has rank_start, activation and custom as its rows. ``samples`` counts up to the
    last row of X and repeats it until one, 4 or 16 are left over. A and D are flat scratch arrays
    for 16 samples.
    """
    net, start = (layers, indptr, source, weight, bias, X), 0
    if not all_finite(X):
        return False
    while start < samples.size:
        part, rows = samples[start:], out[start:]
        if part.size >= 16:
            predict_tile(*net, part[:16], A, D, rows, few(A, 16))
            start += 16
        else:
            predict_tile(*net, part[:4], A, D, rows, few(A, 4))
            start += 4
    return True
