"""Whole passes over a network in one compiled call, shared by any number of threads.

The phases of a pass: order the weights by source, gather the inputs, go forward through each rank,
compute the loss, go backward through each rank, make the update. See ``sharing``.
"""

import numpy as np

from ..adjacency import Adjacency
from ..layout import Ranks
from .compiling import inlined, part
from .losses import acceptable, count_correct, loss_and_slope, sum_of_squares
from .network import backward, forward, gather_inputs, output_sensitivity
from .permutations import to_csc_order, to_table_order
from .sharing import chunk_length, share
from .updates import descend

SHARES_WORK = True  # several threads may make one call together

ORDER, INPUTS, FORWARD, LOSS, BACKWARD, DESCEND, OUTPUTS = range(7)
CHUNK_OF_INPUTS = 64


@inlined
def phase_of(number, starts, ranks, connections):
    """Return (kind, low, high) of a phase: order, inputs, forwards, loss, backwards, descend.

    One loop with one call in it: written out, six copies of everything took 20 s to compile.
    """
    if number == 0:
        return ORDER, 0, connections
    if number == 1:
        return INPUTS, 0, starts[1]
    if number <= ranks:
        return FORWARD, starts[number - 1], starts[number]
    if number == ranks + 1:
        return LOSS, starts[ranks - 1], starts[ranks]
    if number <= 2 * ranks:
        return BACKWARD, starts[2 * ranks - number], starts[2 * ranks - number + 1]
    return DESCEND, 0, connections


@inlined
def phase_chunk(kind, low, high, indptr, csc_indptr, columns):
    """Return the length of a phase's chunks; the loss is one."""
    if kind == INPUTS:
        return CHUNK_OF_INPUTS
    if kind in (LOSS, OUTPUTS):
        return max(high - low, 1)
    connections = high - low
    if kind == FORWARD:
        connections = np.intp(indptr[high] - indptr[low])
    elif kind == BACKWARD:
        connections = np.intp(csc_indptr[high] - csc_indptr[low])
    return chunk_length(high - low, connections * columns)


@inlined
def count_samples(samples):
    """Return how many samples a step has, without the -1 that may follow them."""
    size = samples.size
    while size > 0 and samples[size - 1] < 0:
        size -= 1
    return size


