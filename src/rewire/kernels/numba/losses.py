"""Losses, their slopes, and what is counted and checked beside them, compiled."""

import math

import numpy as np

from ..layout import BINARY_CROSS_ENTROPY, CROSS_ENTROPY, HINGE, HUBER
from .compiling import inlined, optimized, part
from .intrinsics import at
from .shuffles import horizontal_sum
from .simd import lanes, load, zeros


@inlined
def sample_weight(y, sample, targets):
    """Return what a sample counts: the number after its targets, or 1 where there is none."""
    return y[sample, targets] if y.shape[1] > targets else y.dtype.type(1)


@optimized
def cross_entropy(scores, y, samples, scale, output_grad):
    """Softmax cross-entropy of class numbers; see :func:`loss_and_slope`."""
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
            output_grad[o, c] = math.exp(scores[o, c] - highest)
            whole += output_grad[o, c]
        loss += counts * (math.log(whole) - (scores[label, c] - highest))
        slope = counts * scale
        for o in range(scores.shape[0]):
            output_grad[o, c] *= slope / whole
        output_grad[label, c] -= slope
    return loss


@optimized
def loss_and_slope(loss, scores, y, samples, scale, output_grad):
    """Return the summed loss of the samples; output_grad = scale * dloss/dscores; both weighted."""
    if loss == CROSS_ENTROPY:
        return cross_entropy(scores, y, samples, scale, output_grad)
    value, one = 0.0, scores.dtype.type(1)
    for o in range(scores.shape[0]):
        for c in range(scores.shape[1]):
            wanted, score = scores.dtype.type(y[samples[c], o]), scores[o, c]
            counts = sample_weight(y, samples[c], scores.shape[0])
            slope = counts * scale
            if loss == HINGE:
                margin = one - wanted * score
                value += counts * max(margin, scores.dtype.type(0))
                output_grad[o, c] = -slope * wanted if margin > 0 else scores.dtype.type(0)
            elif loss == BINARY_CROSS_ENTROPY:
                small = math.exp(-abs(score))
                loss_here = max(score, scores.dtype.type(0)) - score * wanted + math.log1p(small)
                value += counts * loss_here
                chance = one / (one + small)
                output_grad[o, c] = slope * ((chance if score >= 0 else one - chance) - wanted)
            elif loss == HUBER:
                inside = max(min(score - wanted, one), -one)
                value += counts * inside * (score - wanted - inside / 2)
                output_grad[o, c] = slope * inside
            else:
                value += counts * (score - wanted) ** 2
                output_grad[o, c] = 2 * slope * (score - wanted)
    return value


@optimized
def count_correct(loss, scores, y, samples):
    """Count the samples that have their largest, or every, output on the right side."""
    n_correct = 0
    for c in range(scores.shape[1]):
        if loss == CROSS_ENTROPY:
            highest = 0
            for o in range(1, scores.shape[0]):
                if scores[o, c] > scores[highest, c]:
                    highest = o
            n_correct += highest == np.intp(y[samples[c], 0])
            continue
        middle, same = (0.5 if loss == BINARY_CROSS_ENTROPY else 0.0), True
        for o in range(scores.shape[0]):
            same = same and (scores[o, c] > 0) == (y[samples[c], o] > middle)
        n_correct += same
    return n_correct


@optimized
def sum_of_squares(values):
    """Return the sum of the squares."""
    total = 0.0
    for value in values:
        total += value * value
    return total


@part
def acceptable(X, y, loss, outputs):
    """Whether X and y are finite, all targets allowed by the loss, and no sample weight below 0."""
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


@part
def all_finite(X):
    """Whether no number is infinite or NaN: such a one, less itself, is not zero."""
    wide, i, rest = zeros(X, 4), np.intp(0), X.dtype.type(0)
    something = wide
    while i + lanes(wide) <= X.size:
        numbers = load(X, i, wide)
        something = something + (numbers - numbers)
        i += lanes(wide)
    for k in range(i, X.size):
        rest += at(X, k) - at(X, k)
    return horizontal_sum(something) + rest == 0
