"""Follows a training and keeps what its report will show."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from scipy.sparse import issparse

from rewire.graph import Network
from rewire.train import Training

from .frame_features import look, snapshot
from .recording import Frame, Recording, read_recording, thinned

__all__ = ["Recorder"]

# Connections up to which a wiring can be drawn, and is kept as it is.
DRAWABLE = 3000
# Frames beyond which every other one is forgotten.
MOST_FRAMES = 128
# Frames of a training that never rewires; between rewirings there are no more than these either.
REPORTS = 40
SAMPLES, NUMBERS = 256, 200_000
# Of the time since the start, the most that frames of a network too large to draw may take.
SHARE = 0.03


class Recorder:
    """A callback of :func:`rewire.fit` that records the training for :func:`write_report`.

    A frame is kept of the network at the start, after every rewiring, where nothing is rewired for
    a while, and at the end; when there are more than 128, every other one is forgotten. A small
    network (up to 3000 connections) is kept whole and looked at only when the report is written, a
    larger one as block densities, distributions of fan-in and fan-out and its strongest paths. Such
    a frame takes as long as a few steps, so that one is left out where frames would come to more
    than 3% of the time since the start, the last one included.

    Parameters
    ----------
    name : str, optional
        What the report calls the run; by default its method.
    data : str, optional
        What the report calls the data.
    feature_names : sequence of str, optional
        One per input.
    image_shape : (int, int), optional
        Rows and columns of the picture that the inputs are.
    classes : sequence, optional
        The names of the classes.

    Attributes
    ----------
    recording : Recording
    seconds : float
        What recording has cost so far.

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

    # ---------------------------------------------------------------------------- of a Training

    def begin(self, training: Training, resumed_from: str | os.PathLike[str] | None = None) -> None:
        """Take the first frame and follow the training's rewirings; :func:`rewire.fit` calls this.

        Parameters
        ----------
        training : Training
        resumed_from : path, optional
            A recording of the same training. Its frames are taken over as far as the training has
            got; those of steps that will be made again are forgotten.
        """
        self.training, self._begun = training, perf_counter()
        training.on_rewiring = self._rewired
        if resumed_from is not None and Path(resumed_from).exists():
            self.recording = read_recording(resumed_from)
            self.recording.before(training.step)
            return
        self.start(
            training.net,
            training.samples.X,
            training.samples.y,
            method=training.rewirer.method.name,
            loss=training.loss.name,
            total_steps=training.total_steps,
            done=training.step,
        )

    def __call__(self, training: Training) -> None:
        """Take note of a report."""
        since = training.step - self.recording.moments[-1]
        if since >= training.total_steps / REPORTS:
            self.take(training.net, training.step, "report")
        if training.finished:
            self.finish()

    def finish(self) -> None:
        """Take the last frame; again if early stopping has brought back a network meanwhile."""
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

        Do so before the checkpoint: what a recording has too much is forgotten when the training
        is taken up again, what it has too little would be missing.
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

    # ------------------------------------------------------------------ of any loop of one's own

    def start(
        self,
        net: Network,
        X: Any,
        y: Any,
        *,
        method: str,
        loss: str,
        total_steps: int,
        done: int = 0,
    ) -> None:
        """Begin a recording with the network as it is.

        Parameters
        ----------
        net : Network
        X, y
            The training samples; up to 256 of them are kept, at equal distances.
        method, loss : str
        total_steps : int
            Steps planned.
        done : int, default 0
            Steps made.
        """
        step = max(1, -(-X.shape[0] // min(SAMPLES, max(1, NUMBERS // X.shape[1]))))
        some = X[::step]
        activations = [one.name for one in net.activations[1:]]
        about = {
            "method": method,
            "loss": loss,
            "total_steps": total_steps,
            "activations": activations,
        }
        self.recording = Recording(
            {**self.about, **about},
            np.array(some.toarray() if issparse(some) else some, net.dtype),
            np.array(y[::step]),
        )
        self.take(net, done, "start")

    def take(self, net: Network, step: int, kind: str) -> None:
        """Keep a frame, or not where frames have become too many.

        Parameters
        ----------
        net : Network
        step : int
            Steps made.
        kind : {"start", "rewiring", "report", "end", "kept"}
        """
        recording = self.recording
        moment = len(recording.moments)
        last = kind in ("end", "kept")
        if not last:
            recording.moments.append(step)
        if not last and (moment % recording.interval or not self._affordable(net)):
            return
        if len(net.connections) > DRAWABLE:
            net.program()  # the training is about to need it as well
        begin = perf_counter()
        form, arrays = self._arrays(net)
        recording.frames.append(Frame(step, kind, form, moment, arrays))
        if len(recording.frames) > MOST_FRAMES:
            recording.interval *= 2
            recording.frames[:] = thinned(recording.frames, recording.interval)
        cost = perf_counter() - begin
        self.seconds += cost
        if moment:  # the first may have had something to compile
            self._spent, self._latest = self._spent + cost, cost

    def _affordable(self, net: Network) -> bool:
        elapsed = perf_counter() - self._begun
        with_the_last = self._spent + 2 * self._latest
        return len(net.connections) <= DRAWABLE or with_the_last <= SHARE * elapsed

    def _arrays(self, net: Network) -> tuple[str, dict[str, np.ndarray]]:
        whole = len(net.connections) <= DRAWABLE
        if whole and all(one.built_in for one in net.activations[1:]):
            return "snapshot", snapshot(net)
        about, X = self.recording.about, self.recording.X
        form = "whole" if whole else "summary"
        return form, look(net, X, about["loss"], whole=whole, image=about["image_shape"])
