"""The commands of a session in their order, and moments between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from .fields import CommandError

__all__ = ["BEGINNINGS", "Moment", "Record", "in_parts"]

Commands = list[dict[str, Any]]
BEGINNINGS = ("network", "given")  # commands that make new networks


class Moment(NamedTuple):
    """A place in a record: after so many commands, and so many steps of the next one."""

    commands: int
    steps: int


class Record:
    """Commands that were done, and those that were rewound; steps that follow each other are one.

    Attributes
    ----------
    done : list of dict
        What led to the present state.
    future : list of dict
        What a rewinding left behind; the next command that changes anything forgets it.

    Examples
    --------
    >>> record = Record()
    >>> record.add({"do": "network"})
    >>> record.add({"do": "step", "steps": 3})
    >>> record.add({"do": "step", "steps": 4})
    >>> record.done
    [{'do': 'network'}, {'do': 'step', 'steps': 7}]
    >>> record.go(record.moment(step=5, command=None))
    >>> record.done[-1], record.future
    ({'do': 'step', 'steps': 5}, [{'do': 'step', 'steps': 2}])
    """

    def __init__(self) -> None:
        self.done: Commands = []
        self.future: Commands = []

    @property
    def now(self) -> Moment:
        """The present moment."""
        return _canonical(self.done, len(self.done), 0)

    @property
    def first(self) -> int:
        """How many commands it takes to have networks."""
        begins = [command["do"] in BEGINNINGS for command in self.done]
        return begins.index(True) + 1 if any(begins) else len(begins)

    def add(self, command: dict[str, Any]) -> None:
        """Append a command that was done; what had been rewound is forgotten."""
        self.future = []
        self.done = _join([*self.done, command])

    def network(self) -> dict[str, Any] | None:
        """Return the command that made the present networks."""
        made = [command for command in self.done if command["do"] in BEGINNINGS]
        return made[-1] if made else None

    def moment(self, step: int | None, command: int | None) -> Moment:
        """Return the moment after so many steps of the present networks, or so many commands.

        After so many steps means just before the next one: after everything else that was done
        there.

        Raises
        ------
        CommandError
            If the record does not go so far.
        """
        known = _join([*self.done, *self.future])
        if command is not None:
            if not self.first <= command <= len(known):
                raise CommandError(
                    f"command must be in [{self.first}, {len(known)}]; got {command}"
                )
            return _canonical(known, command, 0)
        assert step is not None
        at, begin = 0, self._begin()
        for i in range(begin, len(known)):
            if known[i]["do"] == "step":
                if at + known[i]["steps"] > step:
                    return _canonical(known, i, step - at)
                at += known[i]["steps"]
            elif known[i]["do"] in BEGINNINGS and i > begin:
                return self._end(step, at, known, i)
        return self._end(step, at, known, len(known))

    def end_step(self) -> int:
        """Return how many steps of the present networks the record knows, rewound ones included."""
        total = 0
        for i, command in enumerate([*self.done, *self.future][self._begin() :]):
            if command["do"] in BEGINNINGS and i:
                break
            total += command["steps"] if command["do"] == "step" else 0
        return total

    def between(self, first: Moment, last: Moment) -> Iterator[dict[str, Any]]:
        """Yield the commands that lead from one moment to a later one."""
        known = _join([*self.done, *self.future])
        for i in range(first.commands, min(last.commands + 1, len(known))):
            skip = first.steps if i == first.commands else 0
            end = known[i].get("steps", 0) if i < last.commands else last.steps
            if known[i]["do"] != "step" and i < last.commands:
                yield known[i]
            elif end > skip:
                yield {"do": "step", "steps": end - skip}

    def go(self, moment: Moment) -> None:
        """Make a moment the present one."""
        known = _join([*self.done, *self.future])
        done, future = known[: moment.commands], known[moment.commands :]
        if moment.steps:
            left = future[0]["steps"] - moment.steps
            done = [*done, {"do": "step", "steps": moment.steps}]
            future = [{"do": "step", "steps": left}, *future[1:]] if left else future[1:]
        self.done, self.future = done, future

    def _begin(self) -> int:
        """Return where in ``done`` the command is that made the present networks."""
        at = [i for i, command in enumerate(self.done) if command["do"] in BEGINNINGS]
        return at[-1] if at else 0

    def _end(self, step: int, at: int, known: Commands, commands: int) -> Moment:
        if step > at:
            raise CommandError(f"step must be in [0, {at}], which the record knows; got {step}")
        return _canonical(known, commands, 0)


def in_parts(commands: Iterable[Mapping[str, Any]], most: int) -> Iterator[Mapping[str, Any]]:
    """Yield commands, with steps in parts of at most so many; what is no command stays as it is.

    Examples
    --------
    >>> [part["steps"] for part in in_parts([{"do": "step", "steps": 7}], 3)]
    [3, 3, 1]
    """
    for command in commands:
        learns = isinstance(command, Mapping) and command.get("do") == "step"
        steps = command.get("steps", 1) if learns else 0
        if not isinstance(steps, int) or steps <= most:
            yield command
            continue
        for first in range(0, steps, most):
            yield {"do": "step", "steps": min(most, steps - first)}


def _join(commands: Commands) -> Commands:
    """Return commands with steps that follow each other as one."""
    joined: Commands = []
    for command in commands:
        if joined and command["do"] == joined[-1]["do"] == "step":
            joined[-1] = {"do": "step", "steps": joined[-1]["steps"] + command["steps"]}
        else:
            joined.append(command)
    return joined


def _canonical(commands: Commands, count: int, steps: int) -> Moment:
    """Return a moment such that one at the end of steps is the same as one within them."""
    if not steps and count and commands[count - 1]["do"] == "step":
        return Moment(count - 1, commands[count - 1]["steps"])
    return Moment(count, steps)
