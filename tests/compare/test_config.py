"""What trials have in common, and what a method adds of its own."""

import json

import numpy as np
import pytest

from rewire import methods
from rewire.compare import StudyConfig, study_config
from rewire.compare.trial import run_trial
from rewire.experiment import Recipe
from rewire.experiment.build import make_method, make_schedule
from rewire.schedules import Time


def test_moons_is_the_posts_experiment():
    config = study_config("moons")
    recipe = config.recipe
    assert (recipe.hidden, recipe.sparsity) == ((16, 16), (0.0, 0.9, 0.8))
    assert (recipe.loss, recipe.l2, recipe.total_steps) == ("hinge", 1e-4, 400)
    assert (recipe.optimizer, recipe.lr, recipe.momentum) == ("sgd", 1.0, 0.0)
    rates = make_schedule(recipe)
    assert [rates(Time(k, 400)) for k in (0, 100, 399)] == pytest.approx(
        [1 - 0.9 * k / 400 for k in (0, 100, 399)]
    )
    assert (config.measure, recipe.validation, recipe.dtype) == ("training", 0.0, "float64")
    assert recipe.init == "fan_in"


def test_a_data_set_without_a_test_part_holds_a_fifth_out():
    config = study_config("iris")
    assert (config.measure, config.recipe.validation) == ("unseen", 0.2)
    assert study_config("iris", validation=0.5).recipe.validation == 0.5
    assert study_config("iris", measure="training").recipe.validation == 0.0


def test_a_data_set_with_a_test_part_holds_nothing_out(data_dir):
    config = study_config("madelon")
    assert (config.measure, config.recipe.validation) == ("unseen", 0.0)


@pytest.mark.parametrize(
    ("given", "rate"),
    [
        ({}, 0.1),
        ({"momentum": 0.0}, 1.0),
        ({"momentum": 0.95}, 0.05),
        ({"optimizer": "adam"}, 0.001),
        ({"lr": 0.7}, 0.7),
    ],
)
def test_the_learning_rate_goes_by_the_optimizer(given, rate):
    assert study_config("iris", **given).recipe.lr == rate


def test_a_regression_is_compared_with_what_does_not_diverge_on_it():
    recipe = study_config("diabetes").recipe
    assert (recipe.optimizer, recipe.lr) == ("adam", 0.01)
    recipe = study_config("diabetes", lr=0.001).recipe
    assert (recipe.optimizer, recipe.lr) == ("adam", 0.001)
    for method in ("static", "reviving rigl"):
        assert np.isfinite(run_trial(study_config("diabetes", total_steps=100), method, 0).loss)


def test_none_stands_for_the_default_and_epochs_and_density_replace_the_presets():
    config = study_config("moons", epochs=3, density=(0.5,), total_steps=None, hidden=None)
    assert (config.recipe.total_steps, config.recipe.epochs) == (None, 3)
    assert (config.recipe.sparsity, config.recipe.density) == (None, (0.5,))
    assert config.recipe.hidden == (16, 16)


def test_each_method_gets_the_options_that_it_takes():
    config = study_config("moons", fraction=0.4)
    for name, options in {
        "static": {},
        "set": {"every": 20, "fraction": 0.4},
        "snip": {},
        "gmp": {"every": 20},
        "lottery ticket": {},
        "post rigl": {"every": 20, "fraction": 0.4},
    }.items():
        recipe = config.recipe_for(name, 3)
        assert (recipe.every, recipe.fraction) == (options.get("every"), options.get("fraction"))
        assert (recipe.method, recipe.seed) == (name, 3)


@pytest.mark.parametrize("name", list(methods.registry))
def test_every_method_that_is_known_can_be_made(name):
    assert make_method(study_config("moons").recipe_for(name, 0)).name == name


def test_only_what_needs_momentum_gets_it_at_the_same_effective_rate():
    config = study_config("moons", lr=0.8)
    for name in methods.registry:
        recipe = config.recipe_for(name, 0)
        assert (recipe.momentum, recipe.lr) == ((0.9, 0.08) if name == "snfs" else (0.0, 0.8))
        assert recipe.lr / (1 - recipe.momentum) == pytest.approx(0.8)
    for given in ({"momentum": 0.5}, {"optimizer": "adam"}):
        config = study_config("moons", **given)
        recipes = [config.recipe_for(name, 0) for name in methods.registry]
        assert len({(recipe.momentum, recipe.lr) for recipe in recipes}) == 1


def test_a_configuration_survives_json():
    config = study_config("moons", imports=("json",))
    values = json.loads(json.dumps(config.to_dict()))
    assert (values.pop("measure"), values.pop("imports")) == ("training", ["json"])
    assert [values.pop(name) for name in ("vary", "choose", "source")] == [{}, 0.0, None]
    assert Recipe.from_dict(values) == config.recipe
    assert "seed" not in values


def test_a_file_of_ones_own_registers_methods_and_data(fragile):
    config = study_config("fragile", imports=(fragile,), every=7)
    assert make_method(config.recipe_for("mine", 0)).when.interval == 7
    assert study_config("fragile", imports=(fragile,)).imports == (fragile,)  # once is enough


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: study_config("moons", measure="test"), "measure must be one of unseen, training"),
        (
            lambda: StudyConfig(Recipe("moons", early_stopping=5)),
            "early_stopping must be None",
        ),
        (lambda: study_config("moon"), "did you mean 'moons'"),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_missing_file_is_refused_by_name():
    with pytest.raises(FileNotFoundError, match=r"existing .py files; got 'no/such.py'"):
        study_config("moons", imports=("no/such.py",))


def test_a_broken_file_is_not_taken_for_imported(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("1 / 0")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            study_config("moons", imports=(str(path),))


def test_the_data_are_told_of_once_they_are_loaded(tmp_path):
    path = tmp_path / "houses.csv"
    path.write_text("area,sold\n" + "".join(f"{i}.5,{i % 3 > 0}\n" for i in range(30)))
    loaded = []
    study_config(str(path), target="sold", vary={"density": [0.5, 0.9]}, on_load=loaded.append)
    assert [data.encoder.feature_names for data in loaded] == [("area",)]
    with pytest.raises(TypeError, match="on_load must be a function; got 3"):
        study_config("iris", on_load=3)
