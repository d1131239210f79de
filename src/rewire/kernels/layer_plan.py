"""What the kernels need for one layer besides its arrays, kept from call to call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from . import threads
from .adjacency import Adjacency
from .backends import get_backend
from .geometry import (
    ALIGNED,
    CACHE_BYTES,
    FEW,
    INTERLEAVED,
    PIECE,
    PixelLayout,
    Window,
    pixel_layout,
)
from .layer_tables import LayerTables
from .layout import aligned_empty

__all__ = ["LayerPlan"]

# Several threads are used from this many connections times columns on; see ``block``.
MIN_WORK_PER_THREAD = 1_000_000
ONE_ROW = 16  # times as long a connection takes for one row as a column does for many
# From so many pixels on, the rows of one image fill the registers well, and copying it plainly
# is faster than interleaving 16: 3.7 instead of 2.5 times dense at 32 channels of 112 x 112 and
# density 0.1, but 2.9 instead of 4.1 times at 128 channels of 16 x 16.
LARGE_IMAGE = 1024
# From so many pixels on, half as many images together fill the registers as well, and half the work
# space is better cached: 1.05 to 1.2 times as fast at 16 x 16 to 32 x 32, but slower at 14 x 14.
MIDDLE_IMAGE = 256
MOST_SUBTOTALS = 8  # of gradients, which threads can work on apart from each other
COLUMNS_FOR_SUBTOTAL = 256  # from so many on, adding it up takes 3% of the time at most
KEPT_SHAPES = 4  # sizes of batches for which a plan keeps its arguments


class _Part(NamedTuple):
    """Some of a batch's images, and the arguments of the kernels that depend on sizes alone."""

    images: slice
    groups: int
    subtotals: int
    sizes: tuple[int, int]
    ordered: int  # weights to order in the forward pass
    own_gradients: bool  # whether the gradients of sources need a place of their own
    forward: tuple[tuple[Any, ...], tuple[Any, ...], int]
    backward: tuple[tuple[Any, ...], tuple[Any, ...], int]


