"""Training curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from . import style

__all__ = ["plot_losses"]

_COLOURS = [style.NEGATIVE, style.POSITIVE, "#2a8c6b", "#8b5aa8", style.INK]


def plot_losses(
    losses: Mapping[str, Sequence[float]],
    rewirings: Sequence[int] = (),
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw losses by training step on a logarithmic scale, with the rewirings marked.

    Parameters
    ----------
    losses : mapping of str to sequence of float
        One curve for each name, its loss at step 0, 1, ….
    rewirings : sequence of int, optional
        Steps after which connections moved; thin vertical lines.
    ax : matplotlib.axes.Axes, optional
        Where to draw; new axes by default.
    title : str, optional
        A title above the picture.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> ax = plot_losses({"static": [1.0, 0.5, 0.4], "RigL": [1.0, 0.4, 0.1]}, rewirings=[1])
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(8, 4), layout="constrained")
    for n, step in enumerate(rewirings):
        label = "rewiring" if n == 0 else None
        ax.axvline(step, color=style.FAINT, linewidth=0.8, zorder=0, label=label)
    for n, (name, curve) in enumerate(losses.items()):
        colour = _COLOURS[n % len(_COLOURS)]
        ax.plot(range(len(curve)), curve, color=colour, linewidth=1.6, label=name)
    ax.set_yscale("log")
    ax.set_xlabel("step", color=style.INK)
    ax.set_ylabel("loss", color=style.INK)
    style.open_frame(ax)
    if losses or len(rewirings):
        ax.legend(loc="lower left", framealpha=1, edgecolor="white", labelcolor=style.INK)
    if title:
        style.title(ax, title)
    return ax
