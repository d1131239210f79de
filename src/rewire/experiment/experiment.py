"""From a recipe to a training that is ready, with its data and its predictor."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from rewire import defaults
from rewire.data import Dataset, Standardizer, load
from rewire.data.tabular import UNDERSTANDING
from rewire.io import advise, prefixed
from rewire.losses import Loss
from rewire.train import EarlyStopping, Training
from rewire.validation import of_type

from .build import (
    make_loss,
    make_method,
    make_optimizer,
    make_schedule,
    silence_constants,
)
from .choices import first_network, is_table, planned, with_choices
from .decay import with_decay
from .notices import rare_classes
from .predictor import Predictor
from .recipe import Recipe
from .settings import settings_of

__all__ = ["Experiment", "load_dataset", "prepare_experiment", "split_parts"]

# Settings of a recipe that are options of load for tables.
TABLE_OPTIONS = ("ignore", "header", "encoding", "missing", *UNDERSTANDING)


@dataclass
class Experiment:
    """A training with its data and its predictor.

    Attributes
    ----------
    recipe : Recipe
        With what it left open chosen to suit the data.
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
    choosing_seconds : float
        What the choice of the weight decay took, which ``training.seconds`` leaves out.
    """

    recipe: Recipe
    data: Dataset
    train: Dataset
    validation: Dataset | None
    model: Predictor
    training: Training
    notices: list[str] = field(default_factory=list)
    choosing_seconds: float = 0.0


def prepare_experiment(
    recipe: Recipe,
    data_dir: str | os.PathLike[str] | None = None,
    data: Dataset | None = None,
) -> Experiment:
    """Load the data, make the network and prepare its training.

    Parameters
    ----------
    recipe : Recipe
    data_dir : path, optional
        Where stored data sets are.
    data : Dataset, optional
        What :func:`load_dataset` returned for the recipe, so that many trainings load it once.

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
    of_type(recipe, "recipe", Recipe)
    if recipe.early_stopping is not None and not recipe.validation:
        raise ValueError(
            advise(
                "early_stopping needs samples to validate on; got a validation of 0",
                "keep some back (validation=0.1)",
                "do not stop early",
            )
        )
    data = load_dataset(recipe, data_dir) if data is None else of_type(data, "data", Dataset)
    train, validation = split_parts(recipe, data)
    recipe = with_choices(recipe, train)
    loss = make_loss(recipe, data.task)
    table = is_table(train)
    net, densities, raised = first_network(
        recipe, train.inputs, _output_count(train, loss), table=table
    )
    notices = [] if raised is None else [raised]
    model = Predictor(
        net,
        data.task,
        data.classes,
        train.feature_names,
        data.image_shape,
        Standardizer.fit(train.X, limit=defaults.INPUT_LIMIT) if _standardizes(recipe) else None,
        *_target_scaling(train),
        loss=loss.name,
        encoder=train.encoder,
    )
    X, y = _as_learnt(_cross_fitted(train), model, loss.name)
    unused = model.standardizer and silence_constants(net, X, train.feature_names)
    if unused:
        notices.append(unused)
    begin = perf_counter()
    if table:
        recipe = with_decay(recipe, X, y, loss, net.ranks[-1])
        method, optimizer = planned(recipe, data.task, len(y), densities)
    else:
        method = make_method(recipe, densities=densities)
        optimizer = make_optimizer(recipe, data.task)
    choosing_seconds = perf_counter() - begin
    training = Training(
        net,
        X,
        y,
        method=method,
        loss=loss,
        optimizer=optimizer,
        epochs=recipe.epochs,
        total_steps=recipe.total_steps,
        batch_size=recipe.batch_size or defaults.BATCH_SIZE,
        schedule=make_schedule(recipe),
        validation_data=None if validation is None else _as_learnt(validation, model, loss.name),
        early_stopping=_early_stopping(recipe),
        class_weight=_class_weight(recipe, data, loss),
        seed=recipe.seed,
    )
    if rare := rare_classes(data, train, validation):
        notices.append(rare)
    return Experiment(recipe, data, train, validation, model, training, notices, choosing_seconds)


