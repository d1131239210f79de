"""Tensors and changes as few bytes, from which the same bits come back.

Half of what layers with ReLU give and take is zeros: they are sent as a bit each. A change to a
hundred thousand connections is sent as a bit for each of them, and a number for each new one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rewire.topology.changes import Change
from rewire.topology.growth import NewConnections

__all__ = ["Kind", "PackedChange", "pack", "unpack"]

WHOLE = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


class Kind(NamedTuple):
    """What is known of a tensor before it comes.

    Attributes
    ----------
    shape : tuple of int
    dtype : torch.dtype
    parts : tuple of int
        Bytes of each part: its numbers, or a bit for each number and those that are not zero.
    """

    shape: tuple[int, ...]
    dtype: torch.dtype
    parts: tuple[int, ...]


def pack(tensor: Tensor) -> tuple[Kind, list[Tensor]]:
    """Return what a tensor is, and its bytes.

    Examples
    --------
    >>> kind, parts = pack(torch.tensor([[0.0, 2.0], [0.0, 0.0]], dtype=torch.float64))
    >>> kind.parts, unpack(kind, parts).tolist()
    ((1, 8), [[0.0, 2.0], [0.0, 0.0]])
    """
    flat = tensor.detach().cpu().contiguous().view(-1)
    if not len(flat):  # may have strides that bytes cannot have
        flat = torch.empty(0, dtype=tensor.dtype)
    parts = [flat.view(torch.uint8)]
    if flat.element_size() in WHOLE:
        # Bit by bit, so that -0.0 is none of the zeros.
        present = (flat.view(WHOLE[flat.element_size()]) != 0).numpy()
        bits, count = -(-len(flat) // 8), int(np.count_nonzero(present))
        if bits + count * flat.element_size() < flat.nbytes:
            values = flat[torch.from_numpy(present)]
            parts = [torch.from_numpy(np.packbits(present)), values.view(torch.uint8)]
    sizes = tuple(part.numel() for part in parts)
    return Kind(tuple(tensor.shape), tensor.dtype, sizes), parts


def unpack(kind: Kind, parts: list[Tensor]) -> Tensor:
    """Return the tensor of which these are kind and bytes."""
    values = parts[-1].view(kind.dtype)
    if len(parts) == 1:
        return values.view(kind.shape)
    flat = torch.zeros(int(np.prod(kind.shape)), dtype=kind.dtype)
    present = np.unpackbits(parts[0].numpy(), count=len(flat)).view(bool)
    flat[torch.from_numpy(present)] = values
    return flat.view(kind.shape)


class PackedChange(NamedTuple):
    """A change to the connections of a model of so many units.

    Attributes
    ----------
    rest : Change
        Without connections.
    drop : ndarray
        A bit for each connection, or rows, whichever is less; their order does not matter.
    grow : ndarray
        Target times units plus source, in the order of births.
    """

    rest: Change
    drop: np.ndarray
    grow: np.ndarray
    units: int

    @classmethod
    def of(cls, change: Change, units: int) -> PackedChange:
        """Pack a change."""
        drop: np.ndarray = change.drop.astype(_fitting(change.connections))
        if drop.nbytes > change.connections // 8:
            dropped = np.zeros(change.connections, bool)
            dropped[change.drop] = True
            drop = np.packbits(dropped)
        grow = change.grow.target.astype(np.int64) * units + change.grow.source
        nothing = np.empty(0, np.int64)
        rest = replace(change, drop=nothing, grow=NewConnections(nothing, nothing))
        return cls(rest, drop, grow.astype(_fitting(units * units)), units)

    def change(self) -> Change:
        """Return the change; what is dropped is in ascending order where bits were sent."""
        drop = self.drop
        if drop.dtype == np.uint8:
            drop = np.flatnonzero(np.unpackbits(drop, count=self.rest.connections))
        target, source = np.divmod(self.grow.astype(np.int64), self.units)
        return replace(self.rest, drop=drop.astype(np.int64), grow=NewConnections(source, target))


def _fitting(limit: int) -> type:
    """Return a type for whole numbers below a limit."""
    return np.uint32 if limit <= 1 << 32 else np.int64
