"""What methods reach against what they cost: a curve for each, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import (
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    PercentFormatter,
)

from rewire.validation import of_type, real_array

from . import style

__all__ = ["plot_tradeoff"]

# Okabe and Ito's colours, which colour-blind readers can tell apart, without the palest; markers
# and dashes tell curves apart in print without colours.
COLOURS = ("#1f6fb4", "#c8571b", "#00875a", "#a8267f", "#56b4e9", "#8a6d00", "#1f2733")
MARKERS = "osD^vPX"
DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (4, 1.5, 1, 1.5)))
# From this ratio of greatest to least on, costs stand on a logarithmic scale.
LOGARITHMIC = 8


def plot_tradeoff(
    curves: Mapping[str, Sequence[Sequence[float]]],
    cost: str = "density",
    measure: str = "accuracy",
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw a curve for each method: the mean of its runs against their cost.

    Parameters
    ----------
    curves : mapping of str to sequence of (float, float, float, float)
        For each method its points, which are joined in this order: cost, mean, and the ends of the
        mean's interval, drawn as a bar; NaN for none.
    cost : str, default "density"
        What the cost is, with its unit. It stands on a logarithmic scale where it spans a factor of
        8 or more.
    measure : str, default "accuracy"
        What was measured; accuracies are shown in per cent.
    ax : matplotlib.axes.Axes, optional
        Where to draw; new axes by default.
    title : str, optional
        A title above the picture.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> curves = {
    ...     "static": [(0.05, 0.90, 0.88, 0.92), (0.2, 0.95, 0.94, 0.96)],
    ...     "rigl": [(0.05, 0.94, 0.93, 0.95), (0.2, 0.96, 0.95, 0.97)],
    ... }
    >>> [line.get_label() for line in plot_tradeoff(curves).get_lines()][:2]
    ['static', 'rigl']
    """
    of_type(curves, "curves", Mapping)
    ax = style.given_or_new(ax, 6.4, 4.2)
    costs: list[float] = []
    for number, (name, points) in enumerate(curves.items()):
        table = np.asarray(real_array(points, "curves"), float).reshape(-1, 4)
        costs += table[:, 0].tolist()
        _draw(ax, number, str(name), table)
    if costs and min(costs) > 0 and max(costs) >= LOGARITHMIC * min(costs):
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_minor_formatter(NullFormatter())
    else:
        ax.xaxis.set_major_locator(MaxNLocator(6))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
    if measure == "accuracy":
        ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_xlabel(of_type(cost, "cost", str), color=style.INK)
    ax.set_ylabel(of_type(measure, "measure", str), color=style.INK)
    ax.grid(color=style.FAINT, linewidth=0.5, alpha=0.6)
    style.open_frame(ax)
    if curves:
        ax.legend(loc="lower right", frameon=False, fontsize=9, labelcolor=style.INK)
    if title:
        style.title(ax, title)
    return ax


def _draw(ax: Axes, number: int, name: str, table: np.ndarray) -> None:
    x, mean, low, high = table.T
    colour = COLOURS[number % len(COLOURS)]
    ax.plot(
        x,
        mean,
        color=colour,
        marker=MARKERS[number % len(MARKERS)],
        markersize=5,
        linestyle=DASHES[number % len(DASHES)],
        linewidth=1.6,
        label=style.plain(name),
    )
    known = np.isfinite(low) & np.isfinite(high)
    ax.vlines(x[known], low[known], high[known], color=colour, linewidth=1.4, alpha=0.7)
