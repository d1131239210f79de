"""Whole passes over a network in one compiled call, shared by any number of threads.

A pass is a row of phases (order the weights, place the inputs, forward through rank 1,
...), a phase a number of chunks.  Every thread makes the same call.  In each phase it
takes the next chunk until none is left, then waits until those that others took are
finished.  A thread that comes late finds less to do, and nobody waits for it to come.
Who computes a neuron does not change how, so the bits do not depend on the threads.

``progress`` holds for each phase how many chunks were taken and how many finished; it
must begin as zeros, two for each phase (``phases`` in ``steps`` counts them).
"""

import numpy as np

from .numba_kernels import (
    backward,
    count_right,
    descend,
    descend_bias,
    forward,
    inlined,
    loss_and_slope,
    output_sensitivity,
    place_inputs,
    plain,
    squares,
    to_source_order,
)
from .vectors import count_up, current, give_way, pause

ORDER, INPUTS, FORWARD, LOSS, BACKWARD, DESCEND, OUTPUTS = range(7)
MOST_CHUNKS, CHUNK_OF_INPUTS, CHUNK_OF_CONNECTIONS, SPIN = 64, 64, 1024, 2000


@inlined
def wait(progress, phase, chunks):
    """Until all chunks of a phase are finished; gives way if that takes long."""
    turns = 0
    while current(progress, 2 * phase + 1) < chunks:
        turns += 1
        if turns > SPIN:
            give_way()
        else:
            pause()


