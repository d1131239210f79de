"""The folder that keeps an experiment."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from rewire.export.python_runtime import as_cell
from rewire.io import (
    advise,
    as_path,
    atomic_write,
    prepare_folder,
    read_json,
    reading,
    remove_leftovers,
    sole_writer,
    write_json,
)
from rewire.report import FILE_NAME
from rewire.train import load_checkpoint, save_checkpoint
from rewire.train.history import COLUMNS
from rewire.validation import of_type, real_number

from .experiment import Experiment, prepare_experiment
from .recipe import Recipe

__all__ = ["RunDirectory"]

# Columns that result.json tells of, the most important first; of more, inputs.csv tells of all.
MOST_INPUTS = 1000
MEASURED = ("strength", "importance", "deviation")
# In settings.json beside the recipe: a run that is resumed finds the choices made.
CHOOSING = "choosing_seconds"


class RunDirectory:
    """A folder that keeps one run.

    It holds ``settings.json``, ``checkpoint.safetensors``, ``history.csv``,
    ``recording.safetensors`` and, at the end, ``model.safetensors``, ``result.json`` and
    ``report.html``. Of a wide table, ``inputs.csv`` holds what ``result.json`` has no room for:
    a line for each column. ``tracking`` is the folder of those who log the run elsewhere.

    Parameters
    ----------
    path : path-like
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.path = as_path(path)
        self.settings = self.path / "settings.json"
        self.checkpoint = self.path / "checkpoint.safetensors"
        self.history = self.path / "history.csv"
        self.model = self.path / "model.safetensors"
        self.result = self.path / "result.json"
        self.inputs = self.path / "inputs.csv"
        self.recording = self.path / FILE_NAME
        self.report = self.path / "report.html"
        self.tracking = self.path / "tracking"
        self.files = (
            *(self.settings, self.checkpoint, self.history, self.model, self.result),
            *(self.recording, self.report),
        )

    @property
    def outcome(self) -> list[Path]:
        """The files of a finished run that there are, but for the checkpoint."""
        kept = (file for file in (*self.files, self.inputs) if file != self.checkpoint)
        return [file for file in kept if file.exists()]

    def claimed(self) -> AbstractContextManager[None]:
        """Return a context in which no other process may train here."""
        return sole_writer(self.checkpoint)

    def begin(self, experiment: Experiment, overwrite: bool = False) -> None:
        """Create the folder and write the recipe; an older run there is refused, or removed."""
        self.check_free(overwrite)
        prepare_folder(self.path)
        self.inputs.unlink(missing_ok=True)
        if self.tracking.exists():
            shutil.rmtree(self.tracking)
        # The old settings go last, and at once: killed on the way, this is a run to be resumed.
        for file in reversed(self.files):
            remove_leftovers(file)
            if file != self.settings:
                file.unlink(missing_ok=True)
        settings = {**experiment.recipe.to_dict(), CHOOSING: experiment.choosing_seconds}
        write_json(self.settings, settings)

    def check_free(self, overwrite: bool = False) -> None:
        """Refuse a folder that holds an older run, unless it may be removed."""
        if any(file.exists() for file in self.files) and not overwrite:
            raise FileExistsError(
                advise(
                    f"{self.path} holds a run already",
                    f"resume it ('rewire train --resume {self.path}')",
                    "choose another folder",
                    "replace it (overwrite=True)",
                )
            )

    def read_recipe(self) -> Recipe:
        """Return the recipe of the run that it holds."""
        return self._read_settings()[0]

    def _read_settings(self) -> tuple[Recipe, float]:
        """Return the recipe, and the seconds that choosing what it left open took."""
        if not self.settings.exists():
            raise FileNotFoundError(
                f"{self.path} holds no run: there is no settings.json in it; 'rewire train' "
                "makes one"
            )
        content = read_json(self.settings)
        with reading(self.settings):
            recipe = dict(of_type(content, "the content", dict))
            seconds = real_number(recipe.pop(CHOOSING, 0), CHOOSING, 0)
            return Recipe.from_dict(recipe), seconds

    def open(self, data_dir: str | os.PathLike[str] | None = None) -> Experiment:
        """Return the experiment that it holds, as far as it got."""
        recipe, seconds = self._read_settings()
        experiment = replace(prepare_experiment(recipe, data_dir), choosing_seconds=seconds)
        for file in self.files:
            remove_leftovers(file)
        if self.checkpoint.exists():
            load_checkpoint(experiment.training, self.checkpoint)
        return experiment

    def save(self, experiment: Experiment) -> None:
        """Write a checkpoint and the history so far."""
        save_checkpoint(experiment.training, self.checkpoint)
        _write_csv(self.history, COLUMNS, experiment.training.history.rows)

    def finish(self, experiment: Experiment, result: Mapping[str, Any]) -> None:
        """Write the model and what it achieves.

        Parameters
        ----------
        experiment : Experiment
        result : mapping
            Its ``"assessment"``, if it has one, is what :meth:`rewire.assess.Assessment.to_dict`
            returned.
        """
        experiment.model.save(self.model)
        found = result.get("assessment") or {}
        inputs: Sequence[Mapping[str, Any]] = found.get("inputs") or ()
        if len(inputs) > MOST_INPUTS:
            rows = ({**row, "column": as_cell(row["column"])} for row in inputs)
            _write_csv(self.inputs, tuple(inputs[0]), rows)
            result = {**result, "assessment": {**found, "inputs": inputs[:MOST_INPUTS]}}
        write_json(self.result, result)

    def read_assessment(self) -> dict[str, Any] | None:
        """Return the assessment that was written, with all of its inputs; None if there is none."""
        if not self.result.exists():
            return None
        found: dict[str, Any] | None = read_json(self.result).get("assessment")
        if found is not None and self.inputs.exists():
            with reading(self.inputs), self.inputs.open(newline="", encoding="utf-8") as file:
                found["inputs"] = [_input(row) for row in csv.DictReader(file)]
        return found


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    with (
        atomic_write(path) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _input(row: Mapping[str, str]) -> dict[str, Any]:
    """Return what a line of inputs.csv says of a column."""
    known = {name: float(row[name]) if row[name] else None for name in MEASURED}
    cell = row["column"]
    column = cell[1:] if as_cell(cell[1:]) == cell else cell
    whole = {"inputs": int(row["inputs"]), "kept": int(row["kept"])}
    return {**row, "column": column, **whole, **known}
