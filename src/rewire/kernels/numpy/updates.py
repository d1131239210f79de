"""Optimizers' updates in plain NumPy, in place. The formulas are PyTorch's."""

import numpy as np


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
    values, gradient, first, second, rate, keep_first, keep_second, eps, decay, shrinkage, step
):
    """Adam with decay in the gradient, and with AdamW's shrinkage. ``step`` counts from 1."""
    number = values.dtype.type
    g = gradient + number(decay) * values
    first += number(1 - keep_first) * (g - first)
    second += number(1 - keep_second) * (g * g - second)
    values *= number(1 - rate * shrinkage)
    size = np.sqrt(second) * number(1 / np.sqrt(1 - keep_second**step)) + number(eps)
    values -= number(rate / (1 - keep_first**step)) * first / size
