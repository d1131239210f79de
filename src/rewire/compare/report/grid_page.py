"""The page that shows a grid: curves against each cost, their table, and what was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rewire.web import assemble

from ..command import command_for
from ..study import Study
from .page import as_text

__all__ = ["grid_page"]

READING = (
    "Each point is the mean over the seeds, the line through it its 95% interval (Student's t). "
    "Costs are those of the trained networks: means, of seconds the median."
)
FIGURES = (
    "p: Wilcoxon's signed-rank test of the differences to {first} at the same cost, seed by seed, "
    "with Holm's correction for all pairs of methods there, not for the number of points."
)


def grid_page(study: Study, summary: Mapping[str, Any]) -> str:
    """Return the page's HTML.

    Parameters
    ----------
    study : Study
    summary : mapping
        Its :func:`rewire.compare.report.grid_report.summary_of_grid`.
    """
    failed = len(summary["failures"])
    missing = f"{failed} run{'s' if failed > 1 else ''} failed: the reasons are at the end."
    lede = [
        f"{summary['description'].partition(':')[0]}: every method was trained with "
        f"{len(study.config.cells)} settings and every seed, {summary['measure']} was measured on "
        f"{summary['measured_on']}.",
        missing if failed else "",
        summary["how_chosen"],
        "This holds for these data and these settings.",
    ]
    varied = summary["config"]["vary"]
    settings = {n: v for n, v in summary["config"].items() if n not in (*varied, "vary")}
    own = {
        "title": summary["headline"],
        "lede": [line for line in lede if line],
        "command": command_for(study, summary["reach"]),
        "reading": READING,
        "figures_note": FIGURES.format(first=summary["compared_with"]),
        "settings": [[name, as_text(value)] for name, value in {**settings, **varied}.items()],
    }
    return assemble("rewire.compare.report", "grid", ("settings.js", "grid.js"), {**summary, **own})
