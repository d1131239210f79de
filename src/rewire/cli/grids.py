"""The comparison of a grid in the terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

from rewire.compare.analysis.verdicts import figure

from .common import table

__all__ = ["print_grid"]


def print_grid(console: Console, summary: Mapping[str, Any]) -> None:
    """Print a row for each method at each cost, how settings were chosen, and what it says.

    Parameters
    ----------
    console : Console
    summary : mapping
        What :func:`rewire.compare.report.grid_report.summary_of_grid` returns.
    """
    points = [(curve, point) for curve in summary["curves"] for point in curve["points"]]
    measure, first = summary["measure"], summary["compared_with"]
    show, plain = figure(measure), figure(measure, unit="")
    signed = figure(measure, unit="", sign="+")
    if points:
        costs, chosen = (list(points[0][1][name]) for name in ("cost", "chosen"))
        others = any(curve["method"] != first for curve, _ in points)
        compared = [f"less {first}", "p, Holm"] if others else []
        made = table(["method", *costs, *chosen, "mean (95%)", *compared, "seconds"])
        for column in made.columns[1:]:
            column.overflow, column.no_wrap = "fold", column.header == "mean (95%)"
        for curve, point in points:
            own = point["statistics"]
            made.add_row(
                escape(curve["method"]),
                *(point["cost"][name] for name in costs),
                *(point["chosen"][name] for name in chosen),
                _with_ends(show(_known(own["mean"])), own["interval"], plain),
                *(_difference(point, signed) if compared else ()),
                f"{point['seconds']:.2g}",
            )
        console.print(made)
    lines = [
        f"{measure} on {summary['measured_on']}; {len(summary['seeds'])} seeds each",
        *summary["notes"],
        summary["how_chosen"],
        f"{summary['headline']}.",
    ]
    for line in lines:
        console.print(escape(line), highlight=False)


def _known(value: float | None) -> float:
    return math.nan if value is None else value


def _with_ends(text: str, ends: Mapping[str, float | None], show: Any) -> str:
    low, high = ends["low"], ends["high"]
    return text if low is None or high is None else f"{text} ({show(low)}–{show(high)})"


def _difference(point: Mapping[str, Any], signed: Any) -> list[str]:
    found, p = point["statistics"]["difference"], _known(point["corrected"])
    if found is None:
        return ["", ""]
    shown = "–" if math.isnan(p) else f"{p:.3f}" if p >= 0.001 else "<0.001"
    return [signed(_known(found["mean"])), shown]
