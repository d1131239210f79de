"""What an experiment leaves in its folder: traces, pictures and a summary."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from rewire.io import prepare_folder
from rewire.plot import boundary, plot_losses, plot_topology
from rewire.plot.style import figure_of
from rewire.scalar import SparseMLP

from .experiment import Experiment, Run, fan_ins
from .published import POST_SEED, compare

__all__ = ["write_report"]

# The same run gives the same files, byte for byte.
_REPRODUCIBLE: Any = {"svg.hashsalt": "rewire"}
_NO_DATE = {"svg": {"Date": None}, "png": {"Software": None}}


def write_report(experiment: Experiment, folder: str | Path) -> list[Path]:
    """Write traces, pictures and ``summary.json``, each complete or not at all.

    Parameters
    ----------
    experiment : Experiment
    folder : path
        Created where it does not exist; files of the same names are replaced.

    Returns
    -------
    list of Path
        The files, in the order written.
    """
    folder = prepare_folder(folder)
    written = []
    for run in (experiment.static, experiment.rigl):
        written.append(_write(folder / f"{run.method}.csv", partial(_write_trace, run)))
    with matplotlib.rc_context(_REPRODUCIBLE):
        for name, figure in _pictures(experiment):
            try:
                for kind in ("svg", "png"):
                    save = _saver(figure, kind)
                    written.append(_write(folder / f"{name}.{kind}", save))
            finally:
                plt.close(figure)
    summary = json.dumps(summarise(experiment), indent=2) + "\n"
    written.append(_write(folder / "summary.json", lambda path: path.write_text(summary)))
    return written


def summarise(experiment: Experiment) -> dict[str, Any]:
    """Return the experiment's figures as plain data."""
    summary: dict[str, Any] = {"seed": experiment.seed, "engine": experiment.engine}
    for run in (experiment.static, experiment.rigl):
        summary[run.method] = {
            "final_loss": run.losses[-1],
            "final_accuracy": run.accuracies[-1],
            "seconds": round(run.seconds, 3),
            **_shape(run.model),
        }
    summary["stripped_once"] = _shape(experiment.stripped_once)
    summary["stripped"] = _shape(experiment.stripped)
    if experiment.seed == POST_SEED:
        comparison = compare(experiment)
        summary["post"] = {
            "agrees": comparison.agrees,
            "largest_loss_difference": comparison.largest_difference,
            "figures_compared": 2 * len(comparison.rows),
            "stripped_once_agrees": comparison.stripped_once_agrees,
            "stripped_agrees": comparison.stripped_agrees,
        }
    return summary


def shape(model: SparseMLP) -> str:
    """Return the layer sizes as text, such as ``7-4-1``."""
    return "-".join(str(len(layer.neurons)) for layer in model.layers)


def _shape(model: SparseMLP) -> dict[str, Any]:
    return {
        "layers": shape(model),
        "parameters": len(model.parameters()),
        "fan_ins": fan_ins(model),
    }


def _write_trace(run: Run, path: Path) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["step", "loss", "accuracy"])
        # repr keeps every bit of a float.
        rows = zip(map(repr, run.losses), map(repr, run.accuracies), strict=True)
        writer.writerows((step, *row) for step, row in enumerate(rows))


def _pictures(experiment: Experiment) -> Iterator[tuple[str, Figure]]:
    once, exact = experiment.stripped_once, experiment.stripped
    for name, model, title in [
        ("wiring_static", experiment.static.model, "Static wiring"),
        ("wiring_rigl", experiment.rigl.model, "After RigL"),
        ("wiring_stripped_once", once, f"Stripped by the post's single pass: {shape(once)}"),
        ("wiring_stripped", exact, f"All dead neurons stripped: {shape(exact)}"),
    ]:
        yield name, figure_of(plot_topology(model, title=title))

    figure, axes = plt.subplots(1, 3, figsize=(15, 4.4), layout="constrained", sharey=True)
    for ax, title, model in zip(
        axes,
        ["Static wiring", "RigL", f"RigL, stripped to {shape(exact)}"],
        [experiment.static.model, experiment.rigl.model, exact],
        strict=True,
    ):
        answers = np.array([model(point).data for point in experiment.X.tolist()])
        right = np.mean((answers > 0) == (experiment.y > 0))
        boundary(model, experiment.X, experiment.y, ax=ax, title=f"{title}: {right:.0%} right")
    yield "boundaries", figure

    ax = plot_losses(
        {"static wiring": experiment.static.losses, "RigL": experiment.rigl.losses},
        rewirings=experiment.rigl.rewirings,
        title="Loss while training",
    )
    yield "losses", figure_of(ax)


def _saver(figure: Figure, kind: str) -> Callable[[Path], None]:
    return lambda path: figure.savefig(path, format=kind, dpi=150, metadata=_NO_DATE[kind])


def _write(path: Path, write: Callable[[Path], Any]) -> Path:
    """Write under another name first, so that no one ever finds half a file."""
    unfinished = path.with_name(f".{path.name}.partial")
    try:
        write(unfinished)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path
