"""Optimizers' updates, compiled: one pass over values, gradients and state, in place.

The formulas are PyTorch's.
"""

import math

from .compiling import part


@part
def descend(values, gradient, velocity, square, rates, first, last):
    """Update numbers first to last, from gradients in their order.

    By Adam if there are squares, by SGD otherwise, with momentum if there is a velocity. ``rates``
    are (rate, decay, momentum, nesterov, shrinkage, keep_square, eps, step), as of ``update_sgd``,
    ``update_momentum`` and ``update_adam``.
    """
    rate, decay, momentum, nesterov, shrinkage, keep_square, eps, step = rates
    part = slice(first, last)
    values, gradient, velocity = values[part], gradient[part], velocity[part]
    if square.size > 0:
        adam = rate, momentum, keep_square, eps, decay, shrinkage, step
        update_adam(values, gradient, velocity, square[part], *adam)
    elif velocity.size > 0:
        update_momentum(values, gradient, velocity, rate, decay, momentum, nesterov)
    else:
        update_sgd(values, gradient, rate, decay)


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
    values, gradient, first, second, rate, keep_first, keep_second, eps, decay, shrinkage, step
):
    """Adam with decay in the gradient, and with AdamW's shrinkage. ``step`` counts from 1."""
    number = values.dtype.type
    one, decay, shrink = number(1), number(decay), number(1 - rate * shrinkage)
    first_rate = number(rate / (1 - keep_first**step))
    second_scale = number(1 / math.sqrt(1 - keep_second**step))
    keep_first, keep_second, eps = number(keep_first), number(keep_second), number(eps)
    for i in range(values.size):
        g = gradient[i] + decay * values[i]
        first[i] = keep_first * first[i] + (one - keep_first) * g
        second[i] = keep_second * second[i] + (one - keep_second) * g * g
        values[i] = shrink * values[i] - first_rate * first[i] / (
            math.sqrt(second[i]) * second_scale + eps
        )
