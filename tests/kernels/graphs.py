"""Random graphs as plain arrays, a batch for each, and the numbers of one pass by hand."""

import math

import numpy as np
from hypothesis import strategies as st

from rewire import activations, losses
from rewire.activations import Activation
from rewire.graph.program import Program
from rewire.kernels import layout
from rewire.kernels.adjacency import Adjacency

WIDTHS = (1, 2, 63, 64, 65, 1000)
CODES = (
    layout.LINEAR,
    layout.RELU,
    layout.LEAKY_RELU,
    layout.TANH,
    layout.SIGMOID,
    layout.CUSTOM,
)
LOSSES = ("hinge", "cross_entropy", "binary_cross_entropy", "mean_squared_error", "huber")


def bump(x):
    return x / (1 + x * x)


def bump_slope(x):
    return (1 - x * x) / (1 + x * x) ** 2


BUMP = Activation("bump", bump, bump_slope)
NAMES = {code: name for name, code in layout.ACTIVATIONS.items()}


def activation(code):
    return BUMP if code == layout.CUSTOM else activations.get(NAMES[code])


class Graph:
    """A random network with skip connections, its numbers, and one batch."""

    def __init__(self, sizes, density, codes, width, dtype, index, seed):
        rng = self.rng = np.random.default_rng(seed)
        start = np.concatenate([[0], np.cumsum(sizes)])
        rank = np.repeat(np.arange(len(sizes)), sizes)
        exists = (rank[:, None] > rank[None, :]) & (rng.random((start[-1],) * 2) < density)
        self.target, self.source = np.nonzero(exists)
        self.pointer = np.concatenate([[0], np.cumsum(exists.sum(axis=1))]).astype(index)
        self.rank_start, self.codes, self.dtype, self.width = start, codes, dtype, width
        self.index, self.neurons, self.inputs = index, int(start[-1]), sizes[0]
        self.outputs, self.description = sizes[-1], (sizes, density, codes, width, dtype, index)
        self.weight = (rng.standard_normal(len(self.source)) / 2).astype(dtype)
        self.bias = rng.standard_normal(start[-1]).astype(dtype)
        self.bias[: sizes[0]] = 0
        self.X = rng.standard_normal((width + 3, sizes[0])).astype(dtype)
        self.samples = rng.permutation(width + 3)[:width]
        self.output_grad = rng.standard_normal((sizes[-1], width)).astype(dtype)

    def __repr__(self):
        return f"Graph{self.description}"

    def ranks(self, backend):
        """The ranks as a backend wants them, the custom activation compiled."""
        number = backend.compile_activation(bump, bump_slope, self.dtype)
        custom = np.where(np.array(self.codes) == layout.CUSTOM, number, 0)
        return layout.Ranks.of(self.rank_start, self.codes, custom)

    def adjacency(self):
        return Adjacency.from_csr(self.pointer, self.source.astype(self.index), self.neurons)

    def program(self, backend=None):
        return Program(
            self.rank_start,
            [activation(code) for code in self.codes],
            self.pointer,
            self.source.astype(self.index),
            self.dtype,
            backend,
        )

    def targets(self, loss, samples=None):
        """Random targets of every kind of loss, for the rows of X, as the losses check them."""
        samples = len(self.X) if samples is None else samples
        loss = losses.get(loss)
        if loss.code == layout.CROSS_ENTROPY:
            y = self.rng.integers(0, self.outputs, samples)
        elif loss.code == layout.HINGE:
            y = self.rng.choice([-1, 1], (samples, self.outputs))
        elif loss.code == layout.BINARY_CROSS_ENTROPY:
            y = self.rng.integers(0, 2, (samples, self.outputs))
        else:
            y = self.rng.standard_normal((samples, self.outputs))
        return loss.targets(y, samples, self.outputs, self.dtype)


@st.composite
def graphs(draw, dtypes=(np.float32, np.float64), widths=WIDTHS, codes=CODES, largest=12):
    inner = draw(st.lists(st.integers(0, largest), max_size=3))
    sizes = [draw(st.integers(1, largest + 8)), *inner, draw(st.integers(1, 5))]
    return Graph(
        sizes,
        draw(st.sampled_from((0, 0.1, 0.5, 1))),
        [layout.LINEAR, *(draw(st.sampled_from(codes)) for _ in sizes[1:])],
        draw(st.sampled_from(widths)),
        draw(st.sampled_from(dtypes)),
        draw(st.sampled_from((np.int32, np.int64))),
        draw(st.integers(0, 2**32 - 1)),
    )


