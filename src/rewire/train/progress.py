"""How a training shows its progress: one bar where there is a screen, lines in a log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rewire.io import received

from .throttle import Pace
from .training import Training

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

__all__ = ["bar", "check_progress", "showing"]

Report = Callable[[Training], None]


def check_progress(progress: bool | str) -> bool | str:
    """Refuse what is no way to show progress."""
    if not isinstance(progress, bool) and progress != "widget":
        raise ValueError(f"progress must be True, False or 'widget'; got {received(progress)}")
    return progress


@contextmanager
def showing(training: Training, progress: bool | str) -> Iterator[Report]:
    """Yield what is to be called after each report of a training.

    Parameters
    ----------
    training : Training
    progress : bool or "widget"
    """
    if not progress:
        yield _nothing
        return
    if progress == "widget":
        from rewire.playground.notebook import show_training  # a page in a notebook

        with show_training(training) as watch:
            yield watch
        return
    from rich.console import Console  # only where progress is shown

    console = Console(stderr=True)
    if not (console.is_terminal or console.is_jupyter):
        yield _lines()
        return
    with bar(training, console):
        yield _nothing


def bar(training: Training, console: Console, transient: bool = False) -> Live:
    """Return a bar with the last report below it, which follows a training by itself.

    Parameters
    ----------
    training : Training
    console : rich.console.Console
    transient : bool, default False
        Whether it vanishes at the end.
    """
    from rich.console import Group
    from rich.live import Live
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    progress = Progress(
        BarColumn(bar_width=30),
        TextColumn("{task.completed:,} of {task.total:,} steps"),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
        console=console,
    )
    task = progress.add_task("", total=training.total_steps, completed=training.step)

    def display() -> Group:
        progress.update(task, completed=training.step)
        return Group(progress, str(training))

    return Live(get_renderable=display, console=console, transient=transient)


def _lines() -> Report:
    """Return what prints the first and the last report, and one every few seconds."""
    pace = Pace()

    def report(training: Training) -> None:
        if pace.due(last=training.finished):
            print(training, file=sys.stderr)

    return report


def _nothing(training: Training) -> None:
    """Show nothing."""
