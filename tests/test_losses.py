"""A weight for each sample: against PyTorch, against repeated samples, and refused by name."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import rewire
from rewire import kernels, losses

from .backends import BACKENDS
from .kernels.graphs import LOSSES, close, graphs


def torch_losses(loss, scores, y):
    """The loss of each sample, of (batch, outputs) scores."""
    f = torch.nn.functional
    if loss == "cross_entropy":
        return f.cross_entropy(scores, y[:, 0].long(), reduction="none")
    if loss == "hinge":
        return torch.relu(1 - y * scores).sum(dim=1)
    if loss == "binary_cross_entropy":
        return f.binary_cross_entropy_with_logits(scores, y, reduction="none").sum(dim=1)
    if loss == "huber":
        return f.huber_loss(scores, y, reduction="none").sum(dim=1)
    return ((scores - y) ** 2).sum(dim=1)


@settings(max_examples=60)
@given(graphs(widths=(1, 2, 65)), st.sampled_from(LOSSES))
def test_weighted_losses_agree_with_their_twins_and_with_autograd(graph, loss):
    y = graph.targets(loss)
    weight = graph.rng.uniform(0, 3, len(y)).astype(graph.dtype)
    weight[graph.samples[0]] = 0
    code, columns = losses.get(loss).code, np.column_stack([y, weight])
    scores = graph.output_grad
    leaf = torch.tensor(scores, requires_grad=True)
    each = torch_losses(loss, leaf.T, torch.tensor(y[graph.samples]))
    total = (torch.tensor(weight[graph.samples]) * each).sum()
    total.backward()
    for backend in map(kernels.get_backend, BACKENDS):
        given = np.full_like(scores, np.nan)
        number = graph.dtype(0.125)
        value = backend.loss_and_slope(code, scores, columns, graph.samples, number, given)
        close(graph, value, total.item(), "loss", limits=(1e-4, 1e-11))
        close(graph, given, 0.125 * leaf.grad.numpy(), "slope", limits=(1e-5, 1e-12))
        right = backend.count_correct(code, scores, y, graph.samples)
        assert backend.count_correct(code, scores, columns, graph.samples) == right


def network(loss, backend):
    net = rewire.mlp([5, 8, 3], density=[0.6, 0.5], dtype="float64", seed=2, backend=backend)
    rng = np.random.default_rng(0)
    net.bias[5:] = rng.normal(size=11)
    X = rng.normal(size=(7, 5))
    y = {
        "cross_entropy": rng.integers(0, 3, (7, 1)),
        "hinge": rng.choice([-1.0, 1.0], (7, 3)),
        "binary_cross_entropy": rng.uniform(size=(7, 3)),
        "mean_squared_error": rng.normal(size=(7, 3)),
        "huber": 3 * rng.normal(size=(7, 3)),
    }[loss]
    return net, X, y


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("loss", LOSSES)
def test_a_sample_of_weight_two_is_the_sample_twice(loss, backend):
    net, X, y = network(loss, backend)
    counts = np.array([0, 1, 2, 1, 3, 1, 0])
    weighted = type(losses.get(loss))(weighted=True)
    columns = np.column_stack([y, counts * len(y) / counts.sum()])
    again = y.repeat(counts, axis=0)
    again = again[:, 0] if loss == "cross_entropy" else again
    repeated = X.repeat(counts, axis=0), again, loss
    for found, expected in zip(
        net.gradients(X, columns, weighted), net.gradients(*repeated), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13)
    # The gradient of every connection, existing or not, is what growth looks at.
    found, expected = net.signals(X, columns, weighted), net.signals(*repeated)
    np.testing.assert_allclose(
        found.sensitivity @ found.activation.T,
        expected.sensitivity @ expected.activation.T,
        rtol=1e-11,
        atol=1e-13,
    )
    assert rewire.evaluate(net, X, columns, weighted).loss == pytest.approx(
        rewire.evaluate(net, *repeated).loss, rel=1e-12
    )


@pytest.mark.parametrize("loss", LOSSES)
def test_weights_of_one_change_no_bit(loss):
    found = []
    for weighted in (False, True):
        net, X, y = network(loss, BACKENDS[0])
        y = y[:, 0] if loss == "cross_entropy" and not weighted else y
        y = np.column_stack([y, np.ones(7)]) if weighted else y
        rule = type(losses.get(loss))(weighted=weighted)
        rewire.Trainer(net, rule, rewire.optimizers.SGD(0.1)).steps(X, y, 20)
        found.append(net.connections.weight)
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
@pytest.mark.parametrize("loss", LOSSES)
def test_bad_weights_are_named_and_change_nothing(loss, bad, backend):
    net, X, y = network(loss, backend)
    columns = np.column_stack([y, np.ones(7)])
    columns[3, -1] = bad
    before = net.connections.weight.copy()
    trainer = rewire.Trainer(net, type(losses.get(loss))(weighted=True))
    with pytest.raises(ValueError, match=f"weights of at least 0 in its last column; got {bad:g}"):
        trainer.step(X, columns)
    np.testing.assert_array_equal(net.connections.weight, before)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_missing_or_unexpected_column_is_refused(loss):
    net, X, y = network(loss, "numpy")
    with pytest.raises(ValueError, match="and its weight"):
        net.gradients(X, y, type(losses.get(loss))(weighted=True))
    with pytest.raises(ValueError, match="y must have shape"):
        net.gradients(X, np.column_stack([y, np.ones(7)]), loss)
