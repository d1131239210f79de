"""An assessment in the terminal: scores, classes and inputs as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rewire.assess import Assessment
from rewire.assess.scores import SCORES
from rewire.assess.verdicts import as_text, range_text, score_table
from rewire.io import Advice

from .common import table
from .train import SETTINGS

__all__ = ["as_commands", "print_assessment"]

# Rows of inputs after a training, and where they were asked for.
FEW_INPUTS, MORE_INPUTS = 5, 20
# Classes of which a terminal shows who was taken for whom.
MOST_CLASSES = 12
# At which names and headings of the scores break.
NAME_WIDTH, HEADING_WIDTH = 14, 8


def as_commands(found: Assessment) -> dict[str, Any]:
    """Return what JSON can hold, parameters of a training said as options of ``rewire train``."""
    options = {name: f"rewire train {one.option}" for name, one in SETTINGS.items()}
    notices = [
        one.for_options(options) if isinstance(one, Advice) else one for one in found.notices
    ]
    return {**found.to_dict(), "notices": notices}


def print_assessment(console: Console, found: Mapping[str, Any], *, full: bool) -> None:
    """Print an assessment.

    Parameters
    ----------
    console : rich.console.Console
    found : mapping
        What :func:`as_commands` returned.
    full : bool
        Whether to print every class, and more inputs.
    """
    main = found["parts"][found["main"]]
    console.print(f"[bold]{escape(found['verdict'])}[/]", highlight=False)
    few = len(found["classes"]) <= MOST_CLASSES
    if main["classes"] and (full or (found["uneven"] and few)):
        console.print(_classes(main))  # before the accuracy, which says little of uneven classes
    console.print(_scores(found, console.width))
    if full and main["classes"] and few:
        console.print(_confusion(main))
    if found["inputs"]:
        _print_inputs(console, found, MORE_INPUTS if full else FEW_INPUTS)
    for number, notice in enumerate(found["notices"]):
        loud = found.get("useless") and number == 0  # runs kept by older versions do not say
        label = "[bold red]warning:[/]" if loud else "[yellow]note:[/]"
        console.print(f"{label} {escape(notice)}", highlight=False)


def _scores(found: Mapping[str, Any], width: int) -> Table:
    """Return the table of scores; what is too much for the width stays in the JSON and the report.

    Lines break between the words of headings and names only, never within a figure.
    """
    headings, rows = score_table(found)
    columns = [list(column) for column in zip(headings, *rows, strict=True)]
    columns[0] = [fill(name, NAME_WIDTH) for name in columns[0]]
    for column in columns[1:]:
        longest = max(map(len, column[1:]))
        column[0] = fill(column[0], max(longest, HEADING_WIDTH), break_long_words=False)
    for spare in ("minus linear", "95%"):
        if 2 + sum(2 + _width(column) for column in columns) > width:
            columns = [column for column in columns if not column[0].startswith(spare)]
    shown = table([escape(column[0]) for column in columns])
    for row in zip(*(column[1:] for column in columns), strict=True):
        shown.add_row(*map(escape, row))
    return shown


def _width(column: Sequence[str]) -> int:
    return max(len(line) for cell in column for line in cell.split("\n"))


def _classes(main: Mapping[str, Any]) -> Table:
    shown = table(["class", "samples", "recall", "95%", "precision"])
    for row in main["classes"]:
        shown.add_row(
            escape(row["class"]),
            f"{row['samples']:,}",
            as_text("accuracy", row["recall"], "classification"),
            range_text("accuracy", row["recall_interval"], "classification"),
            as_text("accuracy", row["precision"], "classification"),
        )
    return shown


def _confusion(main: Mapping[str, Any]) -> Table:
    names = [escape(row["class"]) for row in main["classes"]]
    shown = table(["is, answered as", *names])
    for name, counts in zip(names, main["confusion"], strict=True):
        shown.add_row(name, *(f"{count:,}" if count else "·" for count in counts))
    return shown


def _print_inputs(console: Console, found: Mapping[str, Any], most: int) -> None:
    rows: Sequence[Mapping[str, Any]] = found["inputs"]
    lost = SCORES[found["task"]][next(iter(SCORES[found["task"]]))].label
    shown = table(["rests on", f"{lost} lost when shuffled", "share of paths"])
    kept = [row for row in rows if row["kept"]]
    for row in kept[:most]:
        shown.add_row(
            escape(row["column"]), _importance(row, found["task"]), f"{row['strength']:.1%}"
        )
    console.print(shown)
    shuffled = sum(row["importance"] is not None for row in kept)
    only = f"; only the {shuffled} with the strongest paths were shuffled"
    if len(kept) > most:
        more = f"and {len(kept) - most:,} more{only if 0 < shuffled < len(kept) else ''}"
        console.print(more, highlight=False)
    dropped = [row["column"] for row in rows if not row["kept"]]
    if dropped:
        names = ", ".join(map(escape, dropped[:10])) + (", ..." if len(dropped) > 10 else "")
        line = f"{len(dropped):,} of {len(rows):,} inputs are not used at all: {names}"
        console.print(line, highlight=False)


def _importance(row: Mapping[str, Any], task: str) -> str:
    if row["importance"] is None:
        return "–"
    factor, digits, unit = (100, ".1f", "%") if task == "classification" else (1, ".3f", "")
    value, spread = factor * row["importance"], factor * row["deviation"]
    return f"{value:z{digits}} ± {spread:{digits}}{unit}"
