"""Defaults that depend on the data or the loss."""

import numpy as np
import pytest

import rewire
from rewire.train import Training, evaluate
from rewire.train.defaults import default_loss

from .runs import network, samples


@pytest.mark.parametrize(
    ("outputs", "y", "name"),
    [
        (3, np.array([0, 1, 2]), "cross_entropy"),
        (1, np.array([-1, 1, 1]), "hinge"),
        (1, np.array([[0.0], [1.0], [1.0]]), "binary_cross_entropy"),
        (1, np.array([False, True, True]), "binary_cross_entropy"),
        (1, np.array([0.5, 2.0, 1.0]), "mean_squared_error"),
        (2, np.array([[0.5, 2], [1, 1], [0, 0]]), "mean_squared_error"),
    ],
)
def test_the_loss_follows_from_the_targets(outputs, y, name):
    net = rewire.mlp([2, outputs], seed=0)
    assert default_loss(net, y).name == name
    history = rewire.fit(net, np.eye(3, 2), y, method=None, epochs=1)
    assert history["loss"][0] == pytest.approx(
        evaluate(rewire.mlp([2, outputs], seed=0), np.eye(3, 2), y, name).loss
    )


@pytest.mark.parametrize(
    ("count", "batch_size", "total_steps"), [(45, 128, 1000), (45, 10, 1000), (300, 1, 3000)]
)
def test_ten_epochs_or_a_thousand_updates(count, batch_size, total_steps):
    X, y = samples(count=count)
    assert Training(network(), X, y, method=None, batch_size=batch_size).total_steps == total_steps


@pytest.mark.parametrize("seed", range(3))
def test_a_regression_is_learnt_without_any_settings(seed):
    """SGD with the learning rate for classes diverged on nearly every such data set."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(300, 12))
    y = X[:, 0] + 0.5 * X[:, 1] * X[:, 2] - (X[:, 3] > 0)
    net = rewire.mlp([12, 100, 1], sparsity=0.8, seed=seed)
    history = rewire.fit(net, X, y, seed=seed)
    assert history["loss"][-1] < 0.05 * y.var()
