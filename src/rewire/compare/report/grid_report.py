"""What the study of a grid leaves in its folder: curves, their table, and a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

import rewire
from rewire.io import atomic_write, write_json
from rewire.plot import plot_tradeoff
from rewire.plot.style import figure_of, title

from ..analysis.curves import Curve, curves_of, headline_of, how_chosen, too_few
from ..analysis.verdicts import machines_of, on_machines
from ..records import CURVES, LATEX, PAGE, SUMMARY, TABLE, as_plain
from ..study import Study
from .grid_page import grid_page
from .pictures import save
from .tables import as_csv, as_latex

__all__ = ["AXES", "summary_of_grid", "write_grid"]

# What accuracy is shown against: the name of a point's figure, and what it is called.
AXES = {
    "density": "density (share of connections)",
    "flops": "FLOPs of one answer",
    "training_flops": "FLOPs of the training",
    "bytes": "bytes of the network",
    "seconds": "seconds of the training",
}
PANELS = ("density", "flops", "bytes", "seconds")


def summary_of_grid(study: Study, reach: float | None = None) -> dict[str, Any]:
    """Return the figures of a grid as what JSON can hold.

    Parameters
    ----------
    study : Study
    reach : float, optional
        Of :func:`summarise`.
    """
    curves = curves_of(study, reach) if study.runs else []
    return as_plain(
        {
            "rewire": rewire.__version__,
            "headline": headline_of(study, curves),
            "description": study.description,
            "measure": study.measure,
            "measured_on": study.measured_on,
            "reach": reach,
            "compared_with": study.methods[0],
            "seeds": study.seeds,
            "config": study.config.to_dict(),
            "parts": study.parts,
            "axes": AXES,
            "how_chosen": how_chosen(study),
            "curves": [_plain(curve) for curve in curves],
            "notes": [*too_few(study), *on_machines(study)],
            "machines": machines_of(study),
            "failures": [failure._asdict() for failure in study.failures],
        }
    )


def write_grid(study: Study, folder: Path, reach: float | None = None) -> dict[str, Any]:
    """Write a grid's summary, page, picture and tables; return the summary."""
    summary, curves = summary_of_grid(study, reach), curves_of(study, reach)
    write_json(folder / SUMMARY, summary)
    texts = {PAGE: grid_page(study, summary), TABLE: as_csv(study, curves)}
    for name, text in {**texts, LATEX: as_latex(study, curves)}.items():
        with atomic_write(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    _draw(study, curves, folder / CURVES)
    return summary


def _plain(curve: Curve) -> dict[str, Any]:
    points = [vars(point) | {"statistics": vars(point.statistics)} for point in curve.points]
    return {"name": curve.name, "method": curve.method, "points": points}


def _draw(study: Study, curves: Sequence[Curve], path: Path) -> None:
    figure, axes = plt.subplots(2, 2, figsize=(10, 7.2), sharey=True, layout="constrained")
    for cost, ax in zip(PANELS, axes.ravel(), strict=True):
        rows = {
            curve.name: [
                (getattr(point, cost), point.statistics.mean, *point.statistics.interval)
                for point in curve.points
            ]
            for curve in curves
        }
        plot_tradeoff(rows, cost=AXES[cost], measure=study.measure, ax=ax)
        if cost != PANELS[0]:
            ax.get_legend().remove()
            ax.set_ylabel("" if ax.get_subplotspec().colspan.start else study.measure)
    where = study.description.partition(":")[0]
    seeds = len(study.seeds)
    title(axes[0, 0], f"{where}: {study.measure} on {study.measured_on}")
    axes[0, 1].set_title(f"means of {seeds} seeds, 95% intervals", loc="right", fontsize=9)
    assert figure_of(axes[0, 0]) is figure
    save(axes[0, 0], path)
