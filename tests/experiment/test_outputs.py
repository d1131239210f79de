"""What a network says, rescaled."""

import numpy as np
import pytest

import rewire
from rewire.experiment.outputs import rescale_outputs
from rewire.sklearn import SparseMLPRegressor

X = np.random.default_rng(0).normal(size=(50, 4))


def test_outputs_are_multiplied_and_added_to_one_by_one():
    net = rewire.mlp([4, 6, 3], sparsity=0.5, dtype="float64", seed=0)
    net.bias[-3:] = [1, 2, 3]
    before = net.predict(X)
    rescale_outputs(net, [2, 0.5, 0], [0, 1, -1])
    np.testing.assert_allclose(net.predict(X), before * [2, 0.5, 0] + [0, 1, -1])


@pytest.mark.filterwarnings("ignore:R² on the training samples")  # nothing is learnt here
def test_an_estimator_begins_close_to_the_mean_of_its_targets():
    y = 1000 + 10 * X[:, 0]
    settings = {"max_iter": 1, "learning_rate_init": 1e-12, "method": "static"}
    guesses = [
        SparseMLPRegressor(random_state=seed, **settings).fit(X, y).predict(X) for seed in range(20)
    ]
    assert np.std(np.array(guesses) - y.mean()) < 0.3 * y.std()
