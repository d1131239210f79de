"""Settings that nobody gave: tables start alike through every door, arrays as ever."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import rewire
from rewire.compare import study_config
from rewire.data import load
from rewire.experiment import Recipe, prepare_experiment
from rewire.experiment.choices import in_words, with_choices
from rewire.sklearn import SparseMLPClassifier, SparseMLPRegressor

from .recipes import finish


def table(samples=60):
    random = np.random.default_rng(0)
    area, town = random.uniform(30, 200, samples), random.choice(["Aachen", "Bonn"], samples)
    price = 3000.5 * area + 50_000 * (town == "Bonn") + random.normal(0, 10_000, samples)
    frame = pd.DataFrame({"area": area, "town": town, "price": price, "dear": price > 350_000})
    frame = frame.assign(rooms=random.normal(size=samples), age=random.normal(size=samples))
    return frame.round(3)  # pandas 2 reads 16 digits with an error in the last


@pytest.fixture
def homes(tmp_path):
    table().to_csv(tmp_path / "homes.csv", index=False)
    return str(tmp_path / "homes.csv")


@pytest.mark.parametrize(
    ("target", "kind"), [("price", SparseMLPRegressor), ("dear", SparseMLPClassifier)]
)
@pytest.mark.parametrize("method", ["reviving rigl", "set", "gmp"])
def test_train_and_the_estimators_make_the_same_network_of_a_table(target, kind, method, homes):
    frame = pd.read_csv(homes)
    seed = 5
    drawn = int(np.random.RandomState(seed).randint(np.iinfo(np.int32).max))
    given = {"target": target, "ignore": {"price": ("dear",), "dear": ("price",)}[target]}
    recipe = Recipe(
        homes, **given, method=method, epochs=30, validation=0, dtype="float64", seed=drawn
    )
    experiment = finish(prepare_experiment(recipe))
    model = kind(method=method, max_iter=30, random_state=seed)
    model.fit(frame.drop(columns=["price", "dear"]), frame[target])
    mine, theirs = experiment.training.net, model.network_
    assert mine.density < 1
    np.testing.assert_array_equal(mine.connections.source, theirs.connections.source)
    # The last layer of an estimator answers in the target's own unit.
    hidden = mine.connections.indptr[mine.rank_start[-2]]
    np.testing.assert_array_equal(
        mine.connections.weight[:hidden], theirs.connections.weight[:hidden]
    )


def test_tables_have_the_estimators_defaults(homes):
    chosen = with_choices(Recipe(homes), load(homes, target="price", ignore=["dear"]))
    own = SparseMLPRegressor().get_params()
    names = {"optimizer": "solver", "lr": "learning_rate_init", "batch_size": "batch_size"}
    for name, theirs in (names | {"epochs": "max_iter", "schedule": "learning_rate"}).items():
        assert getattr(chosen, name) == own[theirs]


def test_a_comparison_starts_from_the_settings_of_a_training(homes):
    given = {"target": "price", "ignore": ("dear",), "validation": 0.2}
    trained = prepare_experiment(Recipe(homes, **given)).recipe
    compared = study_config(homes, **given).recipe
    names = ("optimizer", "lr", "weight_decay", "batch_size", "epochs", "loss")
    assert [getattr(compared, name) for name in names] == [getattr(trained, name) for name in names]


def test_what_is_given_stays(homes):
    data = load(homes, target="dear", ignore=["price"])
    recipe = Recipe(homes, optimizer="sgd", batch_size=7, total_steps=9, loss="cross_entropy")
    assert with_choices(recipe, data) == replace(recipe, lr=0.1)
    assert with_choices(Recipe(homes, lr=0.5), data).lr == 0.5
    assert with_choices(Recipe(homes, optimizer="adam"), data).lr == 0.001


def test_named_data_sets_are_trained_as_fit_trains():
    experiment = finish(prepare_experiment(Recipe("iris", validation=0)))
    net, data = prepare_experiment(Recipe("iris", validation=0)).training.net, load("iris")
    rewire.fit(net, data.X, data.y, schedule="cosine")
    np.testing.assert_array_equal(
        experiment.training.net.connections.weight, net.connections.weight
    )


def test_a_training_is_told_in_words(homes):
    recipe = Recipe(homes, target="price", ignore=("dear",), weight_decay=0.5)
    assert in_words(prepare_experiment(recipe)) == (
        "adamw, learning rate 0.01 (cosine), weight decay 0.5; 400 steps of 32 samples (200 epochs)"
    )


def test_a_method_that_prunes_a_sparse_network_goes_to_its_own_density(homes):
    options = {"initial": "sparse", "density": 0.1}
    wide = {"hidden": (40,), "sparsity": (0.5,), "total_steps": 30, "every": 5, "min_fan_in": 1}
    for given in (options, {"initial": "sparse"}):  # 0.1 is also the default
        recipe = Recipe(homes, method="granet", method_options=given, target="dear", **wide)
        net = finish(prepare_experiment(recipe)).training.net
        assert net.density == pytest.approx(0.1, abs=0.01)
