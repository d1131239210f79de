"""A recorded training: frames of the network, its history and a few samples, in one file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rewire.io import as_path, check_ending, percent, reading
from rewire.io.schemas import conform
from rewire.io.tensors import read_tensors, write_tensors

from .recording_contents import Header, check_contents

__all__ = ["FILE_NAME", "Frame", "Recording", "read_recording"]

FILE_NAME = "recording.safetensors"
KIND = "recording"


@dataclass(frozen=True)
class Frame:
    """The network at one step.

    Attributes
    ----------
    step : int
        Steps done.
    kind : {"start", "rewiring", "report", "end", "kept"}
        Why the frame was taken; ``"kept"`` is the network that early stopping restored.
    form : {"snapshot", "whole", "summary", "layers"}
        What the arrays hold: the network itself, its features, the features of a network too
        large to draw, or those of a PyTorch model.
    moment : int
        Position in :attr:`Recording.moments`.
    arrays : mapping of str to ndarray
    """

    step: int
    kind: str
    form: str
    moment: int
    arrays: Mapping[str, np.ndarray] = field(repr=False)


@dataclass(eq=False, repr=False)
class Recording:
    """A recorded training, for :func:`write_report` and :func:`write_animation`.

    Attributes
    ----------
    about : dict
        Plain data: ``name``, ``method``, ``data``, ``loss``, ``total_steps``, ``activations``,
        ``feature_names``, ``image_shape``, ``classes``; for a PyTorch model ``layers``, ``chain``
        (which of them follow each other), ``layer_of_block`` and ``unit``; and, once the
        network has been assessed, ``assessment``, as :meth:`rewire.assess.Assessment.to_dict`
        returns it.
    frames : list of Frame
    rows, rewirings : list of dict
        As in :class:`rewire.train.History`.
    X, y : ndarray
        Some of the training samples.
    moments : list of int
        Steps at which a frame was due, including those thinned out since.
    interval : int
        Every frame whose moment is a multiple of this is kept.

    Examples
    --------
    >>> import rewire
    >>> from rewire.data import moons
    >>> from rewire.report import Recorder
    >>> recorder = Recorder(data="moons")
    >>> net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    >>> history = rewire.fit(net, *moons(seed=0), total_steps=50, callbacks=[recorder], seed=0)
    >>> recorder.recording  # doctest: +ELLIPSIS
    <Recording of 'reviving rigl' on 'moons', 2-16-16-1, steps 0 to 50 of 50
      frames      ...
    >>> recorder.recording.frames[0]
    Frame(step=0, kind='start', form='snapshot', moment=0)
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
        """Write a ``.safetensors`` file, whole or not at all; other endings are refused."""
        check_ending(path, [".safetensors"], "a recording")
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

    def truncate(self, step: int) -> None:
        """Drop the frames after a step and those of the end, as the training continues from it."""
        self.frames[:] = [
            frame
            for frame in self.frames
            if frame.step <= step and frame.kind not in ("end", "kept")
        ]
        self.moments[:] = [moment for moment in self.moments if moment <= step]

    def __repr__(self) -> str:
        about, frames = self.about, self.frames
        data = f" on {about['data']!r}" if about["data"] else ""
        steps = f"steps {frames[0].step:,} to {frames[-1].step:,}" if frames else "no frames"
        ranks = ""
        if "layers" in about:
            ranks = f"{len(about['layers'])} layers, "
        elif frames:
            ranks = "-".join(map(str, frames[-1].arrays["ranks"].tolist())) + ", "
        moved = sum(sum(record["grown"]) for record in self.rewirings)
        last = self.rows[-1] if self.rows else {}
        measured = [
            f"{name.replace('_', ' ')} "
            + (percent(last[name]) if "accuracy" in name else f"{last[name]:.4g}")
            for name in ("loss", "accuracy", "validation_loss", "validation_accuracy")
            if last.get(name) is not None
        ]
        return (
            f"<Recording of {about['name'] or about['method']!r}{data}, {ranks}{steps} of "
            f"{about['total_steps']:,}\n"
            f"  frames      {len(frames)}\n"
            f"  rewirings   {len(self.rewirings)}, moving connections {moved:,} times\n"
            f"  at the end  {', '.join(measured) or 'nothing measured'}>"
        )


def read_recording(path: str | os.PathLike[str]) -> Recording:
    """Read what :meth:`Recording.save` wrote.

    Parameters
    ----------
    path : path-like
        The file, or the folder of a run that holds one.

    Returns
    -------
    Recording

    Raises
    ------
    FileNotFoundError
        If there is no recording.
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
    path = as_path(path)
    file = path / FILE_NAME if path.is_dir() else path
    if not file.exists():
        raise FileNotFoundError(
            f"{path} holds no recorded run: there is no {file.name} in it; 'rewire train' and "
            "'rewire reproduce' write one"
        )
    tensors, header = read_tensors(file, kind=KIND)
    with reading(file):
        conform(header, Header)
        frames = [
            Frame(step, kind, form, moment, _with_prefix(tensors, f"{number}."))
            for number, (step, kind, form, moment) in enumerate(header["frames"])
        ]
        found = Recording(
            header["about"],
            tensors["X"],
            tensors["y"],
            frames,
            header["rows"],
            header["rewirings"],
            tensors["moments"].tolist(),
            header["interval"],
        )
        check_contents(found)
    return found


def resume(path: str | os.PathLike[str] | None, step: int) -> Recording | None:
    """Return a recording up to a step, if there is one."""
    if path is None or not Path(path).exists():
        return None
    found = read_recording(path)
    found.truncate(step)
    return found


def thin(frames: Sequence[Frame], interval: int) -> list[Frame]:
    """Return the frames whose moment is a multiple of the interval, and those of the end."""
    return [one for one in frames if one.moment % interval == 0 or one.kind in ("end", "kept")]


def _with_prefix(tensors: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """Return the tensors whose name starts with the prefix, without it."""
    return {
        name.removeprefix(prefix): array
        for name, array in tensors.items()
        if name.startswith(prefix)
    }
