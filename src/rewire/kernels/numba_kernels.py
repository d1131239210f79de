"""The operations, compiled with Numba.  ``numpy_kernels`` has the same ones, to be read.

All release the GIL.  ``first`` and ``last`` bound the neurons (or the connections) an
operation works on, so several threads can share one: forward must be finished with
a rank before the next, backward the other way round.
"""

import math

import numpy as np
from numba import cfunc, from_dtype, njit, types

from .instructions import at, prefetch
from .layout import BINARY_CROSS_ENTROPY, CROSS_ENTROPY, HINGE
from .numba_rows import (
    activate,
    backward_row,
    forward_row,
    gradient_row,
    inlined,
    output_row,
    plain,
    row_total,
)
from .vectors import lanes, load, total, turn, zeros

# Rows of a rank that fill more than this do not stay in the L2 cache beside the
# rest; then prefetching them gains 8 to 10% (below it, it loses as much).
L2_SHARE = 600_000
# Tables longer than this are permuted out of L3 and memory; prefetching 256 places
# ahead takes 1.5 ns per connection instead of 2.7 (but 0.8 instead of 0.6 below it).
MANY = 700_000


@inlined
def is_far(wiring, rank, A):
    """Whether a rank's rows are too many for the L2 cache, so that prefetching pays."""
    rows = wiring.rank_start[rank + 1] - wiring.rank_start[rank]
    return rows * A.shape[1] * A.itemsize > L2_SHARE


@plain
def forward(wiring, weight, bias, A, D, first, last):
    """A[t] = act(sum of weight * A[source] + bias[t]) for first <= t < last, in order.

    D is only written by custom activations, which leave their slopes there.
    """
    pointer, source = wiring.indptr, wiring.source
    for rank in range(1, wiring.rank_start.size - 1):
        code, custom = wiring.activation[rank], wiring.custom[rank]
        far, low = is_far(wiring, rank - 1, A), max(first, wiring.rank_start[rank])
        high = min(last, wiring.rank_start[rank + 1])
        for t in range(low, high):
            forward_row(code, far, weight, source, pointer[t], pointer[t + 1], A, t, bias[t])
        activate(code, custom, A, D, low, high)


@plain
def output_sensitivity(wiring, A, D, given):
    """Start of the backward pass: D = given * act' in the last rank; given is dL/dA there."""
    start = wiring.rank_start[-2]
    for o in range(given.shape[0]):
        output_row(wiring.activation[-1], A, D, start + o, given, o)


@plain
def backward(wiring, weight_by_source, A, D, gradient, bias_gradient, accumulate, first, last):
    """Sensitivities, weight gradients (source order) and bias gradients in one pass.

    For first <= s < last, from the last rank to the first.  The last rank's D must be
    there already, the inputs get none.  D may be A itself (without custom activations):
    nothing reads A[s] any more once D[s] is written.

    Within a rank the order is upwards: downwards, the processor's own prefetching of
    the table runs the wrong way (14.9 instead of 8.4 ns per connection at 1% of 4096).
    """
    ranks = wiring.rank_start.size - 1
    pointer, target = wiring.column_pointer, wiring.target
    for rank in range(ranks - 2, 0, -1):
        code, far = wiring.activation[rank], is_far(wiring, rank + 1, A)
        low = max(first, wiring.rank_start[rank])
        for s in range(low, min(last, wiring.rank_start[rank + 1])):
            value = backward_row(
                code,
                far,
                weight_by_source,
                target,
                pointer[s],
                pointer[s + 1],
                A,
                D,
                gradient,
                s,
                accumulate,
            )
            bias_gradient[s] = bias_gradient[s] + value if accumulate else value
    far = is_far(wiring, 1, A)
    for s in range(first, min(last, wiring.rank_start[1])):
        gradient_row(far, target, pointer[s], pointer[s + 1], A, D, gradient, s, accumulate)
    for s in range(max(first, wiring.rank_start[ranks - 1]), last):
        value = row_total(D, s)
        bias_gradient[s] = bias_gradient[s] + value if accumulate else value


