"""What ``rewire play`` does once its options are read."""

from __future__ import annotations

import webbrowser
from pathlib import Path

from rewire.experiment import Experiment, Recipe, RunDirectory, prepare_experiment
from rewire.io import split_commas
from rewire.playground import ArrayEngine, Session
from rewire.playground.player import Player
from rewire.playground.points import GENERATORS
from rewire.playground.saving import read_session
from rewire.playground.server import PlayServer
from rewire.playground.starts import START

from .common import print_line
from .spinner import waiting

__all__ = ["open_session", "serve"]

SESSION = "session.json"  # how the names of saved sessions end


def open_session(
    data: str | None,
    run: Path | None,
    target: str | None,
    columns: str | None,
    data_dir: Path | None,
) -> Session:
    """Return the session that some options ask for."""
    if run is not None:
        if data is not None:
            raise ValueError(
                f"DATA is not for --run, which has its own; got {data!r}: leave one out"
            )
        with waiting(f"loading the run in {run}"):
            return _of_experiment(RunDirectory(run).open(data_dir))
    if data is None or data in GENERATORS:
        return Session(ArrayEngine(), _start({"do": "data", "name": data or "moons", "seed": 1}))
    if data.endswith(SESSION):
        return read_session(data)
    if columns is not None:
        return Session(ArrayEngine(), _start(_table(data, columns, target)))
    with waiting(f"loading {Path(data).name}"):
        return _of_experiment(prepare_experiment(Recipe(data, target=target), data_dir))


def serve(session: Session, *, port: int, browser: bool) -> None:
    """Serve the page of a session until it is closed."""
    server = PlayServer(Player(session), port)
    print_line(f"playing at [bold]{server.url}[/] (Ctrl-C ends it)")
    if browser:
        webbrowser.open(server.url)
    server.run()


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
