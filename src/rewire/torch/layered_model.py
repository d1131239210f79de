"""The sparse layers of a PyTorch model, as a :class:`rewire.connectivity.SparseModel`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch

from rewire.connectivity import Block, ConnectionTable, Signals
from rewire.kernels.geometry import Window

from .connections import version_of
from .layer import SparseLayer
from .optimizer_state import OptimizerState, follow_index
from .signals import RowsOf, rows_of, signals_of

__all__ = ["LayeredModel"]


class Part(NamedTuple):
    """A block, and where its layer keeps it: one group of a layer's targets."""

    block: Block
    window: Window
    group: int
    layer: int


class LayeredModel:
    """Sparse layers whose connections a :class:`rewire.topology.Rewirer` can move.

    Sources and targets of each layer are different units. The table is a copy that
    :meth:`refresh` makes equal to the layers; :meth:`rewire` changes both.

    Parameters
    ----------
    layers : dict of str to SparseLayer
        By name.
    state : OptimizerState

    Attributes
    ----------
    connections : ConnectionTable
    version, numbering : int
        See :class:`rewire.connectivity.SparseModel`.
    """

    abilities = frozenset({"signals"})
    backend = None
    numbering = 0

    def __init__(self, layers: dict[str, SparseLayer], state: OptimizerState):
        self.layers, self.state, self.version = layers, state, 0
        self._followers: list[list[SparseLayer]] = []
        self._parts, self._units = _parts(list(layers.values()))
        self.connections = self._read_wiring(next_birth=0)
        self._versions = self._wiring_versions()

    @property
    def learning_rate(self) -> float:
        """The optimiser's present one for the first layer."""
        group = self.state.group_of(next(iter(self.layers.values())).weight)
        assert group is not None
        return float(group["lr"])

    def blocks(self, wiring: str = "layered") -> list[Block]:
        """Return one block for each layer, or for each group of a layer's channels."""
        return [part.block for part in self._parts]

    def layer_of_block(self) -> list[int]:
        """Return the number of the layer that each block belongs to."""
        return [part.layer for part in self._parts]

    def wiring_of(self, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return source and target, numbered as in the layer, weight and birth of connections."""
        table, (first, last) = self.connections, self._rows()[number]
        first_source, first_target = self._first_units(number)
        units = first_target + np.arange(len(first_target))
        target = np.repeat(np.arange(len(units)), table.fan_in[units])
        source = table.source[first:last] - first_source[target]
        return source, target, table.weight[first:last], table.birth[first:last]

    def refresh(self) -> None:
        """Take over weights and momenta, and the wiring where others have changed it."""
        if (versions := self._wiring_versions()) != self._versions:
            self._versions = versions
            found, known = self._read_wiring(self.connections.next_birth), self.connections
            same = np.array_equal(found.source, known.source)
            if not (same and np.array_equal(found.indptr, known.indptr)):
                self.connections = found
                self.version += 1
        parameters = [layer.weight for layer in self.layers.values()]
        columns = self.connections.data
        columns["weight"] = _joined(parameters)
        if self.state.momentum:
            columns["velocity"] = _joined([self.state.momentum_of(p) for p in parameters])

    def rewire(self, drop: np.ndarray, grow_source: np.ndarray, grow_target: np.ndarray) -> None:
        """Move connections, their weights, gradients and optimiser state, in place.

        Raises
        ------
        ValueError
            If a layer would have more or fewer connections than before, or the optimiser keeps
            what cannot follow; nothing is changed then.
        """
        self._check(drop, grow_source, grow_target)
        table = self.connections
        table.data["place"] = np.arange(1, len(table) + 1)
        try:
            table.replace(drop, grow_source, grow_target)
        finally:
            place = table.data.pop("place")
        for number, (first, last) in enumerate(self._rows()):
            index = place[first:last] - 1
            index[index >= 0] -= first  # no layer's number of connections has changed
            if (index != np.arange(last - first)).any():
                layer, *followers = self._all_of(number)
                self.state.move(layer.weight, index)
                for follower in followers:
                    follow_index(follower.weight, index)
        self._write_wiring()
        self.version += 1

    def signals(self, recorded: Sequence[Any], rows: RowsOf = rows_of) -> Signals:
        """Return the signals of what was recorded, one list of passes for each layer."""
        for name, passes in zip(self.layers, recorded, strict=True):
            if not passes:
                raise ValueError(
                    f"{name}: no backward pass with finite gradients has reached this layer since "
                    "the last step of the rewirer, so nothing says where it should grow: call "
                    "rewirer.step() after backward(), or freeze the layer by requires_grad_(False)"
                )
        blocks = [(part.block, part.window, part.group) for part in self._parts]
        passes = [recorded[part.layer] for part in self._parts]
        return signals_of(blocks, passes, self._units, rows)

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

    def _rows(self) -> list[tuple[int, int]]:
        """Return which rows of the table each layer has."""
        ends = np.cumsum([0, *(len(layer.weight) for layer in self.layers.values())]).tolist()
        return list(pairwise(ends))

    def _check(self, drop: np.ndarray, source: np.ndarray, target: np.ndarray) -> None:
        bounds = np.array(
            [
                (b.sources.start, b.sources.stop, b.targets.start, b.targets.stop)
                for b in self.blocks()
            ]
        )
        part = np.maximum(np.searchsorted(bounds[:, 2], target, side="right") - 1, 0)
        first, end, first_target, end_target = bounds[part].T
        outside = (source < first) | (source >= end)
        outside |= (target < first_target) | (target >= end_target)
        if outside.any():
            c = int(np.argmax(outside))
            raise ValueError(f"new connections must be in a block; got {source[c]} to {target[c]}")
        ends = np.array([last for _, last in self._rows()])
        lost = np.bincount(np.searchsorted(ends, drop, side="right"), minlength=len(ends))
        gained = np.bincount(np.array(self.layer_of_block())[part], minlength=len(ends))
        for i, (name, layer) in enumerate(self.layers.items()):
            if lost[i] != gained[i]:
                raise ValueError(
                    f"{name}: the number of connections must stay {len(layer.weight)}; got "
                    f"{lost[i]} dropped and {gained[i]} grown"
                )
            self.state.check(layer.weight)

    def _read_wiring(self, next_birth: int) -> ConnectionTable:
        """Return the table of the layers; all connections count as born now, in their order."""
        source, target = [], []
        for number, layer in enumerate(self.layers.values()):
            first_source, first_target = self._first_units(number)
            indptr = layer.indptr.cpu().numpy()
            row = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
            source.append(layer.source.cpu().numpy().astype(np.int64) + first_source[row])
            target.append(first_target[row] + row)
        weight = _joined([layer.weight for layer in self.layers.values()])
        birth = next_birth + np.arange(len(weight))
        return ConnectionTable(
            self._units, np.concatenate(source), np.concatenate(target), weight, birth
        )

    def _write_wiring(self) -> None:
        """Give the layers the wiring of the table."""
        table, fan_in = self.connections, self.connections.fan_in
        for number, (first, last) in enumerate(self._rows()):
            first_source, first_target = self._first_units(number)
            targets = np.arange(len(first_target))
            fan_ins = fan_in[first_target + targets]
            source = table.source[first:last] - np.repeat(first_source, fan_ins)
            indptr = np.concatenate(([0], np.cumsum(fan_ins)))
            for layer in self._all_of(number):
                with torch.no_grad():
                    layer.indptr.copy_(torch.from_numpy(indptr))
                    layer.source.copy_(torch.from_numpy(source))
                layer._complete_table()
        self._versions = self._wiring_versions()

    def _first_units(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return, for each channel of a layer's output, what to add to numbers in the layer."""
        parts = [part.block for part in self._parts if part.layer == number]
        channels = len(parts[0].targets)
        source = np.repeat([block.sources.start for block in parts], channels)
        target = np.repeat(
            [block.targets.start - i * channels for i, block in enumerate(parts)], channels
        )
        return source, target

    def _wiring_versions(self) -> list[tuple[int, int]]:
        layers = self.layers.values()
        return [(layer.source.data_ptr(), version_of(layer.source)) for layer in layers]


def _parts(layers: Sequence[SparseLayer]) -> tuple[list[Part], int]:
    """Number the units: sources and targets of each group of each layer, one after the other."""
    parts, units = [], 0
    for number, layer in enumerate(layers):
        window = layer.window
        kernel = () if window.kernel == (1, 1) else window.kernel
        targets = window.out_channels // window.groups
        for group in range(window.groups):
            middle = units + window.sources
            block = Block(range(units, middle), range(middle, middle + targets), kernel)
            parts.append(Part(block, window, group, number))
            units = middle + targets
    return parts, units


def _joined(tensors: Sequence[torch.Tensor]) -> np.ndarray:
    arrays = []
    for tensor in tensors:
        values = tensor.detach()
        values = values if values.dtype == torch.float64 else values.float()
        arrays.append(values.cpu().numpy())
    return np.concatenate(arrays)
