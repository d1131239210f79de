"""A change to the wiring, decided and not yet made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rewire.connectivity import ConnectionTable

from .growth import NewConnections

__all__ = ["Change"]


@dataclass(frozen=True, eq=False)
class Change:
    """What :meth:`Rewirer.propose` decides and :meth:`Rewirer.apply` carries out.

    It holds whole numbers only, so that one process can decide and the others, whose models have
    the same connections, apply the same change to the same result.

    Attributes
    ----------
    step : int
        Steps of the optimiser made so far.
    drop : ndarray of int
        Rows of the connection table.
    grow : NewConnections
        ``source`` and ``target``, in the order in which they are born.
    shortfall : int
        Connections that should have been replaced and could not be, for want of candidates.
    below : int
        Connections that scored below the threshold, where the method has an adaptive one.
    flops : int
        What it cost to decide.
    revived : int
        Idle units that were started anew before.
    generator : mapping
        State of the random generator afterwards.
    connections, next_birth : int
        Of the table that the change is for.

    Examples
    --------
    >>> import rewire
    >>> from rewire.topology import Rewirer
    >>> net = rewire.mlp([4, 8, 2], density=0.5, seed=0)
    >>> rewirer = Rewirer("set", net, total_steps=9, steps_per_epoch=3, seed=0)
    >>> change = rewirer.propose(3)
    >>> len(change.drop) == len(change.grow.source)
    True
    """

    step: int
    drop: np.ndarray
    grow: NewConnections
    shortfall: int
    below: int
    flops: int
    revived: int
    generator: Mapping[str, Any]
    connections: int
    next_birth: int

    def check(self, table: ConnectionTable) -> None:
        """Raise ValueError if the change is for another table."""
        found = len(table), table.next_birth
        if found != (self.connections, self.next_birth):
            raise ValueError(
                "change must be applied to the connections it was proposed for: "
                f"{self.connections}, with next birth {self.next_birth}; got {found[0]}, with next "
                f"birth {found[1]}: propose again"
            )