@inlined
def next_tile(samples, start, A, D, neurons):
    """Return the next samples, and A and D cut to as many columns."""
    tile = samples[start : start + max(A.size // neurons, 1)]
    size, shape = neurons * tile.size, (neurons, tile.size)
    return tile, A[:size].reshape(shape), D[:size].reshape(shape)


@inlined
def predict_chunk(first, last, task):
    """Do one chunk of one phase of ``predict``."""
    kind, net, X, tile, out = task
    ranks, indptr, source, weight, bias = net
    samples, A, D = tile
    if kind == INPUTS:
        gather_inputs(X, samples, A, first, last)
    elif kind == FORWARD:
        forward(ranks, indptr, source, weight, bias, A, D, first, last)
    else:
        for c in range(samples.size):
            for o in range(first, last):
                out[c, o - first] = A[o, c]


@part
def predict(
    start, activation, custom, indptr, source, A, D, weight, bias, X, samples, out, progress
):
    """out[c] = outputs for X[samples[c]]; A and D are flat buffers."""
    ranks = Ranks(start, activation, custom)
    net, phase, done = (ranks, indptr, source, weight, bias), np.intp(0), np.intp(0)
    while done < samples.size:
        tile = next_tile(samples, done, A, D, bias.size)
        for number in range(1, start.size + 1):
            kind, low, high = phase_of(number, start, start.size - 1, 0)
            kind = OUTPUTS if kind == LOSS else kind
            length = np.intp(0)
            if progress.size > 0:
                length = phase_chunk(kind, low, high, indptr, indptr, tile[0].size)
            task = kind, net, X, tile, out[done:]
            phase = share(predict_chunk, progress, phase, low, high, length, task)
        done += tile[0].size


@inlined
def train_chunk(first, last, task):
    """Do one chunk of one phase of ``train``."""
    kind, net, batch, step, tile, buffers, accumulate = task
    ranks, adjacency, weight, bias = net
    samples, A, D = tile
    output_grad, csc_weight, csc_gradient, bias_gradient = buffers
    if kind == ORDER:
        to_csc_order(weight, adjacency.csc_position, csc_weight, first, last)
    elif kind == INPUTS:
        gather_inputs(batch[0], samples, A, first, last)
    elif kind == FORWARD:
        forward(ranks, adjacency.indptr, adjacency.source, weight, bias, A, D, first, last)
    elif kind in (LOSS, BACKWARD):
        if kind == LOSS:
            compute_loss(first, last, net, batch, step, tile, output_grad, accumulate)
        by_source = adjacency.csc_indptr, adjacency.target, csc_weight
        out = csc_gradient, bias_gradient, accumulate
        backward(ranks, *by_source, A, D, *out, first, last)
    elif kind == DESCEND:
        update(first, last, net, buffers, step)


@inlined
def update(first, last, net, buffers, step):
    """Update weights first to last, and with the first ones all biases."""
    ranks, adjacency, weight, bias = net
    _, csc_weight, csc_gradient, bias_gradient = buffers
    rates, (velocity, bias_velocity, square, bias_square) = step[:2]
    # Into the table's order first, for loops without gaps: many numbers at a time. The weights by
    # source are not needed any more.
    to_table_order(csc_gradient, adjacency.csc_position, csc_weight, first, last)
    descend(weight, csc_weight, velocity, square, rates, first, last)
    if first == 0:
        ends = ranks.start[1], bias.size
        descend(bias, bias_gradient, bias_velocity, bias_square, rates, *ends)


@inlined
def compute_loss(first, last, net, batch, step, tile, output_grad, accumulate):
    """Add to the step's loss and count, and begin the backward pass at the outputs."""
    (ranks, _, weight, bias), (_, y, loss, scale, penalty), (samples, A, D) = net, batch, tile
    size, scores = (last - first) * A.shape[1], A[first:]
    output_grad = output_grad[:size].reshape((last - first, A.shape[1]))
    losses, n_correct = step[2:]
    value = loss_and_slope(loss, scores, y, samples, A.dtype.type(scale), output_grad)
    losses[0] += scale * value
    n_correct[0] += count_correct(loss, scores, y, samples)
    if penalty > 0 and not accumulate:
        losses[0] += penalty * (sum_of_squares(weight) + sum_of_squares(bias))
    output_sensitivity(ranks, A, D, output_grad)


@part
def train(
    start,
    activation,
    custom,
    indptr,
    source,
    csc_indptr,
    target,
    csc_position,
    A,
    D,
    output_grad,
    csc_weight,
    csc_gradient,
    bias_gradient,
    weight,
    bias,
    X,
    y,
    samples,
    loss,
    scale,
    penalty,
    rates,
    velocity,
    bias_velocity,
    square,
    bias_square,
    decay,
    momentum,
    nesterov,
    shrinkage,
    keep_square,
    eps,
    steps,
    update,
    check,
    losses,
    n_correct,
    progress,
):
    """Step i learns the batch in row i of ``samples``, or in the only row, at rate ``rates[i]``.

    A row may end in -1, where no sample is.

    The arguments are the fields of ``Ranks``, ``Adjacency``, ``Buffers``, ``Parameters``,
    ``Batch``, ``Objective``, the rates, ``Descent``, two flags, ``StepResult`` and the progress.

    Adds to losses[i], and to n_correct[i] how many samples were right before the update; leaves the
    last step's gradients. Without ``update`` weights and biases stay. A tile has as many samples as
    fit into A and D, so that the rows of one rank stay in the L2 cache while it is visited.

    Returns False, and has done nothing, where ``check`` says to look at X and y and they are not
    acceptable; every thread looks for itself.
    """
    ranks = Ranks(start, activation, custom)
    adjacency = Adjacency(indptr, source, csc_indptr, target, csc_position)
    if check and not acceptable(X, y, loss, bias.size - start[-2]):
        return False
    net = ranks, adjacency, weight, bias
    buffers = output_grad, csc_weight, csc_gradient, bias_gradient
    state = velocity, bias_velocity, square, bias_square
    n_ranks, phase = start.size - 1, np.intp(0)
    for i in range(rates.size):
        chosen, done = samples[min(i, samples.shape[0] - 1)], np.intp(0)
        size = count_samples(chosen)
        chosen, batch = chosen[:size], (X, y, loss, scale / size, penalty)
        adam = shrinkage, keep_square, eps, steps + i + 1
        step = (rates[i], decay, momentum, nesterov, *adam), state, losses[i:], n_correct[i:]
        while done < size:
            tile = next_tile(chosen, done, A, D, bias.size)
            accumulate = done > 0
            done += tile[0].size
            for number in range(2 * n_ranks + 2):
                kind, low, high = phase_of(number, start, n_ranks, weight.size)
                last = update and done == size
                if (kind == ORDER and accumulate) or (kind == DESCEND and not last):
                    continue
                length = np.intp(0)
                if progress.size > 0:
                    length = phase_chunk(kind, low, high, indptr, csc_indptr, tile[0].size)
                task = kind, net, batch, step, tile, buffers, accumulate
                phase = share(train_chunk, progress, phase, low, high, length, task)
    return True
