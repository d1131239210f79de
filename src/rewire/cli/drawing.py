"""Pictures of a trained network, for ``rewire show`` and ``rewire export``."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from rewire.experiment import Predictor, RunDirectory
from rewire.io import atomic_write, check_ending
from rewire.plot import plot_topology
from rewire.plot.style import figure_of
from rewire.train import read_history

__all__ = ["draw_curves", "draw_wiring"]


def draw_wiring(model: Predictor, path: Path) -> None:
    """Draw the wiring to a file, with the names of inputs and classes where there are some."""
    net, outputs = model.network, model.classes
    if model.task == "regression" and model.encoder is not None:
        outputs = tuple(column.name for column in model.encoder.schema.targets)
    if len(outputs) == 2 and net.ranks[-1] == 1:
        outputs = outputs[1:]  # the class that a single output speaks for
    named = len(outputs) == net.ranks[-1]
    axes = plot_topology(
        net,
        rankdir="LR" if model.feature_names else "TB",
        input_names=model.feature_names,
        output_names=list(map(str, outputs)) if named else None,
    )
    _save(axes, path, "--picture")


def draw_curves(folder: Path, path: Path) -> None:
    """Draw the losses and accuracies of the run in a folder to a file."""
    if not folder.is_dir():
        raise ValueError(f"curves are of a run's folder; got the model {folder} alone")
    _save(read_history(RunDirectory(folder).checkpoint).plot(), path, "--curves")


def _save(axes: Axes, path: Path, option: str) -> None:
    figure = figure_of(axes)
    endings = [f".{one}" for one in sorted(figure.canvas.get_supported_filetypes())]
    check_ending(path, endings, "a picture", parameter=option)
    format = path.suffix.removeprefix(".").lower() or "png"
    with atomic_write(path) as temporary:
        figure.savefig(temporary, format=format)
    plt.close(figure)
