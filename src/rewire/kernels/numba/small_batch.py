"""Inference on a few samples, compiled: at these sizes every call and every branch counts.

A row of activations has 4 or 16 columns, whole vectors whatever the batch; columns without a sample
of their own repeat the last one. Nothing is masked and nothing is left over, so that 16 samples
take hardly longer than one.
"""

import numpy as np

from ..layout import LEAKY_RELU
from .activations import activate, rectify
from .compiling import inlined, part
from .intrinsics import at
from .losses import all_finite
from .network import gather_squares
from .shuffles import horizontal_sum
from .simd import (
    broadcast,
    first_lane,
    gather,
    lanes,
    load,
    multiply_add,
    store,
    zeros,
    zeros_with_lanes,
)


@inlined
def forward_few(code, weight, source, indptr, A, bias, low, high, like):
    """Neurons low to high; the order of the sums is that of ``rows.forward_piece``."""
    none = broadcast(A.dtype.type(0), like)
    k, width = np.intp(indptr[low]), lanes(like)
    for t in range(low, high):
        even, odd, last = broadcast(at(bias, t), like), none, np.intp(indptr[t + 1])
        while k + 2 <= last:
            even = multiply_add(at(weight, k), load(A, at(source, k) * width, like), even)
            odd = multiply_add(at(weight, k + 1), load(A, at(source, k + 1) * width, like), odd)
            k += 2
        if k < last:
            even = multiply_add(at(weight, k), load(A, at(source, k) * width, like), even)
            k += 1
        store(A, t * width, rectify(code, even + odd, A))


@inlined
def forward_one(code, weight, source, indptr, A, bias, low, high, pair):
    """As ``forward_few`` for a single sample; its two sums are the lanes of one vector."""
    k = np.intp(at(indptr, low))
    for t in range(low, high):
        both, last = first_lane(at(bias, t), pair), np.intp(at(indptr, t + 1))
        while k + 2 <= last:
            both = multiply_add(load(weight, k, pair), gather(A, source, k, pair), both)
            k += 2
        if k < last:
            value = first_lane(at(A, at(source, k)), pair)
            both = multiply_add(first_lane(at(weight, k), pair), value, both)
            k += 1
        value = first_lane(horizontal_sum(both), pair)
        A[np.uintp(t)] = horizontal_sum(rectify(code, value, A))


@inlined
def copy_sample(X, A, like):
    """Copy a sample's inputs; return whether all are finite."""
    something, i, rest = like, np.intp(0), X.dtype.type(0)
    while i + lanes(like) <= X.size:
        numbers = load(X, i, like)
        something = something + (numbers - numbers)
        store(A, i, numbers)
        i += lanes(like)
    for k in range(i, X.size):
        A[k] = at(X, k)
        rest += A[k] - A[k]
    return horizontal_sum(something) + rest == 0


@part
def predict_one(layers, indptr, source, A, D, weight, bias, X, out):
    """As ``predict_few``, for one sample."""
    column = A.size, 1
    if not copy_sample(X, A, zeros(A, 1)):
        return False
    for rank in range(1, layers.shape[1] - 1):
        code, low, high = layers[1, rank], layers[0, rank], layers[0, rank + 1]
        forward_one(code, weight, source, indptr, A, bias, low, high, zeros_with_lanes(A, 2))
        if code > LEAKY_RELU:
            custom = layers[2, rank]
            activate(code, custom, A.reshape(column), D.reshape(column), low, high)
    for o in range(out.size):
        out[0, o] = A[bias.size - out.size + o]
    return True


@inlined
def predict_tile(layers, indptr, source, weight, bias, X, samples, A, D, out, like):
    """Compute the outputs of as many samples as there are lanes."""
    shape = bias.size, lanes(like)
    A = A[: bias.size * lanes(like)].reshape(shape)
    D = D[: bias.size * lanes(like)].reshape(shape)
    gather_squares(X, samples, A, 0, X.shape[1], like)
    for rank in range(1, layers.shape[1] - 1):
        code, low, high = layers[1, rank], layers[0, rank], layers[0, rank + 1]
        forward_few(code, weight, source, indptr, A, bias, low, high, like)
        activate(code, layers[2, rank], A, D, low, high)
    for c in range(min(lanes(like), out.shape[0])):
        for o in range(out.shape[1]):
            out[c, o] = A[bias.size - out.shape[1] + o, c]


@part
def predict_few(layers, indptr, source, A, D, weight, bias, X, samples, out):
    """As ``predict``, on one thread, for the whole of X; returns whether X is finite.

    ``layers`` has the three arrays of ``Ranks`` as its rows. ``samples`` counts up to the last row
    of X and repeats it until the size is a multiple of 16 but for one tile of 4. A and D are flat
    buffers for 16 samples.
    """
    net, start = (layers, indptr, source, weight, bias, X), np.intp(0)
    if not all_finite(X):
        return False
    while start < samples.size:
        left, rows = samples[start:], out[start:]
        if left.size >= 16:
            predict_tile(*net, left[:16], A, D, rows, zeros_with_lanes(A, 16))
            start += 16
        else:
            predict_tile(*net, left[:4], A, D, rows, zeros_with_lanes(A, 4))
            start += 4
    return True
