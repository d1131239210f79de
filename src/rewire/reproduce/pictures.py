"""The pictures of the post's experiment: wirings, decision boundaries and losses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from rewire.io import atomic_write, percent
from rewire.plot import boundary, plot_losses, plot_topology
from rewire.plot.style import figure_of

from .post import Reproduction, layer_sizes

__all__ = ["write_pictures"]

# The same reproduction gives the same files, byte for byte.
_FIXED_IDS: Any = {"svg.hashsalt": "rewire"}
_NO_DATE = {"svg": {"Date": None}, "png": {"Software": None}}


def write_pictures(reproduction: Reproduction, folder: Path) -> list[Path]:
    """Write every picture as SVG and PNG, each whole or not at all.

    Parameters
    ----------
    reproduction : Reproduction
    folder : Path
        An existing folder.

    Returns
    -------
    list of Path
        The files, in the order written.
    """
    written = []
    with mpl.rc_context(_FIXED_IDS):
        for name, figure in _figures(reproduction):
            try:
                for kind in ("svg", "png"):
                    path = folder / f"{name}.{kind}"
                    with atomic_write(path) as temporary:
                        figure.savefig(temporary, format=kind, dpi=150, metadata=_NO_DATE[kind])
                    written.append(path)
            finally:
                plt.close(figure)
    return written


def _figures(reproduction: Reproduction) -> Iterator[tuple[str, Figure]]:
    static, rigl = reproduction.static, reproduction.rigl
    once, exact = reproduction.stripped_once, reproduction.stripped
    for name, model, title in [
        ("wiring_static", static.model, "Static wiring"),
        ("wiring_rigl", rigl.model, "After RigL"),
        ("wiring_stripped_once", once, f"Stripped by the post's single pass: {layer_sizes(once)}"),
        ("wiring_stripped", exact, f"All dead neurons stripped: {layer_sizes(exact)}"),
    ]:
        yield name, figure_of(plot_topology(model, title=title))
    yield "boundaries", _boundaries(reproduction)
    losses = {"static wiring": static.losses, "RigL": rigl.losses}
    ax = plot_losses(losses, rewirings=rigl.rewirings, title="Training loss")
    yield "losses", figure_of(ax)


def _boundaries(reproduction: Reproduction) -> Figure:
    X, y, exact = reproduction.X, reproduction.y, reproduction.stripped
    models = {
        "Static wiring": reproduction.static.model,
        "RigL": reproduction.rigl.model,
        f"RigL, stripped to {layer_sizes(exact)}": exact,
    }
    figure, axes = plt.subplots(1, 3, figsize=(15, 4.4), layout="constrained", sharey=True)
    for ax, (title, model) in zip(axes, models.items(), strict=True):
        scores = np.array([model(point).data for point in X.tolist()])
        accuracy = np.mean((scores > 0) == (y > 0))
        boundary(model, X, y, ax=ax, title=f"{title}: accuracy {percent(accuracy, 0)}")
    return figure
