"""What may be connected, and the groups of units within which a method keeps its budget."""

from __future__ import annotations

import numpy as np

from rewire.io import received

from .protocol import SparseModel
from .table import ConnectionTable

__all__ = ["SCOPES", "Candidates", "count_in_groups"]

SCOPES = ("neuron", "layer", "network")


class Candidates:
    """What may be connected in a model; holds until units come or go.

    Parameters
    ----------
    model : SparseModel
    scope : {"neuron", "layer", "network"}, default "layer"
        The groups: the connections into one unit, into the targets of one block, or all.
    skip_connections : bool, default False
        Whether a layer may be fed by all before it, rather than by the last one only.

    Attributes
    ----------
    blocks : list of Block
        In ascending order of targets.
    group_start : ndarray of int, shape (groups + 1,)
        Targets of group g are ``group_start[g] : group_start[g + 1]``. Units among them that are
        never targets do no harm: they have no connections and no candidates.
    layer_start : ndarray of int, shape (blocks + 1,)
        The same for layers: one for each block.
    first_source : ndarray of int, shape (units,)
        The first unit that may feed each; 0 for those that are never targets.
    """

    def __init__(self, model: SparseModel, scope: str = "layer", skip_connections: bool = False):
        if not hasattr(model, "blocks"):
            raise TypeError(f"model must be a SparseModel; got {received(model)}")
        if scope not in SCOPES:
            raise ValueError(f"scope must be one of {', '.join(SCOPES)}; got {received(scope)}")
        self.blocks, self.numbering = model.blocks(skip_connections), model.numbering
        ends = [block.targets.stop for block in self.blocks[-1:]] or [0]
        self.layer_start = np.array([block.targets.start for block in self.blocks] + ends)
        self.group_start = {
            "neuron": np.arange(self.layer_start[0], self.layer_start[-1] + 1),
            "layer": self.layer_start,
            "network": self.layer_start[[0, -1]],
        }[scope]
        self.first_source = np.zeros(model.connections.units, np.int64)
        possible = np.zeros(model.connections.units, np.int64)
        for sources, targets, _ in self.blocks:
            self.first_source[targets.start : targets.stop] = sources.start
            possible[targets.start : targets.stop] = len(sources)
        self._before = np.concatenate(([0], np.cumsum(possible)))

    @property
    def possible(self) -> int:
        """Number of possible connections."""
        return int(self._before[-1])

    def count(self, table: ConnectionTable, target: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Return the number of possible connections that do not exist in each group.

        Parameters
        ----------
        table : ConnectionTable
            Existing connections from outside a block's sources do not count.
        target : ndarray of int, shape (connections,)
            ``table.target``, which takes time to compute.
        starts : ndarray of int, shape (groups + 1,)
        """
        # Possible minus existing ones, both counted from the first target on.
        before = self._before[starts] - table.indptr[starts]
        count: np.ndarray = before[1:] - before[:-1]
        fed = table.fan_in > 0
        first = table.source[table.indptr[:-1][fed]]  # the lowest, as sources rise
        if (first < self.first_source[fed]).any():
            count += count_in_groups(starts, target[table.source < self.first_source[target]])
        return count


def count_in_groups(group_start: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return how many of some units there are in each group.

    Examples
    --------
    >>> count_in_groups(np.array([2, 5, 5, 7]), np.array([6, 2, 5, 4])).tolist()
    [2, 0, 2]
    """
    before = np.concatenate(([0], np.cumsum(np.bincount(units, minlength=group_start[-1]))))
    return before[group_start[1:]] - before[group_start[:-1]]
