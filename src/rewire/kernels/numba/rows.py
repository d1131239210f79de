"""The work on one row, compiled: weighted sums of rows and dot products with rows.

A row is cut into pieces of four, two and one registers. While the connections of a piece stream by,
its sums stay in registers; the row at the other end of a connection is read once and used for
everything it is good for.

All of this is inlined into the loops over rows: a call with five arrays costs some 50 ns, as much
as ten connections.
"""

import numpy as np

from .activations import rectify, times_slope
from .compiling import inlined
from .intrinsics import at, prefetch
from .shuffles import four_sums, horizontal_sum, products
from .simd import (
    broadcast,
    lanes,
    load,
    load_masked,
    multiply_add,
    store,
    store_masked,
    zero_unless,
    zeros,
)

PREFETCH_DISTANCE = 8  # connections


@inlined
def for_each_piece(piece, A, low, high, row):
    """Call ``piece(row, column, count, like)`` for columns low to high; return the sum of results.

    ``like`` is a vector as wide as the piece, in which ``count`` numbers are used.
    """
    wide, middle, narrow = zeros(A, 4), zeros(A, 2), zeros(A, 1)
    column, value = np.intp(low), A.dtype.type(0)
    while column + lanes(wide) <= high:
        value += piece(row, column, lanes(wide), wide)
        column += lanes(wide)
    if column + lanes(middle) <= high:
        value += piece(row, column, lanes(middle), middle)
        column += lanes(middle)
    while column < high:
        count = min(lanes(narrow), high - column)
        value += piece(row, column, count, narrow)
        column += count
    return value


@inlined
def load_row(A, index, k, column, count, like):
    """Load a piece of row ``index[k]`` of A."""
    return load_masked(A, at(index, k) * A.shape[1] + column, count, like)


@inlined
def prefetch_rows(A, index, k, column, like):
    """Prefetch the same piece of the rows of four connections further on."""
    for j in range(k + PREFETCH_DISTANCE, k + PREFETCH_DISTANCE + 4):
        prefetch(A, at(index, min(j, index.size - 1)) * A.shape[1] + column, like)


@inlined
def forward_piece(row, column, count, like):
    """One piece of Z[t] = act(bias + sum of weight[k] * A[source[k]]).

    Where it is to ``add``, the sum begins with what is there instead of the bias. Two sums take
    turns: with one, each addition waits four cycles for the one before (5.4 instead of 4.2 ns per
    connection at 32 columns).
    """
    code, far, weight, source, k, last, A, Z, t, bias, add = row
    even, odd = broadcast(bias, like), broadcast(A.dtype.type(0), like)
    if add:
        even = load_masked(Z, t * Z.shape[1] + column, count, like)
    while k + 4 <= last:
        if far:
            prefetch_rows(A, source, k, column, like)
        even = multiply_add(at(weight, k), load_row(A, source, k, column, count, like), even)
        odd = multiply_add(at(weight, k + 1), load_row(A, source, k + 1, column, count, like), odd)
        even = multiply_add(
            at(weight, k + 2), load_row(A, source, k + 2, column, count, like), even
        )
        odd = multiply_add(at(weight, k + 3), load_row(A, source, k + 3, column, count, like), odd)
        k += 4
    if k + 2 <= last:
        even = multiply_add(at(weight, k), load_row(A, source, k, column, count, like), even)
        odd = multiply_add(at(weight, k + 1), load_row(A, source, k + 1, column, count, like), odd)
        k += 2
    if k < last:
        even = multiply_add(at(weight, k), load_row(A, source, k, column, count, like), even)
    store_masked(Z, t * Z.shape[1] + column, count, rectify(code, even + odd, A))
    return A.dtype.type(0)


@inlined
def forward_row(code, far, weight, source, first, last, A, Z, t, bias, low, high, add):
    """Z[t] = act(bias + weighted sum of the rows of A that feed t), in columns low to high.

    To ``add`` is to begin with Z[t] instead of the bias. Activations other than ReLU are left to
    :func:`activations.activate`.
    """
    row = code, far, weight, source, np.intp(first), np.intp(last), A, Z, t, bias, add
    for_each_piece(forward_piece, A, low, high, row)


@inlined
def store_sums(gradient, k, a, b, c, d, accumulate):
    """Write, or add, the sums of four vectors to gradient[k : k + 4]."""
    four = four_sums(a, b, c, d)
    store(gradient, k, four + zero_unless(accumulate, load(gradient, k, four)))


