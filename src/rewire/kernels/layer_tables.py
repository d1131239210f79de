"""Where a layer's connections read, in the order in which the kernels go through them.

A connection reads a row of some columns. All rows together are more than the L1 cache holds, and
often more than L2 does; so the rows may be cut into blocks, and a row of results be computed from
one block after the other. That reads a result's sums again for each block, and pays where a result
has enough connections in each.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .adjacency import Adjacency
from .geometry import CACHE_BYTES, PIECE, PixelLayout, Window

__all__ = ["LayerTable", "LayerTables"]

L1_BYTES = 40_000  # rows that a block reads; 32 KB and 48 KB differ little
# Connections of a result with each block from which on blocks pay. In the backward pass, where a
# row that is read serves two products, reading takes less of the time. With 5 connections for each
# block, at 1024 rows and density 0.05, the forward pass took 1.1 times as long as without blocks.
# benchmarks/torch_blocks.py measures. Neither two blocks nor fewer columns gained.
FEWEST_FORWARD, FEWEST_BACKWARD, FEWEST_BLOCKS = 12, 20, 3


class LayerTable(NamedTuple):
    """Connections by block and result.

    Attributes
    ----------
    indptr : ndarray, shape (blocks * results + 1,)
        Block after block, where the connections of each result begin.
    reads : ndarray, shape (connections,)
        What each connection reads, to be multiplied by ``width``.
    position : ndarray, shape (connections,), or empty
        Where each connection of the layer's table stands here; empty if it is the same order.
    width : int
    blocks : int
    far : bool
        Whether what is read does not stay in the L2 cache, so that prefetching pays.
    """

    indptr: np.ndarray
    reads: np.ndarray
    position: np.ndarray
    width: int
    blocks: int
    far: bool


class LayerTables:
    """The tables of one layer, for images of any size; what does not depend on sizes is kept.

    Parameters
    ----------
    adjacency : Adjacency
    window : Window
    """

    def __init__(self, adjacency: Adjacency, window: Window):
        self._adjacency, self._window = adjacency, window
        self._kept: dict[tuple[str, int], tuple[np.ndarray, ...]] = {}

    def forward(self, pixels: PixelLayout) -> LayerTable:
        """Return the table by target, whose connections read sources."""
        adjacency, window = self._adjacency, self._window
        width, reads = _forward_reads(adjacency, window, pixels)
        fan_in = len(reads) / max(window.out_channels, 1)
        blocks, far = _blocks(window.planes, window, pixels, fan_in, FEWEST_FORWARD)
        indptr, position = adjacency.indptr, np.empty(0, adjacency.source.dtype)
        if blocks > 1:
            rows = _with_planes(adjacency, window), window.planes
            indptr, position, row = self._in_blocks("forward", indptr, None, *rows, blocks)
            reads = row if width > 1 else _scattered(reads, position)
        return LayerTable(indptr, reads, position, width, blocks, far)

    def backward(self, pixels: PixelLayout) -> LayerTable:
        """Return the table by plane of sources, whose connections read targets."""
        adjacency, window = self._adjacency, self._window
        width, reads = _backward_reads(adjacency, window, pixels)
        fan_out = len(reads) / max(window.planes, 1)
        blocks, far = _blocks(window.out_channels, window, pixels, fan_out, FEWEST_BACKWARD)
        indptr, position = adjacency.csc_indptr, adjacency.csc_position
        if blocks > 1:
            rows = adjacency.target, window.out_channels
            indptr, position, row = self._in_blocks("backward", indptr, position, *rows, blocks)
            reads = row if width > 1 else _scattered(reads[adjacency.csc_position], position)
        return LayerTable(indptr, reads, position, width, blocks, far)

    def _in_blocks(
        self,
        name: str,
        indptr: np.ndarray,
        position: np.ndarray | None,
        row: np.ndarray,
        rows: int,
        blocks: int,
    ) -> tuple[np.ndarray, ...]:
        """Order connections, sorted by result, by block of the ``row`` that they read.

        ``position`` is each connection's of the table among them (None: the same).

        Returns
        -------
        indptr, position, row : ndarray
            As they are in the new order.
        """
        found = self._kept.get((name, blocks))
        if found is None:
            results = len(indptr) - 1
            by_block = Adjacency.from_csr(indptr, row // -(-rows // blocks), blocks)
            first = np.repeat(results * np.arange(blocks), np.diff(by_block.csc_indptr))
            number = np.bincount(first + by_block.target, minlength=blocks * results)
            ends = np.zeros(blocks * results + 1, indptr.dtype)
            np.cumsum(number, out=ends[1:])
            place = by_block.csc_position
            position = place if position is None else place[position]
            found = self._kept[name, blocks] = ends, position, _scattered(row, place)
        return found


def _scattered(values: np.ndarray, position: np.ndarray) -> np.ndarray:
    out = np.empty_like(values)
    out[position] = values
    return out


def _blocks(
    rows: int, window: Window, pixels: PixelLayout, connections: float, fewest: int
) -> tuple[int, bool]:
    """Return into how many blocks to cut the rows that are read, and whether they are far.

    A result has so many ``connections`` on average, and ``fewest`` it shall have with each block.
    Blocks are for L1, or larger if that makes too many and L2 does not hold all rows either.
    """
    far = rows * PIECE * 4 > CACHE_BYTES
    columns = max((high - low for low, high in pixels.forward_tiles), default=0)
    read = (PIECE + window.reach[1] * pixels.images) * (window.reach[0] + 1)
    blocks = -(-rows * 4 * read // L1_BYTES)
    if columns < PIECE or blocks < FEWEST_BLOCKS:
        blocks = 1
    elif connections < fewest * blocks:
        blocks = int(connections // fewest) if far else 1
    return max(blocks, 1), far and blocks <= 1


def _forward_reads(
    adjacency: Adjacency, window: Window, pixels: PixelLayout
) -> tuple[int, np.ndarray]:
    """Return what is to be multiplied by an index, and where each connection reads its source."""
    if pixels.plane_size == pixels.images:
        return pixels.images, _with_planes(adjacency, window)
    plane, y, x = window.positions
    start: np.ndarray = (
        plane * pixels.plane_size + y * pixels.pitch + x * pixels.images - pixels.margin
    )
    index: np.ndarray = start[adjacency.source]
    if window.groups > 1:
        target = np.repeat(np.arange(window.out_channels), np.diff(adjacency.indptr))
        index += window.first_plane(target) * pixels.plane_size
    return 1, index.astype(_index_type(window, pixels))


def _with_planes(adjacency: Adjacency, window: Window) -> np.ndarray:
    """Return the plane that each connection reads, where a source has but one pixel."""
    if window.sources_are_planes:
        return adjacency.source
    target = np.repeat(np.arange(window.out_channels), np.diff(adjacency.indptr))
    plane = window.positions[0][adjacency.source] + window.first_plane(target)
    return plane.astype(adjacency.source.dtype)


def _backward_reads(
    adjacency: Adjacency, window: Window, pixels: PixelLayout
) -> tuple[int, np.ndarray]:
    """Return the same for the targets that a source reads in the backward pass."""
    if pixels.plane_size == pixels.images:
        return pixels.images, adjacency.target
    _, y, x = window.positions
    offset = pixels.margin - y * pixels.pitch - x * pixels.images
    index: np.ndarray = np.empty(len(adjacency.source), _index_type(window, pixels))
    index[adjacency.csc_position] = offset[adjacency.source]
    index += adjacency.target * index.dtype.type(pixels.target_size)
    return 1, index


def _index_type(window: Window, pixels: PixelLayout) -> type:
    largest = max(
        (window.planes + 1) * pixels.plane_size, (window.out_channels + 1) * pixels.target_size
    )
    return np.int32 if largest < 2**31 else np.int64
