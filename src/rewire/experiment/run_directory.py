"""From settings to a training that is ready, and the folder that keeps it."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rewire.data import Dataset, Standardizer, load
from rewire.export.common import reading
from rewire.io import atomic_write, prepare_folder, remove_leftovers
from rewire.report import FILE_NAME
from rewire.train import Training, load_checkpoint, prepare, save_checkpoint
from rewire.train.history import COLUMNS

from .predictor import Predictor
from .recipe import Recipe

__all__ = ["Run", "RunDirectory", "assemble", "load_data"]


@dataclass
class Run:
    """A training with the data and the model around it.

    Attributes
    ----------
    settings : Recipe
    data : Dataset
        As loaded, with its test part if it has one.
    train, validation : Dataset
        The two parts of its training samples; the second is None where nothing is kept back.
    model : Predictor
        Around the network that is trained.
    training : Training
    """

    settings: Recipe
    data: Dataset
    train: Dataset
    validation: Dataset | None
    model: Predictor
    training: Training


def assemble(settings: Recipe, data_dir: str | os.PathLike[str] | None = None) -> Run:
    """Load the data, make the network and prepare its training.

    Parameters
    ----------
    settings : Recipe
    data_dir : path, optional
        Where stored data sets are.

    Raises
    ------
    ValueError, OSError, ImportError
        For whatever cannot be had; nothing has begun then.
    """
    data = load_data(settings, data_dir)
    train, validation = _split(data, settings)
    is_file = bool(Path(settings.data).suffix)
    standardizer = None
    if is_file if settings.standardize is None else settings.standardize:
        standardizer = Standardizer.fit(train.X)
    loss = settings.make_loss(data.task)
    single = data.task == "classification" and loss.name in ("hinge", "binary_cross_entropy")
    if single and len(data.classes) != 2:
        raise ValueError(
            f"loss must be 'cross_entropy' for {len(data.classes)} classes; got {loss.name!r}, "
            "which is for two"
        )
    outputs = 1 if single else data.outputs
    method = settings.make_method()
    dense = method.initial == "dense"
    net = settings.make_network(data.inputs, outputs, dense)
    if dense:  # to end with as many connections as a sparse one would have
        method = settings.make_method(settings.make_network(data.inputs, outputs))
    model = Predictor(
        net,
        data.task,
        data.classes,
        data.feature_names,
        data.image_shape,
        standardizer,
        *_target_scaling(train, net.dtype),
        loss=loss.name,
    )
    X, y = _as_learnt(train, model, loss.name)
    training = prepare(
        net,
        X,
        y,
        method=method,
        loss=loss,
        optimizer=settings.make_optimizer(loss),
        epochs=settings.epochs,
        total_steps=settings.total_steps,
        batch_size=settings.batch_size,
        schedule=settings.make_schedule(),
        validation_data=None if validation is None else _as_learnt(validation, model, loss.name),
        early_stopping=settings.early_stopping,
        seed=settings.seed,
    )
    return Run(settings, data, train, validation, model, training)


def load_data(settings: Recipe, data_dir: str | os.PathLike[str] | None = None) -> Dataset:
    """Load the data of a run."""
    return load(
        settings.data,
        target=settings.target,
        ignore=settings.ignore,
        # As it was given: load says which tasks there are.
        task=settings.task,  # type: ignore[arg-type]
        data_dir=data_dir,
        seed=settings.seed,
        dtype=settings.dtype,
    )


def _split(data: Dataset, settings: Recipe) -> tuple[Dataset, Dataset | None]:
    if not settings.validation:
        return data, None
    try:
        return data.split(settings.validation, seed=settings.seed)
    except ValueError as error:
        raise ValueError(f"validation: {error}; or 0 to keep nothing back") from error


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


class RunDirectory:
    """Where a run is kept.

    It holds ``settings.json``, ``checkpoint.safetensors``, ``history.csv``,
    ``recording.safetensors`` and, at the end, ``model.safetensors``, ``result.json`` and
    ``report.html``.

    Parameters
    ----------
    path : path-like
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.path = Path(path)
        self.settings = self.path / "settings.json"
        self.checkpoint = self.path / "checkpoint.safetensors"
        self.history = self.path / "history.csv"
        self.model = self.path / "model.safetensors"
        self.result = self.path / "result.json"
        self.recording = self.path / FILE_NAME
        self.report = self.path / "report.html"
        self.files = (
            *(self.settings, self.checkpoint, self.history, self.model, self.result),
            *(self.recording, self.report),
        )

    def begin(self, run: Run, overwrite: bool = False) -> None:
        """Make the folder and write the settings; an older run in it is refused, or removed."""
        if any(file.exists() for file in self.files) and not overwrite:
            raise FileExistsError(
                f"{self.path} holds a run already: go on with it (--resume {self.path}), choose "
                "another folder, or say --overwrite"
            )
        prepare_folder(self.path)
        for file in self.files:
            file.unlink(missing_ok=True)
            remove_leftovers(file)
        write_json(self.settings, run.settings.to_dict())

    def read_settings(self) -> Recipe:
        """Return the settings of the run that it holds."""
        if not self.settings.exists():
            raise FileNotFoundError(
                f"{self.path} holds no run: there is no settings.json in it; 'rewire train' "
                "makes one"
            )
        with reading(self.settings):
            return Recipe.from_dict(json.loads(self.settings.read_text(encoding="utf-8")))

    def open(self, data_dir: str | os.PathLike[str] | None = None) -> Run:
        """Return the run that it holds, as far as it got."""
        run = assemble(self.read_settings(), data_dir)
        for file in self.files:
            remove_leftovers(file)
        if self.checkpoint.exists():
            load_checkpoint(run.training, self.checkpoint)
        return run

    def save(self, run: Run) -> None:
        """Write a checkpoint and the history so far."""
        save_checkpoint(run.training, self.checkpoint)
        with (
            atomic_write(self.history) as temporary,
            temporary.open("w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(run.training.history.rows)

    def finish(self, run: Run, result: Mapping[str, Any]) -> None:
        """Write the model and what it achieves."""
        run.model.save(self.model)
        write_json(self.result, result)


def write_json(path: Path, content: Any) -> None:
    """Write JSON for people and machines, whole or not at all."""
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
