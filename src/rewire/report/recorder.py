"""A recorder follows a training and keeps what its report will show."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from rewire.io import advise, received
from rewire.validation import several

from .following import REPORTS, Following
from .network_frames import contents, is_small, new_recording
from .recording import Recording, resume
from .taking import FrameTaker

if TYPE_CHECKING:
    from rewire.graph import Network
    from rewire.torch import Rewirer
    from rewire.train import Training

__all__ = ["Recorder"]


class Recorder:
    """A callback of :func:`rewire.fit` that records the training for :func:`write_report`.

    It also records PyTorch models: see :meth:`follow` and :meth:`log`.

    A frame is taken of the network at the start, after every rewiring, at reports if nothing has
    been rewired for a while, and at the end; with more than 128 frames, every other one is dropped.
    A small network (up to 3000 connections and neurons) is kept whole, and its features are
    computed when the report is written. Of a larger one a frame holds block densities,
    distributions of fan-in and fan-out, and the strongest paths. Such a frame takes as long as a
    few steps, so it is skipped if frames would take more than 3% of the time since the start.

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
            "feature_names": feature_names and [str(one) for one in feature_names],
            "image_shape": image_shape and list(image_shape),
            "classes": [str(one) for one in classes],
        }
        self.recording: Recording
        self.training: Training | None = None
        self._taker: FrameTaker | None = None
        self._following: Following | None = None

    @property
    def seconds(self) -> float:
        """Time that recording has taken so far."""
        return self._taker.seconds if self._taker else 0.0

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
        self.training, self._following = training, None
        training.on_rewiring = self._rewired
        if (found := resume(resumed_from, training.step)) is not None:
            self._begin(found)
            return
        few = training.samples.few
        self.start(
            training.net,
            few.X,
            few.y,
            method=training.rewirer.method.name,
            loss=training.loss.name,
            total_steps=training.total_steps,
            step=training.step,
            samples=len(training.samples),
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
        if self._following is not None:
            self._following.finish()
            return
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
        if self._following is not None:
            self._following.copy_history()
        if self.training is not None:
            history = self.training.history
            self.recording.rows = list(history.rows)
            self.recording.rewirings = [asdict(record) for record in history.rewirings]

    def _begin(self, recording: Recording) -> None:
        self.recording, self._taker = recording, FrameTaker(recording)

    # -------------------------------------------------------------------------- a PyTorch model

    def follow(
        self, rewirer: Rewirer, *, resumed_from: str | os.PathLike[str] | None = None
    ) -> Recorder:
        """Begin to record a PyTorch model that is rewired; :meth:`log` goes on.

        A frame holds, of each sparse layer, the density of its blocks, and of convolutions the
        kernels with the largest weights; and the strongest paths through layers that follow each
        other in ``nn.Sequential``. Frames take at most 3% of the time, or a second.

        Parameters
        ----------
        rewirer : rewire.torch.Rewirer
        resumed_from : path, optional
            A recording of the same training, to be continued.

        Returns
        -------
        Recorder
            The recorder itself.

        Raises
        ------
        ValueError
            If there is an image shape, but the first layer reads other inputs.

        Examples
        --------
        >>> import tempfile, torch
        >>> import rewire.torch as rt
        >>> from rewire.report import write_report
        >>> model = torch.nn.Sequential(rt.Linear(16, 8, density=0.25, seed=0))
        >>> optimizer = torch.optim.Adam(model.parameters())
        >>> rewirer = rt.Rewirer(model, optimizer, "rigl", steps=40, every=20, seed=0)
        >>> recorder = Recorder(data="noise").follow(rewirer)
        >>> x = torch.randn(32, 16, generator=torch.Generator().manual_seed(0))
        >>> for _ in range(40):
        ...     optimizer.zero_grad()
        ...     loss = model(x).square().mean()
        ...     loss.backward()
        ...     optimizer.step()
        ...     record = rewirer.step()
        ...     recorder.log(loss=loss)
        >>> page = write_report(recorder.recording, tempfile.mkdtemp() + "/noise.html")
        """
        if not hasattr(rewirer, "steps_made"):
            raise TypeError(
                advise(
                    f"rewirer must be a rewire.torch.Rewirer; got {received(rewirer)}",
                    "record a network by rewire.fit(..., callbacks=[recorder])",
                )
            )
        resumed = resume(resumed_from, rewirer.steps_made)
        self.training, self._following = None, Following(rewirer, self.about, resumed)
        self.recording, self._taker = self._following.recording, self._following.taker
        return self

    def log(
        self,
        *,
        loss: Any = None,
        accuracy: Any = None,
        validation_loss: Any = None,
        validation_accuracy: Any = None,
    ) -> None:
        """Record what was measured, and the model if it was rewired or the last frame is long ago.

        Call it after the rewirer's step: after each, or now and then.

        Parameters
        ----------
        loss, accuracy, validation_loss, validation_accuracy : float or scalar tensor, optional
            Accuracies as shares, from 0 to 1.

        Raises
        ------
        ValueError
            If no model is followed.
        """
        if self._following is None:
            raise ValueError("recorder must follow a model before log; call follow(rewirer) first")
        measures = {"loss": loss, "accuracy": accuracy}
        measures |= {"validation_loss": validation_loss, "validation_accuracy": validation_accuracy}
        self._following.log(measures)

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
        samples: int | None = None,
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
        samples : int, optional
            How many training samples there are, where X has only some of them.
        """
        about: dict[str, Any] = {"method": method, "loss": loss, "total_steps": total_steps}
        about["samples"] = X.shape[0] if samples is None else samples
        self._begin(new_recording(net, X, y, self.about | about))
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
        assert self._taker is not None
        small = is_small(net)
        if self._taker.due(step, kind, cheap=small):
            if not small:
                net.program()  # not counted, as the training is about to need it anyway
            self._taker.take(step, kind, partial(contents, net, self.recording))
