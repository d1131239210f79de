"""Weight decay chosen by cross-validation."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse

from rewire import losses
from rewire.experiment import Recipe
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
