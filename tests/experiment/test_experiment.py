"""From a recipe to a training that is ready."""

import numpy as np
import pandas as pd
import pytest

from rewire.data import load
from rewire.experiment import Predictor, Recipe, prepare_experiment
from rewire.experiment.build import make_network

from .recipes import finish, short


@pytest.mark.parametrize("given", [{}, {"density": (0.2,)}, {"sparsity": (0.7, 0.4)}])
@pytest.mark.parametrize("method", ["gmp", "snip"])
def test_what_begins_dense_ends_as_sparse_as_said(method, given):
    every = None if method == "snip" else 5
    experiment = prepare_experiment(short(method=method, every=every, **given))
    assert experiment.training.net.density == 1
    finish(experiment)
    counts = len(make_network(short(**given), 64, 10).connections)
    assert len(experiment.training.net.connections) == counts


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"method": "static", "every": 3}, "'static' are: none; got every"),
        ({"sparsity": (0.5,), "density": (0.5,)}, "either sparsity or density"),
        ({"sparsity": (0.5, 0.5, 0.5)}, "one for each of the 2 layers; got 3"),
        ({"loss": "mean_squared_error"}, "loss must be one of cross_entropy, .* classification"),
        ({"loss": "hinge"}, "loss must be 'cross_entropy' for 10 classes; got 'hinge'"),
        (
            {"data": "diabetes", "loss": "hinge"},
            "mean_squared_error, .* for a regression; got 'hinge'",
        ),
        ({"validation": 5000}, "validation: size must be a share"),
        ({"epochs": 3}, "either epochs or total_steps"),
        ({"task": "regression"}, "task is for files"),
        ({"data": "digit"}, "did you mean 'digits'"),
    ],
)
def test_what_cannot_be_done_is_said(given, message):
    with pytest.raises(ValueError, match=message):
        prepare_experiment(short(**{"data": "digits"} | given))


def test_numbers_of_any_unit_are_learnt(tmp_path):
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(1000, 50, size=(200, 3)), columns=["a", "b", "c"])
    frame["y"] = 1e6 + 5000 * frame["a"] - 3000 * frame["b"]
    frame.to_csv(tmp_path / "table.csv", index=False)
    experiment = prepare_experiment(
        Recipe(
            str(tmp_path / "table.csv"), target="y", hidden=(10,), density=(1.0,), method="static"
        )
    )
    finish(experiment)
    assert experiment.model.standardizer is not None
    difference = experiment.model.predict(experiment.train.X) - experiment.train.y
    assert difference.var() < 0.05 * experiment.train.y.var()


def test_only_training_samples_decide_how_inputs_are_scaled():
    experiment = prepare_experiment(
        short("wine", standardize=True, validation=0.25, method="static")
    )
    np.testing.assert_allclose(
        experiment.model.standardizer.mean,
        np.asarray(experiment.train.X, float).mean(axis=0),
        rtol=1e-6,
    )
    assert len(experiment.train.y) + len(experiment.validation.y) == len(load("wine").y)


@pytest.mark.parametrize("loss", ["hinge", "binary_cross_entropy"])
def test_two_classes_and_one_output(loss):
    experiment = prepare_experiment(
        Recipe("moons", loss=loss, hidden=(16,), density=(1.0,), method="static", epochs=300)
    )
    finish(experiment)
    assert experiment.training.net.ranks == (2, 16, 1)
    numbers = experiment.model.class_numbers(experiment.model.outputs(experiment.train.X))
    assert (numbers == experiment.train.y).mean() > 0.9
    assert experiment.model.loss == loss
    assert experiment.model.predict(experiment.train.X).tolist() == [
        experiment.data.classes[n] for n in numbers
    ]


# --------------------------------------------------------------------------- digits of numbers


