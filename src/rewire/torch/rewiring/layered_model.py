"""The sparse layers of a PyTorch model, as a :class:`rewire.connectivity.SparseModel`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn

from rewire.connectivity import Block, ConnectionTable, Signals
from rewire.connectivity.candidates import count_in_groups
from rewire.connectivity.protocol import Revived

from ..conversion.linear_chains import LinearChain, alive
from ..layers.connections import version_of
from ..layers.layer import SparseLayer
from .numbering import check_room, first_units, number_units, numbers_of, parts_of
from .optimizer_state import OptimizerState, follow_index
from .reviving import Renewal, revive_chain, take_over
from .rewinding import RewindPoint
from .signals import RowsOf, RowsOnDemand, signals_of

__all__ = ["LayeredModel"]


class LayeredModel:
    """Sparse layers whose connections a :class:`rewire.topology.Rewirer` can move.

    Sources and targets of each layer are different units. The table is a copy that
    :meth:`refresh` makes equal to the layers; :meth:`rewire` changes both.

    Parameters
    ----------
    layers : dict of str to SparseLayer
        By name.
    state : OptimizerState
    root : nn.Module, optional
        The model, all of whose parameters can be rewound; by default those of the layers.
    chains : sequence of LinearChain, optional
        Layers that feed each other, where idle units can be found and revived.
    momentum : bool, default True
        Whether the table has a column for the optimiser's momentum.

    Attributes
    ----------
    connections : ConnectionTable
    parts : list of Part
        Blocks, and where their layers keep them.
    rewind_point : RewindPoint or None
    renewals : list of (Renewal or None)
        What :meth:`revive` has changed last in each chain.
    version, numbering : int
        See :class:`rewire.connectivity.SparseModel`.
    """

    backend = None
    numbering = 0

    def __init__(
        self,
        layers: dict[str, SparseLayer],
        state: OptimizerState,
        root: nn.Module | None = None,
        chains: Sequence[LinearChain] = (),
        momentum: bool = True,
    ):
        self.layers, self.state, self.version = layers, state, 0
        self.rewind_point: RewindPoint | None = None
        self.renewals: list[Renewal | None] = []
        self._root = nn.ModuleList(layers.values()) if root is None else root
        self._followers: list[list[SparseLayer]] = []
        self._momentum = momentum
        self.parts, self._starts = number_units(list(layers.values()))
        self.connections = self._read_wiring(next_birth=0)
        self._first_counts = np.diff(self._ends())
        self._versions = self._wiring_versions()
        number = {id(layer): i for i, layer in enumerate(layers.values())}
        block_of = {part.layer: part.block for part in self.parts}
        self._chains = [
            (chain, [block_of[number[id(layer)]] for layer in chain.layers]) for chain in chains
        ]

    @property
    def abilities(self) -> frozenset[str]:
        """What it can do; see :class:`rewire.connectivity.SparseModel`."""
        of_chains = {"dead units", "revival"} if self._chains else set()
        return frozenset({"signals", "rewinding"} | of_chains)

    @property
    def learning_rate(self) -> float:
        """The optimiser's present one for the first layer."""
        group = self.state.group_of(next(iter(self.layers.values())).weight)
        assert group is not None
        return float(group["lr"])

    def blocks(self, skip_connections: bool = False) -> list[Block]:
        """Return one block for each layer, or for each group of a layer's channels."""
        return [part.block for part in self.parts]

    def layer_of_block(self) -> list[int]:
        """Return the number of the layer that each block belongs to."""
        return [part.layer for part in self.parts]

    def wiring_of(self, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return source and target, numbered as in the layer, weight and birth of connections."""
        table, (first, last) = self.connections, self._ends()[number : number + 2]
        first_source, first_target = first_units(self.parts, number)
        units = first_target + np.arange(len(first_target))
        target = np.repeat(np.arange(len(units)), table.fan_in[units])
        source = table.source[first:last] - first_source[target]
        return source, target, table.weight[first:last], table.birth[first:last]

    def has_other_wiring(self) -> bool:
        """Whether others have written to the layers' tables since :meth:`refresh`."""
        return self._wiring_versions() != self._versions

    def refresh(self) -> None:
        """Take over weights and momenta, and the wiring where others have changed it."""
        if self.has_other_wiring():
            self._versions = self._wiring_versions()
            found, known = self._read_wiring(self.connections.next_birth), self.connections
            same = np.array_equal(found.source, known.source)
            if not (same and np.array_equal(found.indptr, known.indptr)):
                self.connections = found
                self.version += 1
        parameters = [layer.weight for layer in self.layers.values()]
        columns = self.connections.data
        columns["weight"] = self._joined(parameters)
        if self._momentum and self.state.momentum:
            columns["velocity"] = self._joined([self.state.momentum_of(p) for p in parameters])

    def rewire(self, drop: np.ndarray, grow_source: np.ndarray, grow_target: np.ndarray) -> None:
        """Move connections, their weights, gradients and optimiser state, in place.

        Raises
        ------
        ValueError
            If a layer would have more connections than it has room for, or the optimiser keeps
            what cannot follow; nothing is changed then.
        """
        self._check(drop, grow_source, grow_target)
        table, ends = self.connections, self._ends()
        table.data["place"] = np.arange(1, len(table) + 1, dtype=table.indptr.dtype)
        try:
            table.replace(drop, grow_source, grow_target)
        finally:
            place = table.data.pop("place")
        for number, (first, last) in enumerate(pairwise(self._ends())):
            layer, *followers = self._all_of(number)
            index = np.full(len(layer.weight), -1)
            index[: last - first] = place[first:last] - 1 - ends[number]
            index[: last - first][place[first:last] == 0] = -1
            self.state.move(layer.weight, index)
            for follower in followers:
                follow_index(follower.weight, index)
            if self.rewind_point is not None:
                self.rewind_point.move(layer.weight, index)
        self._write_wiring()
        self.version += 1

    def alive(self) -> np.ndarray:
        """Return whether each unit is on a path through its chain; others count as alive."""
        result = np.ones(self.connections.units, bool)
        for _, blocks in self._chains:
            alive(self.connections, blocks, result)
        return result

    def revive(
        self,
        signals: Sequence[Signals],
        generator: np.random.Generator,
        *,
        tries: int,
        samples: int,
        skip_connections: bool = False,
    ) -> Revived:
        """Give idle units of chains new incoming weights, in place; see :func:`revive_chain`."""
        options: dict[str, Any] = {
            "tries": tries,
            "samples": samples,
            "skip_connections": skip_connections,
        }
        self.renewals = [
            revive_chain(chain, blocks, self.state, signals, generator, **options)
            for chain, blocks in self._chains
        ]
        self.refresh()
        found = [renewal for renewal in self.renewals if renewal is not None]
        units = [renewal.units for renewal in found]
        return Revived(np.concatenate([*units, []]), sum(renewal.flops for renewal in found))

    def renew(self, renewals: Sequence[Renewal | None]) -> None:
        """Change what reviving has changed in the same model on another process."""
        for (chain, blocks), renewal in zip(self._chains, renewals, strict=True):
            if renewal is not None:
                take_over(chain, blocks, renewal, self.state)

    def set_rewind_point(self) -> None:
        """Remember all parameters and buffers, and what the optimiser keeps for them."""
        self.rewind_point = RewindPoint(self._root, self.state)

    def rewind(self) -> None:
        """Return to what was remembered; dropped connections do not come back."""
        assert self.rewind_point is not None
        self.rewind_point.rewind()
        self.refresh()

    def compact(self) -> None:
        """Leave out the spare entries of all layers; their weights become new Parameters."""
        for number, layer in enumerate(self.layers.values()):
            old = layer.weight
            for one in self._all_of(number):
                one.compact()
            if layer.weight is not old:
                self.state.replace(old, layer.weight)
        self._versions = self._wiring_versions()

    def signals(self, recorded: Sequence[Any], rows: RowsOf | None = None) -> Signals:
        """Return the signals of what was recorded, one list of passes for each layer."""
        self.check_recorded([bool(passes) for passes in recorded])
        blocks = [(part.block, part.window, part.group) for part in self.parts]
        passes = [recorded[part.layer] for part in self.parts]
        return signals_of(blocks, passes, self._starts[-1], rows or RowsOnDemand())

    def check_recorded(self, has_passes: Sequence[bool]) -> None:
        """Raise ValueError if a backward pass has not reached all layers."""
        for name, has in zip(self.layers, has_passes, strict=True):
            if not has:
                raise ValueError(
                    f"{name}: no backward pass with finite gradients has reached this layer since "
                    "the last step of the rewirer, so nothing says where it should grow: call "
                    "rewirer.step() after backward(), or freeze the layer by requires_grad_(False)"
                )

    def follow(self, layers: list[SparseLayer]) -> None:
        """Move the connections of other layers too, which have the same ones now."""
        for (name, layer), other in zip(self.layers.items(), layers, strict=True):
            same = other.window == layer.window and len(other.source) == len(layer.source)
            if not (
                same
                and torch.equal(layer.source, other.source)
                and torch.equal(layer.indptr, other.indptr)
            ):
                raise ValueError(
                    f"copy must have the model's connections; {name or 'the layer'} has others: "
                    "copy the model as it is now"
                )
        self._followers.append(layers)

    def _all_of(self, number: int) -> list[SparseLayer]:
        """Return a layer and those that follow it."""
        return [list(self.layers.values())[number], *(found[number] for found in self._followers)]

    def _ends(self) -> list[int]:
        """Return where the rows of each layer begin in the table, and where the last ones end."""
        return self.connections.indptr[self._starts].tolist()

    def _check(self, drop: np.ndarray, source: np.ndarray, target: np.ndarray) -> None:
        part = parts_of([part.block for part in self.parts], source, target)
        ends = np.array(self._ends())
        lost = count_in_groups(ends, np.asarray(drop, np.int64))
        gained = np.bincount(np.array(self.layer_of_block())[part], minlength=len(self.layers))
        for layer in self.layers.values():
            self.state.check(layer.weight)
        check_room(self.layers, self._first_counts, np.diff(ends) - lost + gained)

    def _read_wiring(self, next_birth: int) -> ConnectionTable:
        """Return the table of the layers; all connections count as born now, in their order."""
        sources, targets, weights = [], [], []
        for number, layer in enumerate(self.layers.values()):
            first_source, first_target = first_units(self.parts, number)
            indptr, source, _ = layer.arrays()
            row = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
            sources.append(source.astype(np.int64) + first_source[row])
            targets.append(first_target[row] + row)
            weights.append(numbers_of(layer.weight, len(source)))
        weight = np.concatenate(weights)
        birth = next_birth + np.arange(len(weight))
        return ConnectionTable(
            self._starts[-1], np.concatenate(sources), np.concatenate(targets), weight, birth
        )

    def _write_wiring(self) -> None:
        """Give the layers the wiring of the table."""
        table, fan_in = self.connections, self.connections.fan_in
        for number, (first, last) in enumerate(pairwise(self._ends())):
            first_source, first_target = first_units(self.parts, number)
            targets = np.arange(len(first_target))
            fan_ins = fan_in[first_target + targets]
            source = table.source[first:last] - np.repeat(first_source, fan_ins)
            indptr = np.concatenate(([0], np.cumsum(fan_ins)))
            for layer in self._all_of(number):
                layer.set_wiring(indptr.astype(np.int32), source.astype(np.int32))
        self._versions = self._wiring_versions()

    def _joined(self, tensors: Sequence[torch.Tensor]) -> np.ndarray:
        """Return the entries of all layers that are connections."""
        counts = np.diff(self._ends()).tolist()
        return np.concatenate([numbers_of(t, n) for t, n in zip(tensors, counts, strict=True)])

    def _wiring_versions(self) -> list[tuple[int, int]]:
        layers = self.layers.values()
        return [(layer.source.data_ptr(), version_of(layer.source)) for layer in layers]
