"""Calling a function often, but not too often."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

__all__ = ["Pace", "Throttle"]


class Pace:
    """Say of many lines which are to be written: the first, the last, and one every few seconds.

    Parameters
    ----------
    seconds : float, default 3
        Least time between two lines, but for the last.
    clock : callable, default time.monotonic
        Returns the time in seconds.

    Examples
    --------
    >>> seconds = iter([0, 1, 4, 5])
    >>> pace = Pace(seconds=3, clock=lambda: next(seconds))
    >>> [pace.due(), pace.due(), pace.due(), pace.due(last=True)]
    [True, False, True, True]
    """

    def __init__(self, seconds: float = 3.0, clock: Callable[[], float] = monotonic):
        self.seconds, self.clock = seconds, clock
        self.next = float("-inf")

    def due(self, last: bool = False) -> bool:
        """Return whether the line that there is now is to be written."""
        now = self.clock()
        if not last and now < self.next:
            return False
        self.next = now + self.seconds
        return True


class Throttle:
    """Call a function at most every few seconds, and never for more than a share of the time.

    Parameters
    ----------
    function : callable
    seconds : float, default 5
        Least time between two calls.
    share : float, default 0.05
        Largest share of all time that the calls may take, so that a large network is saved less
        often.

    Examples
    --------
    >>> calls = []
    >>> throttled = Throttle(lambda: calls.append(1))
    >>> throttled()
    >>> throttled(now=True)
    >>> len(calls)
    1
    """

    def __init__(self, function: Callable[[], None], seconds: float = 5.0, share: float = 0.05):
        self.function, self.seconds, self.share = function, seconds, share
        self.next = monotonic() + seconds

    def __call__(self, now: bool = False) -> None:
        """Call the function if it is due, or in any case with ``now``."""
        begin = monotonic()
        if now or begin >= self.next:
            self.function()
            end = monotonic()
            self.next = end + max(self.seconds, (end - begin) / self.share)
