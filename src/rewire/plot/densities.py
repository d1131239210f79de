"""A network of many neurons as a picture: the density of each block of its wiring."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter

from rewire.graph import Network
from rewire.graph.densities import block_densities

from . import style

__all__ = ["draw_densities", "size_of"]

BLOCKS = 32
# Squares beside each other, the space between them, and inches for each.
COLUMNS, GAP, INCHES = 4, 0.3, 2.4
HEAT = LinearSegmentedColormap.from_list("heat", ["#f4f3f9", "#4b3d8f"])


def size_of(net: Network) -> tuple[float, float]:
    """Return the width and height in inches of a figure for :func:`draw_densities`."""
    count = len(block_densities(net, BLOCKS))
    rows = -(-count // COLUMNS)
    return 1.6 + INCHES * max(2, min(count, COLUMNS)), 0.9 + (INCHES + 0.5) * rows


def draw_densities(net: Network, ax: Axes) -> None:
    """Draw a square for each pair of connected ranks: sources across, targets down.

    Parameters
    ----------
    net : Network
    ax : matplotlib.axes.Axes
    """
    found = block_densities(net, BLOCKS)
    most = max((float(one.max(initial=0)) for one in found.values()), default=0) or 1.0
    norm = Normalize(0, most)
    colours = ScalarMappable(norm, HEAT)
    step = 1 + GAP
    for number, ((source, target), density) in enumerate(found.items()):
        x, y = number % COLUMNS * step, -(number // COLUMNS) * (step + 0.12)
        ax.imshow(
            density,
            extent=(x, x + 1, y - 1, y),
            norm=norm,
            cmap=HEAT,
            interpolation="nearest",
        )
        frame = Rectangle((x, y - 1), 1, 1, fill=False, edgecolor=style.FAINT)
        ax.add_patch(frame)
        text = f"{_name(net, source)} \N{RIGHTWARDS ARROW}\n{_name(net, target)}"
        ax.text(x, y + 0.03, text, va="bottom", fontsize=9, color=style.INK)
    columns, rows = min(len(found), COLUMNS), -(-len(found) // COLUMNS)
    ax.set_xlim(-0.02, max(2, columns) * step - GAP + 0.02)
    ax.set_ylim(-(rows - 1) * (step + 0.12) - 1.42, 0.3)
    says = (
        f"{net.size:,} neurons and {len(net.connections):,} connections are too many to draw.\n"
        "Shown is the density of each block of the wiring:\n"
        "from the neurons across to those down."
    )
    ax.text(0, ax.get_ylim()[0], says, va="bottom", fontsize=9, color=style.INK)
    bar = ax.figure.colorbar(colours, ax=ax, shrink=0.6, aspect=16, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    bar.set_label("density", color=style.INK, fontsize=9)
    bar.ax.tick_params(colors=style.INK, labelsize=8)


def _name(net: Network, rank: int) -> str:
    last = len(net.ranks) - 1
    kind = "input" if rank == 0 else "output" if rank == last else "neuron"
    count = f"{net.ranks[rank]:,} {kind}{'' if net.ranks[rank] == 1 else 's'}"
    return count if kind != "neuron" else f"layer {rank}, {count}"
