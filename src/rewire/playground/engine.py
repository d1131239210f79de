"""What a session asks of an engine; standard library only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .points import Point

__all__ = ["Engine", "Given", "Lane", "LaneError"]


class LaneError(ValueError):
    """What a network cannot do as it is now, such as losing a connection that it does not have."""


@dataclass(frozen=True)
class Given:
    """What a session shows of data that it was opened with.

    Attributes
    ----------
    name : str
    points : tuple of (float, float, int)
        Where they have two inputs; otherwise none.
    inputs, classes : tuple of str
        Their names; empty where there are none.
    """

    name: str
    points: tuple[Point, ...] = ()
    inputs: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


class Lane(Protocol):
    """One of the two networks of a session, with what trains and rewires it.

    An engine that cannot do something raises ValueError, best a :class:`LaneError`.
    """

    def set_points(self, points: Sequence[Point]) -> None:
        """Learn from these points from now on."""

    def set_method(self, settings: Mapping[str, Any]) -> None:
        """Rewire by this method from now on; ``settings`` are the fields of the command."""

    def set_learning_rate(self, settings: Mapping[str, Any]) -> None:
        """Learn at this rate from now on."""

    def step(self, steps: int) -> list[tuple[float, float | None]]:
        """Learn; return loss and accuracy before each step."""

    def rewire(self) -> None:
        """Rewire once, now."""

    def operate(self, name: str, fields: Mapping[str, Any]) -> None:
        """Do the surgery of that name: cut, draw, add_neuron, prune, strip and so on."""

    def state(self) -> Any:
        """Return everything that later steps depend on; what it holds never changes."""

    def restore(self, state: Any) -> None:
        """Continue from a state, to the same bits."""

    def weigh(self) -> int:
        """Return about how many bytes a state takes."""

    def show(self, extent: Sequence[float] | None, look: int | None) -> dict[str, Any]:
        """Return what a frame shows of the network.

        Parameters
        ----------
        extent : (float, float, float, float), optional
            Left, right, bottom and top of the boundary's picture.
        look : int, optional
            The neuron whose boundary is shown instead of the output's.
        """


class Engine(Protocol):
    """Makes lanes."""

    name: str

    @property
    def given(self) -> Given | None:
        """What a session was opened with, if anything."""

    @property
    def start(self) -> tuple[dict[str, Any], ...]:
        """What a session does first, unless told otherwise."""

    def lane(self, network: Mapping[str, Any] | None) -> Lane:
        """Return a new network, by the fields of the command, or None for the given one.

        Where an engine was given data, the lane learns from these until it is told otherwise.
        """
