"""States along a record, so that a rewinding need not compute everything again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

from .record import Moment

__all__ = ["SPACING", "Snapshots"]

MOST = 64
MEMORY = 64_000_000  # bytes of all of them
SPACING = 50  # steps, at first


class Snapshots:
    """States by moment; as they become many, every second one goes and new ones come half as often.

    The first one, of the beginning, always stays.
    """

    def __init__(self) -> None:
        self._moments: list[Moment] = []
        self._states: list[Any] = []
        self._spacing = SPACING

    def copy(self) -> Snapshots:
        """Return the same states, to which others can be added independently."""
        copied = Snapshots()
        copied._moments, copied._states = list(self._moments), list(self._states)
        copied._spacing = self._spacing
        return copied

    def offer(
        self, moment: Moment, take: Callable[[], Any], weight: int, command: Mapping[str, Any]
    ) -> None:
        """Keep the state of a moment, unless the last one is near."""
        last = self._moments[-1] if self._moments else None
        going_on = command["do"] == "step" and last is not None and last[0] == moment.commands
        if last is not None and going_on and moment.steps - last.steps < self._spacing:
            return
        self._moments.append(moment)
        self._states.append(take())
        if len(self._moments) > max(2, min(MOST, MEMORY // max(weight, 1))):
            self._moments = [self._moments[0], *self._moments[2::2]]
            self._states = [self._states[0], *self._states[2::2]]
            self._spacing *= 2

    def forget_after(self, moment: Moment) -> None:
        """Forget what came after a moment."""
        count = bisect_right(self._moments, moment)
        del self._moments[count:], self._states[count:]

    def latest(self, moment: Moment) -> tuple[Moment, Any]:
        """Return the last state up to a moment, and when it was."""
        at = bisect_right(self._moments, moment) - 1
        return self._moments[at], self._states[at]
