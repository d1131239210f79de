"""Tune the number of threads by timing calls, as results do not depend on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from . import threads

__all__ = ["ThreadTuner"]


class ThreadTuner:
    """Choose between one thread and several by timing, anew from time to time.

    A second processor may be busy, or be the other hardware thread of the first one's core; then
    using it costs more than it gains. So now and then one and several threads take turns for a few
    calls, and several go on only where they are clearly faster. While the outcome stays the same,
    trials become rarer; several threads that become slower than one was are tried anew at once.

    Parameters
    ----------
    clock : callable, default time.perf_counter
        Returns seconds.
    """

    CALLS = 4  # of each kind in a trial; medians count, as one may compile or be disturbed
    GAIN = 0.95  # time of several over that of one, at most
    MIN_PAUSE, MAX_PAUSE = 32, 2048  # calls from one trial to the next

    def __init__(self, clock: Callable[[], float] = perf_counter):
        self.clock = clock
        self.limit = self.number = 1  # threads allowed, and chosen
        self.pause, self.left = self.MIN_PAUSE, 0
        self.single: list[float] = []
        self.several: list[float] = []
        self.recent: list[float] = []
        self.single_time = 0.0  # of one thread in the last trial

    def threads(self, limit: int) -> int:
        """Return how many threads to use for this call, at most ``limit``."""
        if limit != self.limit:
            self.limit, self.pause = limit, self.MIN_PAUSE
            self._start_trial()
        if limit == 1:
            return 1
        if self.left > 0:
            return self.number
        # Several, one, one, several: if every second call takes longer, each kind gets one.
        return limit if (len(self.several) + len(self.single)) % 4 in (0, 3) else 1

    def run(self, function: Callable, arguments: tuple, number: int, size: int) -> Any:
        """Make a call with the number of threads that ``threads`` returned, and time it.

        ``size`` is the amount of work, in any unit.
        """
        if self.limit == 1:
            return function(*arguments)
        begin = self.clock()
        result = threads.run_threaded(function, arguments, number)
        seconds = (self.clock() - begin) / size
        if self.left > 0:
            self._watch(seconds)
        else:
            self._compare(seconds, number)
        return result

    def wrap(self, function: Callable, number: int, size: int) -> Callable:
        """Return a function that makes such a call with its arguments."""
        return lambda *arguments: self.run(function, arguments, number, size)

    def _watch(self, seconds: float) -> None:
        self.left -= 1
        recent = self.recent = [*self.recent[1 - self.CALLS :], seconds]
        slower = len(recent) == self.CALLS and _median(recent) > self.single_time
        if self.number > 1 and slower:
            self.pause = self.MIN_PAUSE
            self._start_trial()
        elif self.left <= 0:
            self._start_trial()

    def _compare(self, seconds: float, number: int) -> None:
        single, several = self.single, self.several  # another thread may start a trial meanwhile
        (single if number == 1 else several).append(seconds)
        if min(len(single), len(several)) < self.CALLS:
            return
        self.single_time = _median(single)
        better = self.limit if _median(several) < self.GAIN * self.single_time else 1
        self.pause = (
            min(2 * self.pause, self.MAX_PAUSE) if better == self.number else self.MIN_PAUSE
        )
        self.number, self.left = better, self.pause

    def _start_trial(self) -> None:
        self.left, self.single, self.several, self.recent = 0, [], [], []


def _median(values: Iterable[float]) -> float:
    ordered = sorted(values)
    return ordered[
        (len(ordered) - 1) // 2
    ]  # of two in the middle the smaller, which was disturbed less
