"""When to rewire."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .time import Time, check_span

__all__ = ["At", "Every", "Rounds"]


@dataclass(frozen=True)
class Every:
    """Rewire at regular intervals.

    Parameters
    ----------
    interval : int or "epoch"
        Steps from one rewiring to the next; RigL's ΔT.
    begin, end : float, default 0 and 1
        Shares of the training between which it happens, the end excluded.
    offset : int, default 0
        Steps by which all are delayed; the post's code rewires after steps 21, 41, ...
    periods : int, default 1
        Least number of intervals between begin and end; in a training too short for so many, the
        interval is shortened.

    Examples
    --------
    >>> Every(20, end=0.5).steps(total_steps=100, steps_per_epoch=10)
    array([20, 40])
    >>> Every(20, end=0.5, periods=5).steps(total_steps=100, steps_per_epoch=10)
    array([10, 20, 30, 40])
    """

    interval: int | str = 100
    begin: float = 0.0
    end: float = 1.0
    offset: int = 0
    periods: int = 1

    def __post_init__(self) -> None:
        check_span(self.begin, self.end)
        if self.offset < 0:
            raise ValueError(f"offset must be at least 0; got {self.offset}")
        if self.periods < 1:
            raise ValueError(f"periods must be at least 1; got {self.periods}")
        number = isinstance(self.interval, (int, np.integer)) and not isinstance(
            self.interval, bool
        )
        if not (self.interval == "epoch" or (number and int(self.interval) >= 1)):
            raise ValueError(
                "interval must be 'epoch' or a whole number of steps, at least 1; "
                f"got {self.interval!r}"
            )

    def steps(self, total_steps: int, steps_per_epoch: int) -> np.ndarray:
        """Return after which steps to rewire, in a training of ``total_steps`` steps."""
        interval = steps_per_epoch if self.interval == "epoch" else int(self.interval)
        if self.periods > 1:
            span = (self.end - self.begin) * total_steps
            interval = min(interval, max(1, math.floor(round(span / self.periods, 9))))
        times = np.arange(interval, total_steps, interval) + self.offset
        return times[
            (times >= self.begin * total_steps) & (times < min(self.end * total_steps, total_steps))
        ]


@dataclass(frozen=True)
class At:
    """Rewire once, after a given step.

    Examples
    --------
    >>> At(0).steps(total_steps=100, steps_per_epoch=10)
    array([0])
    """

    step: int = 0

    def __post_init__(self) -> None:
        if self.step < 0:
            raise ValueError(f"step must be at least 0; got {self.step}")

    def steps(self, total_steps: int, steps_per_epoch: int) -> np.ndarray:
        """Return after which steps to rewire."""
        return np.array([self.step] if self.step < total_steps else [], int)


@dataclass(frozen=True)
class Rounds:
    """Divide the training into equal rounds and rewire between them.

    Examples
    --------
    >>> Rounds(4).steps(total_steps=100, steps_per_epoch=10)
    array([25, 50, 75])
    """

    rounds: int = 5

    def __post_init__(self) -> None:
        if self.rounds < 2:
            raise ValueError(f"rounds must be at least 2; got {self.rounds}")

    def steps(self, total_steps: int, steps_per_epoch: int) -> np.ndarray:
        """Return after which steps a new round begins."""
        return np.unique([total_steps * k // self.rounds for k in range(1, self.rounds)])

    def __call__(self, time: Time) -> float:
        """Return how many of the prunings between rounds are done, as a share of all."""
        # The greatest k with total_steps · k // rounds <= step: rewirings due by then are done.
        over = ((time.step + 1) * self.rounds - 1) // max(time.total_steps, 1)
        return min(over / (self.rounds - 1), 1.0)