@inlined
def chunk_size(kind, low, high, wiring):
    """Enough connections for some microseconds, and not above 64 chunks (but for inputs)."""
    if kind == INPUTS:
        return CHUNK_OF_INPUTS
    if kind == LOSS or kind == OUTPUTS:
        return max(high - low, 1)
    connections = high - low
    if kind == FORWARD:
        connections = np.intp(wiring.row_pointer[high] - wiring.row_pointer[low])
    elif kind == BACKWARD:
        connections = np.intp(wiring.column_pointer[high] - wiring.column_pointer[low])
    chunks = min(MOST_CHUNKS, connections // CHUNK_OF_CONNECTIONS + 1)
    return max((high - low + chunks - 1) // chunks, 1)


@plain
def work(kind, first, last, net, data, tile, learning):
    """One chunk of one phase."""
    wiring, weight, bias = net
    X, y, loss, scale, rate, decay, penalty, sums, right = data
    samples, A, D = tile
    weight_by_source, gradient, bias_gradient, accumulate = learning
    if kind == ORDER:
        to_source_order(weight, wiring.place, weight_by_source, first, last)
    elif kind == INPUTS:
        place_inputs(X, samples, A, first, last)
    elif kind == FORWARD:
        forward(wiring, weight, bias, A, D, first, last)
    elif kind == BACKWARD:
        backward(wiring, weight_by_source, A, D, gradient, bias_gradient, accumulate, first, last)
    elif kind == LOSS:
        given = np.empty((last - first, A.shape[1]), A.dtype)
        sums[0] += scale * loss_and_slope(loss, A[first:], y, samples, A.dtype.type(scale), given)
        right[0] += count_right(loss, A[first:], y, samples)
        if penalty > 0 and not accumulate:
            sums[0] += penalty * (squares(weight) + squares(bias))
        output_sensitivity(wiring, A, D, given)
        backward(wiring, weight_by_source, A, D, gradient, bias_gradient, accumulate, first, last)
    elif kind == DESCEND:
        descend(weight, gradient, wiring.place, rate, decay, first, last)
        if first == 0:
            descend_bias(bias, bias_gradient, rate, decay, wiring.rank_start[1], bias.size)


@plain
def share(progress, phase, kind, low, high, net, data, tile, learning):
    """Take chunks of a phase until none is left and wait for the others; the next phase."""
    size = chunk_size(kind, low, high, net[0])
    chunks = max((high - low + size - 1) // size, 1)
    chunk = count_up(progress, 2 * phase)
    while chunk < chunks:
        first = low + chunk * size
        work(kind, first, min(high, first + size), net, data, tile, learning)
        count_up(progress, 2 * phase + 1)
        chunk = count_up(progress, 2 * phase)
    wait(progress, phase, chunks)
    return phase + 1


@inlined
def tile_of(samples, start, A, D, neurons):
    """The next samples, and A and D cut to as many columns."""
    part = samples[start : start + max(A.size // neurons, 1)]
    size, shape = neurons * part.size, (neurons, part.size)
    return part, A[:size].reshape(shape), D[:size].reshape(shape)


@plain
def predict(wiring, weight, bias, X, samples, A, D, out, progress):
    """out[c] = outputs for X[samples[c]]; A and D are flat scratch arrays."""
    starts, neurons, phase, start = wiring.rank_start, bias.size, 0, 0
    net, data = (
        (wiring, weight, bias),
        (X, out, 0, 0.0, 0.0, 0.0, 0.0, np.empty(1), np.empty(1, np.int64)),
    )
    learning = (bias, bias, bias, False)
    while start < samples.size:
        tile = tile_of(samples, start, A, D, neurons)
        phase = share(progress, phase, INPUTS, 0, starts[1], net, data, tile, learning)
        for rank in range(1, starts.size - 1):
            phase = share(
                progress, phase, FORWARD, starts[rank], starts[rank + 1], net, data, tile, learning
            )
        if count_up(progress, 2 * phase) == 0:
            for c in range(tile[0].size):
                for o in range(out.shape[1]):
                    out[start + c, o] = tile[1][starts[-2] + o, c]
            count_up(progress, 2 * phase + 1)
        wait(progress, phase, 1)
        phase, start = phase + 1, start + tile[0].size


@plain
def train(
    wiring,
    weight,
    weight_by_source,
    bias,
    X,
    y,
    samples,
    loss,
    scale,
    penalty,
    rates,
    decay,
    update,
    A,
    D,
    gradient,
    bias_gradient,
    losses,
    right,
    progress,
):
    """Step i learns the batch in row i of ``samples``, or in the only row, at rate ``rates[i]``.

    Writes losses[i] and how many samples were right before the update; leaves the last
    step's gradients. Without ``update`` weights and biases stay as they are.

    A and D are flat scratch arrays; a tile has as many samples as fit, so that the
    rows of one rank stay in the L2 cache while it is visited.
    """
    starts, phase, batches = wiring.rank_start, 0, samples.shape[0]
    neurons, ranks, net = bias.size, starts.size - 1, (wiring, weight, bias)
    for step in range(rates.size):
        data = (X, y, loss, scale, rates[step], decay, penalty, losses[step:], right[step:])
        batch, start = samples[min(step, batches - 1)], 0
        while start < batch.size:
            tile = tile_of(batch, start, A, D, neurons)
            learning = (weight_by_source, gradient, bias_gradient, start > 0)
            if start == 0:
                phase = share(progress, phase, ORDER, 0, weight.size, net, data, tile, learning)
            phase = share(progress, phase, INPUTS, 0, starts[1], net, data, tile, learning)
            for rank in range(1, ranks):
                phase = share(
                    progress,
                    phase,
                    FORWARD,
                    starts[rank],
                    starts[rank + 1],
                    net,
                    data,
                    tile,
                    learning,
                )
            phase = share(progress, phase, LOSS, starts[-2], neurons, net, data, tile, learning)
            for rank in range(ranks - 2, -1, -1):
                phase = share(
                    progress,
                    phase,
                    BACKWARD,
                    starts[rank],
                    starts[rank + 1],
                    net,
                    data,
                    tile,
                    learning,
                )
            start += tile[0].size
            if update and start == batch.size:
                phase = share(progress, phase, DESCEND, 0, weight.size, net, data, tile, learning)
