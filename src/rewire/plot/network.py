"""A network as a picture: neurons in ranks, connections coloured by weight."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, PathPatch
from matplotlib.path import Path

from rewire.export import from_scalar
from rewire.graph import Network
from rewire.graph.strip import alive
from rewire.io import advise, received

from . import style
from .densities import draw_densities, size_of
from .names import checked_names, draw_names, room_for

__all__ = ["as_network", "curve", "largest_weight", "plot_topology", "positions"]

RADIUS = 0.33  # of a neuron; neighbours are 1 apart
RANK_DISTANCE = 2.6
# More than this cannot be told apart, more in one rank cannot be labelled, and no screen is wider.
MOST_NEURONS, MOST_CONNECTIONS, MOST_LABELLED, MOST_INCHES = 400, 5000, 40, 25
DASHES = (0, (3, 2))


def plot_topology(
    model: Any,
    ax: Axes | None = None,
    rankdir: str = "TB",
    title: str | None = None,
    *,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
) -> Axes:
    r"""Draw the neurons of a network rank by rank, and its connections; or how dense it is.

    A connection's width grows with \|weight\|; orange is negative and blue positive. Dead neurons,
    which lie on no path from an input to an output, are dashed and grey, and so are their
    connections. Neurons have labels while no rank has more than 40. Of a network with more than 400
    neurons or 5000 connections, the density of each block of the wiring is drawn instead, and the
    picture says so.

    Parameters
    ----------
    model : Network or SparseMLP
        The network to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure of fitting size by default.
    rankdir : {"TB", "LR"}, default "TB"
        Inputs at the top and outputs at the bottom, or from left to right.
    title : str, optional
        A title above the picture.
    input_names, output_names : sequence of str, optional
        What stands beside the inputs and outputs, one for each: names of columns and of classes.
        Of a rank with more than 150 neurons, and of a network that is drawn by densities, none
        does.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If ``rankdir`` is neither "TB" nor "LR", or names are not one for each.

    Examples
    --------
    >>> from rewire.scalar import SparseMLP
    >>> ax = plot_topology(SparseMLP(2, [3, 1], [0, 0]), title="dense")
    >>> ax.figure.savefig("wiring.svg")  # doctest: +SKIP
    """
    if rankdir not in ("TB", "LR"):
        raise ValueError(f"rankdir must be 'TB' or 'LR'; got {rankdir!r}")
    net = as_network(model)
    named = checked_names(net, input_names, output_names)
    if net.size > MOST_NEURONS or len(net.connections) > MOST_CONNECTIONS:
        return _dense_picture(net, ax, title)
    position, living = positions(net.ranks, rankdir), alive(net)
    # Wide ranks are further apart, or all connections would be flat.
    position[:, 1 if rankdir == "TB" else 0] *= max(1, max(net.ranks) / MOST_LABELLED)
    width, height = np.ptp(position, axis=0) + 2
    scale = min(0.62, MOST_INCHES / max(width, height))
    room = np.array([room_for(named), 0] if rankdir == "LR" else [0, room_for(named)])
    size = np.array([max(scale * width, 4) + 1.2, max(scale * height, 2.5)]) + room
    ax = style.given_or_new(ax, *size.tolist())
    _draw_connections(ax, net, position, living, rankdir)
    draw_names(ax, net, named, position, living, rankdir, scale)
    _draw_neurons(ax, net, position, living, labelled=max(net.ranks) <= MOST_LABELLED)
    if not living.all():
        _draw_legend(ax)
    return _finished(ax, title)


def _dense_picture(net: Network, ax: Axes | None, title: str | None) -> Axes:
    ax = style.given_or_new(ax, *size_of(net))
    draw_densities(net, ax)
    return _finished(ax, title)


def _finished(ax: Axes, title: str | None) -> Axes:
    if title:
        style.title(ax, title)
    ax.set_aspect("equal")
    ax.margins(0.02)
    ax.axis("off")
    return ax


def as_network(model: Any) -> Network:
    """Return a Network as it is, and a model of scalar neurons converted to one.

    Parameters
    ----------
    model : Network or SparseMLP
        A scalar model needs only ``layers`` of ``neurons``. One without ``nin``, such as the
        post's, gets as many inputs as its first layer reaches.
    """
    if hasattr(model, "connections"):
        return model
    if not hasattr(model, "layers"):
        held = "give its network_" if hasattr(model, "network_") else "make one with rewire.mlp"
        raise TypeError(
            advise(f"model must be a Network or a SparseMLP; got {received(model)}", held)
        )
    if not hasattr(model, "nin"):
        model = copy.copy(model)
        model.nin = 1 + max((i for neuron in model.layers[0].neurons for i in neuron.w), default=0)
    net = from_scalar(model)
    net.backend = "numpy"  # nothing to compile for a model of this size
    return net


def positions(ranks: Sequence[int], rankdir: str = "TB") -> np.ndarray:
    """Return (x, y) of every neuron: each rank centred, its neurons 1 apart."""
    along = np.concatenate([np.arange(size) - (size - 1) / 2 for size in ranks])
    depth = np.repeat(np.arange(len(ranks)), ranks) * RANK_DISTANCE
    # The first neuron of a rank is at the left, or at the top.
    return np.c_[along, -depth] if rankdir == "TB" else np.c_[depth, -along]


def curve(start: np.ndarray, end: np.ndarray, rankdir: str = "TB") -> Path:
    """Return the line of a connection, which leaves and arrives in the direction of the ranks."""
    axis = 1 if rankdir == "TB" else 0
    bend = np.zeros(2)
    bend[axis] = (end - start)[axis] / 2
    return Path(
        [start, start + bend, end - bend, end],
        [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4],
    )


def largest_weight(weight: np.ndarray) -> float:
    r"""Return the largest \|weight\|, or 1 where there is none to scale by."""
    return float(np.abs(weight).max(initial=0)) or 1.0


def _draw_connections(
    ax: Axes, net: Network, position: np.ndarray, living: np.ndarray, rankdir: str
) -> None:
    table = net.connections
    source, target, weight = table.source, table.target, table.weight
    largest = largest_weight(weight)
    colours = ScalarMappable(Normalize(-largest, largest), style.SIGNED)
    for c in np.argsort(np.abs(weight)):  # the strongest on top
        line = curve(position[source[c]], position[target[c]], rankdir)
        strength = abs(weight[c]) / largest
        used = living[source[c]] and living[target[c]]
        look = (
            {"edgecolor": colours.to_rgba(weight[c]), "linewidth": 0.8 + 4 * strength}
            if used
            else {"edgecolor": style.FAINT, "linewidth": 0.8, "linestyle": DASHES}
        )
        ax.add_patch(PathPatch(line, facecolor="none", zorder=2 + strength if used else 1, **look))
    if len(weight):
        bar = ax.figure.colorbar(colours, ax=ax, shrink=0.5, aspect=16, pad=0.02)
        bar.outline.set_visible(False)
        bar.set_label("weight", color=style.INK, fontsize=9)
        bar.ax.tick_params(colors=style.INK, labelsize=8)


def _draw_neurons(
    ax: Axes, net: Network, position: np.ndarray, living: np.ndarray, labelled: bool
) -> None:
    for number, ((x, y), is_alive) in enumerate(zip(position, living, strict=True)):
        label, colour = net.label(number), style.INK if is_alive else style.FAINT
        circle = Circle(
            (x, y),
            RADIUS,
            facecolor="white",
            edgecolor=colour,
            linewidth=1.4 if is_alive else 1.0,
            linestyle="-" if is_alive else DASHES,
            zorder=4,
        )
        ax.add_patch(circle)
        if not labelled:
            continue
        size = 9 if len(label) < 5 else 7
        ax.text(x, y, label, ha="center", va="center", fontsize=size, color=colour, zorder=5)


def _draw_legend(ax: Axes) -> None:
    dead = Line2D(
        [], [], marker="o", ls="", mfc="white", mec=style.FAINT, ms=9, label="dead neuron"
    )
    ax.legend(handles=[dead], loc="lower right", frameon=False, labelcolor=style.INK)
