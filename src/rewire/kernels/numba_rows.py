"""The work on one row, compiled: a neuron's weighted sum, its sensitivity, its dots.

A row is cut into pieces of four, two and one registers.  While a piece's
connections stream by, its sums stay in registers; the row of the neuron at the
other end is read once per connection and used for everything it is good for.

All of this is inlined into the loops over neurons: a call with five arrays costs
some 50 ns, as much as ten connections.
"""

import math

from numba import njit

from .instructions import at, call, prefetch
from .layout import CUSTOM, LEAK, LEAKY_RELU, RELU, SIGMOID, TANH
from .vectors import (
    choose,
    lanes,
    load,
    load_some,
    multiply_add,
    only_if,
    products,
    spread,
    store,
    store_some,
    sums,
    total,
    zeros,
)

AHEAD = 8

# Without Numba's memory management nothing compiled may make an array, but nothing counts
# references either: in the loops over neurons that took 20 ns for each of them wherever LLVM did
# not see that it was needless, and at a call 46 instead of 14 ns for every array.
OPTIONS = {"nogil": True, "error_model": "numpy", "_nrt": False}
inlined = njit(**OPTIONS, forceinline=True)
plain = njit(**OPTIONS, cache=True)


@inlined
def read(A, index, k, column, count, like):
    """A piece of the row of neuron index[k]."""
    return load_some(A, at(index, k) * A.shape[1] + column, count, like)


@inlined
def ahead(A, index, k, column, like):
    """Prefetch the rows of the four connections AHEAD after connection k."""
    for j in range(k + AHEAD, k + AHEAD + 4):
        prefetch(A, at(index, min(j, index.size - 1)) * A.shape[1] + column, like)


@inlined
def forward_piece(code, far, weight, source, first, last, A, t, column, count, bias, like):
    """One piece of A[t] = act(bias + sum of weight[k] * A[source[k]]).

    Two sums take turns: with one, each addition waits four cycles for the one
    before (5.4 -> 4.2 ns per connection at 32 columns).
    """
    even, odd = spread(bias, like), spread(A.dtype.type(0), like)
    k = first
    while k + 4 <= last:
        if far:
            ahead(A, source, k, column, like)
        even = multiply_add(at(weight, k), read(A, source, k, column, count, like), even)
        odd = multiply_add(at(weight, k + 1), read(A, source, k + 1, column, count, like), odd)
        even = multiply_add(at(weight, k + 2), read(A, source, k + 2, column, count, like), even)
        odd = multiply_add(at(weight, k + 3), read(A, source, k + 3, column, count, like), odd)
        k += 4
    if k + 2 <= last:
        even = multiply_add(at(weight, k), read(A, source, k, column, count, like), even)
        odd = multiply_add(at(weight, k + 1), read(A, source, k + 1, column, count, like), odd)
        k += 2
    if k < last:
        even = multiply_add(at(weight, k), read(A, source, k, column, count, like), even)
    value = even + odd
    if code == RELU:
        value = choose(value, value, spread(A.dtype.type(0), like))
    elif code == LEAKY_RELU:
        value = choose(value, value, value * spread(A.dtype.type(LEAK), like))
    store_some(A, t * A.shape[1] + column, count, value)


@inlined
def forward_row(code, far, weight, source, first, last, A, t, bias):
    """A[t] = act(bias + weighted sum of the rows that feed neuron t); see ``activate``."""
    wide, middle, narrow = zeros(A, 4), zeros(A, 2), zeros(A, 1)
    width, column = A.shape[1], 0
    while column + lanes(wide) <= width:
        forward_piece(code, far, weight, source, first, last, A, t, column, lanes(wide), bias, wide)
        column += lanes(wide)
    if column + lanes(middle) <= width:
        forward_piece(
            code, far, weight, source, first, last, A, t, column, lanes(middle), bias, middle
        )
        column += lanes(middle)
    while column < width:
        count = min(lanes(narrow), width - column)
        forward_piece(code, far, weight, source, first, last, A, t, column, count, bias, narrow)
        column += count


@plain
def activate(code, custom, A, D, low, high):
    """The activations that are not vectors' work; a custom one leaves its slopes in D."""
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
        call(custom, A, D, low * A.shape[1], (high - low) * A.shape[1])


@inlined
def times_slope(code, a, value, D, offset, count):
    """Value * act', written in terms of the output a; a custom one's slopes are in D."""
    one = spread(D.dtype.type(1), a)
    if code == RELU:
        return choose(a, value, spread(D.dtype.type(0), a))
    if code == LEAKY_RELU:
        return choose(a, value, value * spread(D.dtype.type(LEAK), a))
    if code == TANH:
        return value * (one - a * a)
    if code == SIGMOID:
        return value * (a * (one - a))
    if code == CUSTOM:
        return value * load_some(D, offset, count, a)
    return value


@inlined
def output_row(code, A, D, s, given, row):
    """D[s] = given[row] * act'."""
    like, width, column = zeros(A, 1), A.shape[1], 0
    while column < width:
        count, offset = min(lanes(like), width - column), s * width + column
        value = load_some(given, row * width + column, count, like)
        a = load_some(A, offset, count, like)
        store_some(D, offset, count, times_slope(code, a, value, D, offset, count))
        column += count


