"""Passes over one layer of a front end, compiled: copies, products and copies back in one call.

Images are taken in groups, whose interleaved rows are the work space: ``A`` for sources (and then
their gradients), ``Z`` for targets (or their sensitivities). See ``geometry`` for how they lie.
An index of a connection is the number of a row where ``width`` is its length, and a flat position
where ``width`` is 1.

Threads share either all groups, each with a ``part`` of the work space for itself, or every step of
one group after the other. In parts nothing goes from one core's cache to another's: 512 rows of
1024 numbers at density 0.02 took 0.8 ms instead of 1.1.
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
from .sharing import chunk_length, copies_length, own_parts, share, share_apart
from .shuffles import products
from .simd import broadcast, load_masked, multiply_add, store_masked, zeros

BIASES = 64  # targets whose sensitivities a thread adds up at once
MANY = 65536  # numbers, likewise, where one takes little
RESERVED = 5  # phases of the backward pass outside of groups


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


@inlined
def forward_groups(first, last, task):
    """Some groups of images, one after the other: copy in, weighted sums of all targets, copy out.

    Threads that are ``within`` share each of these.
    """
    within, X, out, copies, tiles, table, sizes, (A, Z) = task
    images, input_place, input_run, input_gaps, output_place, output_run = copies
    index, (width, target_size, far), targets = table[1], sizes, table[0].size - 1
    phase, zero = np.intp(0), np.intp(0)
    inputs, outputs = input_place.size, output_place.size
    length_in, length_out = copies_length(inputs, images), copies_length(outputs, images)
    sources = A[: A.size // width * width].reshape((A.size // width, width))
    fixed = *table, far, sources, Z[: targets * target_size].reshape((targets, target_size))
    for image in range(first * images, last * images, images):
        task_in = X, image, images, input_place, input_run, input_gaps, A
        phase = share(copies_in, within, phase, zero, inputs, length_in, task_in)
        for i in range(tiles.shape[0]):
            task_sums = *fixed, tiles[i, 0], tiles[i, 1]
            length = chunk_length(targets, index.size * (tiles[i, 1] - tiles[i, 0]))
            phase = share(sums, within, phase, zero, targets, length, task_sums)
        task_out = Z, output_place, output_run, out, image, images
        phase = share(copies_out, within, phase, zero, outputs, length_out, task_out)


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
    parts,
    A,
    Z,
    progress,
):
    """Out = weighted sums of X, plus ``bias`` (empty: zero), for whole groups of images."""
    within = progress[:0] if parts > 1 else progress
    space = own_parts(A, Z, parts, progress)
    copies = images, input_place, input_run, input_gaps, output_place, output_run
    task = within, X, out, copies, tiles, (indptr, index, weight, bias), (width, target_size, far)
    groups = X.shape[0] // images
    share_apart(forward_groups, progress, np.intp(0), groups, parts, (*task, space))


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
def source_rows(first, last, task):
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
def order_weights(first, last, task):
    """Order weights by source."""
    weight, csc_position, csc_weight = task
    to_csc_order(weight, csc_position, csc_weight, first, last)


@inlined
def clear(first, last, gradient):
    """Start gradients at zero."""
    for k in range(first, last):
        gradient[np.uintp(k)] = gradient.dtype.type(0)


@inlined
def add_subtotals(first, last, subtotals):
    """Add all rows to the first one."""
    for i in range(1, subtotals.shape[0]):
        for k in range(first, last):
            subtotals[0, np.uintp(k)] += subtotals[np.uintp(i), np.uintp(k)]


@inlined
def end_gradients(first, last, task):
    """Order gradients of weights as the table."""
    gradient, csc_position, weight_grad = task
    to_table_order(gradient, csc_position, weight_grad, first, last)


@inlined
def add_rows(first, last, task):
    """Add up the sensitivities of some targets."""
    D, bias_grad = task
    for t in range(first, last):
        bias_grad[t] += row_sum(D, t)


@inlined
def add_biases(first, last, task):
    """Add the subtotals of biases' gradients to what is there."""
    subtotals, bias_grad = task
    for i in range(subtotals.shape[0]):
        for t in range(first, last):
            bias_grad[t] += subtotals[i, t]


