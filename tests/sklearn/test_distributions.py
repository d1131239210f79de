"""Distributions of parameters: those of the recipe's search, all of them allowed."""

import numpy as np
from sklearn.datasets import load_iris
from sklearn.model_selection import ParameterSampler

from rewire.experiment.recipe import Recipe
from rewire.experiment.settings import settings_of
from rewire.sklearn import SparseMLPClassifier, parameter_distributions
from rewire.sklearn.parameters import FIELDS

SPACE = parameter_distributions()


def test_they_are_the_settings_that_a_recipe_declares():
    declared = {name for name, one in settings_of(Recipe).items() if one.search}
    assert {FIELDS[name] for name in SPACE} == declared & set(FIELDS.values())


def test_what_is_drawn_lies_in_the_declared_ranges():
    settings = settings_of(Recipe)
    for drawn in ParameterSampler(SPACE, 50, random_state=0):
        for name, value in drawn.items():
            one = settings[FIELDS[name]].search
            assert value in one.choices if one.choices else one.low <= value <= one.high


def test_estimators_take_what_is_drawn():
    X, y = load_iris(return_X_y=True)
    for drawn in ParameterSampler(SPACE, 5, random_state=0):
        fitted = SparseMLPClassifier(**drawn, max_iter=2, random_state=0).fit(X, y)
        assert np.isfinite(fitted.predict_proba(X)).all()
