"""A session that runs: a loop of steps, commands from several threads, and frames for all of them.

Standard library only.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from .exports import EXPORTS, prepare, reopen
from .fields import CommandError, Field, number
from .session import Session

__all__ = ["TRANSPORT", "Player"]

RATE = 25  # frames a second
SPEED = Field("number", "Steps a second.", low=1, high=100_000)
BUSY = 0.5  # of the time at most the loop computes, so that commands need not wait
# What a player takes besides a session's commands; not part of the record.
TRANSPORT = ("run", "pause", "speed", "open")


class Player:
    """Runs a session, and lets threads send commands to it and wait for frames.

    Parameters
    ----------
    session : Session
    speed : float, default 60
        Steps a second while it runs.

    Examples
    --------
    >>> from rewire.playground import ArrayEngine, Session
    >>> player = Player(Session(ArrayEngine()))
    >>> player.send({"do": "step", "steps": 10})
    >>> player.frame()["step"]
    10
    """

    def __init__(self, session: Session, speed: float = 60.0):
        self.session = session
        self.running, self.speed = False, speed
        self.problem: str | None = None  # why it stopped running, if it did
        self._changed = threading.Condition()
        self._version = 0
        self._owed = 0.0  # steps that are due, and not made yet
        self._pace = 0.0  # seconds that a step takes
        self._closed = threading.Event()

    # ---------------------------------------------------------------------------- from threads

    def send(self, command: Mapping[str, Any]) -> None:
        """Do a command of the session, or one of the player's own.

        These are ``run``, ``pause``, ``speed`` with a ``value`` of steps a second, and ``open``
        with a ``link``, or a ``session`` as it was saved, which replaces the present one.

        Raises
        ------
        CommandError
            If it is not taken; nothing is changed then.
        """
        with self._changed:
            if isinstance(command, Mapping) and command.get("do") in TRANSPORT:
                self._transport(command)
            else:
                self.session.do(command)
            self._announce()

    def frame(self, since: Mapping[str, int] | None = None) -> dict[str, Any]:
        """Return the present frame; see :meth:`Session.frame`."""
        with self._changed:
            return {
                "frame": self._version,
                "running": self.running,
                "speed": self.speed,
                "problem": self.problem,
                **self.session.frame(since),
            }

    def wait(self, seen: int, timeout: float) -> bool:
        """Wait until there is a later frame than number ``seen``; return whether there is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._version != seen, timeout)

    def export(self, kind: str, lane: int = 1) -> tuple[str, str, bytes]:
        """Return the session in another form; see :func:`rewire.playground.exports.export`."""
        with self._changed:
            content = prepare(self.session, kind, lane)
        return *EXPORTS[kind], content()

    # ---------------------------------------------------------------------------- the loop

    def start(self) -> threading.Thread:
        """Run the loop in a thread that ends with the program or :meth:`close`."""
        thread = threading.Thread(target=self.loop, name="rewire play", daemon=True)
        thread.start()
        return thread

    def loop(self) -> None:
        """Make steps while the session runs, until :meth:`close`."""
        begin, rest = time.monotonic(), 0.0
        while not self._closed.wait(rest):
            end = time.monotonic()
            spent = self.tick(end - begin)
            begin = end
            rest = max(1 / RATE - spent, spent * (1 / BUSY - 1), 0.001)

    def tick(self, seconds: float) -> float:
        """Make the steps that are due after so many seconds; return how long that took."""
        with self._changed:
            if not self.running:
                self._owed = 0.0
                return 0.0
            self._owed += self.speed * min(seconds, 1.0)
            most = max(1, int(BUSY / RATE / self._pace)) if self._pace else 10
            steps = min(int(self._owed), most)
            if not steps:
                return 0.0
            self._owed = min(self._owed - steps, 1.0)
            begin = time.perf_counter()
            try:
                self.session.do({"do": "step", "steps": steps})
            except CommandError as error:
                self.running, self.problem = False, str(error)
            spent = time.perf_counter() - begin
            self._pace = spent / steps
            self._announce()
            return spent

    def rest(self) -> None:
        """Pause, as nobody looks."""
        self.send({"do": "pause"})

    def close(self) -> None:
        """End the loop and wake all who wait."""
        with self._changed:
            self.running = False
            self._closed.set()
            self._announce()

    def _transport(self, command: Mapping[str, Any]) -> None:
        name, value = command["do"], command.get("value")
        if name == "open":
            self._open(command)
        elif name == "speed":
            self.speed = number("value", SPEED, value)
        else:
            self.running, self.problem = name == "run", None

    def _open(self, command: Mapping[str, Any]) -> None:
        try:
            session = reopen(self.session, command)
        except ValueError as error:
            raise CommandError(str(error)) from error
        session.epoch = self.session.epoch + 1  # so that all is shown anew
        self.session, self.running, self.problem = session, False, None

    def _announce(self) -> None:
        self._version += 1
        self._changed.notify_all()
