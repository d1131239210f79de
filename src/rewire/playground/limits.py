"""How large the networks of a session may be, so that nobody waits long; standard library only."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from .engine import LaneError

__all__ = ["Limits"]


class Limits(NamedTuple):
    """What an engine does in a moment: each is a number times the samples that it is done for.

    Attributes
    ----------
    connections : int
        Which a step multiplies by.
    possible : int
        Connections that might exist, which a rewiring scores.
    neurons : int
        Whose activations are in memory.

    Examples
    --------
    >>> limits = Limits(connections=10_000, possible=20_000, neurons=5_000)
    >>> limits.check([2, 16, 1], connections=20, samples=100)
    >>> limits.check([2, 99, 1], connections=20, samples=100)
    Traceback (most recent call last):
    rewire.playground.engine.LaneError: network must have at most 200 possible connections for 100\
 samples at a time; got 297: take fewer neurons or samples
    """

    connections: int
    possible: int
    neurons: int

    def check(self, sizes: Sequence[int], connections: int, samples: int) -> None:
        """Refuse a network of which a step, a rewiring or a frame would take long."""
        possible = sum(before * after for before, after in pairwise(sizes))
        for what, count, most, remedy in (
            ("connections", connections, self.connections, "connections"),
            ("possible connections", possible, self.possible, "neurons"),
            ("neurons", sum(sizes), self.neurons, "neurons"),
        ):
            if count * samples > most:
                raise LaneError(
                    f"network must have at most {most // samples:,} {what} for {samples:,} samples "
                    f"at a time; got {count:,}: take fewer {remedy} or samples"
                )
