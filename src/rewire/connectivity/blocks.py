"""Where connections may be, and the groups of neurons within which a method keeps its budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from rewire.graph import Network

__all__ = ["SCOPES", "Block", "Candidates", "count_in_groups"]

SCOPES = ("neuron", "layer", "network")


class Block(NamedTuple):
    """Neurons that may be connected: every source with every target."""

    sources: range
    targets: range


class Candidates:
    """What may be connected in a network; holds until neurons come or go.

    Parameters
    ----------
    net : Network
    scope : {"neuron", "layer", "network"}, default "layer"
        The groups: the connections into one neuron, into one layer, or all.
    wiring : {"layered", "skip"}, default "layered"
        Whether a rank may be fed by the rank before only, or by all before.

    Attributes
    ----------
    regions : list of Block
        In ascending order of targets. The sources end where the targets' rank begins.
    group_start : ndarray of int, shape (groups + 1,)
        Targets of group g are ``group_start[g] : group_start[g + 1]``.
    layer_start : ndarray of int, shape (layers + 1,)
        The same for layers.
    first_source : ndarray of int, shape (neurons,)
        The first neuron that may feed each; 0 for inputs.
    """

    def __init__(self, net: Network, scope: str = "layer", wiring: str = "layered"):
        start = net.rank_start
        self.numbering = net.numbering
        self.layer_start = start[1:]
        self.group_start = {
            "neuron": np.arange(start[1], start[-1] + 1),
            "layer": start[1:],
            "network": start[[1, -1]],
        }[scope]
        bounds = start.tolist()
        firsts = [0, *(bounds[:-2] if wiring == "layered" else [0] * (len(bounds) - 2))]
        self.regions = [
            Block(range(first, bounds[rank]), range(bounds[rank], bounds[rank + 1]))
            for rank, first in enumerate(firsts)
        ][1:]
        self.first_source = np.repeat(firsts, net.ranks)
        possible = np.repeat(start[:-1], net.ranks) - self.first_source
        self._before = np.concatenate(([0], np.cumsum(possible)))

    @property
    def possible(self) -> int:
        """How many connections there can be."""
        return int(self._before[-1])

    def absent(
        self, indptr: np.ndarray, source: np.ndarray, target: np.ndarray, starts: np.ndarray
    ) -> np.ndarray:
        """Return the number of absent connections into the targets of each group.

        Parameters
        ----------
        indptr, source, target : ndarray
            The connections that exist; those from elsewhere do not count.
        starts : ndarray of int, shape (groups + 1,)
        """
        elsewhere = target[source < self.first_source[target]]
        # Possible ones less existing ones, both counted from the first target on.
        before = self._before[starts] - indptr[starts]
        absent = before[1:] - before[:-1]
        return absent + count_in_groups(starts, elsewhere) if len(elsewhere) else absent


def count_in_groups(group_start: np.ndarray, neurons: np.ndarray) -> np.ndarray:
    """Return how many of some neurons there are in each group.

    Examples
    --------
    >>> count_in_groups(np.array([2, 5, 5, 7]), np.array([6, 2, 5, 4])).tolist()
    [2, 0, 2]
    """
    group = np.searchsorted(group_start, neurons, side="right") - 1
    return np.bincount(group, minlength=len(group_start) - 1)