@inlined
def store_sum(gradient, k, partial, accumulate):
    """Write, or add, the sum of one vector to gradient[k]."""
    value = horizontal_sum(partial)
    if accumulate:
        value += at(gradient, k)
    gradient[k] = value


@inlined
def backward_piece(row, column, count, like):
    """D[s] = act' * sum of weight[k] * D[target[k]], and gradient[k] = D[target[k]] . A[s].

    Each row of D is read once for both. Returns the sum of D[s]: the gradient of a bias.
    """
    code, far, weight, target, k, last, A, D, gradient, s, accumulate = row
    accumulate = accumulate or column > 0
    one, offset = zeros(A, 1), s * A.shape[1] + column
    a = load_masked(A, offset, count, like)
    value = broadcast(A.dtype.type(0), like)
    while k + 4 <= last:
        if far:
            prefetch_rows(D, target, k, column, like)
        d = load_row(D, target, k, column, count, like)
        value = multiply_add(at(weight, k), d, value)
        p = products(a, d, one)
        d = load_row(D, target, k + 1, column, count, like)
        value = multiply_add(at(weight, k + 1), d, value)
        q = products(a, d, one)
        d = load_row(D, target, k + 2, column, count, like)
        value = multiply_add(at(weight, k + 2), d, value)
        r = products(a, d, one)
        d = load_row(D, target, k + 3, column, count, like)
        value = multiply_add(at(weight, k + 3), d, value)
        store_sums(gradient, k, p, q, r, products(a, d, one), accumulate)
        k += 4
    while k < last:
        d = load_row(D, target, k, column, count, like)
        value = multiply_add(at(weight, k), d, value)
        store_sum(gradient, k, products(a, d, one), accumulate)
        k += 1
    value = times_slope(code, a, value, D, offset, count)
    store_masked(D, offset, count, value)
    return horizontal_sum(products(value, broadcast(A.dtype.type(1), like), one))


@inlined
def backward_row(code, far, weight, target, first, last, A, D, gradient, s, accumulate):
    """Sensitivity of neuron s and the gradients of its outgoing connections, as ``backward_piece``.

    Returns the gradient of its bias.
    """
    first, last = np.intp(first), np.intp(last)
    row = code, far, weight, target, first, last, A, D, gradient, s, accumulate
    return for_each_piece(backward_piece, A, 0, A.shape[1], row)


@inlined
def gradient_piece(row, column, count, like):
    """One piece of gradient[k] = A[s] . D[index[k]]: dot products alone."""
    far, index, k, last, A, D, gradient, s, accumulate = row
    accumulate = accumulate or column > 0
    one = zeros(A, 1)
    a = load_masked(A, s * A.shape[1] + column, count, like)
    while k + 4 <= last:
        if far:
            prefetch_rows(D, index, k, column, like)
        p = products(a, load_row(D, index, k, column, count, like), one)
        q = products(a, load_row(D, index, k + 1, column, count, like), one)
        r = products(a, load_row(D, index, k + 2, column, count, like), one)
        z = products(a, load_row(D, index, k + 3, column, count, like), one)
        store_sums(gradient, k, p, q, r, z, accumulate)
        k += 4
    while k < last:
        partial = products(a, load_row(D, index, k, column, count, like), one)
        store_sum(gradient, k, partial, accumulate)
        k += 1
    return A.dtype.type(0)


@inlined
def gradient_row(far, index, first, last, A, D, gradient, s, accumulate, low, high):
    """gradient[k] = A[s] . D[index[k]] for the connections first to last, columns low to high."""
    row = far, index, np.intp(first), np.intp(last), A, D, gradient, s, accumulate
    for_each_piece(gradient_piece, A, low, high, row)


@inlined
def output_row(code, A, D, s, output_grad, row):
    """D[s] = output_grad[row] * act'."""
    like, width, column = zeros(A, 1), A.shape[1], np.intp(0)
    while column < width:
        count, offset = min(lanes(like), width - column), s * width + column
        value = load_masked(output_grad, row * width + column, count, like)
        a = load_masked(A, offset, count, like)
        store_masked(D, offset, count, times_slope(code, a, value, D, offset, count))
        column += count


@inlined
def row_sum(D, s):
    """Return the sum of one row: the gradient of a bias."""
    like, width, column = zeros(D, 1), D.shape[1], np.intp(0)
    value = zeros(D, 1)
    while column < width:
        count = min(lanes(like), width - column)
        value = value + load_masked(D, s * width + column, count, like)
        column += count
    return horizontal_sum(value)
