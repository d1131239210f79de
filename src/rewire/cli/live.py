"""A training in the terminal: its progress, its checkpoints, and how it is interrupted."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

from rewire.experiment import Experiment, RunDirectory
from rewire.report import Recorder
from rewire.train import Training
from rewire.train.fitting import Callback
from rewire.train.progress import bar
from rewire.train.throttle import Pace, Throttle

__all__ = ["AskedToStopError", "to_go_on_with", "train_live"]

ASKING_TO_STOP = (signal.SIGINT, signal.SIGTERM)


class AskedToStopError(KeyboardInterrupt):
    """Raised when a signal has asked the training to stop, and everything is saved.

    Parameters
    ----------
    number : int
        The signal's number.
    """

    def __init__(self, number: int):
        self.number = number


@contextmanager
def to_go_on_with(
    experiment: Experiment, folder: RunDirectory, console: Console, log: Sequence[str] = ()
) -> Iterator[None]:
    """Say how to resume a training that was interrupted, and exit with the status shells expect."""
    command = f"rewire train --resume {folder.path}{''.join(f' --log {name}' for name in log)}"
    try:
        yield
    except OSError as error:
        raise OSError(f"{error}; then go on with: {command}") from error
    except KeyboardInterrupt as error:
        training = experiment.training
        kept = "all is" if isinstance(error, AskedToStopError) else "the last checkpoint is"
        console.print(
            f"\nStopped after {training.step:,} of {training.total_steps:,} steps; {kept} kept. "
            f"Go on with:\n\n    {escape(command)}\n",
            highlight=False,
            soft_wrap=True,
        )
        number = error.number if isinstance(error, AskedToStopError) else signal.SIGINT
        raise typer.Exit(128 + number) from None


def train_live(
    experiment: Experiment,
    folder: RunDirectory,
    recorder: Recorder,
    console: Console,
    callbacks: Sequence[Callback] = (),
) -> None:
    """Train to the end with a progress display, writing checkpoints on the way.

    Raises
    ------
    AskedToStopError
        After Ctrl-C or SIGTERM; everything is saved then. A second Ctrl-C does not wait for that.
    """
    training = experiment.training

    def write() -> None:
        try:
            recorder.save(folder.recording)  # first, see there
        finally:  # it is the larger file, and the smaller one matters more
            folder.save(experiment)

    write()  # what cannot be written is known now
    save, pace = Throttle(write), Pace()
    with _interruptible(training) as received, bar(training, console, transient=True):
        while not training.finished:
            reported = training.advance()
            if reported:
                recorder(training)
                for callback in callbacks:
                    callback(training)
            over = training.finished or training.interrupted
            save(now=over)
            if reported and not console.is_terminal and pace.due(last=over):
                console.print(str(training), highlight=False, soft_wrap=True)
            if training.interrupted and not training.finished:
                raise AskedToStopError(received[0] if received else signal.SIGINT)


@contextmanager
def _interruptible(training: Training) -> Iterator[list[int]]:
    """Have Ctrl-C or SIGTERM end the training at the next report, a second one at once."""
    received: list[int] = []

    def stop(number: int, frame: Any) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)
        training.interrupted = True

    before = {number: signal.signal(number, stop) for number in ASKING_TO_STOP}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
