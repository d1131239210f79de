"""Whole passes in plain NumPy, on one thread: what ``numba_passes`` computes."""

import numpy as np

from .layout import Wiring
from .numpy_kernels import (
    acceptable,
    backward,
    count_right,
    descend,
    descend_bias,
    forward,
    loss_and_slope,
    output_sensitivity,
    place_inputs,
    squares,
    to_source_order,
)

SHARES_WORK = False


def _tiles(neurons, samples, A, D):
    """Cut the samples into tiles that fit the flat scratch arrays."""
    tile = max(A.size // neurons, 1)
    for start in range(0, len(samples), tile):
        part = samples[start : start + tile]
        size, shape = neurons * len(part), (neurons, len(part))
        yield start, part, A[:size].reshape(shape), D[:size].reshape(shape)


def predict(wiring, weight, bias, X, samples, A, D, out, progress):
    """out[c] = outputs for X[samples[c]]; A and D are flat scratch arrays."""
    wiring = Wiring(*wiring)
    for start, part, a, d in _tiles(len(bias), samples, A, D):
        place_inputs(X, part, a, 0, X.shape[1])
        forward(wiring, weight, bias, a, d, 0, len(bias))
        out[start : start + len(part)] = a[wiring.rank_start[-2] :].T


def _learn(
    wiring,
    weight,
    weight_by_source,
    bias,
    X,
    y,
    samples,
    loss,
    scale,
    A,
    D,
    gradient,
    bias_gradient,
):
    """Forward, loss and all gradients of the samples; returns the mean loss and how many right."""
    value, right, neurons = 0.0, 0, len(bias)
    to_source_order(weight, wiring.place, weight_by_source, 0, len(weight))
    for start, part, a, d in _tiles(neurons, samples, A, D):
        place_inputs(X, part, a, 0, X.shape[1])
        forward(wiring, weight, bias, a, d, 0, neurons)
        scores = a[wiring.rank_start[-2] :]
        given = np.empty_like(scores)
        value += scale * loss_and_slope(loss, scores, y, part, A.dtype.type(scale), given)
        right += count_right(loss, scores, y, part)
        output_sensitivity(wiring, a, d, given)
        backward(wiring, weight_by_source, a, d, gradient, bias_gradient, start > 0, 0, neurons)
    return value, right


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

    Returns False, and has done nothing, where ``check`` says to look at X and y and they are not
    acceptable.
    """
    wiring = Wiring(rank_start, activation, custom, indptr, source, column_pointer, target, place)
    if check and not acceptable(X, y, loss, len(bias) - wiring.rank_start[-2]):
        return False
    for step, rate in enumerate(rates):
        batch = samples[min(step, len(samples) - 1)]
        losses[step], right[step] = _learn(
            wiring,
            weight,
            weight_by_source,
            bias,
            X,
            y,
            batch,
            loss,
            scale,
            A,
            D,
            gradient,
            bias_gradient,
        )
        losses[step] += penalty * (squares(weight) + squares(bias))
        if update:
            descent = rate, decay, momentum, nesterov
            descend(weight, velocity, gradient, wiring.place, descent, 0, len(weight))
            inputs = wiring.rank_start[1]
            descend_bias(bias, bias_velocity, bias_gradient, descent, inputs, len(bias))
    return True
