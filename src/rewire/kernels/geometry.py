"""How the pixels of a layer's images lie in rows, so that each connection reads at one offset.

A convolution becomes a weighted sum of rows. Every input channel is a *plane*: its pixels, padded
with zeros, one after the other in a row, and those of several images interleaved, so that the
images are the contiguous axis. Target pixel p of a row then reads pixel p + offset of a source
row, with one offset for each position of the kernel. A stride splits a channel into several
planes, one for each remainder of the coordinates. A linear layer is the case of one pixel.

A row of targets has the same pitch as a plane, with a margin in front and zeros between its
pixels, so that the backward pass reads the targets of a source pixel at the negative offset.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from .adjacency import Adjacency

__all__ = ["PixelLayout", "Window", "pixel_layout", "window_adjacency"]

CACHE_BYTES = 600_000  # what a tile reads should stay in the L2 cache
PIECE = 64  # columns that the kernels take at once
ALIGNED = 16  # numbers
INTERLEAVED = 16  # images, a vector of float32
FEW = 8  # with fewer images than this, each is a group of its own


@dataclass(frozen=True)
class Window:
    """Which sources a target reads; by default all of one pixel: a linear layer.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel, stride, dilation : (int, int)
        Rows and columns.
    padding : (int, int, int, int)
        Zeros above, below, to the left, to the right.
    groups : int
        Targets of group g read channels of group g.

    Examples
    --------
    >>> window = Window(8, 16, kernel=(3, 3), padding=(1, 1, 1, 1), stride=(2, 2))
    >>> window.sources, window.output_size((32, 32))
    (72, (16, 16))
    """

    in_channels: int
    out_channels: int
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1

    @cached_property
    def sources(self) -> int:
        """Sources that a target may read: channels of its group times positions of the kernel."""
        return self.in_channels // self.groups * self.kernel[0] * self.kernel[1]

    @cached_property
    def reach(self) -> tuple[int, int]:
        """Rows and columns of a plane that a target pixel reads beyond its own."""
        y, x = (
            d * (k - 1) // s
            for d, k, s in zip(self.dilation, self.kernel, self.stride, strict=True)
        )
        return y, x

    @cached_property
    def phases(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Remainders of the coordinates, modulo the stride, that are read: for rows and columns."""
        y, x = (
            tuple(sorted({i * d % s for i in range(k)}))
            for d, k, s in zip(self.dilation, self.kernel, self.stride, strict=True)
        )
        return y, x

    @cached_property
    def planes(self) -> int:
        """Number of rows into which the input channels are laid."""
        return self.in_channels * len(self.phases[0]) * len(self.phases[1])

    @cached_property
    def positions(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Plane within the group, and offset in rows and columns, of each source of a group."""
        ky, kx = np.indices(self.kernel)
        y, x = ky.ravel() * self.dilation[0], kx.ravel() * self.dilation[1]
        phase = np.searchsorted(self.phases[0], y % self.stride[0]) * len(self.phases[1])
        phase += np.searchsorted(self.phases[1], x % self.stride[1])
        channels = self.in_channels // self.groups
        plane = np.arange(channels)[:, None] * (self.planes // self.in_channels) + phase
        return (
            plane.ravel(),
            np.tile(y // self.stride[0], channels),
            np.tile(x // self.stride[1], channels),
        )

    @cached_property
    def sources_are_planes(self) -> bool:
        """Whether each source is the plane of its number, as in a linear layer."""
        return self.kernel == (1, 1) and self.groups == 1

    def output_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return rows and columns of the output for an input of that size."""
        top, bottom, left, right = self.padding
        padded = size[0] + top + bottom, size[1] + left + right
        y, x = (
            (p - d * (k - 1) - 1) // s + 1
            for p, d, k, s in zip(padded, self.dilation, self.kernel, self.stride, strict=True)
        )
        return y, x

    def first_plane(self, target: np.ndarray) -> np.ndarray:
        """Return the first plane of the group of each target."""
        group = target // (self.out_channels // self.groups)
        return group * (self.planes // self.groups)


class PixelLayout(NamedTuple):
    """Where everything lies in flat arrays, for images of one size, ``images`` of them interleaved.

    Attributes
    ----------
    images : int
    pitch, margin : int
        Numbers from one row of a plane's pixels to the next, and before the first target pixel.
    plane_size, target_size : int
        Numbers in a row of sources and in a row of targets.
    input_place, output_place : ndarray of int32
        Where the first image of each input (channel, row, column) and each output lies; the
        inputs that no target reads share the place behind all planes.
    input_run, output_run : int
        So many neighbouring inputs (outputs) of an image lie side by side if it is alone.
    input_gaps, output_gaps : ndarray of intp, shape (gaps, 2)
        Begin and end of the pieces that are padding and must be zero.
    forward_tiles, backward_tiles : ndarray of intp, shape (tiles, 2)
        Begin and end of the columns to compute in rows of targets, and of sources.
    """

    images: int
    pitch: int
    margin: int
    plane_size: int
    target_size: int
    input_place: np.ndarray
    output_place: np.ndarray
    input_run: int
    output_run: int
    input_gaps: np.ndarray
    output_gaps: np.ndarray
    forward_tiles: np.ndarray
    backward_tiles: np.ndarray


@lru_cache(maxsize=64)
def pixel_layout(window: Window, size: tuple[int, int], images: int) -> PixelLayout:
    """Return the layout for images of ``size`` (rows, columns), ``images`` at a time.

    Examples
    --------
    Two pixels in a row, with a zero on each side, and a kernel of three:

    >>> found = pixel_layout(Window(1, 1, (1, 3), padding=(0, 0, 1, 1)), (1, 2), images=1)
    >>> found.plane_size, found.input_place.tolist(), found.input_gaps.tolist()
    (4, [1, 2], [[0, 1], [3, 4]])
    """
    out = window.output_size(size)
    rows, columns = out[0] + window.reach[0], out[1] + window.reach[1]
    margin = window.reach[0] * columns + window.reach[1]
    plane, target = rows * columns, margin + rows * columns
    if images == 1 and plane > ALIGNED:  # so that each row begins on a cache line
        plane, target = -(-plane // ALIGNED) * ALIGNED, -(-target // ALIGNED) * ALIGNED
    inputs, box = _input_places(window, size, (rows, columns), plane)
    y, x = np.indices(out)
    pixels = (margin + y * columns + x).ravel()
    outputs = (np.arange(window.out_channels)[:, None] * target + pixels).ravel()
    forward = [(margin + i * columns, margin + i * columns + out[1]) for i in range(out[0])]
    backward = [(i * columns + box[2], i * columns + box[3]) for i in range(box[0], box[1])]
    return PixelLayout(
        images,
        columns * images,
        margin * images,
        plane * images,
        target * images,
        (inputs * images).astype(np.int32),
        (outputs * images).astype(np.int32),
        _run(inputs, size),
        _run(outputs, out),
        _gaps(inputs, window.planes * plane) * images,
        _gaps(outputs, window.out_channels * target) * images,
        _tiles(forward, images, window.planes, window.reach),
        _tiles(backward, images, window.out_channels, window.reach),
    )


def window_adjacency(indptr: np.ndarray, source: np.ndarray, window: Window) -> Adjacency:
    """Complete the table of a layer with the order by plane.

    Parameters
    ----------
    indptr : ndarray of int32, shape (out_channels + 1,)
    source : ndarray of int32, shape (connections,)
        Numbered within the group: ``(channel * rows + row) * columns + column`` of the kernel.
    window : Window
    """
    if window.sources_are_planes:
        return Adjacency.from_csr(indptr, source, window.planes)
    target = np.repeat(np.arange(window.out_channels), np.diff(indptr))
    plane = window.positions[0][source] + window.first_plane(target)
    by_plane = Adjacency.from_csr(indptr, plane.astype(source.dtype), window.planes)
    return by_plane._replace(source=source)


def _input_places(
    window: Window, size: tuple[int, int], limits: tuple[int, int], plane: int
) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """Return the place of each input, and the box of a plane's pixels that hold any."""
    y, x = np.arange(size[0]) + window.padding[0], np.arange(size[1]) + window.padding[2]
    (phase_y, i, read_y), (phase_x, j, read_x) = (
        _split(yx, stride, phases, limit)
        for yx, stride, phases, limit in zip(
            (y, x), window.stride, window.phases, limits, strict=True
        )
    )
    per_channel = window.planes // window.in_channels
    phase = phase_y[:, None] * len(window.phases[1]) + phase_x
    place = phase * plane + i[:, None] * limits[1] + j
    channel = np.arange(window.in_channels)[:, None, None] * (per_channel * plane)
    unused = window.planes * plane
    place = np.where(read_y[:, None] & read_x, place + channel, unused)
    box = [0, 0, 0, 0]
    if read_y.any() and read_x.any():
        box = [i[read_y].min(), i[read_y].max() + 1, j[read_x].min(), j[read_x].max() + 1]
    return place.ravel(), (int(box[0]), int(box[1]), int(box[2]), int(box[3]))


def _split(
    coordinate: np.ndarray, stride: int, phases: tuple[int, ...], limit: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each coordinate's phase (by its position among ``phases``), quotient and use."""
    remainder, quotient = coordinate % stride, coordinate // stride
    phase = np.minimum(np.searchsorted(phases, remainder), len(phases) - 1)
    return phase, quotient, (np.array(phases)[phase] == remainder) & (quotient < limit)


def _run(place: np.ndarray, size: tuple[int, int]) -> int:
    """Return how many neighbours lie side by side: all, one channel's, one row's, or one."""
    broken = np.flatnonzero(np.diff(place) != 1) + 1
    runs = (len(place), size[0] * size[1], size[1])
    return next((run for run in runs if run > 0 and not (broken % run).any()), 1)


def _gaps(place: np.ndarray, size: int) -> np.ndarray:
    """Return begin and end of all runs of places, below ``size``, where nothing lies."""
    empty = np.ones(size + 2, np.int8)
    empty[0] = empty[-1] = 0
    empty[1 + place[place < size]] = 0
    edges = np.flatnonzero(np.diff(empty))
    return edges.reshape(-1, 2).astype(np.intp)


def _tiles(
    runs: list[tuple[int, int]], images: int, planes: int, reach: tuple[int, int]
) -> np.ndarray:
    """Cut runs of pixels into tiles, for each of which the rows that are read fit the L2 cache.

    With few images the zeros between two runs are computed as well, which costs less than pieces
    that do not fill the registers.
    """
    if runs and images < FEW:
        runs = [(runs[0][0], runs[-1][1])]
    merged: list[list[int]] = []
    for begin, end in runs:
        if merged and merged[-1][1] == begin:
            merged[-1][1] = end
        elif end > begin:
            merged.append([begin, end])
    fits = CACHE_BYTES // (4 * max(planes, 1) * (reach[0] + 1)) - reach[1] * images
    length = max(fits // PIECE, 1) * PIECE
    tiles = [
        (low, min(low + length, end * images))
        for begin, end in merged
        for low in range(begin * images, end * images, length)
    ]
    return np.array(tiles, np.intp).reshape(-1, 2)