@pytest.mark.parametrize(
    ("name", "start", "step"),
    [
        ("nanoseconds", 1_700_000_000_000_000_000, 1_000_000),
        ("identifiers", 9_000_000_000, 1),
        ("prices", 1e6, 0.01),
    ],
)
@pytest.mark.parametrize("ending", [".csv", ".npz"])
def test_numbers_with_large_offsets_are_learnt(name, start, step, ending, tmp_path):
    """Single precision has seven digits: all of them are the same until they are standardized."""
    random = np.random.default_rng(0)
    number = random.integers(0, 100, 400)
    x = start + number * step
    label = np.where(number < 50, "early", "late")
    path = tmp_path / f"{name}{ending}"
    if ending == ".csv":
        pd.DataFrame({"x": x, "label": label}).to_csv(path, index=False, float_format="%.2f")
    else:
        np.savez(path, X=np.asarray(x, np.float64)[:, None], y=label)
    recipe = Recipe(
        str(path),
        target="label" if ending == ".csv" else None,
        numeric=("x",) if ending == ".csv" else (),
        hidden=(8,),
        density=1.0,
        method="static",
        total_steps=400,
    )
    experiment = prepare_experiment(recipe)
    while not experiment.training.finished:
        experiment.training.advance()
    right = experiment.model.predict(experiment.train.X) == label_of(experiment.train)
    assert right.mean() > 0.97
    assert experiment.model.network.dtype == np.float32


def label_of(part):
    return np.array(part.classes)[part.y]


def test_targets_with_large_offsets_are_predicted_to_their_own_digits(tmp_path):
    random = np.random.default_rng(0)
    z = random.normal(size=300)
    frame = pd.DataFrame({"z": z, "when": 1_700_000_000 + 100 * z})
    frame.to_csv(tmp_path / "when.csv", index=False)
    recipe = Recipe(
        str(tmp_path / "when.csv"),
        target="when",
        hidden=(16,),
        density=1.0,
        method="static",
        total_steps=600,
        task="regression",
    )
    experiment = prepare_experiment(recipe)
    while not experiment.training.finished:
        experiment.training.advance()
    part = experiment.validation
    error = np.abs(experiment.model.predict(part.X) - part.y)
    assert error.mean() < 10  # a float32 of this size is a multiple of 128
    experiment.model.save(tmp_path / "model.safetensors")
    again = Predictor.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.predict(part.X), experiment.model.predict(part.X))


def test_a_training_on_a_table_keeps_what_was_learnt_of_its_columns(tmp_path):
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "area": random.uniform(30, 200, 300).round(1),
            "town": random.choice(["Aachen", "Bonn", "Celle"], 300),
        }
    )
    frame["price"] = 3000.5 * frame["area"] + 100_000 * (frame["town"] == "Bonn")
    frame.loc[::8, "area"] = np.nan
    frame.to_csv(tmp_path / "houses.csv", index=False)
    experiment = prepare_experiment(
        Recipe(str(tmp_path / "houses.csv"), target="price", hidden=(8,), total_steps=20)
    )
    model, validation = experiment.model, experiment.validation
    assert model.encoder == experiment.train.encoder
    assert model.feature_names[:2] == ("area", "area is missing")
    assert model.network.ranks[0] == 5
    by_table = model.predict(validation.table)
    np.testing.assert_array_equal(by_table, model.predict(validation.X))
    columns = {name: validation.table.values[name] for name in ("town", "area")}
    np.testing.assert_array_equal(model.predict(pd.DataFrame(columns)), by_table)


@pytest.mark.parametrize("loss", ["cross_entropy", "hinge"])
@pytest.mark.parametrize("given", ["balanced", {"yes": 3.0}])
def test_classes_are_weighted_by_their_names(loss, given, tmp_path):
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(100, 2)), columns=["a", "b"])
    frame["y"] = np.where(np.arange(100) < 25, "yes", "no")
    frame.to_csv(tmp_path / "table.csv", index=False)
    recipe = Recipe(str(tmp_path / "table.csv"), target="y", loss=loss, class_weight=given)
    assert Recipe.from_dict(recipe.to_dict()) == recipe
    training = prepare_experiment(recipe).training
    y, weight = training.samples.y.T
    ratio = weight[y == 1].mean() / weight[y != 1].mean()
    assert ratio == pytest.approx(3, rel=0.05)
    assert training.loss.weighted


def test_weights_of_what_is_no_class_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"class_weight must name classes among .*; got 'daisy'"):
        prepare_experiment(short("iris", class_weight={"daisy": 2.0}))
    with pytest.raises(ValueError, match="class_weight must be None for a regression"):
        prepare_experiment(short("diabetes", class_weight="balanced"))
    with pytest.raises(ValueError, match="class_weight must be one of balanced or a mapping"):
        short("iris", class_weight="even")