def load_dataset(recipe: Recipe, data_dir: str | os.PathLike[str] | None = None) -> Dataset:
    """Load the data of a recipe, in double precision if they are still to be standardized."""
    of_type(recipe, "recipe", Recipe)
    options = {name: getattr(recipe, name) for name in TABLE_OPTIONS}
    known = settings_of(Recipe)
    given = {name: value for name, value in options.items() if value != known[name].default}
    return load(
        recipe.data,
        target=recipe.target,
        # As it was given: load says which tasks there are.
        task=recipe.task,  # type: ignore[arg-type]
        data_dir=data_dir,
        seed=recipe.seed,
        dtype="float64" if _standardizes(recipe) else recipe.dtype,
        **given,
    )


def split_parts(recipe: Recipe, data: Dataset) -> tuple[Dataset, Dataset | None]:
    """Return the samples that a recipe learns from, and those that it holds out, if any.

    Raises
    ------
    ValueError
        For a share that leaves either part empty.
    """
    if not recipe.validation:
        return data, None
    try:
        return data.split(recipe.validation, seed=recipe.seed)
    except ValueError as error:
        keep_all = "keep nothing back (validation=0)"
        raise ValueError(prefixed("validation: ", error, keep_all)) from error


def _standardizes(recipe: Recipe) -> bool:
    """Return whether inputs are scaled; by default those of files, whose units are anyone's guess.

    They are scaled in double precision: in single precision, times and prices may differ in digits
    that are not there.
    """
    is_file = bool(Path(recipe.data).suffix) or recipe.data == "-"
    return is_file if recipe.standardize is None else recipe.standardize


def _output_count(data: Dataset, loss: Loss) -> int:
    """Return the number of outputs, one where the loss tells two classes apart by a sign."""
    single = data.task == "classification" and loss.name in ("hinge", "binary_cross_entropy")
    if single and len(data.classes) != 2:
        raise ValueError(
            f"loss must be 'cross_entropy' for {len(data.classes)} classes; got {loss.name!r}, "
            "which is for two"
        )
    return 1 if single else data.outputs


def _early_stopping(recipe: Recipe) -> EarlyStopping | None:
    if recipe.early_stopping is None:
        return None
    return EarlyStopping(recipe.early_stopping, monitor=recipe.monitor)


def _class_weight(recipe: Recipe, data: Dataset, loss: Loss) -> str | dict[int, float] | None:
    """Return the recipe's weights, by the numbers that the loss knows the classes by."""
    given = recipe.class_weight
    if given is not None and data.task == "regression":
        raise ValueError(f"class_weight must be None for a regression; got {given!r}")
    if given is None or isinstance(given, str):
        return given
    place = {str(name): number for number, name in enumerate(data.classes)}
    for name in given:
        if str(name) not in place:
            raise ValueError(f"class_weight must name classes among {list(place)}; got {name!r}")
    numbers = {place[str(name)]: weight for name, weight in given.items()}
    return {2 * k - 1: w for k, w in numbers.items()} if loss.name == "hinge" else numbers


def _target_scaling(data: Dataset) -> tuple[Any, Any]:
    """Return mean and deviation of a regression's targets, so that any unit can be learnt."""
    if data.task != "regression":
        return None, None
    y = data.y.reshape(len(data.y), -1)
    if (y == y[0]).all():
        raise ValueError(
            f"target must vary for there to be something to learn; got {y[0, 0]:g} in all "
            f"{len(y)} training samples: choose another column, or more samples"
        )
    scale = y.std(axis=0)
    return y.mean(axis=0), np.where(scale > 0, scale, 1)


def _cross_fitted(train: Dataset) -> Dataset:
    """Return training samples whose inputs do not tell their own targets."""
    if train.table is None or train.encoder is None or not train.encoder.uses_targets:
        return train
    return replace(train, X=train.encoder.transform_training(train.table, train.y))


def _as_learnt(data: Dataset, model: Predictor, loss: str) -> tuple[Any, np.ndarray]:
    """Return inputs and targets as the network takes them."""
    X = model.network_inputs(data.X)
    if data.task == "regression":
        y = data.y.reshape(len(data.y), -1)
        return X, (y - model.target_mean) / model.target_scale
    return X, data.signed()[0] if loss == "hinge" else data.y
