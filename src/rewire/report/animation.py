"""A film of a network that rewires itself, from a recording."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from PIL import Image

from rewire.io import atomic_write
from rewire.plot import style
from rewire.plot.topology import curve

from .frame_features import boundary_points
from .recording import Recording
from .scenes import Scene, scenes

__all__ = ["write_animation"]

# How each kind of file is made small.
KINDS: dict[str, dict[str, Any]] = {
    ".webp": {"lossless": True, "quality": 60, "method": 3},
    ".gif": {},
    ".png": {},
}
AREAS = 8  # shades of how sure the network is
DOTS = 100  # an inch
HEIGHT = 0.56  # of a picture, as a share of its width
SIZE = 150  # of a neuron


def write_animation(
    recording: Recording,
    path: str | os.PathLike[str],
    *,
    seconds: float = 8,
    rate: float = 10,
    width: int = 720,
) -> Path:
    """Write an animated picture of a small network that rewires itself.

    Connections removed are dashed red and those grown are green until they have faded into the
    others; dead neurons are grey, and fold away at the end. Beside the wiring stands what the
    network answers, where it has two inputs, and below how it gets better.

    Parameters
    ----------
    recording : Recording
        Of a network of up to 3000 connections, from a :class:`Recorder`.
    path : path-like
        Ending in ``.webp`` (the smallest), ``.gif`` or ``.png`` (APNG); written whole or not at
        all.
    seconds : float, default 8
        What the training takes in the film; the end takes five more.
    rate : float, default 10
        Pictures a second.
    width : int, default 720
        In pixels.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueError
        If the path has another ending, or the network is too large to be drawn.

    Examples
    --------
    >>> import tempfile, rewire
    >>> from rewire.data import moons
    >>> from rewire.report import Recorder
    >>> X, y = moons(seed=0)
    >>> net, recorder = rewire.mlp([2, 8, 1], sparsity=[0, 0.5], seed=0), Recorder(data="moons")
    >>> _ = rewire.fit(net, X, y, loss="hinge", total_steps=100, seed=0, callbacks=[recorder])
    >>> film = write_animation(recorder.recording, tempfile.mkdtemp() + "/moons.webp", rate=1)
    """
    path = Path(path)
    if path.suffix not in KINDS:
        raise ValueError(f"path must end in one of {', '.join(KINDS)}; got {path.name!r}")
    shown = list(scenes(recording, seconds, rate))
    pictures = _in_few_colours(list(_pictures(recording, shown, width)))
    if path.suffix == ".webp":  # which has no palettes
        pictures = [picture.convert("RGB") for picture in pictures]
    film = BytesIO()
    pictures[0].save(
        film,
        path.suffix[1:],
        save_all=True,
        append_images=pictures[1:],
        duration=[round(1000 * scene.seconds) for scene in shown],
        loop=0,  # for ever
        **KINDS[path.suffix],
    )
    with atomic_write(path) as temporary:
        temporary.write_bytes(film.getvalue())
    return path


def _pictures(recording: Recording, shown: list[Scene], width: int) -> Iterator[Image.Image]:
    figure = Figure(figsize=(width / DOTS, HEIGHT * width / DOTS), dpi=DOTS, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    has_boundary = shown[0].scores is not None
    wiring = figure.add_axes((0.01, 0.25, 0.61 if has_boundary else 0.98, 0.64))
    boundary = figure.add_axes((0.64, 0.25, 0.35, 0.64)) if has_boundary else None
    heading = figure.text(0.02, 0.935, "", color=style.INK, fontsize=12, fontweight="bold")
    words = [
        figure.text(x, 0.935, "", color=colour, fontsize=10.5, ha="right")
        for x, colour in ((0.98, style.INK), (0.87, style.DROPPED), (0.98, style.GROWN))
    ]
    progress = _Progress(figure.add_axes((0.075, 0.075, 0.905, 0.13)), recording)
    places = np.concatenate([scene.position for scene in shown])
    edges = places.min(axis=0) - 0.6, places.max(axis=0) + 0.6
    largest = max(float(np.abs(scene.weight).max(initial=0)) for scene in shown) or 1.0
    for scene in shown:
        _draw_wiring(wiring, scene, edges, largest)
        if boundary is not None:
            _draw_boundary(boundary, scene, recording)
        heading.set_text(progress.at(scene.step))
        for text, said in zip(words, (scene.words, *scene.moved), strict=True):
            text.set_text(said)
        canvas.draw()
        yield Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])


def _in_few_colours(pictures: list[Image.Image]) -> list[Image.Image]:
    """Return the pictures in one small palette: half the bytes, and hardly a difference."""
    lines = [
        style.INK,
        style.FAINT,
        style.GROWN,
        style.DROPPED,
        *style.SIGNED(np.linspace(0, 1, 9)),
    ]
    solid = np.array([to_rgba(one)[:3] for one in lines])
    tints = [1 - share * (1 - solid) for share in (0.25, 0.5, 0.75, 1)]  # edges, and what fades
    areas = style.SIGNED_PALE(np.linspace(0, 1, AREAS))[:, :3]
    colours = np.concatenate([*tints, areas, np.ones((1, 3))])
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.rint(255 * colours).astype(np.uint8).tobytes())
    return [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]


def _draw_wiring(
    ax: Axes, scene: Scene, edges: tuple[np.ndarray, np.ndarray], largest: float
) -> None:
    ax.clear()
    ax.axis("off")
    (left, low), (right, high) = edges
    ax.set(xlim=(left, right), ylim=(low, high))
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
    dashes = (0, (4, 2))
    ends = scene.gone_source, scene.gone_target
    lines(*ends, edgecolor=[gone], linewidth=1.4, linestyle=dashes, zorder=3)
    across, down = at.T
    ax.scatter(
        across[alive],
        down[alive],
        s=SIZE,
        color="white",
        edgecolor=style.INK,
        linewidth=1.3,
        zorder=4,
    )
    ax.scatter(
        across[~alive],
        down[~alive],
        s=SIZE,
        color="white",
        edgecolor=style.FAINT,
        linewidth=1,
        linestyle=(0, (3, 2)),
        alpha=scene.presence,
        zorder=4,
    )


def _draw_boundary(ax: Axes, scene: Scene, recording: Recording) -> None:
    assert scene.scores is not None
    ax.clear()
    ax.axis("off")
    across, up = boundary_points(recording.X)
    ax.contourf(across, up, scene.scores, np.linspace(-1, 1, AREAS + 1), cmap=style.SIGNED_PALE)
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
    """The curve at the bottom, and where on it a scene is."""

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
        """Go to a step, and say how well the network does there."""
        until = max(1, bisect_right(self.steps, step))
        self.line.set_data(self.steps[:until], self.values[:until])
        self.dot.set_data(self.steps[until - 1 : until], self.values[until - 1 : until])
        value = self.values[until - 1]
        reached = f"{value:.0%} right" if self.measure == "accuracy" else f"loss {value:.3g}"
        return f"step {step:.0f}: {reached}"
