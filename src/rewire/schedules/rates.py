"""Schedules of learning rates by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rewire.io import Registry

from .time import Schedule
from .values import Constant, Cosine, Linear, MultiStep

__all__ = ["get", "registry"]

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
    >>> from rewire.schedules import Time
    >>> get("cosine", final_lr=0.1)(Time(100, 100))
    0.1
    """
    return registry.create(schedule, Callable, **options)
