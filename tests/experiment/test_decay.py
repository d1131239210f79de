"""Weight decay chosen by cross-validation."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse

from rewire import losses
from rewire.experiment import Recipe, decay
from rewire.experiment.decay import with_decay

RECIPE = Recipe("", optimizer="adamw", lr=0.01, batch_size=32, epochs=60)
MSE = losses.get("mean_squared_error")


def task(samples=96, inputs=6, seed=0):
    random = np.random.default_rng(seed)
    return random.normal(size=(samples, inputs)), random


def per_epoch(recipe, samples=96):
    return recipe.weight_decay * recipe.lr * -(-samples // recipe.batch_size)


def test_what_is_exact_is_remembered_and_noise_is_forgotten():
    X, random = task()
    exact = with_decay(RECIPE, X, X[:, :1] ** 2, MSE, 1)
    noise = with_decay(RECIPE, X, random.normal(size=(96, 1)), MSE, 1)
    assert per_epoch(exact) == pytest.approx(0.01)
    assert per_epoch(noise) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("gains", "tried", "chosen"),
    [
        # By which the loss of 10% and 1% is lower than that of 3%, with each third held out.
        ({0.1: [1, 1, 1], 0.01: [2, 2, 2]}, [0.1, 0.1, 0.1], 0.1),
        ({0.1: [-1, 0, 0], 0.01: [1, 1, 1]}, [0.1, 0.01, 0.01, 0.01], 0.01),
        ({0.1: [-1, 0, 0], 0.01: [-2, 0, 0]}, [0.1, 0.01], 0.03),
        ({0.1: [1, -9, 5], 0.01: [2, 2, 2]}, [0.1, 0.1], 0.03),
        ({0.1: [1, -0.8, 0], 0.01: [2, 2, 2]}, [0.1, 0.1, 0.1], 0.03),
    ],
)
def test_the_better_one_goes_on_until_it_is_surely_worse(gains, tried, chosen, monkeypatch):
    trained = []

    def train(recipe, X, *_):
        trained.append(round(per_epoch(recipe, len(X)), 6))
        return trained[-1], trained.count(trained[-1]) - 1

    def measure(net, X, *_):
        share, third = net
        return SimpleNamespace(loss=10 - (gains[share][third] if share in gains else 0))

    X, _ = task()
    monkeypatch.setattr(decay, "_trained", train)
    monkeypatch.setattr(decay, "evaluate", measure)
    found = with_decay(RECIPE, X, X[:, :1], MSE, 1)
    assert [one for one in trained if one != 0.03] == tried
    assert per_epoch(found) == pytest.approx(chosen)


def test_sparse_inputs_and_weighted_classes_choose_alike():
    X, _ = task()
    y = (X[:, 0] * X[:, 1] > 0).astype(float)
    loss = losses.get("binary_cross_entropy")
    dense = with_decay(RECIPE, X, y, loss, 1)
    assert with_decay(RECIPE, scipy.sparse.csr_matrix(X), y, loss, 1) == dense
    weighted = type(loss)(weighted=True)
    assert with_decay(RECIPE, X, np.column_stack([y, np.ones(96)]), weighted, 1) == dense


@pytest.mark.parametrize(
    ("given", "samples", "inputs"),
    [
        ({"weight_decay": 0.5}, 96, 6),
        ({"optimizer": "adam"}, 96, 6),
        ({"early_stopping": 3}, 96, 6),
        ({"class_weight": "balanced"}, 96, 6),
        ({}, 29, 6),
        ({}, 10_001, 1),
        ({}, 100, 10_001),
    ],
)
def test_nothing_is_tried_where_it_is_given_or_would_tell_little_or_take_long(
    given, samples, inputs, monkeypatch
):
    monkeypatch.setattr("rewire.experiment.decay.fit", None)
    recipe = replace(RECIPE, **given)
    X = np.zeros((samples, inputs))
    assert with_decay(recipe, X, X[:, :1], MSE, 1) is recipe
