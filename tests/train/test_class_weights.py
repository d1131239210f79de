"""Weights by class: the same as samples repeated, and as scikit-learn computes them."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

import rewire
from rewire.train import Training
from rewire.train.class_weights import ClassWeights

RANDOM = np.random.default_rng(0)
Y = RANDOM.choice([0, 1, 2], 60, p=[0.7, 0.2, 0.1])
X = RANDOM.normal(size=(60, 4)) + Y[:, None]


@pytest.mark.parametrize("given", ["balanced", {0: 1.0, 1: 3.0, 2: 0.5}])
def test_weights_are_scikit_learns_brought_to_mean_one(given):
    expected = compute_sample_weight(given, Y)
    weights = ClassWeights(given, *np.unique(Y, return_counts=True)).of(Y)
    np.testing.assert_allclose(weights, expected / expected.mean())
    assert weights.mean() == pytest.approx(1)


def test_classes_that_a_mapping_lacks_count_one():
    weights = ClassWeights({1: 3.0}, np.array([0, 1]), np.array([1, 1]))
    assert weights.weight.tolist() == [0.5, 1.5]
    assert weights.of(np.array([0, 1, 7])).tolist() == [0.5, 1.5, 1.0]


def trained(X, y, **given):
    net = rewire.mlp([4, 8, 3], density=0.8, dtype="float64", seed=0)
    history = rewire.fit(net, X, y, method="static", total_steps=30, batch_size=1000, **given)
    return net.predict(X), history


def test_a_weight_of_two_is_the_sample_twice():
    """Where all samples make one batch; weights of mean 1 are relative to the others."""
    weighted, _ = trained(X, Y, class_weight={2: 2.0})
    order = np.concatenate([np.arange(60), np.flatnonzero(Y == 2)])
    repeated, _ = trained(X[order], Y[order])
    np.testing.assert_allclose(weighted, repeated[:60], rtol=1e-9)


def test_validation_counts_classes_as_the_training_does():
    _, history = trained(X, Y, class_weight="balanced", validation_data=(X, Y))
    assert history["validation_loss"][-1] == pytest.approx(history["loss"][-1], rel=0.2)
    plain, other = trained(X, Y, validation_data=(X, Y))
    assert history["validation_loss"][-1] != pytest.approx(other["validation_loss"][-1], rel=0.01)
    assert 0 <= history["validation_accuracy"][-1] <= 1
    assert plain.shape == (60, 3)


@pytest.mark.parametrize("loss", ["hinge", "binary_cross_entropy"])
def test_rare_positives_are_found(loss):
    """One in twelve, overlapping: without weights hardly any is found."""
    random = np.random.default_rng(0)
    y = np.where(np.arange(600) % 12 == 0, 1, -1 if loss == "hinge" else 0)
    X = random.normal(size=(600, 2)) + (y[:, None] > 0)
    recalls = []
    for weight in (None, "balanced"):
        net = rewire.mlp([2, 16, 1], density=0.8, seed=0)
        rewire.fit(net, X, y, loss=loss, method="static", epochs=40, class_weight=weight)
        recalls.append((net.predict(X[y > 0]) > 0).mean())
    assert recalls[0] < 0.4
    assert recalls[1] > 0.6


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"class_weight": "even"}, "class_weight must be 'balanced', or a mapping .*; got 'even'"),
        ({"class_weight": {5: 1}}, r"must name classes among \[0, 1, 2\]; got 5"),
        ({"class_weight": {0: -1}}, "finite numbers of at least 0; got -1 for 0"),
        ({"class_weight": {0: "1"}}, "finite numbers of at least 0; got '1' for 0"),
        ({"class_weight": {0: 0, 1: 0, 2: 0}}, "must be above 0 for a class"),
    ],
)
def test_other_weights_are_refused(given, message):
    net = rewire.mlp([4, 8, 3], seed=0)
    with pytest.raises(ValueError, match=message):
        Training(net, X, Y, **given)


def test_numbers_have_no_classes():
    net = rewire.mlp([4, 8, 1], seed=0)
    with pytest.raises(ValueError, match="class_weight must be None unless y holds one class"):
        Training(net, X, X[:, 0], class_weight="balanced")
