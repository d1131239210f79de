"""A linear layer for one row, compiled; time goes with the bytes of weights and indices."""

import numpy as np

from .compiling import inlined, part
from .intrinsics import at
from .sharing import chunk_length, share
from .shuffles import horizontal_sum
from .simd import gather, lanes, load, load_small, multiply_add, zeros

GATHER = 16  # products with rows take as long as one with a single number


@inlined
def dot_products(first, last, task):
    """Weighted sums of some targets; two sums take turns, as each addition waits for the last."""
    indptr, index, weight, bias, x, out = task
    none = zeros(x, 1)
    width = np.intp(lanes(none))
    for t in range(first, last):
        k, end = np.intp(at(indptr, t)), np.intp(at(indptr, t + 1))
        even, odd = none, none
        while k + 2 * width <= end:
            even = multiply_add(load(weight, k, none), gather(x, index, k, none), even)
            k += width
            odd = multiply_add(load(weight, k, none), gather(x, index, k, none), odd)
            k += width
        if k + width <= end:
            even = multiply_add(load(weight, k, none), gather(x, index, k, none), even)
            k += width
        value = horizontal_sum(even + odd)
        while k < end:
            value += at(weight, k) * at(x, np.intp(at(index, k)))
            k += 1
        out[np.uintp(t)] = value + at(bias, t) if bias.size else value


@part
def forward_one_row(indptr, index, weight, bias, x, out, progress):
    """out[t] = bias[t] + sum of weight[k] * x[index[k]]; an empty ``bias`` is zero."""
    targets, zero = indptr.size - 1, np.intp(0)
    length = chunk_length(targets, index.size * GATHER)
    share(
        dot_products, progress, zero, zero, targets, length, (indptr, index, weight, bias, x, out)
    )


@inlined
def small_dot_products(first, last, task):
    """As ``dot_products``, with whole numbers of 8 bits as weights and a scale for each target."""
    indptr, index, weight, scale, bias, x, out = task
    none = zeros(x, 1)
    width = np.intp(lanes(none))
    for t in range(first, last):
        k, end = np.intp(at(indptr, t)), np.intp(at(indptr, t + 1))
        even, odd = none, none
        while k + 2 * width <= end:
            even = multiply_add(load_small(weight, k, none), gather(x, index, k, none), even)
            k += width
            odd = multiply_add(load_small(weight, k, none), gather(x, index, k, none), odd)
            k += width
        if k + width <= end:
            even = multiply_add(load_small(weight, k, none), gather(x, index, k, none), even)
            k += width
        value = horizontal_sum(even + odd)
        while k < end:
            value += x.dtype.type(at(weight, k)) * at(x, np.intp(at(index, k)))
            k += 1
        value *= at(scale, t)
        out[np.uintp(t)] = value + at(bias, t) if bias.size else value


@part
def forward_one_row_small(indptr, index, weight, scale, bias, x, out, progress):
    """out[t] = bias[t] + scale[t] * sum of weight[k] * x[index[k]], with int8 weights."""
    targets, zero = indptr.size - 1, np.intp(0)
    length = chunk_length(targets, index.size * GATHER)
    task = indptr, index, weight, scale, bias, x, out
    share(small_dot_products, progress, zero, zero, targets, length, task)
