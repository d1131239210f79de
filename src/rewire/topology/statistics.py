"""The record of a rewiring: what changed, and statistics of the connections afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from rewire.connectivity import Candidates, ConnectionTable, SparseModel
from rewire.connectivity.candidates import count_in_groups
from rewire.connectivity.ordering import order_of
from rewire.connectivity.protocol import KnowsDeadUnits

from .changes import Change

__all__ = ["Explored", "Rewiring", "measure"]


@dataclass(frozen=True)
class Rewiring:
    """One rewiring in figures.

    Attributes
    ----------
    step : int
        After which step of the training.
    dropped, grown : tuple of int
        Connections of each layer.
    shortfall : int
        Connections that should have been replaced and could not be, for want of candidates.
    connections : tuple of int
        Of each layer, afterwards.
    explored : float
        Share of all possible connections that have ever existed (ITOP, arXiv 2102.02887).
    age : tuple of float
        Least, median and greatest age of the connections, in steps.
    dead : int or None
        Hidden neurons on no path from the inputs to the outputs; None for a model that cannot tell.
    fan_in, fan_out : tuple of float
        Least, mean and greatest, of all that may be targets and of all that may be sources.
    flops : float
        Cost of this rewiring: the signals of its batches and the scores of candidates.
    revived : int
        Idle neurons that were started anew.

    Examples
    --------
    >>> import rewire
    >>> from rewire.methods import SET
    >>> from rewire.topology import Rewirer
    >>> net = rewire.mlp([4, 8, 2], density=0.5, seed=0)
    >>> record = Rewirer(SET(0.25, every=1), net, total_steps=10, seed=0).rewire(1)
    >>> record.dropped, record.grown, record.connections
    ((4, 2), (4, 2), (16, 8))
    """

    step: int
    dropped: tuple[int, ...]
    grown: tuple[int, ...]
    shortfall: int
    connections: tuple[int, ...]
    explored: float
    age: tuple[float, float, float]
    dead: int | None
    fan_in: tuple[float, float, float]
    fan_out: tuple[float, float, float]
    flops: float
    revived: int = 0

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Rewiring:
        """Return the record whose ``dataclasses.asdict`` this was, also by way of JSON."""
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        if unknown := fields.keys() - cls.__dataclass_fields__.keys():
            raise ValueError(f"a rewiring has no {min(unknown)!r}")
        return cls(**fields)

    @property
    def moved(self) -> int:
        """Number of connections that were grown."""
        return sum(self.grown)


def measure(
    model: SparseModel,
    candidates: Candidates,
    change: Change,
    dropped: np.ndarray,
    birthdays: Callable[[np.ndarray], np.ndarray],
    explored: float,
) -> Rewiring:
    """Describe a model that has just been rewired.

    Parameters
    ----------
    model : SparseModel
    candidates : Candidates
    change : Change
    dropped : ndarray of int, shape (layers,)
        How many connections of each layer were dropped.
    birthdays : callable
        From births, of which there is at least one, to the steps after which they were.
    explored : float
    """
    layers, table = candidates.layer_start, model.connections
    ends = table.indptr[layers]
    sources, targets = _members(model)
    return Rewiring(
        step=change.step,
        dropped=tuple(dropped.tolist()),
        grown=tuple(count_in_groups(layers, change.grow.target).tolist()),
        shortfall=change.shortfall,
        connections=tuple((ends[1:] - ends[:-1]).tolist()),
        explored=explored,
        age=_ages(table.birth, birthdays, change.step),
        dead=_dead(model),
        fan_in=_spread(table.fan_in[targets], len(table)),
        fan_out=_spread(table.fan_out[sources], len(table)),
        flops=float(change.flops),
        revived=change.revived,
    )


def _members(model: SparseModel) -> tuple[np.ndarray, np.ndarray]:
    """Return which units may be sources, and which may be targets."""
    sources, targets = np.zeros((2, model.connections.units), bool)
    for block in model.blocks():
        sources[block.sources.start : block.sources.stop] = True
        targets[block.targets.start : block.targets.stop] = True
    return sources, targets


def _dead(model: SparseModel) -> int | None:
    if "dead units" not in model.abilities:
        return None
    return int(np.count_nonzero(~cast(KnowsDeadUnits, model).alive()))


def _spread(values: np.ndarray, total: int) -> tuple[float, float, float]:
    if not len(values):
        return 0.0, 0.0, 0.0
    return float(values.min()), total / len(values), float(values.max())


def _ages(
    birth: np.ndarray, birthdays: Callable[[np.ndarray], np.ndarray], step: int
) -> tuple[float, float, float]:
    """Return the least, median and greatest age; births rise with time."""
    if not len(birth):
        return 0.0, 0.0, 0.0
    middles = [(len(birth) - 1) // 2, len(birth) // 2]
    below, above = np.partition(birth, middles)[middles]
    chosen = np.array([birth.max(), above, below, birth.min()])
    least, above, below, greatest = (step - birthdays(chosen)).tolist()
    return float(least), (above + below) / 2, float(greatest)


class Explored:
    """The possible connections that have ever existed; memory for one number for each.

    Parameters
    ----------
    table : ConnectionTable
    candidates : Candidates
    """

    def __init__(self, table: ConnectionTable, candidates: Candidates):
        self.candidates, self.keys = candidates, np.empty(0, np.int64)
        self.add_all(table)

    def add_all(self, table: ConnectionTable) -> None:
        """Add all connections of a table that are possible ones."""
        source, target = table.source, table.target
        inside = source >= self.candidates.first_source[target]
        self.add(table.units, source[inside], target[inside])

    def add(self, units: int, source: np.ndarray, target: np.ndarray) -> None:
        """Add some possible connections."""
        new = target * np.int64(units) + source
        keys = np.concatenate((self.keys, new[order_of(new)]))
        keys.sort(kind="stable")  # merges what is sorted already
        different = np.ones(len(keys), bool)
        np.not_equal(keys[1:], keys[:-1], out=different[1:])
        self.keys = keys[different]

    @property
    def share(self) -> float:
        """Share of the possible connections that have existed."""
        return len(self.keys) / max(self.candidates.possible, 1)
