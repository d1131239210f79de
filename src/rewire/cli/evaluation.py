"""How good the answers of a trained network are, for ``rewire evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import issparse

from rewire.assess import Assessment
from rewire.data import load
from rewire.experiment import Predictor, Recipe, RunDirectory
from rewire.experiment.assessing import assess_model, assess_recipe
from rewire.experiment.parts import load_parts
from rewire.experiment.reading import read_answered
from rewire.tables.reading import is_table_file

from .assessment import as_commands, print_assessment
from .common import print_line
from .train import absolute

__all__ = ["as_commands", "evaluate_on", "print_assessment"]

ALL = "all samples"
FLATTERING = 0.1  # of the rows: by chance, some are the same in tables of few different values
Parts = dict[str, tuple[Any, np.ndarray]]


def evaluate_on(
    predictor: Predictor,
    model: Path,
    data: str | None,
    target: str | None,
    data_dir: Path | None,
    encoding: str | None = None,
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
        A data set or file; by default what it was trained on, in the parts that it was divided
        into.
    target : str, optional
        The column with the answers, of a file; by default as in training.
    data_dir : Path, optional
        Where stored data sets are.
    encoding : str, optional
        Of a file of text; by default as in training.
    """
    recipe = RunDirectory(model).read_recipe() if model.is_dir() else None
    if recipe is not None and (data is None or _same(data, target, recipe)):
        return assess_recipe(predictor, recipe, data_dir)
    if data is None:
        raise ValueError("DATA must be given for a model outside its run's folder; got none")
    if data == "-" or is_table_file(data) or Path(absolute(data)).is_dir():
        found = _table(predictor, data, target, encoding)
    else:
        if target is None and recipe is not None and Path(data).suffix:
            target = recipe.target
        found = _other_data(predictor, data, target, data_dir)
    training = _training_part(predictor, recipe, data_dir)
    if training is not None:
        _say_what_was_seen(found, training)
    return assess_model(predictor, found, training=training, recipe=recipe)


def _training_part(
    model: Predictor, recipe: Recipe | None, data_dir: Path | None
) -> tuple[Any, np.ndarray] | None:
    """Return what the model learnt from, for simpler models to learn too; None if it is gone."""
    if recipe is None:
        return None
    try:
        train = load_parts(recipe, data_dir).train
        model.check(train)
        return train.X, model.number_classes(train, train.y)
    except (OSError, ValueError, ImportError):
        return None


def _say_what_was_seen(found: Parts, training: tuple[Any, np.ndarray]) -> None:
    """Say if many rows are the same as some of the training, such as in a copy of its file."""
    known = _rows(*training)
    for X, y in found.values():
        rows = _rows(X, y)
        again = 0 if rows is None or known is None else int(np.isin(rows, known).sum())
        if again >= FLATTERING * len(y):
            print_line(
                f"{again:,} of {len(y):,} rows are the same as rows of the training: if they are "
                "these rows, the figures flatter the model",
                stderr=True,
            )


def _rows(X: Any, y: np.ndarray) -> np.ndarray | None:
    """Return inputs and targets of each row as one value; None for sparse inputs."""
    if issparse(X):
        return None
    both = np.column_stack([X, y]).astype(np.float64) + 0.0  # of the two zeros, one
    return both.view(np.dtype((np.void, both.shape[1] * both.itemsize)))[:, 0]


def _same(data: str, target: str | None, recipe: Recipe) -> bool:
    """Return whether some data are those of a training."""
    return absolute(data) == recipe.data and target in (None, recipe.target)


def _table(model: Predictor, data: str, target: str | None, encoding: str | None) -> Parts:
    """Return the rows of a table that have an answer, and say how many have none."""
    found = read_answered(model, data, target, encoding)
    total = len(found.y) + found.without_answer + found.unanswerable
    for count, why in (
        (found.without_answer, "have no answer in the target column"),
        (found.unanswerable, "have a value that cannot be read as in training"),
    ):
        if count:
            print_line(f"{count:,} of {total:,} rows left out: they {why}", stderr=True)
    return {ALL: (found.X, found.y)}


def _other_data(model: Predictor, data: str, target: str | None, data_dir: Path | None) -> Parts:
    """Return inputs and targets of arrays in a file, or of a data set by name."""
    task: Any = model.task if Path(data).suffix else None
    dtype = "float64" if model.standardizer is not None else model.network.dtype
    loaded = load(data, target=target, task=task, data_dir=data_dir, dtype=dtype)
    model.check(loaded)
    found = {ALL: (loaded.X, model.number_classes(loaded, loaded.y))}
    if loaded.X_test is not None and loaded.y_test is not None:
        found["test"] = (loaded.X_test, model.number_classes(loaded, loaded.y_test))
    return found
