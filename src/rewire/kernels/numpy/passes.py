"""Whole passes in plain NumPy, on one thread."""

import numpy as np

from ..adjacency import Adjacency
from ..layout import Ranks
from .losses import acceptable, count_correct, loss_and_slope, sum_of_squares
from .network import backward, forward, gather_inputs, output_sensitivity
from .permutations import to_csc_order
from .updates import descend

SHARES_WORK = False


def _tiles(neurons, samples, A, D):
    """Cut the samples into tiles that fit the flat buffers."""
    tile = max(A.size // neurons, 1)
    for start in range(0, len(samples), tile):
        part = samples[start : start + tile]
        size, shape = neurons * len(part), (neurons, len(part))
        yield start, part, A[:size].reshape(shape), D[:size].reshape(shape)


def predict(
    start, activation, custom, indptr, source, A, D, weight, bias, X, samples, out, progress
):
    """out[c] = outputs for X[samples[c]]; A and D are flat buffers."""
    ranks = Ranks(start, activation, custom)
    for done, part, a, d in _tiles(len(bias), samples, A, D):
        gather_inputs(X, part, a, 0, X.shape[1])
        forward(ranks, indptr, source, weight, bias, a, d, 0, len(bias))
        out[done : done + len(part)] = a[start[-2] :].T


def _learn(net, X, y, samples, loss, scale, A, D, csc_weight, csc_gradient, bias_gradient):
    """Forward, loss and all gradients of the samples; return the mean loss and how many correct."""
    ranks, adjacency, weight, bias = net
    value, n_correct, neurons = 0.0, 0, len(bias)
    to_csc_order(weight, adjacency.csc_position, csc_weight, 0, len(weight))
    by_source = adjacency.csc_indptr, adjacency.target, csc_weight
    for done, part, a, d in _tiles(neurons, samples, A, D):
        gather_inputs(X, part, a, 0, X.shape[1])
        forward(ranks, adjacency.indptr, adjacency.source, weight, bias, a, d, 0, neurons)
        scores = a[ranks.start[-2] :]
        output_grad = np.empty_like(scores)
        value += scale * loss_and_slope(loss, scores, y, part, A.dtype.type(scale), output_grad)
        n_correct += count_correct(loss, scores, y, part)
        output_sensitivity(ranks, a, d, output_grad)
        backward(ranks, *by_source, a, d, csc_gradient, bias_gradient, done > 0, 0, neurons)
    return value, n_correct


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

    Returns False, and has done nothing, where ``check`` says to look at X and y and they are not
    acceptable.
    """
    ranks = Ranks(start, activation, custom)
    adjacency = Adjacency(indptr, source, csc_indptr, target, csc_position)
    if check and not acceptable(X, y, loss, len(bias) - start[-2]):
        return False
    net = ranks, adjacency, weight, bias
    for step, rate in enumerate(rates):
        batch = samples[min(step, len(samples) - 1)]
        batch = batch[batch >= 0]
        buffers = A, D, csc_weight, csc_gradient, bias_gradient
        objective = loss, scale / len(batch)
        losses[step], n_correct[step] = _learn(net, X, y, batch, *objective, *buffers)
        losses[step] += penalty * (sum_of_squares(weight) + sum_of_squares(bias))
        if update:
            descent = rate, decay, momentum, nesterov, shrinkage, keep_square, eps, steps + step + 1
            gradient, ends = csc_gradient[csc_position], (start[1], len(bias))
            descend(weight, gradient, velocity, square, descent, 0, len(weight))
            descend(bias, bias_gradient, bias_velocity, bias_square, descent, *ends)
    return True
