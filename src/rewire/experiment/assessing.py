"""Assess a trained model on the parts of its data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rewire.assess import Assessment, assess
from rewire.data import Dataset

from .experiment import Experiment
from .parts import DataDir, load_parts
from .predictor import Predictor
from .recipe import Recipe

__all__ = ["assess_experiment", "assess_model", "assess_recipe", "parts_of"]

Samples = dict[str, tuple[Any, np.ndarray]]


def parts_of(data: Dataset, train: Dataset, validation: Dataset | None) -> Samples:
    """Return the parts of a training's data: what was learnt, what was held out, and the test.

    Parameters
    ----------
    data : Dataset
        All of it, with its test part if it has one.
    train, validation : Dataset
        Its training samples in two, as :func:`rewire.experiment.parts.split_parts` returns them.

    Returns
    -------
    dict of str to (X, y)
        ``"training"``, and where there are some, ``"validation"`` and ``"test"``.
    """
    found = {"training": (train.X, train.y)}
    if validation is not None:
        found["validation"] = (validation.X, validation.y)
    if data.X_test is not None and data.y_test is not None:
        found["test"] = (data.X_test, data.y_test)
    return found


def assess_experiment(experiment: Experiment, groups: Sequence[str] | None = None) -> Assessment:
    """Assess the model of an experiment on each part of its data.

    Parameters
    ----------
    experiment : Experiment
        Trained.
    groups : sequence of str, optional
        For each input, the column that it was made of; by default as the model's encoder knows.

    Returns
    -------
    Assessment

    Examples
    --------
    >>> from rewire.experiment import Recipe, prepare_experiment
    >>> experiment = prepare_experiment(Recipe("iris", hidden=(20,), total_steps=300))
    >>> while not experiment.training.finished:
    ...     _ = experiment.training.advance()
    >>> found = assess_experiment(experiment)
    >>> [part.name for part in found.parts], found.main.samples
    (['training', 'validation'], 15)
    """
    parts = parts_of(experiment.data, experiment.train, experiment.validation)
    return assess_model(experiment.model, parts, groups=groups, recipe=experiment.recipe)


def assess_recipe(model: Predictor, recipe: Recipe, data_dir: DataDir = None) -> Assessment:
    """Assess a model on the data that it was trained on, in the parts of its training.

    Parameters
    ----------
    model : Predictor
    recipe : Recipe
        Of its training.
    data_dir : path, optional
        Where stored data sets are.
    """
    found = load_parts(recipe, data_dir)
    parts = parts_of(found.data, found.train, found.validation)
    return assess_model(model, parts, recipe=recipe)


def assess_model(
    model: Predictor,
    parts: Mapping[str, tuple[Any, np.ndarray]],
    *,
    training: tuple[Any, np.ndarray] | None = None,
    groups: Sequence[str] | None = None,
    recipe: Recipe | None = None,
) -> Assessment:
    """Assess a model on some samples.

    Parameters
    ----------
    model : Predictor
    parts : mapping of str to (X, y)
        Raw inputs, and class numbers of the model or the values of a regression.
    training : (X, y), optional
        What simpler models learn from; by default the part called "training", if there is one.
    groups : sequence of str, optional
        For each input, the column that it was made of; by default as the model's encoder knows.
    recipe : Recipe, optional
        Of its training.

    Returns
    -------
    Assessment
    """
    return assess(
        model.answers,
        parts,
        model.task,
        classes=model.classes,
        probabilistic=model.probabilistic,
        training=training,
        network=model.network,
        names=_names(model),
        groups=model.encoder.groups if groups is None and model.encoder is not None else groups,
        class_weight=None if recipe is None else recipe.class_weight,
        seed=0 if recipe is None else recipe.seed,
    )


def _names(model: Predictor) -> Sequence[str] | None:
    if model.feature_names is not None or model.image_shape is None:
        return model.feature_names
    rows, columns = model.image_shape
    return [f"pixel {row},{column}" for row in range(rows) for column in range(columns)]
