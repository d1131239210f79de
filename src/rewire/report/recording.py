"""What is kept of a training for its report: frames, figures and a few samples, in one file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rewire.io.tensors import read_tensors, write_tensors

__all__ = ["FILE_NAME", "Frame", "Recording", "read_recording"]

FILE_NAME = "recording.safetensors"
KIND = "recording"


@dataclass(frozen=True)
class Frame:
    """A network at one moment.

    Attributes
    ----------
    step : int
        After how many steps.
    kind : {"start", "rewiring", "report", "end", "kept"}
        Why it was taken; ``"kept"`` is the network that early stopping brought back.
    form : {"snapshot", "whole", "summary"}
        What the arrays hold: the network itself, all that a page shows of it, or what a page shows
        of a network too large to draw.
    moment : int
        Which of the moments worth a frame it was, counted from 0.
    arrays : mapping of str to ndarray
    """

    step: int
    kind: str
    form: str
    moment: int
    arrays: Mapping[str, np.ndarray]


@dataclass
class Recording:
    """A training as its report shows it.

    Attributes
    ----------
    about : dict
        Fit for JSON: ``name``, ``method``, ``data``, ``loss``, ``steps`` (planned),
        ``activations``, ``feature_names``, ``image_shape``, ``classes``.
    frames : list of Frame
    rows, rewirings : list of dict
        As in a :class:`rewire.train.History`.
    X, y : ndarray
        Some of the training samples, as the network takes them.
    moments : list of int
        After which steps a frame was worth taking, also where it was thinned out later.

    Examples
    --------
    >>> import rewire
    >>> from rewire.data import moons
    >>> from rewire.report import Recorder
    >>> recorder = Recorder(data="moons")
    >>> net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    >>> history = rewire.fit(net, *moons(seed=0), total_steps=50, callbacks=[recorder], seed=0)
    >>> recorder.recording.about["data"], recorder.recording.frames[-1].step
    ('moons', 50)
    """

    about: dict[str, Any]
    X: np.ndarray
    y: np.ndarray
    frames: list[Frame] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    rewirings: list[dict[str, Any]] = field(default_factory=list)
    moments: list[int] = field(default_factory=list)
    interval: int = 1

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a ``.safetensors`` file, whole or not at all."""
        tensors = {"X": self.X, "y": self.y, "moments": np.array(self.moments, np.int64)}
        for number, frame in enumerate(self.frames):
            tensors |= {f"{number}.{name}": array for name, array in frame.arrays.items()}
        header = {
            "about": self.about,
            "interval": self.interval,
            "rows": self.rows,
            "rewirings": self.rewirings,
            "frames": [[one.step, one.kind, one.form, one.moment] for one in self.frames],
        }
        write_tensors(path, tensors, header, kind=KIND)

    def before(self, step: int) -> None:
        """Forget what came after a step, and the end: the training goes on from there."""
        self.frames[:] = [
            frame
            for frame in self.frames
            if frame.step <= step and frame.kind not in ("end", "kept")
        ]
        self.moments[:] = [moment for moment in self.moments if moment <= step]


def read_recording(path: str | os.PathLike[str]) -> Recording:
    """Read what :meth:`Recording.save` wrote.

    Parameters
    ----------
    path : path-like
        The file, or the folder of a run that has one.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If the file is damaged, cut short, not a recording or from a newer version.

    Examples
    --------
    >>> import tempfile, rewire
    >>> from rewire.data import moons
    >>> from rewire.report import Recorder
    >>> recorder = Recorder(data="moons")
    >>> net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    >>> history = rewire.fit(net, *moons(seed=0), total_steps=50, callbacks=[recorder], seed=0)
    >>> path = tempfile.mkdtemp() + "/moons.safetensors"
    >>> recorder.recording.save(path)
    >>> read_recording(path).about["data"]
    'moons'
    """
    path = Path(path)
    file = path / FILE_NAME if path.is_dir() else path
    if not file.exists():
        raise FileNotFoundError(
            f"{path} holds no recorded run: there is no {file.name} in it; 'rewire train' and "
            "'rewire reproduce' record what they do"
        )
    tensors, header = read_tensors(file, kind=KIND)
    frames = [
        Frame(step, kind, form, moment, _part(tensors, f"{number}."))
        for number, (step, kind, form, moment) in enumerate(header["frames"])
    ]
    return Recording(
        header["about"],
        tensors["X"],
        tensors["y"],
        frames,
        header["rows"],
        header["rewirings"],
        tensors["moments"].tolist(),
        header["interval"],
    )


def thinned(frames: Sequence[Frame], interval: int) -> list[Frame]:
    """Return every interval-th frame by its moment, and the end."""
    return [one for one in frames if one.moment % interval == 0 or one.kind in ("end", "kept")]


def _part(tensors: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {
        name.removeprefix(prefix): array
        for name, array in tensors.items()
        if name.startswith(prefix)
    }
