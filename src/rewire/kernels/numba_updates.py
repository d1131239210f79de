"""Optimisers' updates, compiled: one pass over weights, gradients and state.

All write in place; the formulas are PyTorch's.
"""

import math

from .numba_rows import plain


@plain
def update_sgd(values, gradient, rate, decay):
    """Values -= rate * (gradient + decay * values)."""
    rate, decay = values.dtype.type(rate), values.dtype.type(decay)
    for i in range(values.size):
        values[i] -= rate * (gradient[i] + decay * values[i])


@plain
def update_momentum(values, gradient, velocity, rate, decay, momentum, nesterov):
    """Velocity = momentum * velocity + g; values -= rate * velocity (or its Nesterov form)."""
    number = values.dtype.type
    rate, decay, momentum = number(rate), number(decay), number(momentum)
    for i in range(values.size):
        g = gradient[i] + decay * values[i]
        velocity[i] = momentum * velocity[i] + g
        values[i] -= rate * (g + momentum * velocity[i] if nesterov else velocity[i])


@plain
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
