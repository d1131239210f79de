"""Training curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from rewire.validation import of_type, real_array, several, whole_number

from . import style

__all__ = ["plot_history", "plot_losses"]

_COLOURS = [style.NEGATIVE, style.POSITIVE, "#2a8c6b", "#8b5aa8", style.INK]


def plot_losses(
    losses: Mapping[str, Sequence[float]],
    rewirings: Sequence[int] = (),
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw losses over training steps on a logarithmic scale, with the rewirings marked.

    Parameters
    ----------
    losses : mapping of str to sequence of float
        One curve per name: its loss at step 0, 1, …
    rewirings : sequence of int, optional
        Steps after which connections moved, drawn as thin vertical lines.
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
    for curve in of_type(losses, "losses", Mapping).values():
        real_array(curve, "losses")
    rewirings = _steps(rewirings)
    ax = style.given_or_new(ax, 8, 4)
    for n, step in enumerate(rewirings):
        label = "rewiring" if n == 0 else None
        ax.axvline(step, color=style.FAINT, linewidth=0.8, zorder=0, label=label)
    for n, (name, curve) in enumerate(losses.items()):
        colour = _COLOURS[n % len(_COLOURS)]
        label = style.plain(str(name))
        ax.plot(range(len(curve)), curve, color=colour, linewidth=1.6, label=label)
    ax.set_yscale("log")
    ax.set_xlabel("step", color=style.INK)
    ax.set_ylabel("loss", color=style.INK)
    style.open_frame(ax)
    if losses or len(rewirings):
        ax.legend(loc="lower left", framealpha=1, edgecolor="white", labelcolor=style.INK)
    if title:
        style.title(ax, title)
    return ax


def plot_history(
    columns: Mapping[str, Sequence[float | None]],
    rewirings: Sequence[int] = (),
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw a training history: losses, accuracies on a second axis, and rewirings.

    Parameters
    ----------
    columns : mapping of str to sequence of float
        ``step``, ``loss``, ``accuracy``, ``validation_loss`` and ``validation_accuracy``, as in
        :class:`rewire.train.History`; None where nothing was measured. Validation curves are
        dashed.
    rewirings : sequence of int, optional
        Steps after which connections moved, drawn as ticks along the bottom.
    ax : matplotlib.axes.Axes, optional
        Where to draw; new axes by default. Accuracies get a twin axis.
    title : str, optional
        A title above the picture.

    Returns
    -------
    matplotlib.axes.Axes
        The axes of the losses.

    Examples
    --------
    >>> columns = {"step": [10, 20], "loss": [0.5, 0.1], "accuracy": [0.7, 1.0]}
    >>> ax = plot_history(columns, rewirings=[5, 15])
    """
    if "step" not in of_type(columns, "columns", Mapping):
        raise ValueError(f"columns must hold step; got {', '.join(columns) or 'none'}")
    rewirings = _steps(rewirings)
    ax = style.given_or_new(ax, 8, 4)
    shown = _measured(columns, "loss", ax, _COLOURS[0])
    if min(_values(columns, "loss"), default=0) > 0:
        ax.set_yscale("log")
    style.open_frame(ax)
    has_accuracy = bool(_values(columns, "accuracy"))
    if has_accuracy:
        other = ax.twinx()
        shown += _measured(columns, "accuracy", other, _COLOURS[1])
        other.yaxis.set_major_formatter(PercentFormatter(1))
        other.set_ylabel("accuracy", color=_COLOURS[1])
        style.open_frame(other)
        ax.tick_params(axis="y", which="both", colors=_COLOURS[0])
        other.tick_params(axis="y", colors=_COLOURS[1])
    if len(rewirings):
        shown += ax.plot(
            rewirings,
            [0.015] * len(rewirings),
            "|",
            color=style.REWIRING,
            transform=ax.get_xaxis_transform(),
            label="rewiring",
        )
    ax.set_xlabel("step", color=style.INK)
    ax.set_ylabel("loss", color=_COLOURS[0] if has_accuracy else style.INK)
    if shown:
        ax.legend(handles=shown, loc="center right", edgecolor="white", labelcolor=style.INK)
    if title:
        style.title(ax, title)
    return ax


def _steps(rewirings: Sequence[int]) -> list[int]:
    return [whole_number(step, "rewirings") for step in several(rewirings, "rewirings", "steps")]


def _measured(
    columns: Mapping[str, Sequence[float | None]], what: str, ax: Axes, colour: str
) -> list[Line2D]:
    """Draw the training and validation curves of one quantity, as far as it was measured."""
    drawn = []
    for name, dashes in ((what, "-"), (f"validation_{what}", "--")):
        values = columns.get(name, [None] * len(columns["step"]))
        pairs = zip(columns["step"], values, strict=True)
        points = [(step, value) for step, value in pairs if value is not None]
        if points:
            label = name.replace("_", " ")
            x, y = zip(*points, strict=True)
            marker = "o" if len(points) == 1 else None  # one point makes no line
            drawn += ax.plot(x, y, dashes, marker=marker, color=colour, linewidth=1.6, label=label)
    return drawn


def _values(columns: Mapping[str, Sequence[float | None]], what: str) -> list[float]:
    """Return all measurements of one quantity, training and validation."""
    both = *columns.get(what, ()), *columns.get(f"validation_{what}", ())
    return [value for value in both if value is not None]
