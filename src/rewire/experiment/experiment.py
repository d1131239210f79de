"""From a recipe to a training that is ready, with its data and its predictor."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rewire import defaults
from rewire.data import Dataset, Standardizer, load
from rewire.losses import Loss
from rewire.train import EarlyStopping, Training

from .build import (
    density_notice,
    make_loss,
    make_method,
    make_network,
    make_optimizer,
    make_schedule,
    silence_constants,
)
from .notices import rare_classes
from .predictor import Predictor
from .recipe import Recipe

__all__ = ["Experiment", "load_dataset", "prepare_experiment"]


@dataclass
class Experiment:
    """A training with its data and its predictor.

    Attributes
    ----------
    recipe : Recipe
    data : Dataset
        As loaded, with its test part if it has one.
    train, validation : Dataset
        The two parts of its training samples; the second is None where nothing is kept back.
    model : Predictor
        Holds the network that is trained.
    training : Training
    notices : list of str
        What was arranged otherwise than the recipe says, and what else one should know, each as a
        sentence.
    """

    recipe: Recipe
    data: Dataset
    train: Dataset
    validation: Dataset | None
    model: Predictor
    training: Training
    notices: list[str] = field(default_factory=list)


def prepare_experiment(
    recipe: Recipe, data_dir: str | os.PathLike[str] | None = None
) -> Experiment:
    """Load the data, make the network and prepare its training.

    Parameters
    ----------
    recipe : Recipe
    data_dir : path, optional
        Where stored data sets are.

    Raises
    ------
    ValueError, OSError, ImportError
        For whatever is out of range or cannot be loaded; nothing has begun then.

    Examples
    --------
    >>> experiment = prepare_experiment(Recipe("iris", hidden=(20,), total_steps=50))
    >>> experiment.training.net
    Network 4-20-3: 69 connections, density 49.29%
    >>> experiment.notices[0].split(",")[0]
    'density raised from 10% to 49.3%'
    """
    data = load_dataset(recipe, data_dir)
    train, validation = _split(data, recipe)
    loss = make_loss(recipe, data.task)
    net, densities, notices = _network(recipe, data, loss)
    model = Predictor(
        net,
        data.task,
        data.classes,
        data.feature_names,
        data.image_shape,
        _standardizer(recipe, train),
        *_target_scaling(train, net.dtype),
        loss=loss.name,
    )
    X, y = _as_learnt(train, model, loss.name)
    if model.standardizer is not None and (unused := silence_constants(net, X, data.feature_names)):
        notices.append(unused)
    training = Training(
        net,
        X,
        y,
        method=make_method(recipe, densities=densities),
        loss=loss,
        optimizer=make_optimizer(recipe, data.task),
        epochs=recipe.epochs,
        total_steps=recipe.total_steps,
        batch_size=recipe.batch_size,
        schedule=make_schedule(recipe),
        validation_data=None if validation is None else _as_learnt(validation, model, loss.name),
        early_stopping=_early_stopping(recipe),
        seed=recipe.seed,
    )
    if rare := rare_classes(data, train, validation):
        notices.append(rare)
    return Experiment(recipe, data, train, validation, model, training, notices)


def load_dataset(recipe: Recipe, data_dir: str | os.PathLike[str] | None = None) -> Dataset:
    """Load the data of a recipe."""
    return load(
        recipe.data,
        target=recipe.target,
        ignore=recipe.ignore,
        # As it was given: load says which tasks there are.
        task=recipe.task,  # type: ignore[arg-type]
        data_dir=data_dir,
        seed=recipe.seed,
        dtype=recipe.dtype,
    )


def _split(data: Dataset, recipe: Recipe) -> tuple[Dataset, Dataset | None]:
    if not recipe.validation:
        return data, None
    try:
        return data.split(recipe.validation, seed=recipe.seed)
    except ValueError as error:
        raise ValueError(f"validation: {error}; or 0 to keep nothing back") from error


def _standardizer(recipe: Recipe, train: Dataset) -> Standardizer | None:
    """Return what scales the inputs; by default those of files, whose units are anyone's guess."""
    is_file = bool(Path(recipe.data).suffix)
    wanted = is_file if recipe.standardize is None else recipe.standardize
    return Standardizer.fit(train.X, limit=defaults.INPUT_LIMIT) if wanted else None


def _network(
    recipe: Recipe, data: Dataset, loss: Loss
) -> tuple[Any, list[float] | None, list[str]]:
    """Return the network, the final densities of one that starts dense, and notices."""
    single = data.task == "classification" and loss.name in ("hinge", "binary_cross_entropy")
    if single and len(data.classes) != 2:
        raise ValueError(
            f"loss must be 'cross_entropy' for {len(data.classes)} classes; got {loss.name!r}, "
            "which is for two"
        )
    outputs = 1 if single else data.outputs
    sparse = make_network(recipe, data.inputs, outputs)
    raised = density_notice(recipe, sparse)
    notices = [] if raised is None else [raised]
    if make_method(recipe).initial != "dense":
        return sparse, None, notices
    dense = make_network(recipe, data.inputs, outputs, dense=True)
    return dense, sparse.layer_densities(), notices


def _early_stopping(recipe: Recipe) -> EarlyStopping | None:
    if recipe.early_stopping is None:
        return None
    return EarlyStopping(recipe.early_stopping, monitor=recipe.monitor)


def _target_scaling(data: Dataset, dtype: np.dtype) -> tuple[Any, Any]:
    """Return mean and deviation of a regression's targets, so that any unit can be learnt."""
    if data.task != "regression":
        return None, None
    y = data.y.reshape(len(data.y), -1).astype(np.float64)
    if (y == y[0]).all():
        raise ValueError(
            f"target must vary for there to be something to learn; got {y[0, 0]:g} in all "
            f"{len(y)} training samples: choose another column, or more samples"
        )
    scale = y.std(axis=0)
    return y.mean(axis=0).astype(dtype), np.where(scale > 0, scale, 1).astype(dtype)


def _as_learnt(data: Dataset, model: Predictor, loss: str) -> tuple[Any, np.ndarray]:
    """Return inputs and targets as the network takes them."""
    X = data.X if model.standardizer is None else model.standardizer.transform(data.X)
    if data.task == "regression":
        y = data.y.reshape(len(data.y), -1)
        return X, (y - model.target_mean) / model.target_scale
    return X, data.signed()[0] if loss == "hinge" else data.y
