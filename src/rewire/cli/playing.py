"""What ``rewire play`` does once its options are read."""

from __future__ import annotations

import threading
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.console import Console

from rewire.experiment import Experiment, Recipe, RunDirectory, prepare_experiment
from rewire.io import split_commas
from rewire.playground import ArrayEngine, Session
from rewire.playground.links import MARK, commands_of_link
from rewire.playground.player import Player
from rewire.playground.points import GENERATORS
from rewire.playground.saving import read_session
from rewire.playground.server import PlayServer
from rewire.playground.starts import START
from rewire.playground.watching import Watch
from rewire.train import load_checkpoint

from .common import print_line
from .spinner import waiting

__all__ = ["open_session", "serve", "watched"]

PAUSE = 0.3  # seconds between two looks at a run
SESSION = "session.json"  # how the names of saved sessions end


def open_session(
    data: str | None,
    run: Path | None,
    target: str | None,
    columns: str | None,
    data_dir: Path | None,
) -> Player | Watch:
    """Return what runs the session that some options ask for."""
    if run is not None:
        if data is not None:
            raise ValueError(
                f"DATA is not for --run, which has its own; got {data!r}: leave one out"
            )
        with waiting(f"loading the run in {run}"):
            return follow(RunDirectory(run), data_dir)
    return Player(_session(data, target, columns, data_dir))


def _session(
    data: str | None, target: str | None, columns: str | None, data_dir: Path | None
) -> Session:
    if data is None or data in GENERATORS:
        return Session(ArrayEngine(), _start({"do": "data", "name": data or "moons", "seed": 1}))
    if MARK in data:
        return Session(ArrayEngine(), commands_of_link(data))
    if data.endswith(SESSION):
        return read_session(data)
    if columns is not None:
        return Session(ArrayEngine(), _start(_table(data, columns, target)))
    with waiting(f"loading {Path(data).name}"):
        return _of_experiment(prepare_experiment(Recipe(data, target=target), data_dir))


def serve(player: Player | Watch, *, port: int, browser: bool) -> None:
    """Serve the page of a session until it is closed."""
    server = PlayServer(player, port)
    _announce(server, browser)
    server.run()


@contextmanager
def watched(experiment: Experiment, console: Console) -> Iterator[Watch]:
    """Open a page that follows a training, and leave it open afterwards until it is closed."""
    watch = _watch(experiment)
    server = PlayServer(watch)
    with server.serving():
        _announce(server, browser=True, console=console)
        yield watch
        watch.finish(experiment.training)
        if server.followed:
            print_line("the page stays open; closing it, or Ctrl-C, ends this", console=console)
            with suppress(KeyboardInterrupt):  # all is kept already
                server.wait()


def follow(folder: RunDirectory, data_dir: Path | None) -> Player | Watch:
    """Return what shows a run: as it is, or live while another process trains it."""
    experiment = folder.open(data_dir)
    if not is_training(folder):
        return Player(_of_experiment(experiment))
    watch = _watch(experiment)
    watch.begin(experiment.training)
    threading.Thread(target=_keep_up, args=(watch, experiment, folder), daemon=True).start()
    return watch


def is_training(folder: RunDirectory) -> bool:
    """Return whether a process is training a run now."""
    try:
        with folder.claimed():
            return False
    except BlockingIOError:
        return True


def _keep_up(watch: Watch, experiment: Experiment, folder: RunDirectory) -> None:
    """Show every checkpoint that another process writes, until it has ended."""
    seen, training = None, experiment.training
    while True:
        over = not is_training(folder)  # asked first, so that the last checkpoint is not missed
        now = folder.checkpoint.stat().st_mtime_ns if folder.checkpoint.exists() else None
        if now != seen:
            load_checkpoint(training, folder.checkpoint)
            seen = now
            watch.show_history(training)
        if over:
            watch.finish(training)
            return
        time.sleep(PAUSE)  # files of another process cannot be waited for


def _watch(experiment: Experiment) -> Watch:
    data, names = experiment.data, experiment.train.feature_names or ()
    return Watch(data.name, names, data.classes)


def _announce(server: PlayServer, browser: bool, console: Console | None = None) -> None:
    print_line(f"playing at [bold]{server.url}[/] (Ctrl-C ends it)", console=console)
    if browser:
        webbrowser.open(server.url)


def _start(data: dict[str, object]) -> list[dict[str, object]]:
    return [data, *START[1:]]


def _table(data: str, columns: str, target: str | None) -> dict[str, object]:
    names = split_commas(columns)
    if len(names) != 2 or target is None:
        raise ValueError(
            f"columns must be two, of a CSV file, beside a target; got {columns!r} and {target!r}"
        )
    text = Path(data).read_text(encoding="utf-8-sig")
    return {"do": "table", "text": text, "x": names[0], "y": names[1], "label": target}


def _of_experiment(experiment: Experiment) -> Session:
    """Return a session with the network and the training data of an experiment."""
    training, train = experiment.training, experiment.train
    engine = ArrayEngine(
        training.net,
        training.samples.X,
        training.samples.y,
        loss=training.loss,
        name=experiment.data.name,
        inputs=train.feature_names or (),
        classes=experiment.data.classes,
    )
    return Session(engine)
