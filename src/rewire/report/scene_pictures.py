"""The pictures of an animation, drawn by matplotlib."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from PIL import Image

from rewire.io import percent
from rewire.plot import style
from rewire.plot.network import curve

from .frame_features import boundary_points
from .recording import Recording
from .scenes import Scene

__all__ = ["SHADES", "draw_scenes"]

SHADES = 8  # of a decision boundary
DPI = 100
ASPECT = 0.56  # height over width of a picture
NEURON_SIZE = 150  # in square points


def draw_scenes(recording: Recording, scenes: Sequence[Scene], width: int) -> Iterator[Image.Image]:
    """Draw scenes of a recording one after the other, on pictures of that many pixels across."""
    figure = Figure(figsize=(width / DPI, ASPECT * width / DPI), dpi=DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    has_boundary = scenes[0].scores is not None
    wiring = figure.add_axes((0.01, 0.25, 0.61 if has_boundary else 0.98, 0.64))
    boundary = figure.add_axes((0.64, 0.25, 0.35, 0.64)) if has_boundary else None
    for ax in figure.axes:
        ax.axis("off")
    heading = figure.text(0.02, 0.935, "", color=style.INK, fontsize=12, fontweight="bold")
    words = [
        figure.text(x, 0.935, "", color=colour, fontsize=10.5, ha="right")
        for x, colour in ((0.98, style.INK), (0.87, style.DROPPED), (0.98, style.GROWN))
    ]
    progress = _Progress(figure.add_axes((0.075, 0.075, 0.905, 0.13)), recording)
    places = np.concatenate([scene.position for scene in scenes])
    (left, low), (right, high) = places.min(axis=0) - 0.6, places.max(axis=0) + 0.6
    wiring.set(xlim=(left, right), ylim=(low, high))
    largest = max(float(np.abs(scene.weight).max(initial=0)) for scene in scenes) or 1.0
    for scene in scenes:
        _wipe(wiring)
        _draw_connections(wiring, scene, largest)
        _draw_neurons(wiring, scene)
        if boundary is not None:
            _wipe(boundary)
            _draw_boundary(boundary, scene, recording)
        heading.set_text(progress.at(scene.step))
        for text, said in zip(words, (scene.words, *scene.moved), strict=True):
            text.set_text(said)
        canvas.draw()
        yield Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])


def _wipe(ax: Axes) -> None:
    """Take away what the last scene drew: to clear the axes takes a third of a picture's time."""
    for artist in [*ax.collections]:
        artist.remove()


def _draw_connections(ax: Axes, scene: Scene, largest: float) -> None:
    at, alive = scene.position, scene.alive

    def lines(source: np.ndarray, target: np.ndarray, **look: Any) -> None:
        paths = [curve(at[s], at[t]) for s, t in zip(source, target, strict=True)]
        ax.add_collection(PathCollection(paths, facecolor="none", **look), autolim=False)

    order = np.argsort(np.abs(scene.weight))  # the strongest on top
    source, target, weight = scene.source[order], scene.target[order], scene.weight[order]
    fresh, used = scene.fresh[order], alive[source] & alive[target]
    colour = style.SIGNED(0.5 + 0.5 * weight / largest)
    colour[~used] = to_rgba(style.FAINT, 0.6)
    colour += fresh[:, None] * (to_rgba(style.GROWN) - colour)
    colour[~used, 3] *= scene.presence
    width = 0.7 + 4 * np.abs(weight) / largest * used + fresh
    lines(source, target, edgecolor=colour, linewidth=width, zorder=2)
    gone = to_rgba(style.DROPPED, scene.gone)
    ends = scene.gone_source, scene.gone_target
    lines(*ends, edgecolor=[gone], linewidth=1.4, linestyle=(0, (4, 2)), zorder=3)


def _draw_neurons(ax: Axes, scene: Scene) -> None:
    solid: dict[str, Any] = {}
    dashed: dict[str, Any] = {"linestyle": (0, (3, 2)), "alpha": scene.presence}
    for which, colour, width, options in (
        (scene.alive, style.INK, 1.3, solid),
        (~scene.alive, style.FAINT, 1.0, dashed),
    ):
        across, up = scene.position[which].T
        ax.scatter(
            across,
            up,
            s=NEURON_SIZE,
            color="white",
            edgecolor=colour,
            linewidth=width,
            zorder=4,
            **options,
        )


def _draw_boundary(ax: Axes, scene: Scene, recording: Recording) -> None:
    assert scene.scores is not None
    across, up = boundary_points(recording.X)
    ax.contourf(across, up, scene.scores, np.linspace(-1, 1, SHADES + 1), cmap=style.SIGNED_PALE)
    if scene.scores.min() < 0 < scene.scores.max():
        ax.contour(across, up, scene.scores, levels=[0], colors=style.INK, linewidths=1.6)
    label = recording.y.reshape(len(recording.y), -1)[:, 0]
    positive = label > (label.min() + label.max()) / 2
    for which, colour, marker in (
        (~positive, style.NEGATIVE, "o"),
        (positive, style.POSITIVE, "s"),
    ):
        ax.scatter(
            recording.X[which, 0],
            recording.X[which, 1],
            s=14,
            color=colour,
            marker=marker,
            edgecolor="white",
            linewidth=0.5,
        )


class _Progress:
    """The curve at the bottom, with the current step marked."""

    def __init__(self, ax: Axes, recording: Recording):
        known = [row for row in recording.rows if row.get("accuracy") is not None]
        self.measure = "accuracy" if known else "loss"
        rows = known or recording.rows
        self.steps = [row["step"] for row in rows]
        self.values = [row[self.measure] for row in rows]
        ax.plot(self.steps, self.values, color=style.FAINT, linewidth=1.2)
        self.line = ax.plot([], [], color=style.INK, linewidth=1.4)[0]
        self.dot = ax.plot([], [], "o", color=style.INK, markersize=5, clip_on=False)[0]
        for record in recording.rewirings:
            ax.axvline(record["step"], ymax=0.12, color=style.GROWN, linewidth=1)
        ax.set_xlim(0, recording.about["total_steps"])
        if known:
            ax.yaxis.set_major_formatter(PercentFormatter(1))
        ax.set_yticks([min(self.values), max(self.values)])
        style.open_frame(ax)
        ax.tick_params(labelsize=8)

    def at(self, step: float) -> str:
        """Move the mark to a step, and return the heading of that step."""
        until = max(1, bisect_right(self.steps, step))
        self.line.set_data(self.steps[:until], self.values[:until])
        self.dot.set_data(self.steps[until - 1 : until], self.values[until - 1 : until])
        value = self.values[until - 1]
        accurate = self.measure == "accuracy"
        reached = f"accuracy {percent(value, 0)}" if accurate else f"loss {value:.3g}"
        return f"step {step:.0f}: {reached}"
