"""Whole passes over a network in one compiled call, shared by any number of threads.

A pass is a row of phases (order the weights, place the inputs, forward through rank 1,
...), a phase a number of chunks.  Every thread makes the same call.  In each phase it
takes the next chunk until none is left, then waits until those that others took are
finished.  A thread that comes late finds less to do, and nobody waits for it to come.
Who computes a neuron does not change how, so the bits do not depend on the threads.

``progress`` holds for each phase how many chunks were taken and how many finished: two
zeros for each phase at the beginning (``Program`` counts them), or nothing at all for a
thread that is alone.
"""

import numpy as np

from .instructions import count_up, current, give_way, pause
from .layout import Wiring
from .numba_kernels import (
    acceptable,
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

SHARES_WORK = True  # several threads may make one call together

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
    if kind in (LOSS, OUTPUTS):
        return max(high - low, 1)
    connections = high - low
    if kind == FORWARD:
        connections = np.intp(wiring.indptr[high] - wiring.indptr[low])
    elif kind == BACKWARD:
        connections = np.intp(wiring.column_pointer[high] - wiring.column_pointer[low])
    chunks = min(MOST_CHUNKS, connections // CHUNK_OF_CONNECTIONS + 1)
    return max((high - low + chunks - 1) // chunks, 1)


@inlined
def work(kind, first, last, net, data, tile, learning):
    """One chunk of one phase."""
    wiring, weight, bias = net
    X, y, loss, scale, rate, descent, penalty, sums, right = data
    samples, A, D = tile
    weight_by_source, gradient, bias_gradient, given, accumulate = learning
    if kind == ORDER:
        to_source_order(weight, wiring.place, weight_by_source, first, last)
    elif kind == INPUTS:
        place_inputs(X, samples, A, first, last)
    elif kind == FORWARD:
        forward(wiring, weight, bias, A, D, first, last)
    elif kind == BACKWARD:
        backward(wiring, weight_by_source, A, D, gradient, bias_gradient, accumulate, first, last)
    elif kind == LOSS:
        size, scores = (last - first) * A.shape[1], A[first:]
        given = given[:size].reshape((last - first, A.shape[1]))
        sums[0] += scale * loss_and_slope(loss, scores, y, samples, A.dtype.type(scale), given)
        right[0] += count_right(loss, scores, y, samples)
        if penalty > 0 and not accumulate:
            sums[0] += penalty * (squares(weight) + squares(bias))
        output_sensitivity(wiring, A, D, given)
        backward(wiring, weight_by_source, A, D, gradient, bias_gradient, accumulate, first, last)
    elif kind == DESCEND:
        velocity, bias_velocity, decay, momentum, nesterov = descent
        rates = (rate, decay, momentum, nesterov)
        descend(weight, velocity, gradient, wiring.place, rates, first, last)
        if first == 0:
            inputs = wiring.rank_start[1]
            descend_bias(bias, bias_velocity, bias_gradient, rates, inputs, bias.size)


@inlined
def share(progress, phase, kind, low, high, net, data, tile, learning):
    """Take chunks of a phase until none is left and wait for the others; the next phase.

    A thread that is alone (no progress to share) takes the phase in one piece.
    """
    if progress.size == 0:
        work(kind, low, high, net, data, tile, learning)
        return phase
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


@inlined
def stage_of(stage, starts, ranks, connections):
    """(kind, low, high) of a tile's stages: order, inputs, forwards, loss, backwards, descend.

    One loop with one call in it: written out, six copies of everything took 20 s to compile.
    """
    if stage == 0:
        return ORDER, 0, connections
    if stage == 1:
        return INPUTS, 0, starts[1]
    if stage <= ranks:
        return FORWARD, starts[stage - 1], starts[stage]
    if stage == ranks + 1:
        return LOSS, starts[ranks - 1], starts[ranks]
    if stage <= 2 * ranks:
        return BACKWARD, starts[2 * ranks - stage], starts[2 * ranks - stage + 1]
    return DESCEND, 0, connections


@inlined
def work_forward(kind, first, last, net, X, tile, out):
    """As ``work``, without learning (one function for both would compile twice as long)."""
    wiring, weight, bias = net
    samples, A, D = tile
    if kind == INPUTS:
        place_inputs(X, samples, A, first, last)
    elif kind == FORWARD:
        forward(wiring, weight, bias, A, D, first, last)
    else:
        for c in range(samples.size):
            for o in range(first, last):
                out[c, o - first] = A[o, c]


@inlined
def share_forward(progress, phase, kind, low, high, net, X, tile, out):
    """As ``share``."""
    if progress.size == 0:
        work_forward(kind, low, high, net, X, tile, out)
        return phase
    size = chunk_size(kind, low, high, net[0])
    chunks = max((high - low + size - 1) // size, 1)
    chunk = count_up(progress, 2 * phase)
    while chunk < chunks:
        first = low + chunk * size
        work_forward(kind, first, min(high, first + size), net, X, tile, out)
        count_up(progress, 2 * phase + 1)
        chunk = count_up(progress, 2 * phase)
    wait(progress, phase, chunks)
    return phase + 1


@plain
def predict(wiring, weight, bias, X, samples, A, D, out, progress):
    """out[c] = outputs for X[samples[c]]; A and D are flat scratch arrays."""
    wiring = Wiring(*wiring)
    starts, net, phase, start = wiring.rank_start, (wiring, weight, bias), 0, 0
    while start < samples.size:
        tile = tile_of(samples, start, A, D, bias.size)
        for stage in range(1, starts.size + 1):
            kind, low, high = stage_of(stage, starts, starts.size - 1, 0)
            kind = OUTPUTS if kind == LOSS else kind
            phase = share_forward(progress, phase, kind, low, high, net, X, tile, out[start:])
        start += tile[0].size


@plain
def train(
    rank_start,
    activation,
    custom,
    indptr,
    source,
    column_pointer,
    target,
    place,
    A,
    D,
    given,
    weight_by_source,
    gradient,
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
    decay,
    velocity,
    bias_velocity,
    momentum,
    nesterov,
    update,
    check,
    losses,
    right,
    progress,
):
    """Step i learns the batch in row i of ``samples``, or in the only row, at rate ``rates[i]``.

    Adds to losses[i], and to right[i] how many samples were right before the update;
    leaves the last step's gradients. Without ``update`` weights and biases stay.
    A and D are flat scratch arrays, ``given`` one for the outputs; a tile has as many
    samples as fit, so that the rows of one rank stay in the L2 cache while it is visited.
    The wiring comes array by array, as a tuple of eight takes 0.15 µs longer to pass.

    Returns False, and has done nothing, where ``check`` says to look at X and y and they are not
    acceptable; every thread looks for itself.
    """
    wiring = Wiring(rank_start, activation, custom, indptr, source, column_pointer, target, place)
    if check and not acceptable(X, y, loss, bias.size - wiring.rank_start[-2]):
        return False
    starts, phase, batch = wiring.rank_start, 0, samples.shape[1]
    neurons, ranks, net = bias.size, starts.size - 1, (wiring, weight, bias)
    descent = velocity, bias_velocity, decay, momentum, nesterov
    for step in range(rates.size):
        chosen, start = samples[min(step, samples.shape[0] - 1)], 0
        data = (X, y, loss, scale, rates[step], descent, penalty, losses[step:], right[step:])
        while start < batch:
            tile = tile_of(chosen, start, A, D, neurons)
            learning = (weight_by_source, gradient, bias_gradient, given, start > 0)
            start += tile[0].size
            for stage in range(2 * ranks + 2):
                kind, low, high = stage_of(stage, starts, ranks, weight.size)
                last = update and start == batch
                if (kind == ORDER and learning[4]) or (kind == DESCEND and not last):
                    continue
                phase = share(progress, phase, kind, low, high, net, data, tile, learning)
    return True
