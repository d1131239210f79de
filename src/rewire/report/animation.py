"""An animation of a network that rewires itself, from a recording."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import to_rgba
from PIL import Image

from rewire.io import as_path, atomic_write
from rewire.plot import style
from rewire.validation import of_type, real_number, whole_number

from .recording import Recording
from .scene_pictures import SHADES, draw_scenes
from .scenes import iter_scenes

__all__ = ["write_animation"]

# Pillow's options for small files, by file name ending.
FORMATS: dict[str, dict[str, Any]] = {
    ".webp": {"lossless": True, "quality": 60, "method": 3},
    ".gif": {},
    ".png": {},
}


def write_animation(
    recording: Recording,
    path: str | os.PathLike[str],
    *,
    seconds: float = 8,
    rate: float = 10,
    width: int = 720,
) -> Path:
    """Write an animation of a small network that rewires itself.

    Dropped connections are dashed red and grown ones green, until they fade; dead neurons are grey
    and fold away at the end. Beside the wiring is the decision boundary, if the network has two
    inputs, and below them the accuracy or the loss.

    Parameters
    ----------
    recording : Recording
        From a :class:`Recorder`, of a network with up to 3000 connections.
    path : path-like
        The file, ending in ``.webp`` (the smallest), ``.gif`` or ``.png`` (APNG); it is written
        whole or not at all.
    seconds : float, default 8
        Duration of the training in the animation; the end takes five more.
    rate : float, default 10
        Pictures per second.
    width : int, default 720
        Width in pixels.

    Returns
    -------
    Path
        The file written.

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
    >>> file = write_animation(recorder.recording, tempfile.mkdtemp() + "/moons.webp", rate=1)
    """
    of_type(recording, "recording", Recording)
    path = as_path(path)
    if path.suffix not in FORMATS:
        raise ValueError(f"path must end in one of {', '.join(FORMATS)}; got {path.name!r}")
    for name, value in (("seconds", seconds), ("rate", rate)):
        if not real_number(value, name, 0, 1e6):
            raise ValueError(f"{name} must be above 0; got {value}")
    whole_number(width, "width", 100)
    scenes = list(iter_scenes(recording, seconds, rate))
    pictures = _reduce_colours(list(draw_scenes(recording, scenes, width)))
    if path.suffix == ".webp":  # WebP has no palettes
        pictures = [picture.convert("RGB") for picture in pictures]
    content = BytesIO()
    pictures[0].save(
        content,
        path.suffix[1:],
        save_all=True,
        append_images=pictures[1:],
        duration=[round(1000 * scene.seconds) for scene in scenes],
        loop=0,  # for ever
        **FORMATS[path.suffix],
    )
    with atomic_write(path) as temporary:
        temporary.write_bytes(content.getvalue())
    return path


def _reduce_colours(pictures: list[Image.Image]) -> list[Image.Image]:
    """Return the pictures in one small palette, which halves the bytes."""
    lines = [
        style.INK,
        style.FAINT,
        style.GROWN,
        style.DROPPED,
        *style.SIGNED(np.linspace(0, 1, 9)),
    ]
    solid = np.array([to_rgba(one)[:3] for one in lines])
    # Also lighter tints, of antialiased lines and of what fades.
    tints = [1 - share * (1 - solid) for share in (0.25, 0.5, 0.75, 1)]
    areas = style.SIGNED_PALE(np.linspace(0, 1, SHADES))[:, :3]
    colours = np.concatenate([*tints, areas, np.ones((1, 3))])
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.rint(255 * colours).astype(np.uint8).tobytes())
    return [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
