"""Optimisers' updates in plain NumPy: what ``numba_updates`` computes."""

import numpy as np


def update_sgd(values, gradient, rate, decay):
    """Values -= rate * (gradient + decay * values)."""
    rate, decay = values.dtype.type(rate), values.dtype.type(decay)
    values -= rate * (gradient + decay * values)


def update_momentum(values, gradient, velocity, rate, decay, momentum, nesterov):
    """Velocity = momentum * velocity + g; values -= rate * velocity (or its Nesterov form)."""
    number = values.dtype.type
    g = gradient + number(decay) * values
    velocity *= number(momentum)
    velocity += g
    values -= number(rate) * (g + number(momentum) * velocity if nesterov else velocity)


def update_adam(
    values, gradient, first, second, rate, keep_first, keep_second, eps, decay, decoupled, step
):
    """Adam; with ``decoupled`` decay AdamW. ``step`` counts from 1."""
    number = values.dtype.type
    g = gradient if decoupled else gradient + number(decay) * values
    first += number(1 - keep_first) * (g - first)
    second += number(1 - keep_second) * (g * g - second)
    if decoupled:
        values *= number(1 - rate * decay)
    size = np.sqrt(second) * number(1 / np.sqrt(1 - keep_second**step)) + number(eps)
    values -= number(rate / (1 - keep_first**step)) * first / size
