"""Schedules: when to rewire, how much, and how learning rates change.

A schedule is any function of a :class:`Time` that returns a number. Where one has a ``begin`` and
an ``end``, these are shares of the training, in [0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from rewire.io import Registry

__all__ = [
    "At",
    "Constant",
    "Cosine",
    "Cubic",
    "Every",
    "FollowLearningRate",
    "Linear",
    "MultiStep",
    "Rounds",
    "Schedule",
    "Sigmoid",
    "Time",
    "get",
    "registry",
]


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


# ------------------------------------------------------------------------------------ how much


@dataclass(frozen=True)
class Constant:
    """The same value at all times, as in SET and ITOP.

    Examples
    --------
    >>> Constant(0.3)(Time(10, 100))
    0.3
    """

    value: float

    def __post_init__(self) -> None:
        check_fraction("value", self.value)

    def __call__(self, time: Time) -> float:
        """Return the number for this time."""
        return self.value


@dataclass(frozen=True)
class Linear:
    """From ``start`` down (or up) to ``stop``, linearly over the training.

    Examples
    --------
    >>> Linear(0.3, 0.1)(Time(50, 100))
    0.2
    """

    start: float
    stop: float = 0.0

    def __post_init__(self) -> None:
        check_fraction("start", self.start)
        check_fraction("stop", self.stop, zero=True)

    def __call__(self, time: Time) -> float:
        """Return the number for this time."""
        return self.start + (self.stop - self.start) * time.progress


@dataclass(frozen=True)
class Cosine:
    """From ``start`` to ``stop`` along half a cosine until ``end`` of the training.

    With ``stop`` 0 this is RigL's α/2 (1 + cos(π t / T_end)) (arXiv 1911.11134, section 3), where
    α = 0.3 and the end is at 75% of the training.

    Examples
    --------
    >>> schedule = Cosine(0.3, end=0.75)
    >>> [round(schedule(Time(step, 100)), 3) for step in (0, 25, 75, 90)]
    [0.3, 0.225, 0.0, 0.0]
    """

    start: float = 0.3
    end: float = 1.0
    stop: float = 0.0

    def __post_init__(self) -> None:
        check_fraction("start", self.start)
        check_fraction("end", self.end)
        check_fraction("stop", self.stop, zero=True)

    def __call__(self, time: Time) -> float:
        """Return the number for this time."""
        done = min(time.progress / self.end, 1.0)
        return self.stop + (self.start - self.stop) / 2 * (1 + math.cos(math.pi * done))


@dataclass(frozen=True)
class MultiStep:
    """1, multiplied by ``factor`` at each of some shares of the training.

    Examples
    --------
    RigL's learning rate on MNIST, a third at epochs 75 and 95 of 200:

    >>> schedule = MultiStep((75 / 200, 95 / 200), 1 / 3)
    >>> [round(schedule(Time(epoch, 200)), 3) for epoch in (0, 75, 100)]
    [1.0, 0.333, 0.111]
    """

    at: tuple[float, ...]
    factor: float

    def __post_init__(self) -> None:
        for share in self.at:
            check_fraction("at", share)
        check_fraction("factor", self.factor)

    def __call__(self, time: Time) -> float:
        """Return the number for this time."""
        return float(self.factor) ** sum(time.progress >= share for share in self.at)


@dataclass(frozen=True)
class FollowLearningRate:
    """A factor times the learning rate of the latest step, as in the post.

    Examples
    --------
    >>> FollowLearningRate(0.3)(Time(200, 400, learning_rate=0.5))
    0.15
    """

    factor: float = 0.3

    def __post_init__(self) -> None:
        if not 0 < self.factor < math.inf:
            raise ValueError(f"factor must be above 0 and finite; got {self.factor}")

    def __call__(self, time: Time) -> float:
        """Return the number for this time."""
        return self.factor * time.learning_rate


@dataclass(frozen=True)
class Cubic:
    """Progress of a pruning, 1 - (1 - x)³, x being the share of its time that is over.

    Fast while there is much to remove. Zhu and Gupta, arXiv 1710.01878, equation 1.

    Examples
    --------
    >>> [Cubic(0, 0.5)(Time(step, 100)) for step in (0, 25, 50, 100)]
    [0.0, 0.875, 1.0, 1.0]
    """

    begin: float = 0.0
    end: float = 0.75

    def __post_init__(self) -> None:
        check_span(self.begin, self.end)

    def __call__(self, time: Time) -> float:
        """Return the number for this time."""
        return 1 - (1 - share_over(time, self.begin, self.end)) ** 3


@dataclass(frozen=True)
class Sigmoid:
    """Progress of a pruning along an S (slow, fast, slow), as in CHTss.

    The logistic function of ``steepness`` (2 x - 1), scaled to go from 0 to 1 (arXiv 2501.19107;
    steepness 6 in its code).

    Examples
    --------
    >>> [round(Sigmoid(0, 1)(Time(step, 100)), 3) for step in (0, 25, 50, 100)]
    [0.0, 0.045, 0.5, 1.0]
    """

    begin: float = 0.0
    end: float = 0.75
    steepness: float = 6.0

    def __post_init__(self) -> None:
        check_span(self.begin, self.end)
        if not 0 < self.steepness < math.inf:
            raise ValueError(f"steepness must be above 0 and finite; got {self.steepness}")

    def __call__(self, time: Time) -> float:
        """Return the number for this time."""
        x = 2 * share_over(time, self.begin, self.end) - 1
        return 0.5 + math.tanh(self.steepness * x / 2) / (2 * math.tanh(self.steepness / 2))


# ---------------------------------------------------------------------------------------- when


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


# -------------------------------------------------------------------------------------- checks


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


# ------------------------------------------------------------------------ learning rates by name

registry: Registry[Callable[..., Schedule]] = Registry("schedule")
"""Functions that make the schedule of a learning rate, by name."""


@registry.register("constant")
def _constant_rate() -> Schedule:
    """Keep the learning rate."""
    return Constant(1.0)


@registry.register("linear")
def _linear_rate(final_lr: float = 0.01) -> Schedule:
    """Decay the learning rate to ``final_lr`` times itself in equal steps."""
    return Linear(1.0, final_lr)


@registry.register("cosine")
def _cosine_rate(final_lr: float = 0.01) -> Schedule:
    """Decay the learning rate to ``final_lr`` times itself along half a cosine."""
    return Cosine(1.0, stop=final_lr)


@registry.register("multistep")
def _multistep_rate(drop_at: Sequence[float] = (0.5, 0.75), drop_lr: float = 1 / 3) -> Schedule:
    """Multiply the learning rate by ``drop_lr`` at each share of the training in ``drop_at``."""
    return MultiStep(tuple(drop_at), drop_lr)


def get(schedule: str | Schedule, **options: Any) -> Schedule:
    """Return the learning-rate schedule of that name; a function of the time is returned as it is.

    Parameters
    ----------
    schedule : str or callable
        ``"constant"``, ``"linear"`` or ``"cosine"`` (option ``final_lr``, default 0.01),
        ``"multistep"`` (options ``drop_at`` and ``drop_lr``); or a function from a :class:`Time`
        to a factor for the learning rate.

    Examples
    --------
    >>> get("cosine", final_lr=0.1)(Time(100, 100))
    0.1
    """
    return registry.create(schedule, Callable, **options)
