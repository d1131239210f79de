"""What a model offers so that a Rewirer can rewire it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np

from .blocks import Block
from .signals import Signals
from .table import ConnectionTable

__all__ = [
    "ABILITIES",
    "KnowsDeadUnits",
    "Revivable",
    "Revived",
    "Rewindable",
    "SparseModel",
    "check_model",
]

# What a model may be able to do besides, and a method may need.
ABILITIES = {
    "signals": "a model whose activations and sensitivities can be computed",
    "dead units": "a model that knows which of its units are on no path to an output",
    "revival": "a model whose idle units can be started anew",
    "rewinding": "a model whose weights can be rewound to earlier ones",
    "skip connections": "a model in which connections may skip layers",
}


class SparseModel(Protocol):
    """A model whose connections can be rewired.

    Units are numbered once over the whole model, and a connection goes from a unit to one with a
    higher number. Where a unit is both fed and read, as in a :class:`rewire.Network`, it has one
    number. A model of separate layers numbers the sources and the targets of each layer as
    different units: the sources of layer 0, its targets, the sources of layer 1, and so on. A
    source of a convolution is an input channel at an offset of the kernel.
    """

    @property
    def connections(self) -> ConnectionTable:
        """The existing connections. Columns such as an optimiser's state move along with them."""

    @property
    def version(self) -> int:
        """A number that rises whenever connections or units change."""

    @property
    def numbering(self) -> int:
        """A number that rises whenever units are numbered anew."""

    @property
    def abilities(self) -> frozenset[str]:
        """What the model can do besides: some of :data:`ABILITIES`.

        - ``"signals"``: its activations and sensitivities can be computed, as :class:`Signals`.
        - ``"dead units"``: it is :class:`KnowsDeadUnits`.
        - ``"revival"``: it is :class:`Revivable`.
        - ``"rewinding"``: it is :class:`Rewindable`.
        - ``"skip connections"``: ``blocks(skip_connections=True)`` differs from ``blocks()``.
        """

    @property
    def backend(self) -> str | None:
        """Which kernels compute; see :func:`rewire.kernels.get_backend` for None."""

    def blocks(self, skip_connections: bool = False) -> list[Block]:
        """Return what may be connected, one block for each layer, in ascending order of targets.

        No unit is a target of two blocks, and connections into the targets of a block come from
        its sources or, where a model allows that, from units before them.
        """

    def rewire(self, drop: np.ndarray, grow_source: np.ndarray, grow_target: np.ndarray) -> None:
        """Remove some connections and add others, in place: the one way to change any.

        Whatever a connection carries goes with it; a new one starts with weight zero and zero
        state, and is younger than all before it, in the order given. Raises the version.

        Parameters
        ----------
        drop : array of int
            Rows of the connection table.
        grow_source, grow_target : array of int, same length
            Units that are not connected yet, or only by a connection that is dropped.

        Raises
        ------
        ValueError
            If a grown connection exists already or is not possible; nothing is changed then.
        """


class KnowsDeadUnits(SparseModel, Protocol):
    """A model that knows which of its units are on no path to an output."""

    def alive(self) -> np.ndarray:
        """Return whether each unit is on a path from the inputs to the outputs, shape (units,)."""


class Revived(NamedTuple):
    """Which units were revived, and what the search cost."""

    units: np.ndarray = np.empty(0, np.int64)
    flops: int = 0


class Revivable(SparseModel, Protocol):
    """A model whose idle units can be started anew."""

    def revive(
        self,
        signals: Sequence[Signals],
        generator: np.random.Generator,
        *,
        tries: int,
        samples: int,
        skip_connections: bool = False,
    ) -> Revived:
        """Give idle units new incoming weights, in place; see :class:`rewire.topology.Revival`."""


class Rewindable(SparseModel, Protocol):
    """A model whose weights can be rewound to earlier ones."""

    def set_rewind_point(self) -> None:
        """Remember the present weights; a connection carries its own along."""

    def rewind(self) -> None:
        """Return to the remembered weights and clear what optimisers keep for each connection."""


def check_model(model: SparseModel) -> None:
    """Raise AssertionError if a model does not keep the protocol; for tests.

    Examples
    --------
    >>> import rewire
    >>> check_model(rewire.mlp([2, 8, 1], density=0.5, seed=0))
    """
    table = model.connections
    table.check()
    assert model.abilities <= set(ABILITIES), "unknown ability"
    for skip in (False, True) if "skip connections" in model.abilities else (False,):
        blocks = model.blocks(skip_connections=skip)
        for block, after in pairwise(blocks):
            assert block.targets.stop <= after.targets.start, "targets overlap or do not ascend"
        targets = np.zeros(table.units, bool)
        for block in blocks:
            assert block.sources.stop <= block.targets.start, "a source is not before the targets"
            targets[block.targets.start : block.targets.stop] = True
            rows = slice(*table.indptr[[block.targets.start, block.targets.stop]].tolist())
            assert (table.source[rows] < block.sources.stop).all(), "a connection leaves its block"
        assert targets[table.target].all(), "a connection goes to no block"
