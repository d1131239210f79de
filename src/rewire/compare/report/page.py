"""The page that shows a comparison: every run, the figures, the pairs and the ranks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rewire.web import assemble

from ..analysis.statistics import value_of
from ..command import command_for
from ..records import as_plain
from ..study import Study

__all__ = ["as_text", "page"]

SCRIPTS = ("settings.js", "swarm.js", "ranks.js", "kept.js", "comparison.js")
FIGURES = (
    "Spread: standard deviation of the runs. Seconds: median of one training; runs made at the "
    "same time share the machine."
)
KEPT = (
    "Shares of the seeds at whose end an input is on a path to an output. Stability (Nogueira et "
    "al., 2018) is 1 where every seed keeps the same inputs and 0 where they are left to chance."
)
PAIRS = (
    "Each cell: the row's method less the column's, mean over common seeds{unit}; p of Wilcoxon's "
    "signed-rank test with Holm's correction for all pairs; with how many seeds the row "
    "did better, and worse. Filled: can be told apart (p < 0.05), blue with ▲ where the row is "
    "better on average, orange with ▼ where it is worse."
)


def page(study: Study, summary: Mapping[str, Any]) -> str:
    """Return the page's HTML.

    Parameters
    ----------
    study : Study
        With at least one run.
    summary : mapping
        Its :func:`rewire.compare.report.writing.summary_of`.
    """
    unit = " in percentage points" if study.measure == "accuracy" else ""
    alone = len(summary["methods"]) == 1
    own = {
        "title": summary["headline"],
        "lede": _lede(summary),
        "methods": [_method(study, name, own) for name, own in summary["methods"].items()],
        "command": command_for(study, summary["reach"]),
        "reading": (
            "Each dot is one training. Box: first to third quartile, with a line at the median; "
            "diamond: mean, with its 95% interval. A dot that is looked at is joined with those of "
            "the same seed, which had the same data and began with the same sparse network."
        ),
        "settings": [[name, as_text(value)] for name, value in summary["config"].items()],
        "figures_note": f"Intervals of {summary['intervals']}. {FIGURES}",
        "pairs_note": "One method has nothing to differ from."
        if alone
        else PAIRS.format(unit=unit),
        "kept_note": KEPT,
        "ranks_note": " ".join(summary["ranking_says"]),
    }
    return assemble("rewire.compare.report", "comparison", SCRIPTS, {**summary, **own})


def _lede(summary: Mapping[str, Any]) -> list[str]:
    failed = len(summary["failures"])
    missing = f"{failed} run{'s' if failed > 1 else ''} failed: the reasons are at the end."
    lines = [
        f"{summary['description'].partition(':')[0]}: every method was trained with every seed, "
        f"{summary['measure']} was measured on {summary['measured_on']}.",
        missing if failed else "",
        summary["unresolved"],
        "This holds for these data and these settings.",
    ]
    return [line for line in lines if line]


def _method(study: Study, name: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return a method's figures and its runs, one list for each kind of figure."""
    runs = [run for run in study.runs if run.method == name]
    columns = {
        "seeds": [run.seed for run in runs],
        "values": [value_of(run, study.measure) for run in runs],
        "losses": [run.loss for run in runs],
        "each": [run.connections for run in runs],
        "times": [run.seconds for run in runs],
    }
    return {"name": name, **own, **as_plain(columns)}


def as_text(value: Any) -> str:
    """Return a setting in words."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {as_text(part)}" for name, part in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(as_text, value)) or "none"
    return "default" if value is None else str(value)