@plain
def weight_gradient(wiring, A, D, gradient, bias_gradient, accumulate, first, last):
    """The gradients alone, from sensitivities that are there already."""
    pointer, target = wiring.column_pointer, wiring.target
    for s in range(first, last):
        gradient_row(False, target, pointer[s], pointer[s + 1], A, D, gradient, s, accumulate)
        if s >= wiring.rank_start[1]:
            value = row_total(D, s)
            bias_gradient[s] = bias_gradient[s] + value if accumulate else value


@inlined
def soon(values, place, i, last):
    """Prefetch what will be needed 256 connections later."""
    prefetch(values, np.intp(place[min(i + 256, last - 1)]), zeros(values, 0))


@plain
def to_source_order(values, place, out, first, last):
    """out[place[i]] = values[i]: the weights, for the backward pass."""
    if place.size > MANY:
        for i in range(first, last):
            soon(out, place, i, last)
            out[np.uintp(place[i])] = values[i]
    else:
        for i in range(first, last):
            out[np.uintp(place[i])] = values[i]


@plain
def to_table_order(gradient, place, out, first, last):
    """out[i] = gradient[place[i]]."""
    for i in range(first, last):
        out[i] = gradient[np.uintp(place[i])]


@inlined
def follow(value, velocity, i, g, rates):
    """One number's step against its gradient g."""
    rate, decay, momentum, nesterov = rates
    g += decay * value
    if velocity.size == 0:
        return value - rate * g
    velocity[i] = momentum * velocity[i] + g
    return value - rate * (g + momentum * velocity[i] if nesterov else velocity[i])


@inlined
def as_numbers(rates, dtype):
    """The rates in the precision of what they act on."""
    rate, decay, momentum, nesterov = rates
    return dtype.type(rate), dtype.type(decay), dtype.type(momentum), nesterov


@plain
def descend(weight, velocity, gradient, place, rates, first, last):
    """SGD straight from source-ordered gradients, with momentum where there is a velocity.

    ``rates`` are (rate, decay, momentum, nesterov); see ``update_momentum``.
    """
    rates = as_numbers(rates, weight.dtype)
    if place.size > MANY:
        for i in range(first, last):
            soon(gradient, place, i, last)
            weight[i] = follow(weight[i], velocity, i, gradient[np.uintp(place[i])], rates)
    else:
        for i in range(first, last):
            weight[i] = follow(weight[i], velocity, i, gradient[np.uintp(place[i])], rates)


@plain
def descend_bias(bias, velocity, gradient, rates, first, last):
    """The same for the biases of neurons first to last."""
    rates = as_numbers(rates, bias.dtype)
    for t in range(first, last):
        bias[t] = follow(bias[t], velocity, t, gradient[t], rates)


@inlined
def place_squares(X, samples, A, first, last, like):
    """Squares turned in registers; the last ones overlap where the width is not a multiple.

    Number by number this took 3 ns each at 3072 inputs, a fifth of a step at density 0.01.
    """
    width, side = samples.size, lanes(like)
    whole = first + (last - first) // side * side if width >= side else first
    if whole > first:
        for start in range(0, width, side):
            column = min(start, width - side)
            for i in range(first, whole, side):
                turn(X, samples, column, i, A, like)
    for c in range(width):
        for i in range(whole, last):
            A[i, c] = X[samples[c], i]


@plain
def place_inputs(X, samples, A, first, last):
    """A[i, c] = X[samples[c], i] for first <= i < last."""
    place_squares(X, samples, A, first, last, zeros(A, 1))


_compiled = {}


def compile_activation(function, slope, dtype):
    """A number for ``Wiring.custom`` that stands for a person's function of one number.

    It is the address of a small compiled loop over a row, so the kernels themselves
    need no recompiling.
    """
    key = function, slope, np.dtype(dtype)
    if key not in _compiled:
        value, steepness = njit(function), njit(slope)
        number = from_dtype(key[2])

        @cfunc(types.void(types.CPointer(number), types.CPointer(number), types.intp))
        def activate(values, slopes, count):
            for c in range(count):
                slopes[c] = steepness(values[c])
                values[c] = value(values[c])

        _compiled[key] = activate
    return _compiled[key].address


@inlined
def sample_weight(y, sample, targets):
    """What a sample counts: the number after its targets, or 1 where there is none."""
    return y[sample, targets] if y.shape[1] > targets else y.dtype.type(1)


