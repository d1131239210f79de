"""A session that runs: a loop of steps, commands from several threads, and frames for all of them.

Standard library only.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from .commands import check
from .exports import EXPORTS, prepare, reopened
from .fields import CommandError, Field, number
from .session import Session

__all__ = ["TRANSPORT", "Player"]

RATE = 25  # frames a second
SPEED = Field("number", "Steps a second.", low=1, high=100_000)
BUSY = 0.5  # of the time at most the loop computes, so that commands need not wait
PART, BREATH = 0.1, 0.001  # seconds of steps at a time, and for others to be answered after them
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
        self._stops = 0  # what has come that ends steps which are being made
        self._replacing = 0  # sessions that are being computed to take this one's place
        self._closed = threading.Event()

    # ---------------------------------------------------------------------------- from threads

    def send(self, command: Mapping[str, Any]) -> None:
        """Do a command of the session, or one of the player's own.

        These are ``run``, ``pause``, ``speed`` with a ``value`` of steps a second, and ``open``
        with a ``link``, or a ``session`` as it was saved, which replaces the present one.

        Nobody waits for what takes long, and a ``pause`` ends it: see :meth:`work`.

        Raises
        ------
        CommandError
            If it is not taken; nothing is changed then, but for steps that were made before.
        """
        for _ in self.work(command):
            self._closed.wait(BREATH)  # or this thread would take the lock again at once

    def work(self, command: Mapping[str, Any]) -> Iterator[None]:
        """Do a command in parts of a moment each; between them, others are answered.

        A ``pause`` ends steps that are being made. Another session, or an earlier moment of this
        one, is computed beside the present session, which it then replaces; a pause, or another
        such command, leaves the present one as it is.
        """
        name = command.get("do") if isinstance(command, Mapping) else None
        if name == "step":
            yield from self._learn(check(command)["steps"])
        elif name in ("open", "rewind"):
            yield from self._replace(name, command)
        else:
            with self._changed:
                if name in TRANSPORT:
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
                "working": self._replacing > 0,
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
            if not self.running or self._replacing:
                self._owed = 0.0
                return 0.0
            self._owed += self.speed * min(seconds, 1.0)
            steps = min(int(self._owed), self._within(BUSY / RATE))
            if not steps:
                return 0.0
            self._owed = min(self._owed - steps, 1.0)
            try:
                self._make(steps)
            except CommandError as error:
                self.running, self.problem = False, str(error)
            return self._pace * steps

    def rest(self) -> None:
        """Pause, as nobody looks."""
        self.send({"do": "pause"})

    def close(self) -> None:
        """End the loop and wake all who wait."""
        with self._changed:
            self.running = False
            self._stops += 1
            self._closed.set()
            self._announce()

    def _transport(self, command: Mapping[str, Any]) -> None:
        name = command["do"]
        if name == "speed":
            self.speed = number("value", SPEED, command.get("value"))
        else:
            self.running, self.problem = name == "run", None
            self._stops += name == "pause"

    # ---------------------------------------------------------------------- what may take long

    def _learn(self, steps: int) -> Iterator[None]:
        """Make steps in parts, until all are made or something ends them."""
        with self._changed:
            stops = self._stops
        while steps:
            with self._changed:
                if self._stops != stops:
                    return
                part = min(steps, self._within(PART))
                self._make(part)
            steps -= part
            if steps:
                yield

    def _within(self, seconds: float) -> int:
        """Return how many steps are made in a time, as far as that is known; at least one."""
        return max(1, int(seconds / self._pace)) if self._pace else 10

    def _make(self, steps: int) -> None:
        begin = time.perf_counter()
        try:
            self.session.do({"do": "step", "steps": steps})
        finally:
            self._pace = (time.perf_counter() - begin) / steps
            self._announce()

    def _replace(self, name: str, command: Mapping[str, Any]) -> Iterator[None]:
        """Put another session in the present one's place, unless that has gone on meanwhile."""
        with self._changed:
            present, done = self.session, self.session.record.done
            twin = present.twin()
            self._stops += 1
            stops = self._stops
            self._replacing += 1
        try:
            made, end = twin, time.monotonic() + PART
            for one in (_opened if name == "open" else Session.rewound)(twin, command):
                made = one
                if self._stops != stops:
                    raise CommandError(f"{name} was stopped; the session is as it was")
                if time.monotonic() > end:
                    with self._changed:
                        self._announce()  # that it takes a while, and can be stopped
                    yield
                    end = time.monotonic() + PART
            with self._changed:
                if self.session is not present or present.record.done is not done:
                    raise CommandError("the session has gone on meanwhile; send the command again")
                if made is twin:
                    made.look = present.look
                else:
                    made.epoch = present.epoch + 1  # so that all is shown anew
                    self.running, self.problem = False, None
                self.session = made
        finally:
            with self._changed:
                self._replacing -= 1
                self._announce()

    def _announce(self) -> None:
        self._version += 1
        self._changed.notify_all()


def _opened(present: Session, command: Mapping[str, Any]) -> Iterator[Session]:
    try:
        yield from reopened(present, command)
    except ValueError as error:
        raise CommandError(str(error)) from error
