"""Forward and backward through a network's ranks, compiled. ``numpy.network`` is to be read.

``first`` and ``last`` bound the neurons that a call works on, so that several threads can share
one: forward must be finished with a rank before the next, backward the other way round.
"""

from .activations import activate
from .compiling import inlined, part
from .rows import backward_row, forward_row, gradient_row, output_row, row_sum
from .shuffles import transpose
from .simd import lanes, zeros

# Rows of a rank that fill more than this do not stay in the L2 cache beside the rest; then
# prefetching them gains 8 to 10% (below it, it loses as much).
L2_SHARE = 600_000


@inlined
def is_far(ranks, rank, A):
    """Whether a rank's rows are too many for the L2 cache, so that prefetching pays."""
    rows = ranks.start[rank + 1] - ranks.start[rank]
    return rows * A.shape[1] * A.itemsize > L2_SHARE


@part
def forward(ranks, indptr, source, weight, bias, A, D, first, last):
    """A[t] = act(sum of weight * A[source] + bias[t]) for first <= t < last, in order.

    D is only written by custom activations, which leave their slopes there.
    """
    for rank in range(1, ranks.start.size - 1):
        code, custom = ranks.activation[rank], ranks.custom[rank]
        far, low = is_far(ranks, rank - 1, A), max(first, ranks.start[rank])
        high = min(last, ranks.start[rank + 1])
        for t in range(low, high):
            row = indptr[t], indptr[t + 1], A, A, t, bias[t]
            forward_row(code, far, weight, source, *row, 0, A.shape[1], False)
        activate(code, custom, A, D, low, high)


@part
def output_sensitivity(ranks, A, D, output_grad):
    """Start of the backward pass: D = output_grad * act' in the last rank; output_grad is dL/dA."""
    start = ranks.start[-2]
    for o in range(output_grad.shape[0]):
        output_row(ranks.activation[-1], A, D, start + o, output_grad, o)


@part
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
    """Sensitivities, weight gradients (in the order by source) and bias gradients in one pass.

    For first <= s < last, from the last rank to the first. The last rank's D must be there already,
    the inputs get none. D may be A itself (without custom activations): nothing reads A[s] any more
    once D[s] is written.

    Within a rank the order is upwards: downwards, the processor's own prefetching of the table runs
    the wrong way (14.9 instead of 8.4 ns per connection at 1% of 4096).
    """
    n_ranks = ranks.start.size - 1
    for rank in range(n_ranks - 2, 0, -1):
        code, far = ranks.activation[rank], is_far(ranks, rank + 1, A)
        low = max(first, ranks.start[rank])
        for s in range(low, min(last, ranks.start[rank + 1])):
            ends = csc_indptr[s], csc_indptr[s + 1]
            rows = A, D, csc_gradient, s, accumulate
            value = backward_row(code, far, csc_weight, target, *ends, *rows)
            bias_gradient[s] = bias_gradient[s] + value if accumulate else value
    far = is_far(ranks, 1, A)
    for s in range(first, min(last, ranks.start[1])):
        rows = A, D, csc_gradient, s, accumulate, 0, A.shape[1]
        gradient_row(far, target, csc_indptr[s], csc_indptr[s + 1], *rows)
    for s in range(max(first, ranks.start[n_ranks - 1]), last):
        value = row_sum(D, s)
        bias_gradient[s] = bias_gradient[s] + value if accumulate else value


@inlined
def gather_squares(X, samples, A, first, last, like):
    """Transpose squares in registers; the last ones overlap where the width is not a multiple.

    Number by number this took 3 ns each at 3072 inputs, a fifth of a step at density 0.01.
    """
    width, side = samples.size, lanes(like)
    whole = first + (last - first) // side * side if width >= side else first
    if whole > first:
        for start in range(0, width, side):
            column = min(start, width - side)
            for i in range(first, whole, side):
                transpose(X, samples, column, i, A, like)
    for c in range(width):
        for i in range(whole, last):
            A[i, c] = X[samples[c], i]


@part
def gather_inputs(X, samples, A, first, last):
    """A[i, c] = X[samples[c], i] for first <= i < last."""
    gather_squares(X, samples, A, first, last, zeros(A, 1))
