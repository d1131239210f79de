"""The table behind the curves of a grid, for other programs and for papers."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

from rewire.export.python_runtime import as_cell

from ..analysis.curves import Curve, Point
from ..study import Study

__all__ = ["as_csv", "as_latex"]

SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
}


def as_csv(study: Study, curves: Sequence[Curve]) -> str:
    """Return a line for each point of each curve; numbers to the last digit, texts no formulas."""
    costs, chosen = _names(curves)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    figures = ["density", "flops", "training_flops", "bytes", "seconds"]
    # The density asked for is a setting, and what came of it a figure.
    headings = [f"{name}_setting" if name in figures else name for name in costs]
    measured = [study.measure, "low", "high", "less_first", "p_holm"]
    writer.writerow(
        ["method", *headings, *chosen, "candidates", "validation", "runs", *measured, *figures]
    )
    for curve in curves:
        for point in curve.points:
            own = point.statistics
            less = own.difference.mean if own.difference else None
            numbers = [own.mean, *own.interval, less, point.corrected]
            settings = [point.cost[name] for name in costs] + [
                point.chosen[name] for name in chosen
            ]
            writer.writerow(
                [
                    *map(as_cell, [curve.method, *settings]),
                    point.candidates,
                    *_shown([point.validation]),
                    own.runs,
                    *_shown(numbers),
                    *_shown([getattr(point, name) for name in figures]),
                ]
            )
    return text.getvalue()


def as_latex(study: Study, curves: Sequence[Curve]) -> str:
    """Return a tabular (package booktabs): a row for each curve, a column for each cost.

    Cells are means, in per cent for accuracies, and how far the 95% interval reaches; the best
    mean of a column is bold.
    """
    columns = list({tuple(p.cost.items()): None for curve in curves for p in curve.points})
    accuracy = study.measure == "accuracy"
    at = {(curve.name, tuple(p.cost.items())): p for curve in curves for p in curve.points}
    best = {}
    for column in columns:
        means = {curve.name: _mean(at.get((curve.name, column))) for curve in curves}
        known = {name: mean for name, mean in means.items() if math.isfinite(mean)}
        if known:
            best[column] = (max if accuracy else min)(known, key=lambda name: known[name])
    lines = [
        f"% {_on_a_line(study.description.partition(':')[0])}: "
        f"{study.measure} on {study.measured_on}",
        rf"\begin{{tabular}}{{l{'r' * len(columns)}}}",
        r"\toprule",
        " & ".join(["method", *(_escaped(_in_words(column)) for column in columns)]) + r" \\",
        r"\midrule",
    ]
    for curve in curves:
        cells = [
            _cell(at.get((curve.name, column)), accuracy, best.get(column) == curve.name)
            for column in columns
        ]
        lines.append(" & ".join([_escaped(curve.name), *cells]) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _names(curves: Sequence[Curve]) -> tuple[list[str], list[str]]:
    points = [point for curve in curves for point in curve.points]
    return list(points[0].cost), list(points[0].chosen)


def _in_words(column: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{name} {text}" for name, text in column) or "all"


def _mean(point: Point | None) -> float:
    return math.nan if point is None else point.statistics.mean


def _cell(point: Point | None, accuracy: bool, best: bool) -> str:
    if point is None or not math.isfinite(point.statistics.mean):
        return "--"
    own, scale = point.statistics, 100 if accuracy else 1
    show = (lambda value: f"{scale * value:.1f}") if accuracy else (lambda value: f"{value:.4g}")
    mean = rf"\textbf{{{show(own.mean)}}}" if best else show(own.mean)
    half = max(own.interval.high - own.mean, own.mean - own.interval.low)  # one end may be cut off
    return mean if math.isnan(half) else rf"{mean} $\pm$ {show(half)}"


def _escaped(text: str) -> str:
    return "".join(SPECIAL.get(mark, mark) for mark in _on_a_line(text))


def _on_a_line(text: str) -> str:
    """Return a text without ends of lines and other marks that TeX refuses."""
    return "".join(mark if mark.isprintable() else " " for mark in text)


def _shown(values: Sequence[float | None]) -> list[str]:
    """Return numbers with every digit, and nothing for those that are none."""
    return ["" if v is None or math.isnan(v) else repr(v) for v in values]
