"""How the units of separate layers are numbered, one after the other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch

from rewire.connectivity import Block
from rewire.io import advise
from rewire.kernels.geometry import Window

from ..layers.layer import SparseLayer

__all__ = ["Part", "check_room", "first_units", "number_units", "numbers_of", "parts_of"]


class Part(NamedTuple):
    """A block, and where its layer keeps it: one group of a layer's targets."""

    block: Block
    window: Window
    group: int
    layer: int


def number_units(layers: Sequence[SparseLayer]) -> tuple[list[Part], list[int]]:
    """Number the units: sources and targets of each group of each layer, one after the other.

    Returns the parts, and the first unit of each layer with the end of the last.
    """
    parts, units, starts = [], 0, [0]
    for number, layer in enumerate(layers):
        window = layer.window
        kernel = () if window.kernel == (1, 1) else window.kernel
        targets = window.out_channels // window.groups
        for group in range(window.groups):
            middle = units + window.sources
            block = Block(range(units, middle), range(middle, middle + targets), kernel)
            parts.append(Part(block, window, group, number))
            units = middle + targets
        starts.append(units)
    return parts, starts


def first_units(parts: Sequence[Part], number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return, for each channel of a layer's output, what to add to numbers in the layer."""
    blocks = [part.block for part in parts if part.layer == number]
    channels = len(blocks[0].targets)
    source = np.repeat([block.sources.start for block in blocks], channels)
    target = np.repeat(
        [block.targets.start - i * channels for i, block in enumerate(blocks)], channels
    )
    return source, target


def parts_of(blocks: Sequence[Block], source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the number of the block that each connection is in.

    Raises
    ------
    ValueError
        If one is in none.
    """
    bounds = np.array(
        [(b.sources.start, b.sources.stop, b.targets.start, b.targets.stop) for b in blocks]
    )
    units = np.arange(max(int(bounds[-1, 3]), int(target.max(initial=0)) + 1))
    part = np.maximum(np.searchsorted(bounds[:, 2], units, side="right") - 1, 0)[target]
    first, end, first_target, end_target = (column[part] for column in bounds.T)
    outside = (source < first) | (source >= end)
    outside |= (target < first_target) | (target >= end_target)
    if outside.any():
        c = int(np.argmax(outside))
        raise ValueError(f"new connections must be in a block; got {source[c]} to {target[c]}")
    return part


def check_room(layers: Mapping[str, SparseLayer], first: np.ndarray, wanted: np.ndarray) -> None:
    """Raise ValueError if a layer is to have more connections than it has entries.

    Parameters
    ----------
    layers : mapping of str to SparseLayer
    first, wanted : ndarray of int, shape (layers,)
        Connections at the beginning, and those that each layer is to have.
    """
    for (name, layer), before, number in zip(layers.items(), first, wanted, strict=True):
        if number > len(layer.weight):
            least = math.ceil(100 * (number / max(before, 1) - 1)) / 100
            raise ValueError(
                advise(
                    f"{name}: a layer must have room for its connections, {number} after this "
                    f"rewiring; got {len(layer.weight)} entries",
                    f"give it more spare ones, slack={least:.2f} or, to be safe, twice that",
                    "choose a method that keeps each layer's number of connections",
                )
            )


def numbers_of(entries: torch.Tensor, count: int) -> np.ndarray:
    """Return the first entries of a tensor as NumPy has them."""
    values = entries.detach()[:count]
    return (values if values.dtype == torch.float64 else values.float()).cpu().numpy()
