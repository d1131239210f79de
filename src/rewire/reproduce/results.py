"""Writes traces, pictures and a summary of the post's experiment to a folder."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from rewire.io import atomic_write, prepare_folder
from rewire.scalar import SparseMLP

from .post import MethodRun, Reproduction, fan_ins, layer_sizes
from .published import POST_SEED, compare_with_post

__all__ = ["summarise", "write_results"]


def write_results(reproduction: Reproduction, folder: str | Path) -> list[Path]:
    """Write traces, pictures and ``summary.json``, each whole or not at all.

    Parameters
    ----------
    reproduction : Reproduction
    folder : path-like
        Created if it does not exist; files of the same names are replaced.

    Returns
    -------
    list of Path
        The files, in the order written.

    Raises
    ------
    OSError
        If the folder cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> from rewire.reproduce import reproduce_post
    >>> files = write_results(reproduce_post(), tempfile.mkdtemp())
    >>> files[0].name, files[-1].name
    ('static.csv', 'summary.json')
    """
    from .pictures import write_pictures  # imports matplotlib

    folder = prepare_folder(folder)
    traces = [_write_trace(run, folder) for run in (reproduction.static, reproduction.rigl)]
    pictures = write_pictures(reproduction, folder)
    summary = folder / "summary.json"
    with atomic_write(summary) as temporary:
        temporary.write_text(json.dumps(summarise(reproduction), indent=2) + "\n")
    return [*traces, *pictures, summary]


def summarise(reproduction: Reproduction) -> dict[str, Any]:
    """Return the results as plain data."""
    summary: dict[str, Any] = {"seed": reproduction.seed, "engine": reproduction.engine}
    for run in (reproduction.static, reproduction.rigl):
        summary[run.method] = {
            "final_loss": run.final_loss,
            "final_accuracy": run.final_accuracy,
            "seconds": round(run.seconds, 3),
            **_sizes(run.model),
        }
    summary["stripped_once"] = _sizes(reproduction.stripped_once)
    summary["stripped"] = _sizes(reproduction.stripped)
    if reproduction.seed == POST_SEED:
        comparison = compare_with_post(reproduction)
        summary["post"] = {
            "agrees": comparison.agrees,
            "largest_loss_difference": comparison.largest_difference,
            "figures_compared": 2 * len(comparison.rows),
            "stripped_once_agrees": comparison.stripped_once_agrees,
            "stripped_agrees": comparison.stripped_agrees,
        }
    return summary


def _sizes(model: SparseMLP) -> dict[str, Any]:
    return {
        "layers": layer_sizes(model),
        "parameters": len(model.parameters()),
        "fan_ins": fan_ins(model),
    }


def _write_trace(run: MethodRun, folder: Path) -> Path:
    path = folder / f"{run.method}.csv"
    with atomic_write(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["step", "loss", "accuracy"])
        # repr keeps every bit of a float.
        rows = zip(map(repr, run.losses), map(repr, run.accuracies), strict=True)
        writer.writerows((step, *row) for step, row in enumerate(rows))
    return path
