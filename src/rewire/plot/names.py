"""What inputs and outputs are called, beside them in a picture of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from rewire.graph import Network
from rewire.validation import several

from . import style

__all__ = ["checked_names", "draw_names", "room_for"]

# Of a rank with more neurons, letters would be too small to read.
MOST_NAMED = 150
# Letters of a name that are shown, inches for each, and the distance from the neuron's middle.
LONGEST, INCHES, APART = 28, 0.075, 0.5
SIZE = 8


def checked_names(
    net: Network, inputs: Sequence[str] | None, outputs: Sequence[str] | None
) -> dict[int, list[str]]:
    """Return names by rank, where there are some and room for them.

    Raises
    ------
    ValueError
        If they are not one for each.
    """
    found = {}
    last = len(net.ranks) - 1
    for parameter, rank, names in (("input_names", 0, inputs), ("output_names", last, outputs)):
        if names is None:
            continue
        shown = [_cut(str(name)) for name in several(names, parameter, "names")]
        if len(shown) != net.ranks[rank]:
            raise ValueError(
                f"{parameter} must hold one name for each of {net.ranks[rank]} neurons; got "
                f"{len(shown)}"
            )
        if len(shown) <= MOST_NAMED:
            found[rank] = shown
    return found


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def room_for(named: Mapping[int, Sequence[str]]) -> float:
    """Return how many inches the longest names take up on both sides together."""
    return sum(INCHES * max(map(len, names), default=0) for names in named.values())


def draw_names(
    ax: Axes,
    net: Network,
    named: Mapping[int, Sequence[str]],
    position: np.ndarray,
    living: np.ndarray,
    rankdir: str,
    unit: float,
) -> None:
    """Write names left of inputs and right of outputs, or above and below.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    net : Network
    named : mapping of int to sequence of str
    position : ndarray, shape (neurons, 2)
    living : ndarray of bool, shape (neurons,)
    rankdir : {"TB", "LR"}
    unit : float
        Inches between neurons that are 1 apart.
    """
    for rank, names in named.items():
        side = -1 if rank == 0 else 1
        first = position[net.rank_start[rank]]
        end = side * (APART + INCHES * max(map(len, names)) / unit)
        ax.update_datalim([first + ([end, 0] if rankdir == "LR" else [0, -end])])
        for number, name in enumerate(names, start=int(net.rank_start[rank])):
            x, y = position[number]
            if rankdir == "LR":
                place = {"x": x + side * APART, "y": y, "va": "center"}
                place["ha"] = "right" if side < 0 else "left"
            else:
                place = {"x": x, "y": y - side * APART, "ha": "center", "rotation": 90}
                place["va"] = "bottom" if side < 0 else "top"
            colour = style.INK if living[number] else style.FAINT
            ax.text(**place, s=style.plain(name), fontsize=SIZE, color=colour)
