"""Optimizers' updates, compiled: one pass over values, gradients and state, in place.

The formulas are PyTorch's.
"""

import math

import numpy as np

from .compiling import inlined, part
from .permutations import LARGE_TABLE, prefetch_position


@inlined
def sgd_value(value, velocity, i, g, rates):
    """Return one number after its step against its gradient g."""
    rate, decay, momentum, nesterov = rates
    g += decay * value
    if velocity.size == 0:
        return value - rate * g
    velocity[i] = momentum * velocity[i] + g
    return value - rate * (g + momentum * velocity[i] if nesterov else velocity[i])


@inlined
def in_precision_of(values, rates):
    """Return the rates in the precision of what they act on."""
    rate, decay, momentum, nesterov = rates
    number = values.dtype.type
    return number(rate), number(decay), number(momentum), nesterov


@part
def descend(weight, velocity, csc_gradient, csc_position, rates, first, last):
    """SGD straight from gradients in the order by source, with momentum if there is a velocity.

    ``rates`` are (rate, decay, momentum, nesterov); see ``update_momentum``.
    """
    rates = in_precision_of(weight, rates)
    if csc_position.size > LARGE_TABLE:
        for i in range(first, last):
            prefetch_position(csc_gradient, csc_position, i, last)
            g = csc_gradient[np.uintp(csc_position[i])]
            weight[i] = sgd_value(weight[i], velocity, i, g, rates)
    else:
        for i in range(first, last):
            g = csc_gradient[np.uintp(csc_position[i])]
            weight[i] = sgd_value(weight[i], velocity, i, g, rates)


@part
def descend_bias(bias, velocity, gradient, rates, first, last):
    """The same for the biases of neurons first to last."""
    rates = in_precision_of(bias, rates)
    for t in range(first, last):
        bias[t] = sgd_value(bias[t], velocity, t, gradient[t], rates)


@part
def update_sgd(values, gradient, rate, decay):
    """Values -= rate * (gradient + decay * values)."""
    rate, decay = values.dtype.type(rate), values.dtype.type(decay)
    for i in range(values.size):
        values[i] -= rate * (gradient[i] + decay * values[i])


@part
def update_momentum(values, gradient, velocity, rate, decay, momentum, nesterov):
    """Velocity = momentum * velocity + g; values -= rate * velocity (or its Nesterov form)."""
    number = values.dtype.type
    rate, decay, momentum = number(rate), number(decay), number(momentum)
    for i in range(values.size):
        g = gradient[i] + decay * values[i]
        velocity[i] = momentum * velocity[i] + g
        values[i] -= rate * (g + momentum * velocity[i] if nesterov else velocity[i])


@part
def update_adam(
    values, gradient, first, second, rate, keep_first, keep_second, eps, decay, decoupled, step
):
    """Adam; with ``decoupled`` decay AdamW. ``step`` counts from 1."""
    number = values.dtype.type
    one = number(1)
    shrink = number(1 - rate * decay) if decoupled else one
    added = number(0) if decoupled else number(decay)
    first_rate = number(rate / (1 - keep_first**step))
    second_scale = number(1 / math.sqrt(1 - keep_second**step))
    keep_first, keep_second, eps = number(keep_first), number(keep_second), number(eps)
    for i in range(values.size):
        g = gradient[i] + added * values[i]
        first[i] = keep_first * first[i] + (one - keep_first) * g
        second[i] = keep_second * second[i] + (one - keep_second) * g * g
        values[i] = shrink * values[i] - first_rate * first[i] / (
            math.sqrt(second[i]) * second_scale + eps
        )
