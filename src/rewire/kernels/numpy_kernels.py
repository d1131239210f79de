"""The operations in plain NumPy: what ``numba_kernels`` computes, to be read and trusted.

The same names and arguments, one neuron at a time.  It is the oracle of the tests,
and it serves where Numba is missing.
"""

import numpy as np

from .layout import (
    BINARY_CROSS_ENTROPY,
    CROSS_ENTROPY,
    CUSTOM,
    HINGE,
    LEAK,
    LEAKY_RELU,
    RELU,
    SIGMOID,
    TANH,
)

_custom: list = []


def compile_activation(function, slope, dtype):
    """A number for ``Wiring.custom`` that stands for a person's function of one number."""
    _custom.append((np.vectorize(function, otypes=[dtype]), np.vectorize(slope, otypes=[dtype])))
    return len(_custom) - 1


def _activate(code, custom, x):
    """act(x), and act'(x) if the activation is a custom one."""
    if code == RELU:
        return np.where(x <= 0, 0, x), None
    if code == LEAKY_RELU:
        return np.where(x <= 0, x * x.dtype.type(LEAK), x), None
    if code == TANH:
        return np.tanh(x), None
    if code == SIGMOID:
        with np.errstate(over="ignore"):
            return 1 / (1 + np.exp(-x)), None
    if code == CUSTOM:
        function, slope = _custom[custom]
        return function(x), slope(x)
    return x, None


def _times_slope(code, output, value, kept):
    """Value * act', from the output, or from the slopes that were kept for a custom one."""
    if code == RELU:
        return np.where(output <= 0, 0, value)
    if code == LEAKY_RELU:
        return np.where(output <= 0, value * value.dtype.type(LEAK), value)
    if code == TANH:
        return value * (1 - output * output)
    if code == SIGMOID:
        return value * (output * (1 - output))
    if code == CUSTOM:
        return value * kept
    return value


def _ranks(wiring, first, last):
    """(rank, its neurons between first and last), inputs first."""
    for rank in range(len(wiring.rank_start) - 1):
        low, high = wiring.rank_start[rank : rank + 2]
        yield rank, range(max(first, low), min(last, high))


def forward(wiring, weight, bias, A, D, first, last):
    """A[t] = act(sum of weight * A[source] + bias[t]) for first <= t < last, in order."""
    for rank, neurons in _ranks(wiring, first, last):
        for t in neurons if rank > 0 else ():
            k = slice(wiring.indptr[t], wiring.indptr[t + 1])
            x = weight[k] @ A[wiring.source[k]] + bias[t]
            A[t], slope = _activate(wiring.activation[rank], wiring.custom[rank], x)
            if slope is not None:
                D[t] = slope


def output_sensitivity(wiring, A, D, given):
    """Start of the backward pass: D = given * act' in the last rank; given is dL/dA there."""
    outputs = slice(wiring.rank_start[-2], None)
    D[outputs] = _times_slope(wiring.activation[-1], A[outputs], given, D[outputs])


def _put(out, where, value, accumulate):
    out[where] = out[where] + value if accumulate else value


def backward(wiring, weight_by_source, A, D, gradient, bias_gradient, accumulate, first, last):
    """Sensitivities, weight gradients (source order) and bias gradients."""
    for rank, neurons in reversed(list(_ranks(wiring, first, last))):
        for s in neurons:
            k = slice(wiring.column_pointer[s], wiring.column_pointer[s + 1])
            rows = D[wiring.target[k]]
            _put(gradient, k, rows @ A[s], accumulate)
            if 0 < rank < len(wiring.rank_start) - 2:
                value = weight_by_source[k] @ rows
                D[s] = _times_slope(wiring.activation[rank], A[s], value, D[s])
            if rank > 0:
                _put(bias_gradient, s, D[s].sum(), accumulate)


def weight_gradient(wiring, A, D, gradient, bias_gradient, accumulate, first, last):
    """The gradients alone, from sensitivities that are there already."""
    for s in range(first, last):
        k = slice(wiring.column_pointer[s], wiring.column_pointer[s + 1])
        _put(gradient, k, D[wiring.target[k]] @ A[s], accumulate)
        if s >= wiring.rank_start[1]:
            _put(bias_gradient, s, D[s].sum(), accumulate)


