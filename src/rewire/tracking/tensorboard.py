"""TensorBoard's event files, written without TensorFlow or PyTorch."""

from __future__ import annotations

import os
import socket
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rewire.io import as_path, import_optional

from .tracker import Tracker

__all__ = ["TensorBoard"]

EXTRA = "tensorboard"
# How a file begins whose events have steps that may be out of order.
VERSION = "brain.Event:2"


class TensorBoard(Tracker):
    """Writes a training to a folder for ``tensorboard --logdir``.

    A report is in the file as soon as it is there, so that the page shows it. Nothing is sent
    anywhere, and files of the run are not copied.

    Parameters
    ----------
    folder : path-like
        For the event files of one training; it goes on there when it is resumed.
    settings : mapping, optional
        Shown among the hyper-parameters, beside the training's own.

    Raises
    ------
    ImportError
        If TensorBoard is not installed.

    Examples
    --------
    >>> import tempfile, rewire
    >>> from rewire.data import moons
    >>> net = rewire.mlp([2, 8, 1], density=0.5, seed=0)
    >>> tracker = TensorBoard(tempfile.mkdtemp() + "/moons")
    >>> history = rewire.fit(net, *moons(seed=0), total_steps=20, callbacks=[tracker])
    >>> [file.name[:19] for file in tracker.event_files()]
    ['events.out.tfevents']
    """

    name = "tensorboard"
    folder: Path

    def __init__(
        self, folder: str | os.PathLike[str], *, settings: Mapping[str, Any] | None = None
    ):
        super().__init__(as_path(folder, "folder"), settings=settings)
        import_optional("tensorboard", EXTRA)
        self._writer: Any = None

    def event_files(self) -> list[Path]:
        """Return the files that have been written, the oldest first."""
        return sorted(self.folder.glob("events.out.tfevents.*"))

    def start(self, settings: Mapping[str, bool | int | float | str]) -> Mapping[str, int]:
        """Begin a file; return what those have that are there already."""
        from tensorboard.plugins.hparams.summary_v2 import hparams_pb
        from tensorboard.summary.writer.record_writer import RecordWriter

        self.remember()
        before = self.event_files()
        last = _last_steps(before)
        name = f"events.out.tfevents.{int(time.time()):010}.{len(before):04}.{socket.gethostname()}"
        # Not the writer with a thread of its own: what it cannot write, nobody would be told of.
        self._writer = RecordWriter((self.folder / name).open("xb"))
        self._add(file_version=VERSION)
        if not last:
            self._add(step=0, summary=hparams_pb(dict(settings)))
        return last

    def write(self, step: int, figures: Mapping[str, float]) -> None:
        """Write the figures of a step as one record, which is whole or not there at all."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        values = [Summary.Value(tag=name, simple_value=value) for name, value in figures.items()]
        self._add(step=step, summary=Summary(value=values))

    def stop(self, error: BaseException | None) -> None:
        """Close the file."""
        self._writer.close()

    def _add(self, **event: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        self._writer.write(Event(wall_time=time.time(), **event).SerializeToString())
        self._writer.flush()


def _last_steps(files: list[Path]) -> dict[str, int]:
    """Return the last step of each figure in event files, the last of which may be cut short."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    last: dict[str, int] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # a loader does not close its file
        for file in files:
            for event in EventFileLoader(str(file)).Load():
                for value in event.summary.value:
                    last[value.tag] = max(event.step, last.get(value.tag, -1))
    return last
