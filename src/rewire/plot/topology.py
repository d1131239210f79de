"""The wiring of a network as a picture: neurons in ranks, connections by weight."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, PathPatch
from matplotlib.path import Path

from . import style
from .wiring import Wiring

__all__ = ["curve", "plot_topology", "positions"]

RADIUS = 0.33  # of a neuron, where neighbours stand 1 apart
RANK_DISTANCE = 2.6


def plot_topology(
    model: Any, ax: Axes | None = None, rankdir: str = "TB", title: str | None = None
) -> Axes:
    r"""Draw the neurons of a network rank by rank, and its connections.

    A connection's width grows with \|weight\|; orange is negative and blue positive. Dead
    neurons, those on no way from the inputs to the outputs, are dashed and grey, and so are their
    connections.

    Parameters
    ----------
    model : Network, SparseMLP or Wiring
        The network.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure of fitting size by default.
    rankdir : {"TB", "LR"}, default "TB"
        Inputs at the top and outputs at the bottom, or from left to right.
    title : str, optional
        A title above the picture.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from rewire.scalar import SparseMLP
    >>> ax = plot_topology(SparseMLP(2, [3, 1], [0, 0]), title="dense")
    >>> ax.figure.savefig("wiring.svg")  # doctest: +SKIP
    """
    if rankdir not in ("TB", "LR"):
        raise ValueError(f"rankdir must be 'TB' or 'LR'; got {rankdir!r}")
    wiring = model if isinstance(model, Wiring) else Wiring.of(model)
    position = positions(wiring, rankdir)
    alive = wiring.alive
    if ax is None:
        width, height = np.ptp(position, axis=0) + 2
        _, ax = plt.subplots(
            figsize=(max(0.62 * width, 4) + 1.2, max(0.62 * height, 2.5)), layout="constrained"
        )
    _draw_connections(ax, wiring, position, alive, rankdir)
    _draw_neurons(ax, wiring, position, alive)
    if not alive.all():
        dead = Line2D(
            [], [], marker="o", ls="", mfc="white", mec=style.FAINT, ms=9, label="dead neuron"
        )
        ax.legend(handles=[dead], loc="lower right", frameon=False, labelcolor=style.INK)
    if title:
        style.title(ax, title)
    ax.set_aspect("equal")
    ax.margins(0.02)
    ax.axis("off")
    return ax


def positions(wiring: Wiring, rankdir: str = "TB") -> np.ndarray:
    """Return (x, y) of every neuron, each rank centred and its neighbours 1 apart."""
    along = np.concatenate([np.arange(size) - (size - 1) / 2 for size in wiring.sizes])
    depth = np.repeat(np.arange(len(wiring.sizes)), wiring.sizes) * RANK_DISTANCE
    # The first neuron of a rank stands at the left, or at the top.
    return np.c_[along, -depth] if rankdir == "TB" else np.c_[depth, -along]


def curve(start: np.ndarray, end: np.ndarray, rankdir: str = "TB") -> Path:
    """Return the line of a connection: it leaves and arrives along the direction of the ranks."""
    axis = 1 if rankdir == "TB" else 0
    bend = np.zeros(2)
    bend[axis] = (end - start)[axis] / 2
    return Path(
        [start, start + bend, end - bend, end],
        [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4],
    )


def _draw_connections(
    ax: Axes, wiring: Wiring, position: np.ndarray, alive: np.ndarray, rankdir: str
) -> None:
    largest = float(np.abs(wiring.weight).max(initial=0)) or 1.0
    colours = ScalarMappable(Normalize(-largest, largest), style.SIGNED)
    for c in np.argsort(np.abs(wiring.weight)):  # the strongest on top
        line = curve(position[wiring.source[c]], position[wiring.target[c]], rankdir)
        strength = abs(wiring.weight[c]) / largest
        used = alive[wiring.source[c]] and alive[wiring.target[c]]
        look = (
            {"edgecolor": colours.to_rgba(wiring.weight[c]), "linewidth": 0.8 + 4 * strength}
            if used
            else {"edgecolor": style.FAINT, "linewidth": 0.8, "linestyle": (0, (3, 2))}
        )
        ax.add_patch(PathPatch(line, facecolor="none", zorder=2 + strength if used else 1, **look))
    if len(wiring.weight):
        bar = ax.figure.colorbar(colours, ax=ax, shrink=0.5, aspect=16, pad=0.02)
        bar.outline.set_visible(False)
        bar.set_label("weight", color=style.INK, fontsize=9)
        bar.ax.tick_params(colors=style.INK, labelsize=8)


def _draw_neurons(ax: Axes, wiring: Wiring, position: np.ndarray, alive: np.ndarray) -> None:
    for place, label, is_alive in zip(position, wiring.labels, alive, strict=True):
        colour = style.INK if is_alive else style.FAINT
        ax.add_patch(
            Circle(
                tuple(place),
                RADIUS,
                facecolor="white",
                edgecolor=colour,
                linewidth=1.4 if is_alive else 1.0,
                linestyle="-" if is_alive else (0, (3, 2)),
                zorder=4,
            )
        )
        size = 9 if len(label) < 5 else 7
        ax.text(
            place[0],
            place[1],
            label,
            ha="center",
            va="center",
            fontsize=size,
            color=colour,
            zorder=5,
        )