def to_source_order(values, place, out, first, last):
    """out[place[i]] = values[i]: the weights, for the backward pass."""
    out[place[first:last]] = values[first:last]


def to_table_order(gradient, place, out, first, last):
    """out[i] = gradient[place[i]]."""
    out[first:last] = gradient[place[first:last]]


def descend(weight, velocity, gradient, place, rates, first, last):
    """SGD straight from source-ordered gradients, with momentum where there is a velocity.

    ``rates`` are (rate, decay, momentum, nesterov); see ``update_momentum``.
    """
    _follow(weight[first:last], velocity[first:last], gradient[place[first:last]], rates)


def descend_bias(bias, velocity, gradient, rates, first, last):
    """The same for the biases of neurons first to last."""
    _follow(bias[first:last], velocity[first:last], gradient[first:last], rates)


def _follow(values, velocity, gradient, rates):
    rate, decay, momentum = (values.dtype.type(number) for number in rates[:3])
    g = gradient + decay * values
    if not len(velocity):
        values -= rate * g
        return
    velocity *= momentum
    velocity += g
    values -= rate * (g + momentum * velocity if rates[3] else velocity)


def place_inputs(X, samples, A, first, last):
    """A[i, c] = X[samples[c], i] for first <= i < last."""
    A[first:last] = X[samples, first:last].T


def _sample_weights(y, samples, targets):
    """What each sample counts: the number after its targets, or 1 where there is none."""
    return y[samples, targets] if y.shape[1] > targets else np.ones(1, y.dtype)


def _cross_entropy(scores, labels, counts, scale, given):
    columns = np.arange(scores.shape[1])
    shifted = scores - scores.max(axis=0)
    given[:] = np.exp(shifted)
    whole = given.sum(axis=0)
    loss = (counts * (np.log(whole) - shifted[labels, columns])).sum()
    given *= counts * scale / whole
    given[labels, columns] -= counts * scale
    return float(loss)


def loss_and_slope(loss, scores, y, samples, scale, given):
    """Summed loss of the samples, and given = scale * dloss/dscores; both weighted."""
    if loss == CROSS_ENTROPY:
        counts = _sample_weights(y, samples, 1)
        return _cross_entropy(scores, y[samples, 0].astype(np.intp), counts, scale, given)
    wanted = y[samples, : len(scores)].T.astype(scores.dtype)
    counts = _sample_weights(y, samples, len(scores))
    slope = counts * scale
    if loss == HINGE:
        margin = 1 - wanted * scores
        given[:] = np.where(margin > 0, -slope * wanted, 0)
        return float((counts * np.maximum(margin, 0)).sum())
    if loss == BINARY_CROSS_ENTROPY:
        small = np.exp(-np.abs(scores))
        chance = np.where(scores >= 0, 1, small) / (1 + small)
        given[:] = slope * (chance - wanted)
        each = np.maximum(scores, 0) - scores * wanted + np.log1p(small)
        return float((counts * each).sum())
    given[:] = 2 * slope * (scores - wanted)
    return float((counts * (scores - wanted) ** 2).sum())


def count_right(loss, scores, y, samples):
    """How many samples have their largest, or every, output on the right side."""
    if loss == CROSS_ENTROPY:
        return int((scores.argmax(axis=0) == y[samples, 0]).sum())
    middle = 0.5 if loss == BINARY_CROSS_ENTROPY else 0.0
    return int(((scores > 0) == (middle < y[samples, : len(scores)].T)).all(axis=0).sum())


def squares(values):
    """The sum of the squares."""
    return float(values @ values)


def acceptable(X, y, loss, outputs):
    """Whether X and y are finite, all targets what the loss knows, and no weight is below 0."""
    targets = 1 if loss == CROSS_ENTROPY else outputs
    wanted = y[:, :targets]
    known = np.isfinite(wanted)
    if loss == CROSS_ENTROPY:
        known = (wanted >= 0) & (wanted < outputs) & (wanted == np.floor(wanted))
    elif loss == HINGE:
        known = np.abs(wanted) == 1
    elif loss == BINARY_CROSS_ENTROPY:
        known = (wanted >= 0) & (wanted <= 1)
    weights_known = (y[:, targets:] >= 0).all()
    return bool(known.all() and weights_known) and all_finite(y) and all_finite(X)


def all_finite(X):
    """Whether no number is infinite or NaN."""
    return bool(np.isfinite(X).all())
