"""What ``rewire train`` does once its options are read."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape

from rewire.experiment import Experiment, Recipe, RunDirectory, prepare_experiment
from rewire.experiment.notices import worse_than_trivial
from rewire.report import Recorder, write_report

from .common import name_report, print_json, print_line
from .live import to_go_on_with, train_live
from .results import measure, print_result

__all__ = ["resume_run", "start_run"]


def start_run(
    recipe: Recipe, out: Path, data_dir: Path | None, *, overwrite: bool, as_json: bool
) -> None:
    """Train by a recipe and keep it in a folder."""
    folder = RunDirectory(out)
    experiment = prepare_experiment(recipe, data_dir)
    folder.begin(experiment, overwrite)
    _train(experiment, folder, as_json)


def resume_run(path: Path, data_dir: Path | None, *, as_json: bool) -> None:
    """Go on with the run in a folder."""
    folder = RunDirectory(path)
    _train(folder.open(data_dir), folder, as_json)


def _train(experiment: Experiment, folder: RunDirectory, as_json: bool) -> None:
    """Train to the end, keep what comes of it, and print it."""
    console = Console(stderr=as_json)
    console.print(f"{experiment.data!r}", highlight=False, markup=False)
    console.print(
        f"{experiment.training.net!r}, method {experiment.recipe.method}",
        highlight=False,
        markup=False,
    )
    for notice in experiment.notices:
        Console(stderr=True).print(f"note: {notice}", highlight=False, markup=False, soft_wrap=True)
    with to_go_on_with(experiment, folder, console):
        recorder = _recorder(experiment)
        recorder.begin(experiment.training, resumed_from=folder.recording)
        train_live(experiment, folder, recorder, console)
        experiment.training.finish()
        if worse := worse_than_trivial(experiment):
            experiment.notices.append(worse)
        result = measure(experiment)
        folder.finish(experiment, result)
        recorder.finish()
        write_report(recorder.recording, folder.report)
    if worse:
        warning = f"warning: {worse}"
        Console(stderr=True).print(warning, style="bold", soft_wrap=True, markup=False)
    if as_json:
        print_json(result)
        return
    print_result(console, result)
    where = escape(str(folder.path))
    print_line(
        f"\nkept in {where}, for 'rewire predict', 'show', 'strip' and 'export'", console=console
    )
    name_report(folder.report, console)


def _recorder(experiment: Experiment) -> Recorder:
    data = experiment.data
    return Recorder(
        data=data.name,
        feature_names=data.feature_names,
        image_shape=data.image_shape,
        classes=data.classes,
    )
