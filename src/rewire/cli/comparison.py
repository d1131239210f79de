"""A comparison on the screen: live, and as a table at the end."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import TracebackType

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Task as Row
from rich.text import Text

from rewire.compare import Failure, Interval, Run, Statistics, Study
from rewire.compare.statistics import value_of

from .common import table

__all__ = ["Board", "print_study"]

ALL = "all"


class _TimeLeft(TimeRemainingColumn):
    """The time left, for all together alone."""

    def render(self, task: Row) -> Text:
        return super().render(task) if task.fields["whole"] else Text()


class Board:
    """One bar for each method with its mean so far, and one for all with the time left."""

    def __init__(self, console: Console):
        self.console = console
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            _TimeLeft(compact=True, elapsed_when_finished=True),
            console=console,
        )
        self.kept = self.total = 0
        self.values: dict[str, list[float]] = {}
        self.rows: dict[str, TaskID] = {}

    def __enter__(self) -> Board:
        self.progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.progress.stop()

    def begin(self, study: Study) -> None:
        """Show what is to be done, and what was done before."""
        self.console.print(f"[bold]{escape(study.description)}[/]", highlight=False)
        self.measure, self.total, self.kept = study.measure, study.total, len(study.runs)
        for method in study.methods:
            found = [value_of(run, study.measure) for run in study.runs if run.method == method]
            self.values[method] = found
            self.rows[method] = self.progress.add_task(
                escape(method), total=len(study.seeds), completed=len(found), whole=False, note=""
            )
            self._refresh(method)
        self.rows[ALL] = self.progress.add_task(
            ALL, total=self.total, completed=self.kept, whole=True, note=""
        )

    def add(self, outcome: Run | Failure) -> None:
        """Take in one more run."""
        if isinstance(outcome, Run):
            self.kept += 1
            self.values[outcome.method].append(value_of(outcome, self.measure))
        for name in (outcome.method, ALL):
            self.progress.advance(self.rows[name])
        self._refresh(outcome.method)

    def _refresh(self, method: str) -> None:
        values = self.values[method]
        if values:
            note = f"mean {_number(self.measure)(float(np.mean(values)))}"
            self.progress.update(self.rows[method], note=note)


def print_study(console: Console, study: Study, target: float | None) -> None:
    """Print a comparison, one method to a line, and below it what has to be known to read it."""
    statistics = study.statistics(target)
    show = _number(study.measure)
    plain = _number(study.measure, unit="")
    headings = ["method", "mean (95%)", "median", "spread"]
    if target is not None:
        headings.append(f"{_goal(target, study.measure)} (95%)")
    compared = len(study.methods) > 1
    if compared:
        headings += [f"less {study.methods[0]} (95%)", "p"]
    shown = table([*headings, "seconds"])
    shown.columns[0].no_wrap = True
    for method, found in statistics.items():
        cells = [
            _with_ends(show(found.mean), found.interval, plain),
            show(found.median),
            plain(found.deviation),
        ]
        if found.target is not None:
            ends = found.target.interval
            cells.append(_with_ends(f"{found.target.share:.0%}", ends, lambda v: f"{100 * v:.0f}"))
        if compared and found.difference is None:
            cells += ["", ""]
        elif found.difference is not None:
            change, interval = found.difference.mean, found.difference.interval
            signed = _number(study.measure, unit="", sign="+")
            cells += [_with_ends(signed(change), interval, signed, "…"), _p(found.difference.p)]
        shown.add_row(escape(method), *cells, f"{found.seconds:.2g}")
    console.print(shown)
    for line in [_runs(study, statistics), *_notes(study, statistics)]:
        console.print(escape(line), highlight=False)


def _runs(study: Study, statistics: Mapping[str, Statistics]) -> str:
    """Return what was measured, and how often."""
    counts = {method: found.runs for method, found in statistics.items()}
    often = f"{max(counts.values(), default=0)} seeds each"
    if len(set(counts.values())) > 1:
        often = "runs: " + ", ".join(f"{method} {count}" for method, count in counts.items())
    return f"{study.measure} on {study.measured_on}; {often}"


def _notes(study: Study, statistics: Mapping[str, Statistics]) -> list[str]:
    """Return what sets methods apart besides where their connections go."""
    notes = []
    optimizers = {method: study.parts[method]["optimizer"] for method in study.methods}
    usual = max(optimizers.values(), key=list(optimizers.values()).count)
    for method, optimizer in optimizers.items():
        if optimizer != usual:
            notes.append(
                f"{method} needs momentum: it had {optimizer}, the others {usual} "
                "(the same for all: --momentum 0.9)"
            )
    connections = {method: found.connections for method, found in statistics.items()}
    if len(set(connections.values())) > 1 or any(low != high for low, high in connections.values()):
        ends = [f"{method} {_range(*ends)}" for method, ends in connections.items()]
        notes.append(f"connections at the end differ: {', '.join(ends)}")
    for method, found in statistics.items():
        if found.diverged:
            notes.append(f"{method}: the loss of {found.diverged} runs is not finite; they count")
    return notes


def _number(measure: str, unit: str = "%", sign: str = "") -> Callable[[float], str]:
    """Return what writes an accuracy in per cent, or a loss."""

    def show(value: float) -> str:
        if math.isnan(value):
            return "–"
        if measure == "accuracy":
            return f"{100 * value:{sign}.1f}{unit}"
        return f"{value:{sign}.4g}"

    return show


def _goal(target: float, measure: str) -> str:
    return f"≥ {100 * target:g}%" if measure == "accuracy" else f"≤ {target:g}"


def _with_ends(text: str, ends: Interval, show: Callable[[float], str], to: str = "–") -> str:
    return text if math.isnan(ends.low) else f"{text} ({to.join(map(show, ends))})"


def _p(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}" if value >= 0.001 else "<0.001"


def _range(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"