@plain
def _cross_entropy(scores, y, samples, scale, given):
    """Summed -log softmax of the labels, and given = scale * (softmax - label); both weighted."""
    loss = 0.0
    for c in range(scores.shape[1]):
        highest, label = scores[0, c], np.intp(y[samples[c], 0])
        counts = sample_weight(y, samples[c], 1)
        if label < 0 or label >= scores.shape[0]:
            return np.nan
        for o in range(1, scores.shape[0]):
            highest = max(highest, scores[o, c])
        whole = scores.dtype.type(0)
        for o in range(scores.shape[0]):
            given[o, c] = math.exp(scores[o, c] - highest)
            whole += given[o, c]
        loss += counts * (math.log(whole) - (scores[label, c] - highest))
        slope = counts * scale
        for o in range(scores.shape[0]):
            given[o, c] *= slope / whole
        given[label, c] -= slope
    return loss


@plain
def loss_and_slope(loss, scores, y, samples, scale, given):
    """Summed loss of the samples, and given = scale * dloss/dscores; both weighted."""
    if loss == CROSS_ENTROPY:
        return _cross_entropy(scores, y, samples, scale, given)
    value, one = 0.0, scores.dtype.type(1)
    for o in range(scores.shape[0]):
        for c in range(scores.shape[1]):
            wanted, score = scores.dtype.type(y[samples[c], o]), scores[o, c]
            counts = sample_weight(y, samples[c], scores.shape[0])
            slope = counts * scale
            if loss == HINGE:
                margin = one - wanted * score
                value += counts * max(margin, scores.dtype.type(0))
                given[o, c] = -slope * wanted if margin > 0 else scores.dtype.type(0)
            elif loss == BINARY_CROSS_ENTROPY:
                small = math.exp(-abs(score))
                loss_here = max(score, scores.dtype.type(0)) - score * wanted + math.log1p(small)
                value += counts * loss_here
                chance = one / (one + small)
                given[o, c] = slope * ((chance if score >= 0 else one - chance) - wanted)
            else:
                value += counts * (score - wanted) ** 2
                given[o, c] = 2 * slope * (score - wanted)
    return value


@plain
def count_right(loss, scores, y, samples):
    """How many samples have their largest, or every, output on the right side."""
    right = 0
    for c in range(scores.shape[1]):
        if loss == CROSS_ENTROPY:
            highest = 0
            for o in range(1, scores.shape[0]):
                if scores[o, c] > scores[highest, c]:
                    highest = o
            right += highest == np.intp(y[samples[c], 0])
            continue
        middle, same = (0.5 if loss == BINARY_CROSS_ENTROPY else 0.0), True
        for o in range(scores.shape[0]):
            same = same and (scores[o, c] > 0) == (y[samples[c], o] > middle)
        right += same
    return right


@plain
def squares(values):
    """The sum of the squares."""
    total = 0.0
    for value in values:
        total += value * value
    return total


@plain
def acceptable(X, y, loss, outputs):
    """Whether X and y are finite, all targets what the loss knows, and no weight is below 0."""
    targets, known = 1 if loss == CROSS_ENTROPY else outputs, True
    for row in range(y.shape[0]):
        for column in range(targets):
            value = y[row, column]
            if loss == CROSS_ENTROPY:
                known &= (value >= 0) & (value < outputs) & (value == np.floor(value))
            elif loss == HINGE:
                known &= abs(value) == 1
            elif loss == BINARY_CROSS_ENTROPY:
                known &= (value >= 0) & (value <= 1)
        known &= sample_weight(y, row, targets) >= 0
    return known and all_finite(y) and all_finite(X)


@plain
def all_finite(X):
    """Whether no number is infinite or NaN: such a one, less itself, is not zero."""
    wide, i, rest = zeros(X, 4), 0, X.dtype.type(0)
    something = wide
    while i + lanes(wide) <= X.size:
        numbers = load(X, i, wide)
        something = something + (numbers - numbers)
        i += lanes(wide)
    for k in range(i, X.size):
        rest += at(X, k) - at(X, k)
    return total(something) + rest == 0
