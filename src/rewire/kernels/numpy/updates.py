"""Optimizers' updates in plain NumPy, in place. The formulas are PyTorch's."""

import numpy as np


def descend(weight, velocity, csc_gradient, csc_position, rates, first, last):
    """SGD straight from gradients in the order by source, with momentum if there is a velocity.

    ``rates`` are (rate, decay, momentum, nesterov); see ``update_momentum``.
    """
    _step(weight[first:last], velocity[first:last], csc_gradient[csc_position[first:last]], rates)


def descend_bias(bias, velocity, gradient, rates, first, last):
    """The same for the biases of neurons first to last."""
    _step(bias[first:last], velocity[first:last], gradient[first:last], rates)


def _step(values, velocity, gradient, rates):
    rate, decay, momentum = (values.dtype.type(number) for number in rates[:3])
    g = gradient + decay * values
    if not len(velocity):
        values -= rate * g
        return
    velocity *= momentum
    velocity += g
    values -= rate * (g + momentum * velocity if rates[3] else velocity)


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
