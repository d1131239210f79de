"""The time that schedules go by, and the checks of their shares of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["Schedule", "Time", "check_fraction", "check_span", "share_over"]


class Time(NamedTuple):
    """A time in a training.

    Attributes
    ----------
    step : int
        Steps made so far.
    total_steps : int
        Steps in the whole training.
    learning_rate : float
        Of the latest step.
    """

    step: int
    total_steps: int
    learning_rate: float = math.nan

    @property
    def progress(self) -> float:
        """Share of the training that is over, in [0, 1]."""
        return self.step / max(self.total_steps, 1)


Schedule = Callable[[Time], float]


def check_fraction(name: str, value: float, zero: bool = False) -> None:
    """Refuse a number that is not a fraction."""
    if not (0 < value <= 1 or (zero and value == 0)):
        interval = "[0, 1]" if zero else "(0, 1]"
        raise ValueError(f"{name} must be in {interval}; got {value}")


def check_span(begin: float, end: float) -> None:
    """Refuse a span of the training that ends before it begins."""
    if not 0 <= begin <= 1:
        raise ValueError(f"begin must be a share of the training, in [0, 1]; got {begin}")
    if not 0 < end <= 1:
        raise ValueError(f"end must be a share of the training, in (0, 1]; got {end}")
    if end <= begin:
        raise ValueError(f"end must come after begin; got begin={begin} and end={end}")


def share_over(time: Time, begin: float, end: float) -> float:
    """Return the share of a span of the training that is over, in [0, 1]."""
    return min(max((time.progress - begin) / (end - begin), 0.0), 1.0)
