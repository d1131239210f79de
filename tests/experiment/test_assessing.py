"""The parts that a model is assessed on, and what is said of its inputs."""

import numpy as np
import pytest

from rewire.data import Dataset
from rewire.experiment import Recipe, prepare_experiment
from rewire.experiment.assessing import assess_experiment, assess_model, assess_recipe, parts_of

from .recipes import finish, short


@pytest.fixture(scope="module")
def experiment():
    return finish(prepare_experiment(short("wine", standardize=True, total_steps=200)))


def test_parts_are_those_of_the_training(experiment):
    found = assess_experiment(experiment)
    assert {part.name: (part.samples, part.seen) for part in found.parts} == {
        "training": (160, True),
        "validation": (18, False),
    }
    again = assess_recipe(experiment.model, experiment.recipe)
    assert again.to_dict() == found.to_dict()


def test_inputs_go_by_their_names_or_by_the_columns_they_were_made_of(experiment):
    names = [row["column"] for row in assess_experiment(experiment).inputs]
    assert sorted(names) == sorted(experiment.data.feature_names)
    groups = ["colours" if "colo" in name else "others" for name in experiment.data.feature_names]
    rows = assess_experiment(experiment, groups).inputs
    assert {row["column"]: row["inputs"] for row in rows} == {
        "colours": groups.count("colours"),
        "others": groups.count("others"),
    }


def test_everything_may_have_been_learnt():
    experiment = finish(prepare_experiment(short("wine", validation=0)))
    found = assess_experiment(experiment)
    assert [part.name for part in found.parts] == ["training"]
    assert found.main.seen


def test_a_test_part_counts_most():
    X = np.random.default_rng(0).normal(size=(30, 2))
    data = Dataset.from_arrays(X[:20], X[:20, 0], X[20:], X[20:, 0])
    parts = parts_of(data, *data.split(0.25, seed=0))
    assert {name: len(y) for name, (_, y) in parts.items()} == {
        "training": 15, "validation": 5, "test": 10,
    }  # fmt: skip
    assert list(parts)[-1] == "test"


def test_margins_have_no_probabilities():
    recipe = Recipe("moons", loss="hinge", hidden=(16,), density=(1.0,), total_steps=50)
    found = assess_experiment(finish(prepare_experiment(recipe)))
    assert set(found.main.scores) == {"accuracy", "balanced_accuracy", "auc"}
    assert found.main.calibration is None
    assert "log_loss" in found.main.beside["a linear model"]


def test_pixels_are_named_by_their_place():
    experiment = finish(prepare_experiment(short("digits")))
    X, y = experiment.validation.X, experiment.validation.y
    rows = assess_model(experiment.model, {"validation": (X, y)}).inputs
    assert {row["column"] for row in rows} >= {"pixel 0,0", "pixel 7,7"}