@inlined
def backward_groups(first, last, task):
    """Some subtotals, each over its groups of images, one after the other.

    Threads that are ``within`` share each step.
    """
    within, inputs, outputs, tiles, table, sizes, (gradients, bias_sums), (A, D) = task
    X, input_grad, input_place, input_run, input_gaps = inputs
    output_grad, output_place, output_run, output_gaps = outputs
    images, width, planes, plane_size, target_size, far = sizes
    needs_input, needs_weight = input_grad.shape[0] > 0, gradients.shape[1] > 0
    phase, zero, unused = np.intp(RESERVED), np.intp(0), planes * plane_size
    length_in = copies_length(input_place.size, images)
    length_out = copies_length(output_place.size, images)
    targets = D[: D.size // target_size * target_size].reshape((D.size // target_size, target_size))
    read = D[: D.size // width * width].reshape((D.size // width, width))
    rows = A[:unused].reshape((planes, plane_size)), read
    groups, subtotals = output_grad.shape[0] // images, gradients.shape[0]
    connections = table[1].size
    for i in range(first, last):
        gradient, biases = gradients[i], bias_sums[i]
        phase = share(clear, within, phase, zero, gradient.size, MANY, gradient)
        phase = share(clear, within, phase, zero, biases.size, MANY, biases)
        fixed = needs_input, needs_weight, *table, gradient, far, *rows
        for group in range(i * groups // subtotals, (i + 1) * groups // subtotals):
            image = group * images
            if needs_weight:
                task_in = X, image, images, input_place, input_run, input_gaps, A
                size = input_place.size
                phase = share(copies_in, within, phase, zero, size, length_in, task_in)
            task_in = output_grad, image, images, output_place, output_run, output_gaps, D
            phase = share(copies_in, within, phase, zero, output_place.size, length_out, task_in)
            task_bias = targets, biases
            phase = share(add_rows, within, phase, zero, biases.size, BIASES, task_bias)
            for j in range(tiles.shape[0]):
                task_sums = *fixed, tiles[j, 0], tiles[j, 1]
                length = chunk_length(planes, connections * (tiles[j, 1] - tiles[j, 0]))
                phase = share(source_rows, within, phase, zero, planes, length, task_sums)
            if needs_input:
                task_out = A, unused, input_place, input_run, input_grad, image, images
                size = input_place.size
                phase = share(gradients_out, within, phase, zero, size, length_in, task_out)


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
    gradients,
    width,
    planes,
    plane_size,
    target_size,
    far,
    parts,
    bias_sums,
    A,
    D,
    progress,
):
    """Gradients for whole groups of images; those whose array is empty are not wanted.

    ``gradients`` and ``bias_sums`` have a row for each subtotal, over as many groups of images, so
    that threads which share the groups need not wait for each other. They are work space, as are
    ``csc_weight``, ``A`` and ``D``. ``bias_grad`` must be zero at the beginning.
    """
    within = progress[:0] if parts > 1 else progress
    space = own_parts(A, D, parts, progress)
    zero, one, connections = np.intp(0), np.intp(1), weight.size
    if input_grad.shape[0]:
        task_order = weight, csc_position, csc_weight
        share(order_weights, progress, zero, zero, connections, MANY, task_order)
    inputs = X, input_grad, input_place, input_run, input_gaps
    outputs = output_grad, output_place, output_run, output_gaps
    table = csc_indptr, index, csc_weight
    sizes = images, width, planes, plane_size, target_size, far
    task = within, inputs, outputs, tiles, table, sizes, (gradients, bias_sums), space
    share_apart(backward_groups, progress, one, gradients.shape[0], parts, task)
    if weight_grad.size:
        if gradients.shape[0] > 1:
            share(add_subtotals, progress, 2 * one, zero, connections, MANY, gradients)
        task_end = gradients[0], csc_position, weight_grad
        share(end_gradients, progress, 3 * one, zero, connections, MANY, task_end)
    if bias_grad.size:
        share(add_biases, progress, 4 * one, zero, bias_grad.size, MANY, (bias_sums, bias_grad))
