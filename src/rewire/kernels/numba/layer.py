"""Passes over one layer of a front end, compiled: copies, products and copies back in one call.

Images are taken in groups, whose interleaved rows are the work space: ``A`` for sources (and then
their gradients), ``Z`` for targets (or their sensitivities). See ``geometry`` for how they lie.
An index of a connection is the number of a row where ``width`` is its length, and a flat position
where ``width`` is 1.
"""

import numpy as np

from ..layout import LINEAR
from .compiling import inlined, part
from .permutations import to_csc_order, to_table_order
from .placing import clear_gaps, place_in, place_out
from .rows import (
    for_each_piece,
    forward_row,
    gradient_row,
    load_row,
    prefetch_rows,
    row_sum,
    store_sum,
    store_sums,
)
from .sharing import chunk_length, copies_length, share
from .shuffles import products
from .simd import broadcast, load_masked, multiply_add, store_masked, zeros

BIASES = 64  # targets whose sensitivities a thread adds up at once


@inlined
def copies_in(first, last, task):
    """Copy in some numbers of a group of images, and clear the same share of the gaps."""
    X, image, images, place, run, gaps, A = task
    place_in(X, image, images, place, run, A, first, last)
    size, number = max(place.size, 1), gaps.shape[0]
    clear_gaps(A, gaps, first * number // size, last * number // size)


@inlined
def copies_out(first, last, task):
    """Copy out some numbers of a group of images."""
    A, place, run, X, image, images = task
    place_out(A, place, run, X, image, images, first, last)


@inlined
def sums(first, last, task):
    """Weighted sums of some targets, in one tile of columns."""
    indptr, index, weight, bias, far, A, Z, low, high = task
    for t in range(first, last):
        start = bias[t] if bias.size else A.dtype.type(0)
        ends = indptr[t], indptr[t + 1]
        forward_row(LINEAR, far, weight, index, *ends, A, Z, t, start, low, high)


@part
def layer_forward(
    X,
    out,
    images,
    input_place,
    input_run,
    input_gaps,
    output_place,
    output_run,
    tiles,
    indptr,
    index,
    weight,
    bias,
    width,
    target_size,
    far,
    A,
    Z,
    progress,
):
    """Out = weighted sums of X, plus ``bias`` (empty: zero), for whole groups of images."""
    phase, zero, targets = np.intp(0), np.intp(0), indptr.size - 1
    inputs, outputs = input_place.size, output_place.size
    length_in, length_out = copies_length(inputs, images), copies_length(outputs, images)
    sources = A[: A.size // width * width].reshape((A.size // width, width))
    fixed = indptr, index, weight, bias, far, sources, Z.reshape((targets, target_size))
    for image in range(0, X.shape[0], images):
        task_in = X, image, images, input_place, input_run, input_gaps, A
        phase = share(copies_in, progress, phase, zero, inputs, length_in, task_in)
        for i in range(tiles.shape[0]):
            task = *fixed, tiles[i, 0], tiles[i, 1]
            length = chunk_length(targets, index.size * (tiles[i, 1] - tiles[i, 0]))
            phase = share(sums, progress, phase, zero, targets, length, task)
        task_out = Z, output_place, output_run, out, image, images
        phase = share(copies_out, progress, phase, zero, outputs, length_out, task_out)


@inlined
def both_piece(row, column, count, like):
    """One piece of A[s] = sum of weight[k] * D[index[k]], and gradient[k] += D[index[k]] . A[s].

    Each row of D is read once for both; A[s] is read before its gradient is written over it.
    """
    far, weight, index, k, last, A, D, gradient, s = row
    one, offset = zeros(A, 1), s * A.shape[1] + column
    a = load_masked(A, offset, count, like)
    value = broadcast(A.dtype.type(0), like)
    while k + 4 <= last:
        if far:
            prefetch_rows(D, index, k, column, like)
        d = load_row(D, index, k, column, count, like)
        value = multiply_add(weight[np.uintp(k)], d, value)
        p = products(a, d, one)
        d = load_row(D, index, k + 1, column, count, like)
        value = multiply_add(weight[np.uintp(k + 1)], d, value)
        q = products(a, d, one)
        d = load_row(D, index, k + 2, column, count, like)
        value = multiply_add(weight[np.uintp(k + 2)], d, value)
        r = products(a, d, one)
        d = load_row(D, index, k + 3, column, count, like)
        value = multiply_add(weight[np.uintp(k + 3)], d, value)
        store_sums(gradient, k, p, q, r, products(a, d, one), True)
        k += 4
    while k < last:
        d = load_row(D, index, k, column, count, like)
        value = multiply_add(weight[np.uintp(k)], d, value)
        store_sum(gradient, k, products(a, d, one), True)
        k += 1
    store_masked(A, offset, count, value)
    return A.dtype.type(0)


@inlined
def gradients(first, last, task):
    """The gradients of some planes of sources, in one tile of their columns."""
    needs_input, needs_weight, csc_indptr, index, csc_weight, gradient, far, A, D, low, high = task
    for s in range(first, last):
        begin, end = np.intp(csc_indptr[s]), np.intp(csc_indptr[s + 1])
        if needs_input and needs_weight:
            row = far, csc_weight, index, begin, end, A, D, gradient, np.intp(s)
            for_each_piece(both_piece, A, low, high, row)
        elif needs_weight:
            gradient_row(far, index, begin, end, A, D, gradient, s, True, low, high)
        else:
            start = A.dtype.type(0)
            forward_row(LINEAR, far, csc_weight, index, begin, end, D, A, s, start, low, high)


@inlined
def gradients_out(first, last, task):
    """Copy out gradients of inputs; those of inputs that no target reads are zero."""
    A, unused, place, run, X, image, images = task
    for i in range(unused, unused + images):
        A[np.uintp(i)] = A.dtype.type(0)
    place_out(A, place, run, X, image, images, first, last)


@inlined
def begin_gradients(first, last, task):
    """Order weights by source, and start the gradients of weights at zero."""
    weight, csc_position, csc_weight, gradient = task
    to_csc_order(weight, csc_position, csc_weight, first, last)
    for k in range(first, last):
        gradient[np.uintp(k)] = gradient.dtype.type(0)


@inlined
def end_gradients(first, last, task):
    """Order gradients of weights as the table."""
    gradient, csc_position, weight_grad = task
    to_table_order(gradient, csc_position, weight_grad, first, last)


@inlined
def bias_sums(first, last, task):
    """Add up the sensitivities of some targets."""
    D, bias_grad = task
    for t in range(first, last):
        bias_grad[t] += row_sum(D, t)


@part
def layer_backward(
    X,
    output_grad,
    input_grad,
    weight_grad,
    bias_grad,
    images,
    input_place,
    input_run,
    input_gaps,
    output_place,
    output_run,
    output_gaps,
    tiles,
    csc_indptr,
    index,
    csc_position,
    weight,
    csc_weight,
    gradient,
    width,
    planes,
    plane_size,
    target_size,
    far,
    A,
    D,
    progress,
):
    """Gradients for whole groups of images; those whose array is empty are not wanted.

    ``csc_weight`` and ``gradient`` are work space, as are ``A`` and ``D``. ``bias_grad`` must be
    zero at the beginning.
    """
    needs_input, needs_weight = input_grad.shape[0] > 0, weight_grad.size > 0
    phase, zero, connections = np.intp(0), np.intp(0), weight.size
    inputs, outputs = input_place.size, output_place.size
    length_in, length_out = copies_length(inputs, images), copies_length(outputs, images)
    unused = planes * plane_size
    rows = A[:unused].reshape((planes, plane_size)), D.reshape((D.size // width, width))
    targets = D.reshape((D.size // target_size, target_size))
    fixed = needs_input, needs_weight, csc_indptr, index, csc_weight, gradient, far, *rows
    task = weight, csc_position, csc_weight, gradient
    phase = share(begin_gradients, progress, phase, zero, connections, 65536, task)
    for image in range(0, output_grad.shape[0], images):
        if needs_weight:
            task_in = X, image, images, input_place, input_run, input_gaps, A
            phase = share(copies_in, progress, phase, zero, inputs, length_in, task_in)
        task_in = output_grad, image, images, output_place, output_run, output_gaps, D
        phase = share(copies_in, progress, phase, zero, outputs, length_out, task_in)
        if bias_grad.size:
            task_bias = targets, bias_grad
            phase = share(bias_sums, progress, phase, zero, bias_grad.size, BIASES, task_bias)
        for i in range(tiles.shape[0]):
            task_sums = *fixed, tiles[i, 0], tiles[i, 1]
            length = chunk_length(planes, connections * (tiles[i, 1] - tiles[i, 0]))
            phase = share(gradients, progress, phase, zero, planes, length, task_sums)
        if needs_input:
            task_out = A, unused, input_place, input_run, input_grad, image, images
            phase = share(
                gradients_out, progress, phase, zero, input_place.size, length_in, task_out
            )
    if needs_weight:
        task_end = gradient, csc_position, weight_grad
        share(end_gradients, progress, phase, zero, connections, 65536, task_end)
