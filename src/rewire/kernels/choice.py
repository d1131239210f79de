"""One thread or all that are worth it: found out on the way, as the bits do not depend on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from . import threads

__all__ = ["Choice"]


class Choice:
    """Whichever was faster of late, one thread or several.

    A second processor may be busy, or be only the other half of the first one's core; then its
    thread costs more than it brings. So now and then the two take turns for a few calls, and
    several threads go on only where they are clearly faster. While the verdict holds, the trials
    become rarer; several that fall behind what one had needed are tried anew at once.

    Parameters
    ----------
    clock : callable, default time.perf_counter
        Returns seconds.
    """

    TURNS = 4  # calls of each in a trial; their median counts, as one may compile or be disturbed
    CLEARLY = 0.95
    SOON, LATE = 32, 2048  # calls from one trial to the next

    def __init__(self, clock: Callable[[], float] = perf_counter):
        self.clock = clock
        self.most = self.number = 1
        self.pause, self.left = self.SOON, 0
        self.alone: list[float] = []
        self.shared: list[float] = []
        self.recent: list[float] = []
        self.limit = 0.0  # what one thread took in the last trial

    def threads(self, most: int) -> int:
        """Return how many to use for this call, of at most so many."""
        if most != self.most:
            self.most, self.pause = most, self.SOON
            self._try()
        if most == 1:
            return 1
        if self.left > 0:
            return self.number
        # Several, one, one, several: where every second call takes longer, both have their share.
        return most if (len(self.shared) + len(self.alone)) % 4 in (0, 3) else 1

    def run(self, function: Callable, arguments: tuple, number: int, size: int) -> Any:
        """Make a call for which ``threads`` gave the number; ``size`` is how much work it is."""
        if self.most == 1:
            return function(*arguments)
        begin = self.clock()
        result = threads.together(function, arguments, number)
        seconds = (self.clock() - begin) / size
        if self.left > 0:
            self._watch(seconds)
        else:
            self._compare(seconds, number)
        return result

    def running(self, function: Callable, number: int, size: int) -> Callable:
        """Return the function such that calling it is a ``run``."""
        return lambda *arguments: self.run(function, arguments, number, size)

    def _watch(self, seconds: float) -> None:
        self.left -= 1
        recent = self.recent = [*self.recent[1 - self.TURNS :], seconds]
        behind = len(recent) == self.TURNS and _middle(recent) > self.limit
        if self.number > 1 and behind:
            self.pause = self.SOON
            self._try()
        elif self.left <= 0:
            self._try()

    def _compare(self, seconds: float, number: int) -> None:
        alone, shared = self.alone, self.shared  # another thread may begin a trial meanwhile
        (alone if number == 1 else shared).append(seconds)
        if min(len(alone), len(shared)) < self.TURNS:
            return
        self.limit = _middle(alone)
        better = self.most if _middle(shared) < self.CLEARLY * self.limit else 1
        self.pause = min(2 * self.pause, self.LATE) if better == self.number else self.SOON
        self.number, self.left = better, self.pause

    def _try(self) -> None:
        self.left, self.alone, self.shared, self.recent = 0, [], [], []


def _middle(values: Iterable[float]) -> float:
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2]  # of two in the middle the one less disturbed