def close(graph, found, expected, name="", limits=(2e-4, 1e-11)):
    """Within some roundings of the largest number."""
    limit = limits[0] if graph.dtype == np.float32 else limits[1]
    size = max(1.0, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(found, expected, rtol=limit, atol=limit * size, err_msg=name)


def one_loss(loss, scores, wanted):
    """Loss of one sample, its derivatives, and whether the sample is on the right side."""
    if loss == "cross_entropy":
        whole, label = sum(math.exp(s) for s in scores), int(wanted[0])
        slopes = [math.exp(s) / whole - (o == label) for o, s in enumerate(scores)]
        return math.log(whole) - scores[label], slopes, scores.index(max(scores)) == label
    value, slopes, right = 0.0, [], True
    for score, y in zip(scores, wanted, strict=True):
        if loss == "hinge":
            value += max(0.0, 1 - y * score)
            slopes.append(-y if 1 - y * score > 0 else 0.0)
            right &= (score > 0) == (y > 0)
        elif loss == "binary_cross_entropy":
            chance = 1 / (1 + math.exp(-score))
            value -= y * math.log(chance) + (1 - y) * math.log(1 - chance)
            slopes.append(chance - y)
            right &= (score > 0) == (y > 0.5)
        elif loss == "huber":
            apart = score - y
            value += apart**2 / 2 if abs(apart) <= 1 else abs(apart) - 0.5
            slopes.append(apart if abs(apart) <= 1 else math.copysign(1, apart))
            right &= (score > 0) == (y > 0)
        else:
            value += (score - y) ** 2
            slopes.append(2 * (score - y))
            right &= (score > 0) == (y > 0)
    return value, slopes, right


def by_hand(graph, weight, bias, X, y, loss, l2=0.0):
    """Everything about one batch, one number at a time in Python's floats.

    Returns loss, right, weight gradient, bias gradient, activations and sensitivities.
    """
    weight, bias, neurons = weight.tolist(), bias.tolist(), graph.neurons
    pointer, source = graph.pointer.tolist(), graph.source.tolist()
    rank = np.repeat(np.arange(len(graph.codes)), np.diff(graph.rank_start)).tolist()
    functions = [activation(code) for code in graph.codes]
    first_output = neurons - graph.outputs
    scale = 1 / len(X) if loss == "cross_entropy" else 1 / (len(X) * graph.outputs)
    gradient, bias_gradient, value, right = [0.0] * len(weight), [0.0] * neurons, 0.0, 0
    A, D = np.zeros((neurons, len(X))), np.zeros((neurons, len(X)))
    for c, (x, wanted) in enumerate(zip(X.tolist(), y.tolist(), strict=True)):
        a, before, d = x + [0.0] * (neurons - len(x)), [0.0] * neurons, [0.0] * neurons
        for t in range(graph.inputs, neurons):
            row = range(pointer[t], pointer[t + 1])
            before[t] = bias[t] + sum(weight[k] * a[source[k]] for k in row)
            a[t] = functions[rank[t]].function(before[t])
        one, d[first_output:], good = one_loss(loss, a[first_output:], wanted)
        value, right = value + scale * one, right + good
        for t in reversed(range(graph.inputs, neurons)):
            d[t] *= functions[rank[t]].derivative(before[t])
            d[t] *= scale if t >= first_output else 1.0
            bias_gradient[t] += d[t]
            for k in range(pointer[t], pointer[t + 1]):
                gradient[k] += d[t] * a[source[k]]
                d[source[k]] += d[t] * weight[k] if source[k] >= graph.inputs else 0.0
        A[:, c], D[:, c] = a, d
    value += l2 * (sum(w * w for w in weight) + sum(b * b for b in bias))
    gradient = np.array(gradient) + 2 * l2 * np.array(weight)
    return value, right, gradient, np.array(bias_gradient) + 2 * l2 * np.array(bias), A, D
