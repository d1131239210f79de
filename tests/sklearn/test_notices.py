"""What estimators say about a training that came to nothing, and about odd targets."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from rewire.sklearn import SparseMLPClassifier, SparseMLPRegressor

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(80, 4))


def test_a_density_that_was_raised_is_said():
    settings = {"hidden_layer_sizes": 80, "max_iter": 30, "random_state": 0}
    model = SparseMLPRegressor(**settings).fit(X, X[:, 0])
    [said] = model.notices_
    assert said.startswith("density raised from 10% to ")
    kept = SparseMLPRegressor(density=1.0, **settings).fit(X, X[:, 0])
    assert kept.notices_ == []


def test_a_layer_that_is_narrower_than_by_default_is_said():
    model = SparseMLPRegressor(max_iter=30, random_state=0).fit(X, X[:, 0])
    # A tenth of the 400 connections of 4-80-1; each neuron reads three inputs and is read once.
    assert model.network_.ranks == (4, 10, 1)
    assert len(model.network_.connections) == 40
    [said] = model.notices_
    assert said.startswith("10 hidden neurons instead of 80")


def test_worse_than_the_mean_is_a_warning():
    model = SparseMLPRegressor(method="static", max_iter=1, learning_rate_init=1e-9, random_state=0)
    with pytest.warns(ConvergenceWarning, match="R² on the training samples is -.* of the mean"):
        model.fit(X, X[:, 0])
    assert "worse than 0" in model.notices_[-1]
    model.set_params(max_iter=100, learning_rate_init=0.01).fit(X, X[:, 0])
    assert not any("worse" in said for said in model.notices_)


def test_worse_than_the_most_frequent_class_is_a_warning():
    y = np.array(["a", "b", "c", "d", "e", "f"] * 4 + ["many"] * 56)
    model = SparseMLPClassifier(
        method="static",
        max_iter=1,
        learning_rate_init=1e-9,
        early_stopping=True,
        validation_fraction=0.3,
        random_state=0,
    )
    with pytest.warns(ConvergenceWarning, match="on the validation samples .* answering many"):
        model.fit(X, y)


@pytest.mark.parametrize("value", [0.0, 0.1, -3e8])
def test_a_constant_target_is_what_is_predicted(value):
    model = SparseMLPRegressor(max_iter=30, random_state=0).fit(X, np.full(80, value))
    np.testing.assert_allclose(model.predict(2 * X), value, rtol=1e-12, atol=0)
    assert not any("worse" in said for said in model.notices_)


def test_equal_rows_with_different_targets_get_their_mean_and_their_shares():
    twice = np.repeat(RANDOM.normal(size=(1, 3)), 40, axis=0)
    numbers = np.tile([1.0, 5.0], 20)
    model = SparseMLPRegressor(random_state=0).fit(twice, numbers)
    np.testing.assert_allclose(model.predict(twice), 3.0, atol=0.05)
    classes = SparseMLPClassifier(random_state=0).fit(twice, np.tile([0, 1, 1, 1], 10))
    np.testing.assert_allclose(classes.predict_proba(twice)[:, 1], 0.75, atol=0.05)
