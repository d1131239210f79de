"""Functions of the time: learning rates, shares of connections to move, progress of a pruning."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .time import Time, check_fraction, check_span, share_over

__all__ = [
    "Constant",
    "Cosine",
    "Cubic",
    "FollowLearningRate",
    "Linear",
    "MultiStep",
    "Sigmoid",
]


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
