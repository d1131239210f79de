"""How good the answers of a trained network are, for ``rewire evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rewire.data import load
from rewire.experiment import Predictor, RunDirectory, load_parts
from rewire.experiment.reading import answered, schema_of
from rewire.tables import is_table_file, parse, read_raw

from .common import print_line
from .results import parts, print_scores, score

__all__ = ["evaluate_on", "print_scores"]

Parts = dict[str, tuple[Any, np.ndarray]]


def evaluate_on(
    predictor: Predictor, model: Path, data: str | None, target: str | None, data_dir: Path | None
) -> dict[str, dict[str, float | None]]:
    """Return the scores on each part of some data.

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
    """
    if data is None:
        if not model.is_dir():
            raise ValueError("DATA must be given for a model outside its run's folder; got none")
        found = _own_data(predictor, model, data_dir)
    elif data == "-" or is_table_file(data):
        found = _table(predictor, data, target)
    else:
        found = _other_data(predictor, data, target, data_dir)
    return {name: score(predictor, X, y) for name, (X, y) in found.items()}


def _own_data(predictor: Predictor, model: Path, data_dir: Path | None) -> Parts:
    found = load_parts(RunDirectory(model).read_recipe(), data_dir)
    return {
        name: (part.X if part.table is None else predictor.inputs(part.table)[0], part.y)
        for name, part in found.items()
    }


def _table(model: Predictor, data: str, target: str | None) -> Parts:
    """Return the rows of a table that have an answer, and say how many have none."""
    raw = read_raw(data)
    found = answered(model, parse(raw, schema_of(model, raw, target)))
    for count, why in (
        (found.without_answer, "have no answer in the target column"),
        (found.unanswerable, "have a value that cannot be read as in training"),
    ):
        if count:
            print_line(f"{count:,} of {len(raw):,} rows left out: they {why}", stderr=True)
    return {"all samples": (found.X, found.y)}


def _other_data(model: Predictor, data: str, target: str | None, data_dir: Path | None) -> Parts:
    """Return inputs and targets of arrays in a file, or of a data set by name."""
    task: Any = model.task if Path(data).suffix else None
    dtype = "float64" if model.standardizer is not None else model.network.dtype
    loaded = load(data, target=target, task=task, data_dir=data_dir, dtype=dtype)
    model.check(loaded)
    return {name: (X, model.number_classes(loaded, y)) for name, (X, y) in parts(loaded).items()}
