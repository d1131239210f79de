"""What ``rewire train`` does once its options are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from rewire.experiment import (
    Experiment,
    Recipe,
    RunDirectory,
    load_dataset,
    prepare_experiment,
)
from rewire.experiment.choices import in_words
from rewire.io import prepare_folder
from rewire.report import Recorder, write_report
from rewire.train.fitting import Callback, told

from .columns import print_encoder
from .common import name_report, print_json, print_line
from .live import to_go_on_with, train_live
from .results import measure, plain_figures, print_result
from .spinner import waiting

if TYPE_CHECKING:
    from rewire.playground.watching import Watch
    from rewire.tracking import Tracker

__all__ = ["resume_run", "start_run"]


def start_run(
    recipe: Recipe,
    out: Path,
    data_dir: Path | None,
    *,
    overwrite: bool,
    as_json: bool,
    watch: bool = False,
    log: Sequence[str] = (),
    columns: bool = True,
) -> None:
    """Train by a recipe and keep it in a folder; say what its columns are, unless that is known."""
    folder = RunDirectory(out)
    folder.check_free(overwrite)
    trackers = _trackers(log, folder)
    with _made(out):
        with waiting(f"loading {Path(recipe.data).name}"):
            data = None if recipe.buffer else load_dataset(recipe, data_dir)
        doing = "reading from disk" if data is None else "choosing settings, by trainings on parts"
        with waiting(doing):
            experiment = prepare_experiment(recipe, data_dir, data=data)
    with folder.claimed():
        folder.begin(experiment, overwrite)
        if columns:
            encoder, notes = experiment.train.encoder, experiment.data.notes
            print_encoder(encoder, notes, Console(stderr=as_json))
        _train(experiment, folder, as_json, watch, trackers)


@contextmanager
def _made(out: Path) -> Iterator[None]:
    """Make a folder before what takes long, and remove what was made if that fails."""
    new = [folder for folder in (out, *out.parents) if not folder.exists()]
    prepare_folder(out)
    try:
        yield
    except BaseException:
        with suppress(OSError):  # something else is in it by now
            for folder in new:
                folder.rmdir()
        raise


def resume_run(
    path: Path,
    data_dir: Path | None,
    *,
    as_json: bool,
    watch: bool = False,
    log: Sequence[str] = (),
) -> None:
    """Go on with the run in a folder."""
    folder = RunDirectory(path)
    trackers = _trackers(log, folder)
    with folder.claimed():
        with waiting(f"loading the run in {path}"):
            experiment = folder.open(data_dir)
        _train(experiment, folder, as_json, watch, trackers)


def _trackers(log: Sequence[str], folder: RunDirectory) -> list[Tracker]:
    """Return the trackers of these names, which keep their place in the run's folder."""
    if not log:
        return []
    from rewire.tracking import get

    return [get(name, folder=folder.tracking) for name in dict.fromkeys(log)]


def _train(
    experiment: Experiment,
    folder: RunDirectory,
    as_json: bool,
    watch: bool,
    trackers: Sequence[Tracker],
) -> None:
    """Train to the end, keep what comes of it, and print it; in a page too, if it is watched."""
    console = Console(stderr=as_json)
    if not watch:
        _train_and_print(experiment, folder, console, as_json, trackers)
        return
    from .playing import watched  # a server, and what it shows

    with watched(experiment, console) as page:
        _train_and_print(experiment, folder, console, as_json, trackers, page)


def _train_and_print(
    experiment: Experiment,
    folder: RunDirectory,
    console: Console,
    as_json: bool,
    trackers: Sequence[Tracker],
    page: Watch | None = None,
) -> None:
    console.print(_data_line(experiment), highlight=False, markup=False)
    console.print(
        f"{experiment.training.net!r}, method {experiment.recipe.method}",
        highlight=False,
        markup=False,
    )
    console.print(in_words(experiment), highlight=False, markup=False, soft_wrap=True)
    for notice in experiment.notices:
        Console(stderr=True).print(f"note: {notice}", highlight=False, markup=False, soft_wrap=True)
    for tracker in trackers:
        tracker.settings |= experiment.recipe.to_dict()
    # The page after the recorder, whose place it would take.
    callbacks: list[Callback] = [*trackers] if page is None else [page, *trackers]
    with to_go_on_with(experiment, folder, console, [one.name for one in trackers]):
        recorder = _recorder(experiment)
        recorder.begin(experiment.training, resumed_from=folder.recording)
        with told(callbacks, experiment.training):
            train_live(experiment, folder, recorder, console, callbacks)
            with waiting("measuring, and writing the report"):
                result = _finish(experiment, folder, recorder)
                found = plain_figures(result)
                for tracker in trackers:
                    tracker.log_result(experiment.training.step, found, folder.outcome)
    if as_json:
        print_json(result)
        return
    print_result(console, result)
    where = escape(str(folder.path))
    print_line(
        f"\nkept in {where}, for 'rewire predict', 'show', 'strip' and 'export'", console=console
    )
    name_report(folder.report, console)


def _finish(experiment: Experiment, folder: RunDirectory, recorder: Recorder) -> dict[str, Any]:
    """Measure what was trained, keep it with its report, and return the figures."""
    experiment.training.finish()
    result = measure(experiment)
    folder.finish(experiment, result)
    recorder.finish()
    found = result["assessment"]
    notices = [*experiment.notices, *found["notices"]]
    recorder.recording.about["assessment"] = found | {"notices": notices}
    recorder.save(folder.recording)
    write_report(recorder.recording, folder.report)
    return result


def _data_line(experiment: Experiment) -> str:
    """Return what the data are: all samples, and the inputs that the training part makes."""
    if experiment.streams is not None:
        return repr(experiment.streams.train)
    whole, made = (f" {one.inputs} input" for one in (experiment.data, experiment.train))
    return repr(experiment.data).replace(whole, made)


def _recorder(experiment: Experiment) -> Recorder:
    data = experiment.data
    return Recorder(
        data=data.name,
        feature_names=experiment.train.feature_names,
        image_shape=data.image_shape,
        classes=data.classes,
    )
