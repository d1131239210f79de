"""What a criterion sees."""

import numpy as np
import pytest

from rewire import Trainer, mlp
from rewire.optimizers import SGD, Adam
from rewire.topology.context import CheckedContext

from .tables import SOURCE, TARGET, context, eight, random_batch


def test_arrays_are_aligned_with_the_table():
    ctx = context(eight(), scope="neuron")
    assert ctx.source.tolist() == SOURCE
    assert ctx.target.tolist() == TARGET
    assert ctx.group.tolist() == [0, 0, 0, 1, 1, 2, 2, 2]
    assert ctx.group_row.tolist() == [0, 3, 5, 8]
    assert ctx.fan_in.tolist() == [0, 0, 0, 0, 3, 2, 3]
    assert ctx.fan_out.tolist() == [2, 2, 2, 2, 0, 0, 0]
    assert ctx.birth.tolist() == list(range(8))


def test_the_gradient_is_the_networks():
    net = mlp([5, 40, 30, 2], density=0.5, seed=0, dtype="float64")
    X, y = random_batch(net)
    ctx = context(net, signals=[net.signals(X, y, "mean_squared_error")])
    expected = net.gradients(X, y, "mean_squared_error").weight
    np.testing.assert_allclose(ctx.gradient, expected, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(
    ("optimizer", "column"), [(SGD(0.1, 0.9), "velocity"), (Adam(), "first_moment")]
)
def test_the_momentum_is_the_optimisers(optimizer, column):
    net = mlp([3, 4, 1], seed=0, dtype="float64")
    assert not context(net).momentum.any()
    X, y = random_batch(net)
    Trainer(net, "mean_squared_error", optimizer).step(X, y)
    assert context(net).momentum is net.connections[column]
    assert context(net).momentum.any()


def test_momentum_of_absent_connections_is_the_velocity_they_would_have():
    """Σ βⁱ gᵢ of absent connections is what momentum has of existing ones, weights held fixed."""
    net = mlp([4, 5, 2], seed=0, dtype="float64")
    batches = [random_batch(net, seed=seed) for seed in range(3)]
    signals = [net.signals(X, y, "mean_squared_error") for X, y in batches]
    velocity = np.zeros(len(net.connections))
    for X, y in batches:
        velocity = 0.8 * velocity + net.gradients(X, y, "mean_squared_error").weight
    A, D = context(net, signals=signals, momentum_factor=0.8).recent
    units = slice(0, net.size)
    dense = D[units] @ A[units].T
    ctx = context(net)
    np.testing.assert_allclose(dense[ctx.target, ctx.source], velocity, rtol=1e-10)


def test_without_a_batch_there_are_no_gradients():
    with pytest.raises(ValueError, match="give it the signals of a batch"):
        _ = context(eight()).gradient


def test_what_is_computed_once_holds_until_the_drop_is_decided():
    ctx = context(eight())
    ctx.cache["mine"] = 1
    ctx.dropped = np.array([2])
    assert ctx.cache == {}
    assert ctx.dropped.tolist() == [2]


def test_ages_are_counted_in_updates():
    ctx = context(eight(), step=50, born_at=lambda birth: 10 * (birth >= 6))
    assert ctx.age.tolist() == [50] * 6 + [40, 40]
    assert CheckedContext(ctx, "mine", frozenset({"age"})).age.tolist() == ctx.age.tolist()
