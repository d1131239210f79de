"""The pictures of docs/results-torch.md, drawn from the figures of the PyTorch study."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from figures import GREY, INK, OURS, save, title

# Static models are drawn dashed, wide ones with squares.
COLOURS = {"dense": INK, "80%": "#d9a441", "90%": OURS, "95%": "#00875a", "75%": "#c8571b"}
SOON = 40  # steps that are not drawn: everything is learnt there but the model


def style(name: str) -> dict:
    """Return colour, line and marker of a setting."""
    wide = "wide" in name
    colour = next(value for key, value in COLOURS.items() if name.endswith(key))
    return {
        "color": "#8a5aa8" if wide and name.endswith("90%") else colour,
        "linestyle": "--" if name.startswith("static") and not wide else "-",
        "marker": "s" if wide else "o",
        "markersize": 3.5,
        "linewidth": 1.3,
    }


def plain(axes: Axes, ticks: list[float], label: str) -> None:
    """Give a logarithmic axis few ticks, written in full."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(label, color=INK, fontsize=9)


def draw_curves(
    curves: Mapping[str, Mapping[str, np.ndarray]], moments: Mapping[str, float]
) -> Path:
    """Draw bits per character over time, steps, bytes and the latency of a token.

    Parameters
    ----------
    curves : mapping of name to arrays
        ``steps``, ``seconds`` and ``bits`` along the training, and one ``megabytes``,
        ``milliseconds``, ``then`` (bits at the common time) and ``spread`` of it.
    moments : mapping
        ``steps`` and ``seconds`` at which all are compared.
    """
    figure = Figure(figsize=(10, 7.6), layout="constrained")
    (time, steps), (size, latency) = figure.subplots(2, 2, sharey=True)
    for name, curve in curves.items():
        look, shown = style(name), curve["steps"] >= SOON
        time.plot(curve["seconds"][shown], curve["bits"][shown], label=name, **look)
        steps.plot(curve["steps"][shown], curve["bits"][shown], **look)
        for axes, place in ((size, "megabytes"), (latency, "milliseconds")):
            hollow = {"markerfacecolor": "white"} if name.startswith("static") else {}
            point = {"marker": look["marker"], "color": look["color"], "markersize": 7} | hollow
            axes.errorbar(curve[place], curve["then"], curve["spread"], capsize=3, **point)
    for axes in (size, latency):
        axes.margins(x=0.12)
    plain(time, [5, 10, 20, 50], "seconds of training on one thread")
    plain(steps, [50, 100, 200, 500], "steps of training")
    plain(size, [5, 10, 20, 50], "megabytes of the saved model")
    plain(latency, [0.7, 1, 1.5, 2, 3, 5], "milliseconds to generate a character")
    time.axvline(moments["seconds"], color=GREY, linewidth=0.8, linestyle=":")
    steps.axvline(moments["steps"], color=GREY, linewidth=0.8, linestyle=":")
    for axes, text in (
        (time, "The same time"),
        (steps, "The same number of steps"),
        (size, f"Size, after {moments['seconds']:.0f} s"),
        (latency, f"Latency, after {moments['seconds']:.0f} s"),
    ):
        title(axes, text)
    for axes in (time, size):
        axes.set_ylabel("bits per character", color=INK, fontsize=9)
    figure.legend(loc="outside lower center", ncols=5, frameon=False, fontsize=8)
    return save(figure, "results-torch.png")
