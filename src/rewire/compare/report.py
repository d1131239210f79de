"""What a study leaves in its folder beside its runs: a summary and a picture."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

import rewire
from rewire.files import written_whole
from rewire.runs.run import write_json
from rewire.view import plot_runs
from rewire.view.style import figure_of

from .records import PICTURE, SUMMARY
from .statistics import value_of
from .study import Study

__all__ = ["summary_of", "write_report"]

INTERVALS = (
    "95%: Student's t of means and of paired differences, Wilson's of shares; p: Wilcoxon's "
    "signed-rank test, two-sided, not corrected for the number of methods"
)


def summary_of(study: Study, target: float | None = None) -> dict[str, Any]:
    """Return a study's figures as what JSON can hold; numbers that are none become None.

    Parameters
    ----------
    study : Study
    target : float, optional
        Of :func:`summarise`.
    """
    statistics = study.statistics(target)
    return _plain(
        {
            "rewire": rewire.__version__,
            "description": study.description,
            "measure": study.measure,
            "measured_on": study.measured_on,
            "target": target,
            "compared_with": study.methods[0],
            "intervals": INTERVALS,
            "seeds": study.seeds,
            "setting": study.setting.to_dict(),
            "methods": {
                method: vars(found) | study.parts[method] for method, found in statistics.items()
            },
            "failures": [failure._asdict() for failure in study.failures],
        }
    )


def write_report(
    study: Study, folder: str | os.PathLike[str], target: float | None = None
) -> dict[str, Any]:
    """Write ``summary.json`` and ``runs.png``, each whole or not at all; return the summary."""
    folder = Path(folder)
    summary = summary_of(study, target)
    write_json(folder / SUMMARY, summary)
    values: dict[str, list[float]] = {}
    for run in study.runs:
        values.setdefault(run.method, []).append(value_of(run, study.measure))
    ax = plot_runs(
        values,
        measure=study.measure,
        target=target,
        title=f"{study.description.partition(':')[0]}: {study.measure} on {study.measured_on}",
    )
    try:
        with written_whole(folder / PICTURE) as temporary:
            figure_of(ax).savefig(temporary, format="png", dpi=150, metadata={"Software": None})
    finally:
        plt.close(figure_of(ax))
    return summary


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
