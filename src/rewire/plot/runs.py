"""Many runs of several methods, one row per method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from rewire.validation import of_type, real_array, real_number

from . import style

__all__ = ["plot_runs"]

# Dots closer than this share of the axis are drawn side by side.
DOT = 0.011
HALF_ROW = 0.36


def plot_runs(
    values: Mapping[str, Sequence[float]],
    measure: str = "accuracy",
    reach: float | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw every run as a dot, one row per method, over a box of its quartiles.

    The box spans the first to the third quartile, with a line at the median; a diamond marks the
    mean. Dots of similar value are drawn side by side, so that a row's height shows how many.

    Parameters
    ----------
    values : mapping of str to sequence of float
        The measured value of every run, per method; values that are not finite are left out.
    measure : str, default "accuracy"
        What was measured; accuracies are shown in per cent.
    reach : float, optional
        A value to reach, marked by a line.
    ax : matplotlib.axes.Axes, optional
        Where to draw; new axes by default.
    title : str, optional
        A title above the picture.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> ax = plot_runs({"static": [0.8, 0.85, 0.85], "rigl": [0.95, 1.0, 1.0]}, reach=0.99)
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['static', 'rigl']
    """
    of_type(values, "values", Mapping)
    if reach is not None:
        reach = real_number(reach, "reach")
    ax = style.given_or_new(ax, 8, 1.3 + 0.75 * max(len(values), 1))
    finite = {name: np.asarray(real_array(row, "values"), float) for name, row in values.items()}
    finite = {name: row[np.isfinite(row)] for name, row in finite.items()}
    together = np.concatenate([*finite.values(), [reach] if reach is not None else []])
    span = float(np.ptp(together)) if len(together) else 0.0
    for place, row in enumerate(finite.values()):
        if len(row):
            _draw_row(ax, place, row, DOT * (span or 1.0))
    if reach is not None:
        ax.axvline(reach, color=style.REWIRING, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
    ax.set_yticks(range(len(values)), [style.plain(str(name)) for name in values])
    ax.set_ylim(max(len(values), 1) - 0.5, -0.5)
    if measure == "accuracy":
        ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_xlabel(f"{measure} (dots: runs; box: quartiles, median; diamond: mean)", color=style.INK)
    style.open_frame(ax)
    ax.tick_params(axis="y", length=0, labelsize=10)
    if title:
        style.title(ax, title)
    return ax


def _draw_row(ax: Axes, place: int, row: np.ndarray, width: float) -> None:
    offset = _beside(row, width)
    ax.scatter(row, place + offset, s=9, color=style.POSITIVE, alpha=0.55, linewidths=0, zorder=2)
    low, middle, high = np.quantile(row, [0.25, 0.5, 0.75])
    ax.broken_barh(
        [(low, high - low)],
        (place - 0.2, 0.4),
        facecolor=style.FAINT,
        alpha=0.45,
        edgecolor=style.REWIRING,
        zorder=1,
    )
    ax.plot([middle, middle], [place - 0.2, place + 0.2], color=style.INK, linewidth=2, zorder=3)
    ax.plot(row.mean(), place, "D", color=style.NEGATIVE, markersize=6, mec="white", zorder=4)


def _beside(row: np.ndarray, width: float) -> np.ndarray:
    """Return offsets that spread the dots of each bin evenly; the fullest bin fills the row."""
    bins = np.round(row / width).astype(np.int64)
    offset = np.zeros(len(row))
    fullest = np.unique(bins, return_counts=True)[1].max()
    step = min(2 * HALF_ROW / max(fullest - 1, 1), 0.08)
    for number in np.unique(bins):
        members = np.flatnonzero(bins == number)
        offset[members] = (np.arange(len(members)) - (len(members) - 1) / 2) * step
    return offset
