"""Answers of a trained network, and how good they are, for ``rewire evaluate`` and ``predict``."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np

from rewire.assess import Assessment
from rewire.data import load, read_features, read_samples
from rewire.data.pandas_io import TABLES
from rewire.experiment import Predictor, Recipe, RunDirectory, load_dataset
from rewire.experiment.assessing import assess_model, assess_recipe
from rewire.experiment.experiment import split_parts
from rewire.io import atomic_write

from .assessment import print_assessment

__all__ = ["evaluate_on", "print_assessment", "write_predictions"]

ALL = "all samples"


def evaluate_on(
    predictor: Predictor, model: Path, data: str | None, target: str | None, data_dir: Path | None
) -> Assessment:
    """Return the assessment of a model on some data.

    On the data that it was trained on, training samples and those that it has not seen are parts
    of their own.

    Parameters
    ----------
    predictor : Predictor
    model : Path
        Where it was read from.
    data : str, optional
        A data set or file; by default what it was trained on.
    target : str, optional
        The column with the answers, of a file; by default as in training.
    data_dir : Path, optional
        Where stored data sets are.
    """
    recipe = RunDirectory(model).read_recipe() if model.is_dir() else None
    if recipe is not None and (data is None or _same(data, target, recipe)):
        return assess_recipe(predictor, recipe, load_dataset(recipe, data_dir))
    if data is None:
        raise ValueError("DATA must be given for a model outside its run's folder; got none")
    if target is None and recipe is not None and Path(data).suffix:
        target = recipe.target
    parts = _other_data(predictor, data, target, data_dir)
    return assess_model(predictor, parts, training=_training_part(predictor, recipe, data_dir))


def _training_part(
    model: Predictor, recipe: Recipe | None, data_dir: Path | None
) -> tuple[Any, np.ndarray] | None:
    """Return what the model learnt from, for simpler models to learn too; None if it is gone."""
    if recipe is None:
        return None
    try:
        data = load_dataset(recipe, data_dir)
        model.check(data)
        train, _ = split_parts(recipe, data)
        return train.X, model.number_classes(train, train.y)
    except (OSError, ValueError, ImportError):
        return None


def _same(data: str, target: str | None, recipe: Recipe) -> bool:
    """Return whether some data are those of a training."""
    path = Path(data).expanduser()
    given = str(path.resolve()) if path.suffix and path.is_file() else data
    return given == recipe.data and target in (None, recipe.target)


def _other_data(
    model: Predictor, data: str, target: str | None, data_dir: Path | None
) -> dict[str, tuple[Any, np.ndarray]]:
    """Return inputs and targets of other data as the model understands them."""
    path, dtype = Path(data), model.network.dtype
    if path.suffix.lower() in TABLES:
        names, inputs = model.feature_names, model.network.ranks[0]
        X, answers = read_samples(path, names, inputs, target, dtype)
        return {ALL: (X, model.targets(answers))}
    task: Any = model.task if path.suffix else None
    loaded = load(data, target=target, task=task, data_dir=data_dir, dtype=dtype)
    model.check(loaded)
    found = {ALL: (loaded.X, model.number_classes(loaded, loaded.y))}
    if loaded.X_test is not None and loaded.y_test is not None:
        found["test"] = (loaded.X_test, model.number_classes(loaded, loaded.y_test))
    return found


def write_predictions(
    model: Predictor, samples: Path, out: Path | None, probabilities: bool
) -> None:
    """Write a CSV with a line for each sample, to a file or to standard output."""
    X = read_features(samples, model.feature_names, model.network.ranks[0], model.network.dtype)
    answers = np.asarray(model.predict(X)).reshape(X.shape[0], -1)
    headings = (
        ["prediction"]
        if answers.shape[1] == 1
        else [f"prediction {i}" for i in range(answers.shape[1])]
    )
    if probabilities:
        answers = np.hstack([answers.astype(object), model.probabilities(X).astype(object)])
        headings += [f"probability of {name}" for name in model.classes]
    rows = [headings, *answers.tolist()]
    if out is None:
        csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
        return
    with atomic_write(out) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
