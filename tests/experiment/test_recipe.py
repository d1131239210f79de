"""A recipe: what it refuses, how it is shown, and that it comes back from JSON."""

import inspect
import json

import pytest

import rewire
from rewire import activations, defaults
from rewire.data import load
from rewire.experiment import Recipe
from rewire.experiment.choices import with_choices
from rewire.experiment.recipe import LOSSES, method_name
from rewire.experiment.settings import settings_of

from .recipes import short


def test_it_comes_back_from_json():
    given = short(
        sparsity=(0.9, 0.5),
        method="rigl",
        every=5,
        method_options={"scope": "network"},
        drop_at=(0.25,),
        lr=0.3,
    )
    assert Recipe.from_dict(json.loads(json.dumps(given.to_dict()))) == given


def test_settings_unknown_to_this_version_are_refused():
    with pytest.raises(ValueError, match=r"settings must be among activation, .*; got quantum"):
        Recipe.from_dict({**short().to_dict(), "quantum": 1})
    with pytest.raises(ValueError, match="settings must have data"):
        Recipe.from_dict({})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"optimizer": "rmsprop"}, "optimizer must be one of sgd, adam, adamw; got 'rmsprop'"),
        ({"schedule": "random"}, "schedule must be one of constant, .*; got 'random'"),
        ({"method": "rigel"}, "method must be one of.*did you mean 'rigl'"),
        ({"activation": "gelu"}, "activation must be one of leaky_relu, .*; got 'gelu'"),
        ({"sparsity": (1.2,)}, r"sparsity must be numbers in \[0, 1\); got \(1.2,\): give a share"),
        ({"hidden": (10, 0)}, r"hidden must be whole numbers, at least 1; got \(10, 0\)"),
        ({"lr": 0}, "lr must be a number, above 0; got 0"),
        ({"validation": -1}, "validation must be a number, at least 0; got -1"),
        ({"seed": -1}, "seed must be a whole number, at least 0; got -1"),
        ({"batch_size": 1.5}, "batch_size must be a whole number, at least 1; got 1.5"),
        ({"task": "clustering"}, "task must be one of classification, regression"),
        ({"init": 0}, "init must be a number, above 0 or 'fan_in'; got 0"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(given, message):
    with pytest.raises(ValueError, match=message):
        short(**given)


def test_one_number_stands_for_several_and_hyphens_for_spaces():
    assert short(sparsity=0.5, hidden=8) == short(sparsity=(0.5,), hidden=(8,))
    assert short(sparsity=[0.5, 0.1]).sparsity == (0.5, 0.1)
    assert short(method="post-rigl") == short(method=" post rigl ")
    with pytest.raises(ValueError, match=r"method must be one of .*did you mean 'rigl'"):
        method_name("rgil")


def test_it_is_shown_by_what_differs_from_the_defaults():
    assert repr(Recipe("digits")) == "Recipe('digits')"
    recipe = Recipe("digits", hidden=(20,), momentum=0.5, method_options={"tries": 3})
    assert repr(recipe) == (
        "Recipe('digits', hidden=(20,), method_options={'tries': 3}, momentum=0.5)"
    )
    assert eval(repr(recipe)) == recipe


def test_names_are_those_of_the_parts_that_there_are():
    known = settings_of(Recipe)
    assert set(known["activation"].choice_names()) == set(activations.registry)
    assert set(known["method"].choice_names()) == set(rewire.methods.registry)
    assert set(known["optimizer"].choice_names()) == set(rewire.optimizers.registry)
    assert set(known["schedule"].choice_names()) == set(rewire.schedules.registry)
    for name in [name for names in LOSSES.values() for name in names]:
        assert rewire.losses.get(name).name == name


def test_defaults_are_those_of_fit():
    usual = {name: one.default for name, one in inspect.signature(rewire.fit).parameters.items()}
    for name in ("method", "seed", "epochs", "total_steps", "early_stopping"):
        assert settings_of(Recipe)[name].default == usual[name]
    assert usual["method"] == defaults.METHOD
    assert usual["batch_size"] == with_choices(Recipe("moons"), load("moons")).batch_size
