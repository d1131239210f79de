"""A comparison in the terminal: progress bars, then tables."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
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
from rich.table import Table
from rich.text import Text

from rewire.assess.intervals import Interval
from rewire.compare import Failure, Study, Trial, pairwise
from rewire.compare.analysis.pairs import Pair
from rewire.compare.analysis.statistics import Statistics, value_of
from rewire.compare.analysis.verdicts import figure, headline, notes, unresolved
from rewire.io import percent
from rewire.train.throttle import Pace

from .common import print_line, table
from .spinner import waiting

__all__ = ["Board", "print_study"]

ALL = "all"


class _TimeLeft(TimeRemainingColumn):
    """The time left, on the row of all methods together only."""

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
        self.waiting = ExitStack()  # until the study is prepared
        self.kept = self.total = 0
        self.pace = Pace()
        self.values: dict[str, list[float]] = {}
        self.rows: dict[str, TaskID] = {}

    def __enter__(self) -> Board:
        self.waiting.enter_context(waiting("preparing the study"))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.waiting.close()
        self.progress.stop()

    def begin(self, study: Study) -> None:
        """Show the study and the runs that are kept already."""
        self.waiting.close()
        self.progress.start()
        self.console.print(f"[bold]{escape(study.description)}[/]", highlight=False)
        self.measure, self.total, self.kept = study.measure, study.total, len(study.runs)
        planned = Counter(method for method, _, _ in study.planned)
        for method in study.methods:
            found = [value_of(run, study.measure) for run in study.runs if run.method == method]
            self.values[method] = found
            self.rows[method] = self.progress.add_task(
                escape(method), total=planned[method], completed=len(found), whole=False, note=""
            )
            self._refresh(method)
        self.rows[ALL] = self.progress.add_task(
            ALL, total=self.total, completed=self.kept, whole=True, note=""
        )

    def add(self, outcome: Trial | Failure) -> None:
        """Add the outcome of a run."""
        if isinstance(outcome, Trial):
            self.kept += 1
            self.values[outcome.method].append(value_of(outcome, self.measure))
        for name in (outcome.method, ALL):
            self.progress.advance(self.rows[name])
        self._refresh(outcome.method)
        done = int(self.progress.tasks[self.rows[ALL]].completed)
        if not self.console.is_terminal and self.pace.due(last=done == self.total):
            text = f"{done:,} of {self.total:,} runs done, the latest {outcome.method}, seed "
            print_line(escape(f"{text}{outcome.seed}"), console=self.console)

    def _refresh(self, method: str) -> None:
        values = self.values[method]
        if values:
            note = f"mean {figure(self.measure)(float(np.mean(values)))}"
            self.progress.update(self.rows[method], note=note)


def print_study(console: Console, study: Study, reach: float | None) -> None:
    """Print a comparison: figures, differences to the first method, and what they say in words."""
    statistics = study.statistics(reach)
    pairs = pairwise(study.runs, study.measure)
    console.print(_figures(study.measure, reach, statistics))
    if len(statistics) > 1:
        console.print(_differences(study, statistics, pairs))
    lines = [
        _runs(study, statistics),
        *notes(study, statistics),
        *_verdict(study, statistics, pairs),
    ]
    for line in lines:
        console.print(escape(line), highlight=False)


def _figures(measure: str, reach: float | None, statistics: Mapping[str, Statistics]) -> Table:
    show, plain = figure(measure), figure(measure, unit="")
    headings = ["method", "mean (95%)", "median", "spread"]
    if reach is not None:
        headings.append(f"{_goal(reach, measure)} (95%)")
    shown = _table([*headings, "seconds"])
    for method, found in statistics.items():
        cells = [
            _with_ends(show(found.mean), found.interval, plain),
            show(found.median),
            plain(found.deviation),
        ]
        if found.reached is not None:
            share = percent(found.reached.share, 0)
            cells.append(_with_ends(share, found.reached.interval, lambda v: f"{100 * v:.0f}"))
        shown.add_row(escape(method), *cells, f"{found.seconds:.2g}")
    return shown


def _differences(
    study: Study, statistics: Mapping[str, Statistics], pairs: Sequence[Pair]
) -> Table:
    """Return the paired differences to the first method; p also corrected, for all pairs."""
    baseline = study.methods[0]
    corrected = {
        pair.other if pair.method == baseline else pair.method: pair.corrected
        for pair in pairs
        if baseline in (pair.method, pair.other)
    }
    signed = figure(study.measure, unit="", sign="+")
    shown = _table(["method", f"less {baseline} (95%)", "p", "p, Holm"])
    for method, found in statistics.items():
        if found.difference is not None:
            shown.add_row(
                escape(method),
                _with_ends(
                    signed(found.difference.mean), found.difference.interval, signed, " to "
                ),
                _p(found.difference.p),
                _p(corrected.get(method, math.nan)),
            )
    return shown


def _table(headings: list[str]) -> Table:
    """Return a table that breaks cells between words rather than cut them off."""
    made = table(headings)
    for number, column in enumerate(made.columns):
        column.no_wrap = number == 0
        column.overflow = "fold"
    return made


def _verdict(
    study: Study, statistics: Mapping[str, Statistics], pairs: Sequence[Pair]
) -> list[str]:
    """Return what the figures say together, as the report does."""
    if not statistics:
        return []
    return [f"{headline(study, statistics, pairs)}.", *filter(None, [unresolved(pairs)])]


def _runs(study: Study, statistics: Mapping[str, Statistics]) -> str:
    """Return what was measured, and how often."""
    counts = {method: found.runs for method, found in statistics.items()}
    often = f"{max(counts.values(), default=0)} seeds each"
    if len(set(counts.values())) > 1:
        often = "runs: " + ", ".join(f"{method} {count}" for method, count in counts.items())
    return f"{study.measure} on {study.measured_on}; {often}"


def _goal(reach: float, measure: str) -> str:
    return f"≥ {100 * reach:g}%" if measure == "accuracy" else f"≤ {reach:g}"


def _with_ends(text: str, ends: Interval, show: Callable[[float], str], to: str = "–") -> str:
    return text if math.isnan(ends.low) else f"{text} ({to.join(map(show, ends))})"


def _p(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}" if value >= 0.001 else "<0.001"
