"""From a recipe to a training that is ready, with its data and its predictor."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from rewire import defaults
from rewire.data import Dataset, Standardizer
from rewire.io import advise
from rewire.losses import Loss
from rewire.train import EarlyStopping, Training
from rewire.train.sources import MappedSource
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
from .notices import learnt_from_samples, rare_classes
from .parts import Parts, Streams, load_parts, standardizes
from .predictor import Predictor
from .recipe import Recipe

__all__ = ["Experiment", "prepare_experiment"]


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
    streams : Streams or None
        Where the samples are on disk: ``data``, ``train`` and ``validation`` are then some of them,
        drawn by the seed.
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
    streams: Streams | None = None
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
    parts = load_parts(recipe, data_dir, data)
    data, train, streams = parts.data, parts.train, parts.streams
    samples = len(train.y) if streams is None else len(streams.train)
    recipe = with_choices(recipe, train, samples)
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
        Standardizer.fit(train.X, limit=defaults.INPUT_LIMIT) if standardizes(recipe) else None,
        *_target_scaling(train),
        loss=loss.name,
        encoder=train.encoder,
    )
    X, y = _as_learnt(_cross_fitted(train), model, loss.name)
    seen = "all training samples" if streams is None else f"all {len(train.y):,} samples drawn"
    if model.standardizer and (
        unused := silence_constants(net, X, train.feature_names, samples=seen)
    ):
        notices.append(unused)
    begin = perf_counter()
    if table:
        if streams is None:  # what is on disk is too much for many trainings
            recipe = with_decay(recipe, X, y, loss, net.ranks[-1])
        method, optimizer = planned(recipe, data.task, samples, densities)
    else:
        method = make_method(recipe, densities=densities)
        optimizer = make_optimizer(recipe, data.task)
    choosing_seconds = perf_counter() - begin
    learnt, held_out = _to_train_on(parts, (X, y), model, loss.name)
    training = Training(
        net,
        *learnt,
        method=method,
        loss=loss,
        optimizer=optimizer,
        epochs=recipe.epochs,
        total_steps=recipe.total_steps,
        batch_size=recipe.batch_size or defaults.BATCH_SIZE,
        schedule=make_schedule(recipe),
        validation_data=held_out,
        early_stopping=_early_stopping(recipe),
        class_weight=_class_weight(recipe, data, loss),
        seed=recipe.seed,
    )
    rare = rare_classes(data.classes, *parts.class_counts()) if data.classes else None
    notices += filter(None, [rare, learnt_from_samples(parts)])
    return Experiment(
        recipe, data, train, parts.validation, model, training, notices, streams, choosing_seconds
    )


def _to_train_on(
    parts: Parts, learnt: tuple[Any, Any], model: Predictor, loss: str
) -> tuple[tuple[Any, Any], Any]:
    """Return what a training takes: inputs and targets in memory, or streams in their place.

    Parameters
    ----------
    parts : Parts
    learnt : (X, y)
        Of the training samples in memory, as the network takes them.
    model : Predictor
    loss : str

    Returns
    -------
    learnt : (X, y)
        Or a stream and None.
    held_out : (X, y), stream or None
        A stream only where not all of it is in memory.
    """
    validation, streams = parts.validation, parts.streams
    held_out: Any = None if validation is None else _as_learnt(validation, model, loss)
    if streams is None:
        return learnt, held_out

    def mapped(stream: Any) -> MappedSource:
        targets = partial(_targets_as_learnt, model=model, loss=loss)
        return MappedSource(stream, targets, model.network_inputs)

    held = streams.validation
    if held is not None and validation is not None and len(held) > len(validation.y):
        held_out = mapped(held)
    return (mapped(streams.train), None), held_out


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
    return model.network_inputs(data.X), _targets_as_learnt(data.y, model, loss)


def _targets_as_learnt(y: np.ndarray, model: Predictor, loss: str) -> np.ndarray:
    if model.task == "regression":
        return (y.reshape(len(y), -1) - model.target_mean) / model.target_scale
    return 2 * y - 1 if loss == "hinge" else y
