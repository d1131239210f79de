"""A training to look at while it runs elsewhere: the frames of a session, but no commands."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from rewire.train import Training
from rewire.train.evaluation import score

from . import array_frames
from .array_engine import ArrayEngine, plane
from .array_lane import scored_part
from .curve import Curve
from .data import extent_of
from .fields import CommandError
from .player import RATE, Player
from .session import Session

__all__ = ["Watch"]

SHARE = 0.05  # of the time at most goes into frames


class Watch:
    """Shows a training as a page or a widget does a session; a callback of :func:`rewire.fit`.

    It stands where a :class:`Player` does. Until the training is over it refuses commands; then it
    hands over to a player, whose session begins with the trained network.

    Parameters
    ----------
    name : str, default "data"
        Of the data.
    inputs, classes : sequence of str, optional
        Their names.

    Examples
    --------
    >>> import rewire
    >>> from rewire.data import moons
    >>> watch, net = Watch("moons"), rewire.mlp([2, 8, 1], density=0.5, seed=0)
    >>> history = rewire.fit(net, *moons(seed=0), total_steps=50, callbacks=[watch])
    >>> watch.frame()["lanes"][0]["loss"] > 0
    True
    """

    def __init__(self, name: str = "data", inputs: Sequence[Any] = (), classes: Sequence[Any] = ()):
        self.about: dict[str, Any] = {"name": name, "inputs": inputs, "classes": classes}
        self.running = True
        self.problem: str | None = None
        self._changed = threading.Condition()
        self._version = 0
        self._latest: dict[str, Any] = {}
        self._curve = Curve()
        self._player: Player | None = None
        self._next, self._spent, self._begun = 0.0, 0.0, perf_counter()

    # ------------------------------------------------------------------ from the training

    def begin(self, training: Training) -> None:
        """Show the network before the first step, and follow the rewirings."""
        self._scored = scored_part(training.samples)
        self._changes = array_frames.Changes(training.net)
        self._before = self._changes.begin(training.net)
        others = training.on_rewiring

        def rewired(at: Training) -> None:
            if others is not None:
                others(at)
            self._changes.end(at.net, self._before, at.step)
            self._before = self._changes.begin(at.net)
            self.take(at)

        training.on_rewiring = rewired
        self.take(training, now=True)

    def __call__(self, training: Training) -> None:
        """Show a report."""
        row = training.history.rows[-1]
        with self._changed:
            self._curve.add(row["step"], [(row["loss"], row["accuracy"])], every=True)
        self.take(training, now=training.finished)

    def show_history(self, training: Training) -> None:
        """Show a training as a checkpoint has it, with all its reports."""
        with self._changed:
            self._curve = Curve(epoch=self._curve.epoch + 1)
            for row in training.history.rows:
                self._curve.add(row["step"], [(row["loss"], row["accuracy"])], every=True)
        self._changes.end(training.net, self._before, training.step)
        self._before = self._changes.begin(training.net)
        self.take(training, now=True)

    def take(self, training: Training, now: bool = False) -> None:
        """Show the network as it is, unless the last frame was a moment ago."""
        begin = perf_counter()
        if not now and begin < self._next:
            return
        found = score(training.net, self._scored)
        points = plane(self._scored, training.net.ranks[-1])
        frozen = np.zeros(training.net.size, bool)
        shown = array_frames.show(
            training.net, self._scored.X, frozen, self._changes, training.step
        )
        lane = {
            "name": training.rewirer.method.name,
            "method": {"name": training.rewirer.method.name},
            "loss": found.loss,
            "accuracy": found.accuracy,
            **shown,
            **array_frames.boundaries(training.net, extent_of(points), None),
        }
        self._publish(training, lane, points)
        end = perf_counter()
        self._spent += end - begin
        self._next = end + max(1 / RATE, (end - begin) / SHARE)

    def finish(self, training: Training, error: str | None = None) -> None:
        """Hand over to a session with the network as it is now, which can be operated on.

        The last frame stays where a session would take none such, as of sparse data.
        """
        player: Player | None = None
        try:
            player = self._following(training)
        except ValueError as refused:
            error = error or str(refused)
        else:
            player.problem = error
            player.start()
        with self._changed:
            self._player, self.running, self.problem = player, False, error
            self._version += 1
            self._changed.notify_all()

    def _following(self, training: Training) -> Player:
        samples = training.samples
        engine = ArrayEngine(training.net, samples.X, samples.y, loss=training.loss, **self.about)
        session = Session(engine)
        session.epoch += 1  # so that all is shown anew
        return Player(session)

    def _publish(self, training: Training, lane: dict[str, Any], points: Any) -> None:
        with self._changed:
            self._latest = {
                "engine": "array",
                "watching": True,
                "step": training.step,
                "end": training.total_steps,
                "command": 0,
                "can_rewind": False,
                "settings": {
                    "data": {"do": "given"},
                    "network": None,
                    "learning_rate": {"value": training.learning_rate(training.step)},
                    "methods": [lane["method"]],
                    "look": {"neuron": None, "lane": 0},
                },
                "lanes": [lane],
                "data": {**self.about, "points": points, "extent": extent_of(points)},
            }
            self._version += 1
            self._changed.notify_all()

    # ------------------------------------------------------------------- as a player does

    def send(self, command: Mapping[str, Any]) -> None:
        """Refuse a command, or hand it to the session that follows the training."""
        self._handed_over("commands").send(command)

    def frame(self, since: Mapping[str, int] | None = None) -> dict[str, Any]:
        """Return the latest frame; see :meth:`rewire.playground.Session.frame`."""
        if self._player is not None:
            return self._player.frame(since)
        with self._changed:
            rows, epoch = self._curve.rows, self._curve.epoch
            since = since or {}
            begin = since.get("row", 0) if since.get("curve") == epoch else 0
            frame = {
                "frame": self._version,
                "running": self.running,
                "speed": 0.0,
                "problem": self.problem,
                **self._latest,
                "cursor": {"session": 0, "data": 0, "curve": epoch, "row": len(rows)},
                "curve": {"from": begin, "rows": rows[begin:]},
            }
            if "data" in since:
                del frame["data"]
            return frame

    def wait(self, seen: int, timeout: float) -> bool:
        """Wait until there is a later frame than number ``seen``; return whether there is."""
        if self._player is not None:
            return self._player.wait(seen, timeout)
        with self._changed:
            return self._changed.wait_for(
                lambda: self._player is not None or self._version not in (0, seen), timeout
            )

    def export(self, kind: str, lane: int = 1) -> tuple[str, str, bytes]:
        """Return the session that follows in another form; refuse that before."""
        return self._handed_over("kind").export(kind, lane)

    def _handed_over(self, what: str) -> Player:
        if self._player is None:
            over = f"cannot be had here: {self.problem}"
            wait = "must wait until the training, which is watched, is over"
            raise CommandError(f"{what} {wait if self.running else over}")
        return self._player

    def start(self) -> None:
        """Do nothing: the training runs by itself."""

    def rest(self) -> None:
        """Pause the session that followed, if any: the training goes on without being looked at."""
        if self._player is not None:
            self._player.rest()

    def close(self) -> None:
        """End the session that followed, if any, and wake all who wait."""
        if self._player is not None:
            self._player.close()
        with self._changed:
            self._changed.notify_all()
