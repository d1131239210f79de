"""One thread or all that are worth it: found out on the way, as the bits do not depend on it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from statistics import median
from time import perf_counter

from . import threads

__all__ = ["Choice"]


class Choice:
    """Whichever was faster of late, one thread or several.

    A second processor may be busy, or be only the other half of the first one's core; then its
    thread costs more than it brings. So now and then the two take turns for a few calls, and
    several threads go on only where they are clearly faster. While the verdict holds, the trials
    become rarer; threads that fall behind what one had needed are tried anew at once.

    Parameters
    ----------
    clock : callable
        Seconds.
    """

    TURNS = 3  # calls of each in a trial; medians, so that one may be disturbed, or compile
    CLEARLY = 0.95
    SOON, LATE = 32, 2048  # calls from one trial to the next

    def __init__(self, clock: Callable[[], float] = perf_counter):
        self.clock = clock
        self.most, self.number, self.pause, self.left = 0, 1, self.SOON, 0
        self.alone: list[float] = []
        self.shared: list[float] = []
        self.limit = 0.0
        self.recent: deque[float] = deque(maxlen=self.TURNS)

    def threads(self, most: int) -> int:
        """Return how many to use for this call, of at most so many."""
        if most != self.most:
            self.most, self.pause = most, self.SOON
            self._try()
        if most == 1:
            return 1
        if self.left > 0:
            return self.number
        return most if len(self.shared) <= len(self.alone) else 1

    def run(self, function: Callable, arguments: tuple, number: int, size: int) -> None:
        """Make a call for which ``threads`` gave the number; ``size`` is how much work it is."""
        if self.most == 1:
            threads.together(function, arguments, 1)
            return
        begin = self.clock()
        threads.together(function, arguments, number)
        self._learn(number, (self.clock() - begin) / size)

    def _learn(self, number: int, seconds: float) -> None:
        if self.left > 0:
            self.left -= 1
            self.recent.append(seconds)
            full = self.number > 1 and len(self.recent) == self.TURNS
            behind = full and median(self.recent) > self.limit
            if behind:
                self.pause = self.SOON
            if behind or self.left == 0:
                self._try()
            return
        (self.alone if number == 1 else self.shared).append(seconds)
        if min(len(self.alone), len(self.shared)) >= self.TURNS:
            self._conclude()

    def _try(self) -> None:
        self.left, self.alone, self.shared = 0, [], []

    def _conclude(self) -> None:
        self.limit = median(self.alone)
        number = self.most if median(self.shared) < self.CLEARLY * self.limit else 1
        self.pause = min(2 * self.pause, self.LATE) if number == self.number else self.SOON
        self.number, self.left = number, self.pause
        self.recent.clear()
