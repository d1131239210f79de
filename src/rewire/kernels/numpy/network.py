"""Forward and backward through a network's ranks in plain NumPy, to be read and trusted.

One neuron at a time. It is the oracle of the tests, and it serves where Numba is missing.
"""

from .activations import activate, times_slope


def _ranks(ranks, first, last):
    """Yield each rank and its neurons between first and last, inputs first."""
    for rank in range(len(ranks.start) - 1):
        low, high = ranks.start[rank : rank + 2]
        yield rank, range(max(first, low), min(last, high))


def forward(ranks, indptr, source, weight, bias, A, D, first, last):
    """A[t] = act(sum of weight * A[source] + bias[t]) for first <= t < last, in order."""
    for rank, neurons in _ranks(ranks, first, last):
        for t in neurons if rank > 0 else ():
            k = slice(indptr[t], indptr[t + 1])
            x = weight[k] @ A[source[k]] + bias[t]
            A[t], slope = activate(ranks.activation[rank], ranks.custom[rank], x)
            if slope is not None:
                D[t] = slope


def output_sensitivity(ranks, A, D, output_grad):
    """Start of the backward pass: D = output_grad * act' in the last rank; output_grad is dL/dA."""
    outputs = slice(ranks.start[-2], None)
    D[outputs] = times_slope(ranks.activation[-1], A[outputs], output_grad, D[outputs])


def _put(out, where, value, accumulate):
    out[where] = out[where] + value if accumulate else value


def backward(
    ranks,
    csc_indptr,
    target,
    csc_weight,
    A,
    D,
    csc_gradient,
    bias_gradient,
    accumulate,
    first,
    last,
):
    """Sensitivities, weight gradients (in the order by source) and bias gradients."""
    for rank, neurons in reversed(list(_ranks(ranks, first, last))):
        for s in neurons:
            k = slice(csc_indptr[s], csc_indptr[s + 1])
            rows = D[target[k]]
            _put(csc_gradient, k, rows @ A[s], accumulate)
            if 0 < rank < len(ranks.start) - 2:
                value = csc_weight[k] @ rows
                D[s] = times_slope(ranks.activation[rank], A[s], value, D[s])
            if rank > 0:
                _put(bias_gradient, s, D[s].sum(), accumulate)


def gather_inputs(X, samples, A, first, last):
    """A[i, c] = X[samples[c], i] for first <= i < last."""
    A[first:last] = X[samples, first:last].T
