"""What a study leaves in its folder beside its runs: a summary, a page and pictures."""

from __future__ import annotations

import os
from typing import Any

import rewire
from rewire.io import as_path, atomic_write, write_json
from rewire.plot import plot_critical_difference, plot_runs
from rewire.validation import of_type

from ..analysis.pairs import pairwise
from ..analysis.ranking import Ranking, rank_methods
from ..analysis.selection import selection_of
from ..analysis.statistics import values_by_method
from ..analysis.verdicts import (
    headline,
    machines_of,
    notes,
    on_machines,
    ranking_sentences,
    unresolved,
)
from ..records import PAGE, PICTURE, RANKS, SUMMARY, as_plain
from ..study import Study
from .grid_report import summary_of_grid, write_grid
from .page import page
from .pictures import save

__all__ = ["summary_of", "write_comparison"]

INTERVALS = (
    "95%: Student's t of means and of paired differences, Wilson's of shares; p: Wilcoxon's "
    "signed-rank test, two-sided; corrected: by Holm's method for all pairs of methods"
)


def summary_of(study: Study, reach: float | None = None) -> dict[str, Any]:
    """Return a study's figures as what JSON can hold; numbers that are none become None.

    Parameters
    ----------
    study : Study
    reach : float, optional
        Of :func:`summarise`.

    Examples
    --------
    >>> from rewire.compare import study_config, run_study
    >>> done = run_study(study_config("moons", total_steps=100), ["static", "rigl"], range(2))
    >>> sorted(summary_of(done)["methods"])
    ['rigl', 'static']
    """
    if study.config.vary:
        return summary_of_grid(study, reach)
    statistics, pairs = study.statistics(reach), pairwise(study.runs, study.measure)
    ranking: Ranking | None = None
    try:
        ranking = rank_methods(study.runs, study.measure)
        ranking_says = ranking_sentences(ranking, pairs)
    except ValueError as error:  # too few
        ranking_says = [f"Not shown: {error}."]
    return as_plain(
        {
            "rewire": rewire.__version__,
            "headline": headline(study, statistics, pairs),
            "unresolved": unresolved(pairs),
            "description": study.description,
            "measure": study.measure,
            "measured_on": study.measured_on,
            "reach": reach,
            "compared_with": study.methods[0],
            "intervals": INTERVALS,
            "seeds": study.seeds,
            "config": study.config.to_dict(),
            "methods": {
                method: vars(found) | study.parts[method] for method, found in statistics.items()
            },
            "pairs": [pair._asdict() | {"apart": pair.apart} for pair in pairs],
            "ranking": None if ranking is None else vars(ranking),
            "ranking_says": ranking_says,
            "selection": selection_of(study),
            "notes": [*notes(study, statistics), *on_machines(study)],
            "machines": machines_of(study),
            "failures": [failure._asdict() for failure in study.failures],
        }
    )


def write_comparison(
    study: Study, folder: str | os.PathLike[str], reach: float | None = None
) -> dict[str, Any]:
    """Write a study's summary, page and pictures, each whole or not at all.

    They are ``summary.json``, ``report.html``, ``runs.png`` and, where methods and seeds are enough
    for a ranking, ``ranks.png``. Of a grid they are ``summary.json``, ``report.html``,
    ``tradeoff.png``, ``table.csv`` and ``table.tex``.

    Parameters
    ----------
    study : Study
        With at least one run.
    folder : path-like
        One that exists.
    reach : float, optional
        Of :func:`summarise`.

    Returns
    -------
    dict
        The summary.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from rewire.compare import study_config, run_study
    >>> done = run_study(study_config("moons", total_steps=100), ["static", "rigl"], range(2))
    >>> folder = Path(tempfile.mkdtemp())
    >>> summary = write_comparison(done, folder)
    >>> sorted(file.name for file in folder.iterdir())
    ['report.html', 'runs.png', 'summary.json']
    """
    of_type(study, "study", Study)
    folder = as_path(folder, "folder")
    if study.config.vary:
        return write_grid(study, folder, reach)
    summary = summary_of(study, reach)
    write_json(folder / SUMMARY, summary)
    with atomic_write(folder / PAGE) as temporary:
        temporary.write_text(page(study, summary), encoding="utf-8")
    where = study.description.partition(":")[0]
    values = values_by_method(study.runs, study.measure)
    ax = plot_runs(
        {method: list(own.values()) for method, own in values.items()},
        measure=study.measure,
        reach=reach,
        title=f"{where}: {study.measure} on {study.measured_on}",
    )
    save(ax, folder / PICTURE)
    (folder / RANKS).unlink(missing_ok=True)
    if (ranking := summary["ranking"]) is not None:
        ax = plot_critical_difference(
            ranking["ranks"],
            ranking["cliques"],
            ranking["critical_difference"],
            title=f"{where}: average rank by {study.measure} over {ranking['seeds']} seeds",
        )
        save(ax, folder / RANKS)
    return summary
