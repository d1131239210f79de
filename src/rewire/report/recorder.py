"""A callback that follows a training and keeps what its report will show."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from rewire.validation import several

from .frame_features import extract_features
from .recording import Frame, Recording, read_recording, thin
from .snapshots import snapshot

if TYPE_CHECKING:
    from rewire.graph import Network
    from rewire.train import Training

__all__ = ["Recorder"]

# A network with at most this many connections is kept whole and drawn.
MAX_DRAWN = 3000
# With more frames than this, every other one is dropped.
MAX_FRAMES = 128
# Frames of a training that never rewires; also the most frames between two rewirings.
REPORTS = 40
# Samples that are kept, and the most numbers in them.
MAX_SAMPLES, MAX_NUMBERS = 256, 200_000
# Largest share of the time since the start for the frames of a network too large to draw.
MAX_SHARE = 0.03


class Recorder:
    """A callback of :func:`rewire.fit` that records the training for :func:`write_report`.

    A frame is taken of the network at the start, after every rewiring, at reports if nothing has
    been rewired for a while, and at the end; with more than 128 frames, every other one is dropped.
    A small network (up to 3000 connections) is kept whole, and its features are computed when the
    report is written. Of a larger one a frame holds block densities, distributions of fan-in and
    fan-out, and the strongest paths. Such a frame takes as long as a few steps, so it is skipped if
    frames would take more than 3% of the time since the start.

    Parameters
    ----------
    name : str, optional
        The run's name in the report; by default its method.
    data : str, optional
        The data's name in the report.
    feature_names : sequence of str, optional
        One per input.
    image_shape : (int, int), optional
        Rows and columns, if the inputs are the pixels of an image.
    classes : sequence, optional
        The names of the classes.

    Attributes
    ----------
    recording : Recording
        What has been recorded so far.
    seconds : float
        Time that recording has taken so far.

    Examples
    --------
    >>> import tempfile, rewire
    >>> from rewire.data import moons
    >>> from rewire.report import write_report
    >>> X, y = moons(seed=0)
    >>> net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    >>> recorder = Recorder(data="moons")
    >>> _ = rewire.fit(net, X, y, loss="hinge", total_steps=1000, seed=0, callbacks=[recorder])
    >>> [(frame.step, frame.kind) for frame in recorder.recording.frames][:5]
    [(0, 'start'), (30, 'report'), (50, 'rewiring'), (80, 'report'), (100, 'rewiring')]
    >>> page = write_report([recorder.recording], tempfile.mkdtemp() + "/moons.html")
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        data: str | None = None,
        feature_names: Sequence[str] | None = None,
        image_shape: Sequence[int] | None = None,
        classes: Sequence[Any] = (),
    ):
        if feature_names is not None:
            feature_names = several(feature_names, "feature_names", "names")
        if image_shape is not None:
            image_shape = several(image_shape, "image_shape", "rows and columns")
        classes = several(classes, "classes", "names")
        self.about: dict[str, Any] = {
            "name": name,
            "data": data,
            "feature_names": feature_names and list(feature_names),
            "image_shape": image_shape and list(image_shape),
            "classes": [str(one) for one in classes],
        }
        self.recording: Recording
        self.training: Training | None = None
        self.seconds = self._spent = self._latest = 0.0
        self._begun = perf_counter()

    # ---------------------------------------------------------------- as a callback of a Training

    def begin(self, training: Training, resumed_from: str | os.PathLike[str] | None = None) -> None:
        """Take the first frame and follow the training's rewirings; :func:`rewire.fit` calls this.

        Parameters
        ----------
        training : Training
        resumed_from : path, optional
            A recording of the same training, to be continued. Frames of steps that will be done
            again are dropped.
        """
        self.training, self._begun = training, perf_counter()
        training.on_rewiring = self._rewired
        if resumed_from is not None and Path(resumed_from).exists():
            self.recording = read_recording(resumed_from)
            self.recording.truncate(training.step)
            return
        self.start(
            training.net,
            training.samples.X,
            training.samples.y,
            method=training.rewirer.method.name,
            loss=training.loss.name,
            total_steps=training.total_steps,
            step=training.step,
        )

    def __call__(self, training: Training) -> None:
        """Take a frame at a report, if the last one is long ago, and at the end."""
        since = training.step - self.recording.moments[-1]
        if since >= training.total_steps / REPORTS:
            self.take(training.net, training.step, "report")
        if training.finished:
            self.finish()

    def finish(self) -> None:
        """Take the last frame, and another one of the network that early stopping restored."""
        assert self.training is not None
        training, frames = self.training, self.recording.frames
        stopping = training.early_stopping
        if frames[-1].kind != "end" and frames[-1].step < training.step:
            self.take(training.net, training.step, "end")
        if stopping is not None and stopping.best is not None and frames[-1].kind != "kept":
            self.take(stopping.best, training.step, "kept")
        self._copy_history()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the recording, whole or not at all.

        Call this before saving the checkpoint: a resumed training drops surplus frames, but could
        not make up for missing ones.
        """
        self._copy_history()
        self.recording.save(path)

    def _rewired(self, training: Training) -> None:
        self.take(training.net, training.step, "rewiring")

    def _copy_history(self) -> None:
        if self.training is not None:
            history = self.training.history
            self.recording.rows = list(history.rows)
            self.recording.rewirings = [asdict(record) for record in history.rewirings]

    # ------------------------------------------------------------------ in a loop of your own

    def start(
        self,
        net: Network,
        X: Any,
        y: Any,
        *,
        method: str,
        loss: str,
        total_steps: int,
        step: int = 0,
    ) -> None:
        """Begin a recording with the network as it is.

        Parameters
        ----------
        net : Network
        X, y : array or SciPy sparse matrix, array
            The training samples; up to 256 of them are kept, evenly spaced.
        method, loss : str
            Names of the method and of the loss.
        total_steps : int
            Steps planned.
        step : int, default 0
            Steps done.
        """
        every = max(1, -(-X.shape[0] // min(MAX_SAMPLES, max(1, MAX_NUMBERS // X.shape[1]))))
        kept = X[::every]
        about = {
            "method": method,
            "loss": loss,
            "total_steps": total_steps,
            "activations": [one.name for one in net.activations[1:]],
        }
        self.recording = Recording(
            {**self.about, **about},
            np.array(kept.toarray() if hasattr(kept, "toarray") else kept, net.dtype),
            np.array(y[::every]),
        )
        self.take(net, step, "start")

    def take(self, net: Network, step: int, kind: str) -> None:
        """Take a frame, unless frames are being thinned out or would take too much time.

        Parameters
        ----------
        net : Network
        step : int
            Steps done.
        kind : {"start", "rewiring", "report", "end", "kept"}
            Why the frame is taken; those at the end are always kept.
        """
        recording = self.recording
        moment = len(recording.moments)
        last = kind in ("end", "kept")
        if not last:
            recording.moments.append(step)
        if not last and (moment % recording.interval or not self._affordable(net)):
            return
        if len(net.connections) > MAX_DRAWN:
            net.program()  # not counted below, as the training is about to need it anyway
        begin = perf_counter()
        form, arrays = self._contents(net)
        recording.frames.append(Frame(step, kind, form, moment, arrays))
        if len(recording.frames) > MAX_FRAMES:
            recording.interval *= 2
            recording.frames[:] = thin(recording.frames, recording.interval)
        cost = perf_counter() - begin
        self.seconds += cost
        if moment:  # the first frame may include compiling
            self._spent, self._latest = self._spent + cost, cost

    def _affordable(self, net: Network) -> bool:
        """Whether another frame and the last one stay within the share of time for frames."""
        elapsed = perf_counter() - self._begun
        with_the_last = self._spent + 2 * self._latest
        return len(net.connections) <= MAX_DRAWN or with_the_last <= MAX_SHARE * elapsed

    def _contents(self, net: Network) -> tuple[str, dict[str, np.ndarray]]:
        """Return a frame's form and arrays."""
        whole = len(net.connections) <= MAX_DRAWN
        if whole and all(one.built_in for one in net.activations[1:]):
            return "snapshot", snapshot(net)
        about, X = self.recording.about, self.recording.X
        features = extract_features(
            net, X, about["loss"], whole=whole, image_shape=about["image_shape"]
        )
        return "whole" if whole else "summary", features