@inlined
def keep_sums(gradient, k, a, b, c, d, accumulate):
    """Write, or add, the totals of four vectors to gradient[k : k + 4]."""
    four = sums(a, b, c, d)
    store(gradient, k, four + only_if(accumulate, load(gradient, k, four)))


@inlined
def keep_sum(gradient, k, partial, accumulate):
    """Write, or add, the total of one vector to gradient[k]."""
    value = total(partial)
    if accumulate:
        value += at(gradient, k)
    gradient[k] = value


@inlined
def backward_piece(
    code, far, weight, target, first, last, A, D, gradient, s, column, count, accumulate, like
):
    """D[s] = act' * sum of weight[k] * D[target[k]], and gradient[k] = D[target[k]] . A[s].

    Each row D[target] is read once for both.
    """
    one, offset = zeros(A, 1), s * A.shape[1] + column
    a = load_some(A, offset, count, like)
    value = spread(A.dtype.type(0), like)
    k = first
    while k + 4 <= last:
        if far:
            ahead(D, target, k, column, like)
        d = read(D, target, k, column, count, like)
        value = multiply_add(at(weight, k), d, value)
        p = products(a, d, one)
        d = read(D, target, k + 1, column, count, like)
        value = multiply_add(at(weight, k + 1), d, value)
        q = products(a, d, one)
        d = read(D, target, k + 2, column, count, like)
        value = multiply_add(at(weight, k + 2), d, value)
        r = products(a, d, one)
        d = read(D, target, k + 3, column, count, like)
        value = multiply_add(at(weight, k + 3), d, value)
        keep_sums(gradient, k, p, q, r, products(a, d, one), accumulate)
        k += 4
    while k < last:
        d = read(D, target, k, column, count, like)
        value = multiply_add(at(weight, k), d, value)
        keep_sum(gradient, k, products(a, d, one), accumulate)
        k += 1
    value = times_slope(code, a, value, D, offset, count)
    store_some(D, offset, count, value)
    return total(products(value, spread(A.dtype.type(1), like), one))


@inlined
def backward_row(code, far, weight, target, first, last, A, D, gradient, s, accumulate):
    """Sensitivity of neuron s, its outgoing gradients; returns its bias's gradient."""
    wide, middle, narrow = zeros(A, 4), zeros(A, 2), zeros(A, 1)
    width, column, value = A.shape[1], 0, A.dtype.type(0)
    while column + lanes(wide) <= width:
        value += backward_piece(
            code,
            far,
            weight,
            target,
            first,
            last,
            A,
            D,
            gradient,
            s,
            column,
            lanes(wide),
            accumulate or column > 0,
            wide,
        )
        column += lanes(wide)
    if column + lanes(middle) <= width:
        value += backward_piece(
            code,
            far,
            weight,
            target,
            first,
            last,
            A,
            D,
            gradient,
            s,
            column,
            lanes(middle),
            accumulate or column > 0,
            middle,
        )
        column += lanes(middle)
    while column < width:
        count = min(lanes(narrow), width - column)
        value += backward_piece(
            code,
            far,
            weight,
            target,
            first,
            last,
            A,
            D,
            gradient,
            s,
            column,
            count,
            accumulate or column > 0,
            narrow,
        )
        column += count
    return value


@inlined
def gradient_piece(far, target, first, last, A, D, gradient, s, column, count, accumulate, like):
    """gradient[k] = D[target[k]] . A[s] alone."""
    one = zeros(A, 1)
    a = load_some(A, s * A.shape[1] + column, count, like)
    k = first
    while k + 4 <= last:
        if far:
            ahead(D, target, k, column, like)
        p = products(a, read(D, target, k, column, count, like), one)
        q = products(a, read(D, target, k + 1, column, count, like), one)
        r = products(a, read(D, target, k + 2, column, count, like), one)
        z = products(a, read(D, target, k + 3, column, count, like), one)
        keep_sums(gradient, k, p, q, r, z, accumulate)
        k += 4
    while k < last:
        partial = products(a, read(D, target, k, column, count, like), one)
        keep_sum(gradient, k, partial, accumulate)
        k += 1


@inlined
def gradient_row(far, target, first, last, A, D, gradient, s, accumulate):
    """Gradients of the connections that leave neuron s."""
    wide, middle, narrow = zeros(A, 4), zeros(A, 2), zeros(A, 1)
    width, column = A.shape[1], 0
    while column + lanes(wide) <= width:
        gradient_piece(
            far,
            target,
            first,
            last,
            A,
            D,
            gradient,
            s,
            column,
            lanes(wide),
            accumulate or column > 0,
            wide,
        )
        column += lanes(wide)
    if column + lanes(middle) <= width:
        gradient_piece(
            far,
            target,
            first,
            last,
            A,
            D,
            gradient,
            s,
            column,
            lanes(middle),
            accumulate or column > 0,
            middle,
        )
        column += lanes(middle)
    while column < width:
        count = min(lanes(narrow), width - column)
        gradient_piece(
            far,
            target,
            first,
            last,
            A,
            D,
            gradient,
            s,
            column,
            count,
            accumulate or column > 0,
            narrow,
        )
        column += count


@inlined
def row_total(D, s):
    """The sum of one row: a bias's gradient."""
    like, width, column = zeros(D, 1), D.shape[1], 0
    value = zeros(D, 1)
    while column < width:
        count = min(lanes(like), width - column)
        value = value + load_some(D, s * width + column, count, like)
        column += count
    return total(value)
