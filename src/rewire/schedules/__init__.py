"""Schedules: when to rewire, how much, and how learning rates change.

A schedule is any function of a :class:`Time` that returns a number. Where one has a ``begin`` and
an ``end``, these are shares of the training, in [0, 1].
"""

from .rates import get, registry
from .time import Schedule, Time
from .times import At, Every, Rounds
from .values import Constant, Cosine, Cubic, FollowLearningRate, Linear, MultiStep, Sigmoid

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