class LayerPlan:
    """A layer's connections with all that the kernels need besides, kept from call to call.

    Nothing is checked here: the arrays must be as :func:`layer_forward` and :func:`layer_backward`
    demand. A plan holds until connections change.

    Parameters
    ----------
    adjacency : Adjacency
    window : Window
    backend : {"numba", "numpy"}, optional
    """

    def __init__(self, adjacency: Adjacency, window: Window, backend: str | None = None):
        self.adjacency, self.window = adjacency, window
        self.kernels: ModuleType = get_backend(backend)
        self._tables = LayerTables(adjacency, window)
        self._source: np.ndarray | None = None
        self._parts: dict[tuple[int, tuple[int, int]], list[_Part]] = {}

    def forward(
        self,
        size: tuple[int, int],
        weight: np.ndarray,
        bias: np.ndarray | None,
        X: np.ndarray,
        out: np.ndarray,
        n_threads: Callable[[], int],
    ) -> None:
        """See :func:`layer_forward`; ``n_threads`` is asked where several could be used."""
        bias = np.empty(0, weight.dtype) if bias is None else bias
        if len(X) == 1 and size == (1, 1) and self.window.sources_are_planes:
            arguments = self.adjacency.indptr, self._short_source(), weight, bias, X[0], out[0]
            self._run(
                "forward_one_row", arguments, 1, self._number(ONE_ROW * len(weight), n_threads)
            )
            return
        for part in self._parts_of(len(X), size):
            before, after, phases = part.forward
            x, y = X[part.images], out[part.images]
            number = self._number(len(weight) * y.size // self.window.out_channels, n_threads)
            parts = _parts(number, part.groups)
            sizes = (parts * size for size in part.sizes)
            A, Z, ordered = _work_space(weight.dtype, *sizes, part.ordered)
            arguments = x, y, *before, weight, bias, *after, parts, ordered, A, Z
            self._run("layer_forward", arguments, phases, number)

    def backward(
        self,
        size: tuple[int, int],
        weight: np.ndarray,
        X: np.ndarray | None,
        output_grad: np.ndarray,
        input_grad: np.ndarray | None,
        weight_grad: np.ndarray | None,
        bias_grad: np.ndarray | None,
        n_threads: Callable[[], int],
    ) -> None:
        """See :func:`layer_backward`."""
        dtype, connections = weight.dtype, len(weight)
        parts = self._parts_of(len(output_grad), size)
        total = np.empty(0, dtype) if weight_grad is None else weight_grad
        several = len(parts) != 1
        part_grad = np.empty_like(total) if several else total
        biases = np.empty(0, dtype) if bias_grad is None else bias_grad
        biases.fill(0)
        if several:
            total.fill(0)
        nothing = np.empty((0, 0), dtype)
        for part in parts:
            before, after, phases = part.backward
            x = nothing if X is None else X[part.images]
            dx = nothing if input_grad is None else input_grad[part.images]
            dy = output_grad[part.images]
            number = self._number(connections * dy.size // self.window.out_channels, n_threads)
            apart = _parts(number, part.subtotals)
            sizes = [apart * size for size in part.sizes]
            rows = part.subtotals * part_grad.size, part.subtotals * biases.size
            sizes += [connections, *rows, sizes[0] if part.own_gradients else 0]
            A, D, csc_weight, *sums, G = _work_space(dtype, *sizes)
            gradients, bias_sums = (flat.reshape(part.subtotals, -1) for flat in sums)
            arguments = (
                *(x, dy, dx, part_grad, biases, *before),
                *(weight, csc_weight, gradients, *after, apart, bias_sums, A, D, G),
            )
            self._run("layer_backward", arguments, phases, number)
            if several:
                total += part_grad

    def forward_one_row_small(
        self,
        weight: np.ndarray,
        scale: np.ndarray,
        bias: np.ndarray | None,
        x: np.ndarray,
        out: np.ndarray,
        n_threads: Callable[[], int],
    ) -> None:
        """Compute one row with int8 weights, each to be multiplied by its target's scale.

        Only for linear layers. It reads half the bytes of :meth:`forward`.
        """
        bias = np.empty(0, x.dtype) if bias is None else bias
        arguments = self.adjacency.indptr, self._short_source(), weight, scale, bias, x, out
        number = self._number(ONE_ROW * len(weight), n_threads)
        self._run("forward_one_row_small", arguments, 1, number)

    def _short_source(self) -> np.ndarray:
        """Return the sources in 16 bits where that is enough: half the bytes to read."""
        if self._source is None:
            short = self.window.in_channels <= 2**16
            self._source = self.adjacency.source.astype(np.uint16 if short else np.int32)
        return self._source

    def _number(self, work: int, n_threads: Callable[[], int]) -> int:
        """Return how many threads to use for so many connections times columns."""
        alone = work < MIN_WORK_PER_THREAD or not self.kernels.SHARES_WORK
        return 1 if alone else n_threads()

    def _run(self, name: str, arguments: tuple[Any, ...], phases: int, number: int) -> None:
        function = getattr(self.kernels, name)
        if number == 1:
            function(*arguments, _ALONE, _ALONE)
            return
        progress, team = np.zeros(2 * phases + 1, np.int64), threads.openmp_team(number)
        if team is None:
            threads.run_threaded(function, (*arguments, progress, _ALONE), number)
        else:
            function(*arguments, progress, team)

    def _parts_of(self, images: int, size: tuple[int, int]) -> list[_Part]:
        key = images, size
        found = self._parts.get(key)
        if found is None:
            if len(self._parts) >= KEPT_SHAPES:
                self._parts.pop(next(iter(self._parts)), None)
            cut = _groups(self.window, size, images)
            found = self._parts[key] = [self._part(images, pixels) for images, pixels in cut]
        return found

    def _part(self, images: slice, pixels: PixelLayout) -> _Part:
        """Put together what depends on the connections and on sizes."""
        window, number = self.window, images.stop - images.start
        groups = number // pixels.images
        columns = number * pixels.target_size // pixels.images
        subtotals = _subtotals(groups, columns)
        inputs = pixels.input_place, pixels.input_run, pixels.input_gaps
        outputs = pixels.output_place, pixels.output_run
        reading = self._tables.forward(pixels)
        table = reading.indptr, reading.reads, reading.position
        forward = (
            (pixels.images, *inputs, *outputs, pixels.forward_tiles, *table),
            (
                *(reading.width, pixels.target_size, window.out_channels),
                *(reading.blocks, reading.far),
            ),
            2 + (2 + len(pixels.forward_tiles)) * groups,
        )
        ordered = len(reading.position)
        reading = self._tables.backward(pixels)
        table = reading.indptr, reading.reads, reading.position
        backward = (
            (
                *(pixels.images, *inputs, *outputs, pixels.output_gaps, pixels.backward_tiles),
                *table,
            ),
            (
                *(reading.width, window.planes, pixels.plane_size, pixels.target_size),
                *(reading.blocks, reading.far),
            ),
            5 + 2 * subtotals + (4 + len(pixels.backward_tiles)) * groups,
        )
        sizes = (
            _whole_lines(window.planes * pixels.plane_size + pixels.images),
            _whole_lines(window.out_channels * pixels.target_size),
        )
        own_gradients = reading.blocks > 1
        return _Part(images, groups, subtotals, sizes, ordered, own_gradients, forward, backward)


_ALONE = np.zeros(0, np.int64)


def _whole_lines(size: int) -> int:
    """Return a size of a work space such that the next part begins on a cache line."""
    return -(-size // ALIGNED) * ALIGNED


def _subtotals(groups: int, columns: int) -> int:
    """Return over how many subtotals to add up gradients: 1, 2, 4 or 8.

    It depends on sizes alone, as it changes the last bits.
    """
    limit = min(MOST_SUBTOTALS, groups, 1 + columns // COLUMNS_FOR_SUBTOTAL)
    return 1 << (limit.bit_length() - 1)


def _parts(number: int, pieces: int) -> int:
    """Return how many threads take pieces apart: all, or 1 if too many would be idle at the end."""
    rounds = -(-pieces // number)
    return number if pieces >= 0.75 * rounds * number else 1


def _groups(
    window: Window, size: tuple[int, int], images: int
) -> Iterator[tuple[slice, PixelLayout]]:
    """Cut the images into parts of whole groups: as many in each group as are interleaved."""
    at_once = _interleaved(window, size, images)
    whole = images - images % at_once if at_once else 0
    if whole:
        yield slice(0, whole), pixel_layout(window, size, at_once)
    if images > whole:
        for part, pixels in _groups(window, size, images - whole):
            yield slice(whole + part.start, whole + part.stop), pixels


def _interleaved(window: Window, size: tuple[int, int], images: int) -> int:
    """Return how many images to interleave."""
    if size == (1, 1) and window.kernel == (1, 1):
        most = CACHE_BYTES // (4 * PIECE * max(window.in_channels, window.out_channels, 1))
        limit = PIECE * min(max(most, 1), 4)
    else:
        pixels = size[0] * size[1]
        large = pixels > LARGE_IMAGE or (window.reach == (0, 0) and pixels >= PIECE)
        several = INTERLEAVED if pixels < MIDDLE_IMAGE else INTERLEAVED // 2
        limit = 1 if images < FEW or large else several
    return min(images, limit)


_buffers = threading.local()


def _work_space(dtype: np.dtype, *sizes: int) -> list[np.ndarray]:
    """Return flat arrays of these sizes, which each thread keeps for its next call."""
    kept: list[np.ndarray] = _buffers.__dict__.setdefault(dtype.char, [])
    while len(kept) < len(sizes):
        kept.append(np.empty(0, dtype))
    for i, needed in enumerate(sizes):
        if kept[i].size < needed:
            kept[i] = aligned_empty(needed, dtype)
    return [buffer[:size] for buffer, size in zip(kept, sizes, strict=False)]
