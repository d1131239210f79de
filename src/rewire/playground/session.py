"""A session: commands in, frames out; recorded, so that it can be replayed and rewound.

Standard library only, as it runs in a browser too. What computes is an engine.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .commands import CommandError, check
from .curve import Curve
from .data import data_name, describe, extent_of, fields_of, points_of
from .engine import Engine, Lane
from .points import Point
from .record import BEGINNINGS, Moment, Record, in_parts
from .snapshots import SPACING, Snapshots

__all__ = ["NAMES", "Session"]

NAMES = ("static", "rewired")


@dataclass
class State:
    """Everything that commands change, besides the networks."""

    data: dict[str, Any] = field(default_factory=dict)  # the command that chose it
    points: tuple[Point, ...] = ()
    rate: dict[str, Any] | None = None
    methods: dict[int, dict[str, Any]] = field(default_factory=dict)
    step: int = 0
    curve: Curve = field(default_factory=Curve)


class Session:
    """Two networks beside each other, and everything that is done to them.

    Parameters
    ----------
    engine : Engine
        What computes.
    commands : iterable of mapping, optional
        Done at once, one after the other; by default those that the engine starts with.

    Attributes
    ----------
    record : Record
        The commands so far, all that is needed to compute everything again.
    epoch : int
        Another one for another session that takes this one's place before the same viewers.
    version : int
        Rises with everything that a frame would show.

    Examples
    --------
    >>> from rewire.playground import ArrayEngine
    >>> session = Session(ArrayEngine())
    >>> session.do({"do": "step", "steps": 50})
    >>> session.do({"do": "cut", "source": 0, "target": 2})
    >>> session.do({"do": "rewind", "step": 20})
    >>> session.frame()["step"]
    20
    """

    def __init__(self, engine: Engine, commands: Iterable[Mapping[str, Any]] | None = None):
        self.engine = engine
        self.record = Record()
        self.version = self.epoch = 0
        self.data_version = 0
        self.look: dict[str, Any] = {"neuron": None, "lane": 1}
        self._state = State()
        self._lanes: list[Lane] = []
        self._snapshots = Snapshots()
        self._seen: tuple[int, list[dict[str, Any]]] = (-1, [])
        _finish(self._all(engine.start if commands is None else commands))

    @classmethod
    def made(cls, engine: Engine, commands: Iterable[Mapping[str, Any]]) -> Iterator[Session]:
        """Make a session in parts: yield it, again and again, until all commands are done."""
        session = cls(engine, ())
        yield session
        yield from session._all(commands)

    @property
    def step(self) -> int:
        """Steps that the present networks have learnt."""
        return self._state.step

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The two networks with what trains them."""
        return tuple(self._lanes)

    @property
    def curve(self) -> list[list[float | None]]:
        """Rows of the step, and loss and accuracy of both networks before it; thinned out."""
        return self._state.curve.rows

    @property
    def data_name(self) -> str:
        """What is learnt, in a word or a formula."""
        return data_name(self._state.data, self.engine.given)

    def do(self, command: Mapping[str, Any]) -> None:
        """Do one command and record it.

        Raises
        ------
        CommandError
            If the session does not take it, or cannot do it now; nothing is changed then.
        """
        checked = check(command)
        name = checked["do"]
        if name == "rewind":
            _finish(self.rewound(checked))
            return
        if name == "look":
            self.look = {"neuron": checked["neuron"], "lane": checked["lane"]}
        else:
            # Steps are many and seldom fail: what they need is computed again from a snapshot.
            before = None if name == "step" and self._lanes else self._take()
            try:
                self._apply(checked)
            except Exception as error:
                if before is None:
                    _finish(self._rewind(self.record.now))
                else:
                    self._put(before)
                if isinstance(error, (ValueError, IndexError)):
                    raise CommandError(str(error)) from error
                raise
            self._snapshots.forget_after(self.record.now)
            self.record.add(checked)
            self._snapshots.offer(self.record.now, self._take, self._weigh(), checked)
        self.version += 1

    def rewound(self, command: Mapping[str, Any]) -> Iterator[Session]:
        """Rewind in parts: yield the session, again and again, until it is where it is to be."""
        checked = check(command)
        yield from self._rewind(self.record.moment(checked["step"], checked["command"]))
        self.version += 1

    def twin(self) -> Session:
        """Return a session of its own in the same state."""
        twin = copy.copy(self)
        twin.record, twin._snapshots = copy.copy(self.record), self._snapshots.copy()
        twin._lanes = []
        twin._put(self._take())
        return twin

    def frame(self, since: Mapping[str, int] | None = None) -> dict[str, Any]:
        """Return what there is to see now, fit for JSON.

        Parameters
        ----------
        since : mapping, optional
            The ``cursor`` of an earlier frame of the same session: what has not changed since is
            left out. By default everything is in the frame.
        """
        since, state = since or {}, self._state
        since = since if since.get("session") == self.epoch else {}
        cursor = {
            "data": self.data_version,
            "session": self.epoch,
            "curve": state.curve.epoch,
            "row": len(state.curve.rows),
        }
        begin = since.get("row", 0) if since.get("curve") == state.curve.epoch else 0
        frame: dict[str, Any] = {
            "engine": self.engine.name,
            "step": state.step,
            "command": len(self.record.done),
            "can_rewind": len(self.record.done) > self.record.first,
            "end": self.record.end_step(),
            "cursor": cursor,
            "settings": {
                "data": state.data,
                "network": self.record.network(),
                "learning_rate": state.rate,
                "methods": [state.methods.get(lane) for lane in (0, 1)],
                "look": self.look,
            },
            "lanes": self._shown(),
            "curve": {"from": begin, "rows": state.curve.rows[begin:]},
        }
        if since.get("data") != self.data_version:
            frame["data"] = describe(state.data, state.points, self.engine.given)
        return frame

    @property
    def extent(self) -> list[float] | None:
        """Left, right, bottom and top of what the pictures show; None where nothing is plane."""
        return extent_of(self._state.points, self._state.data.get("do") != "given")

    # ------------------------------------------------------------------------------ doing

    def _all(self, commands: Iterable[Mapping[str, Any]]) -> Iterator[Session]:
        for command in in_parts(commands, SPACING):
            self.do(command)
            yield self

    def _apply(self, command: dict[str, Any]) -> None:
        name, state = command["do"], self._state
        fields = {key: value for key, value in command.items() if key != "do"}
        if name in ("data", "table"):
            self._set_points(points_of(command), command)
        elif name == "point":
            point = (fields["x"], fields["y"], fields["label"])
            self._set_points((*state.points, point), {"do": "points"})
        elif name in BEGINNINGS:
            self._begin(command)
        elif not self._lanes:
            raise CommandError(f"network must come before {name}, which needs one")
        elif name == "learning_rate":
            for lane in self._lanes:
                lane.set_learning_rate(fields)
            state.rate = command
        elif name == "method":
            self._lanes[fields.pop("lane")].set_method(fields)
            state.methods = state.methods | {command["lane"]: command}
        elif name == "step":
            self._learn(fields["steps"])
        elif name == "rewire":
            self._lanes[fields["lane"]].rewire()
        else:
            self._lanes[fields.pop("lane")].operate(name, fields)

    def _set_points(self, points: tuple[Point, ...], data: dict[str, Any]) -> None:
        for lane in self._lanes:
            lane.set_points(points)
        self._state.points, self._state.data = points, data
        self.data_version += 1

    def _begin(self, command: dict[str, Any]) -> None:
        state, given = self._state, self.engine.given
        if command["do"] == "given":
            if given is None:
                raise CommandError("given needs a session that was opened with a network")
            state.points, state.data = given.points, command
            self.data_version += 1
        if not state.data:
            raise CommandError("data must come before network, which learns them")
        self._lanes = [self._lane(command) for _ in NAMES]
        for i, lane in enumerate(self._lanes):
            if state.data["do"] != "given":
                lane.set_points(state.points)
            if state.rate:
                lane.set_learning_rate(fields_of(state.rate))
            if i in state.methods:
                lane.set_method(fields_of(state.methods[i], "lane"))
        state.step, state.curve = 0, Curve(epoch=state.curve.epoch + 1)

    def _lane(self, made: Mapping[str, Any]) -> Lane:
        return self.engine.lane(None if made["do"] == "given" else fields_of(made))

    def _learn(self, steps: int) -> None:
        rows = [lane.step(steps) for lane in self._lanes]
        for i, both in enumerate(zip(*rows, strict=True)):
            self._state.curve.add(self._state.step + i, both)
        self._state.step += steps

    # -------------------------------------------------------------------------- rewinding

    def _rewind(self, moment: Moment) -> Iterator[Session]:
        """Return to a moment of the record, by the nearest snapshot before it."""
        before, epoch = self._take(), self._state.curve.epoch
        at, snapshot = self._snapshots.latest(moment)
        try:
            self._put(snapshot)
            for command in in_parts(self.record.between(at, moment), SPACING):
                yield self
                self._apply(dict(command))
        except Exception:
            self._put(before)
            raise
        self._state.curve.epoch = epoch + 1
        self.record.go(moment)
        yield self

    def _take(self) -> tuple[State, list[Any]]:
        state = copy.copy(self._state)
        state.curve = state.curve.copy()
        return state, [lane.state() for lane in self._lanes]

    def _put(self, snapshot: tuple[State, list[Any]]) -> None:
        state, lanes = snapshot
        if state.points is not self._state.points:
            self.data_version += 1
        self._state = copy.copy(state)
        self._state.curve = state.curve.copy()
        if len(self._lanes) != len(lanes):
            made = self.record.network()
            self._lanes = [self._lane(made) for _ in lanes] if made else []
        for lane, saved in zip(self._lanes, lanes, strict=True):
            lane.restore(saved)

    def _weigh(self) -> int:
        return sum(lane.weigh() for lane in self._lanes)

    # ---------------------------------------------------------------------------- showing

    def _shown(self) -> list[dict[str, Any]]:
        """Return what there is to see of the networks; made once for all who look."""
        if self._seen[0] != self.version:
            self._seen = self.version, self._show()
        return self._seen[1]

    def _show(self) -> list[dict[str, Any]]:
        extent, found = self.extent, []
        for i, lane in enumerate(self._lanes):
            look = self.look["neuron"] if self.look["lane"] == i else None
            found.append({"name": NAMES[i], **lane.show(extent, look)})
        return found


def _finish(parts: Iterator[Any]) -> None:
    """Do at once what can be done in parts."""
    for _ in parts:
        pass
