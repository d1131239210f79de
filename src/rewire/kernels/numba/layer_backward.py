"""The backward pass over one layer of a front end, compiled, as ``layer`` the forward pass."""

import numpy as np

from ..layout import LINEAR
from .compiling import inlined, part
from .layer import MANY, columns_at_once, copies_in, order_weights, rows_length
from .permutations import to_table_order
from .placing import place_out
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
from .sharing import copies_length, cut, own_part, share, share_apart
from .shuffles import products
from .simd import broadcast, load_masked, multiply_add, store_masked, zeros

BIASES = 64  # targets whose sensitivities a thread adds up at once
RESERVED = 5  # phases outside of groups


@inlined
def both_piece(row, column, count, like):
    """One piece of G[s] = sum of weight[k] * D[index[k]], and gradient[k] += D[index[k]] . A[s].

    Each row of D is read once for both. G may be A: A[s] is read before its gradient is written.
    """
    add, far, weight, index, k, last, A, D, G, gradient, s = row
    one, offset = zeros(A, 1), s * A.shape[1] + column
    a = load_masked(A, offset, count, like)
    value = broadcast(A.dtype.type(0), like)
    if add:
        value = load_masked(G, offset, count, like)
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
    store_masked(G, offset, count, value)
    return A.dtype.type(0)


@inlined
def source_rows(first, last, task):
    """The gradients of some planes of sources, in one tile of their columns."""
    wanted, table, gradient, (blocks, far), A, D, G, low, high = task
    (needs_input, needs_weight), (csc_indptr, index, csc_weight) = wanted, table
    step, planes = columns_at_once(A, high - low, blocks), A.shape[0]
    for column in range(low, high, step):
        until = min(column + step, high)
        for block in range(blocks):
            for s in range(first, last):
                i, add = block * planes + s, block > 0
                begin, end = np.intp(csc_indptr[i]), np.intp(csc_indptr[i + 1])
                if needs_input and needs_weight:
                    row = add, far, csc_weight, index, begin, end, A, D, G, gradient, np.intp(s)
                    for_each_piece(both_piece, A, column, until, row)
                elif needs_weight:
                    row = begin, end, A, D, gradient, s, True, column, until
                    gradient_row(far, index, *row)
                else:
                    row = begin, end, D, G, s, A.dtype.type(0), column, until, add
                    forward_row(LINEAR, far, csc_weight, index, *row)


@inlined
def gradients_out(first, last, task):
    """Copy out gradients of inputs; those of inputs that no target reads are zero."""
    G, unused, place, run, X, image, images = task
    for i in range(unused, unused + images):
        G[np.uintp(i)] = G.dtype.type(0)
    place_out(G, place, run, X, image, images, first, last)


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
    within, inputs, outputs, tiles, table, sizes, (gradients, bias_sums), (A, D, G) = task
    X, input_grad, input_place, input_run, input_gaps = inputs
    output_grad, output_place, output_run, output_gaps = outputs
    images, width, planes, plane_size, target_size, blocks, far = sizes
    connections = table[1].size
    needs_input, needs_weight = input_grad.shape[0] > 0, gradients.shape[1] > 0
    phase, zero, unused = np.intp(RESERVED), np.intp(0), planes * plane_size
    length_in = copies_length(input_place.size, images)
    length_out = copies_length(output_place.size, images)
    targets = D[: D.size // target_size * target_size].reshape((D.size // target_size, target_size))
    read = D[: D.size // width * width].reshape((D.size // width, width))
    results, shape = G if blocks > 1 else A, (planes, plane_size)
    rows = A[:unused].reshape(shape), read, results[:unused].reshape(shape)
    groups, subtotals = output_grad.shape[0] // images, gradients.shape[0]
    for i in range(first, last):
        gradient, biases = gradients[i], bias_sums[i]
        phase = share(clear, within, phase, zero, gradient.size, MANY, gradient)
        phase = share(clear, within, phase, zero, biases.size, MANY, biases)
        fixed = (needs_input, needs_weight), table, gradient, (blocks, far), *rows
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
                length = rows_length(planes, connections * (tiles[j, 1] - tiles[j, 0]), blocks)
                phase = share(source_rows, within, phase, zero, planes, length, task_sums)
            if needs_input:
                task_out = results, unused, input_place, input_run, input_grad, image, images
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
    blocks,
    far,
    parts,
    bias_sums,
    A,
    D,
    G,
    progress,
):
    """Gradients for whole groups of images; those whose array is empty are not wanted.

    ``gradients`` and ``bias_sums`` have a row for each subtotal, over as many groups of images, so
    that threads which share the groups need not wait for each other. They are work space, as are
    ``csc_weight``, ``A``, ``D`` and, where there are blocks, ``G`` for the gradients of ``A``.
    ``bias_grad`` must be zero at the beginning.
    """
    within = progress[:0] if parts > 1 else progress
    number = own_part(parts, progress)
    space = cut(A, number, parts) + cut(D, number, parts) + cut(G, number, parts)
    zero, one, connections = np.intp(0), np.intp(1), weight.size
    if input_grad.shape[0]:
        task_order = weight, csc_position, csc_weight
        share(order_weights, progress, zero, zero, connections, MANY, task_order)
    inputs = X, input_grad, input_place, input_run, input_gaps
    outputs = output_grad, output_place, output_run, output_gaps
    table = csc_indptr, index, csc_weight
    sizes = images, width, planes, plane_size, target_size, blocks, far
    task = within, inputs, outputs, tiles, table, sizes, (gradients, bias_sums), space
    share_apart(backward_groups, progress, one, gradients.shape[0], parts, task)
    if weight_grad.size:
        if gradients.shape[0] > 1:
            share(add_subtotals, progress, 2 * one, zero, connections, MANY, gradients)
        task_end = gradients[0], csc_position, weight_grad
        share(end_gradients, progress, 3 * one, zero, connections, MANY, task_end)
    if bias_grad.size:
        share(add_biases, progress, 4 * one, zero, bias_grad.size, MANY, (bias_sums, bias_grad))
