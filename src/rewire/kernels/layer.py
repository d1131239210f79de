"""Forward and backward passes of one sparse layer, linear or convolution, for other front ends.

Images are rows of a C-contiguous matrix: (images, channels x rows x columns), as a front end holds
them; a linear layer's have one pixel. Copies, padding and bias are inside the compiled pass.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np

from . import threads
from .adjacency import Adjacency
from .backends import get_backend
from .geometry import CACHE_BYTES, FEW, INTERLEAVED, PIECE, PixelLayout, Window, pixel_layout
from .layout import aligned_empty

__all__ = ["layer_backward", "layer_forward"]

# Several threads are used from this many connections times columns on; see ``block``.
MIN_WORK_PER_THREAD = 1_000_000


def layer_forward(
    adjacency: Adjacency,
    window: Window,
    size: tuple[int, int],
    weight: np.ndarray,
    bias: np.ndarray | None,
    X: np.ndarray,
    out: np.ndarray,
    *,
    n_threads: int | None = None,
    backend: str | None = None,
) -> None:
    """Write the layer's outputs for the images X.

    Parameters
    ----------
    adjacency : Adjacency
        From :func:`rewire.kernels.geometry.window_adjacency`.
    window : Window
    size : (int, int)
        Rows and columns of an image; (1, 1) for a linear layer.
    weight : ndarray, shape (connections,)
        In the order of the table.
    bias : ndarray, shape (out_channels,), or None
    X : ndarray, shape (images, in_channels * rows * columns)
    out : ndarray, shape (images, out_channels * output rows * output columns)
        Overwritten.
    n_threads : int, optional
        By default :func:`rewire.kernels.get_num_threads`. It does not change the bits.
    backend : {"numba", "numpy"}, optional
        See :func:`rewire.kernels.get_backend` for the default.

    Raises
    ------
    ValueError
        For arrays whose shapes do not fit, or which are not C-contiguous or differ in dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from rewire.kernels.geometry import Window, window_adjacency
    >>> indptr, source = np.array([0, 2, 3], np.int32), np.array([0, 2, 0], np.int32)
    >>> window = Window(3, 2)
    >>> adjacency, out = window_adjacency(indptr, source, window), np.empty((1, 2))
    >>> weight, X = np.array([1.0, 2.0, 3.0]), np.array([[1.0, 0.0, 10.0]])
    >>> layer_forward(adjacency, window, (1, 1), weight, None, X, out, backend="numpy")
    >>> out.tolist()
    [[21.0, 3.0]]
    """
    _check(adjacency, window, size, weight, X=X, out=out, bias=bias)
    kernels, no_bias = get_backend(backend), np.zeros(0, weight.dtype)
    bias = no_bias if bias is None else bias
    for images, pixels in _groups(window, size, len(X)):
        width, index = _forward_index(adjacency, window, pixels)
        A, Z = _work_space(window, pixels, weight.dtype)
        arguments = (
            *(X[images], out[images], pixels.images),
            *(pixels.input_place, pixels.input_run, pixels.input_gaps),
            *(pixels.output_place, pixels.output_run, pixels.forward_tiles),
            *(adjacency.indptr, index, weight, bias, width, pixels.target_size),
            *(_is_far(window.planes, weight), A, Z),
        )
        phases = (2 + len(pixels.forward_tiles)) * (len(X[images]) // pixels.images)
        _run(kernels, "layer_forward", arguments, phases, n_threads, _work(weight, X, window, size))


def layer_backward(
    adjacency: Adjacency,
    window: Window,
    size: tuple[int, int],
    weight: np.ndarray,
    X: np.ndarray | None,
    output_grad: np.ndarray,
    *,
    input_grad: np.ndarray | None = None,
    weight_grad: np.ndarray | None = None,
    bias_grad: np.ndarray | None = None,
    n_threads: int | None = None,
    backend: str | None = None,
) -> None:
    """Write those gradients for which an array is given.

    Parameters
    ----------
    adjacency, window, size, weight, n_threads, backend
        See :func:`layer_forward`.
    X : ndarray, shape (images, in_channels * rows * columns), or None
        Only needed for ``weight_grad``.
    output_grad : ndarray, shape (images, out_channels * output rows * output columns)
    input_grad, weight_grad, bias_grad : ndarray, optional
        Of the shapes of X, weight and bias; overwritten.

    Raises
    ------
    ValueError
        As :func:`layer_forward`.
    """
    arrays = {"X": X, "out": output_grad, "input_grad": input_grad, "bias": bias_grad}
    _check(adjacency, window, size, weight, weight_grad=weight_grad, **arrays)
    kernels, dtype = get_backend(backend), weight.dtype
    total = np.empty(0, dtype) if weight_grad is None else weight_grad
    part = np.empty_like(total)
    total[:] = 0
    biases = np.empty(0, dtype) if bias_grad is None else bias_grad
    biases[:] = 0
    nothing, work = np.empty((0, 0), dtype), _work(weight, output_grad, window, size)
    csc_weight, gradient = aligned_empty(len(weight), dtype), aligned_empty(len(weight), dtype)
    for images, pixels in _groups(window, size, len(output_grad)):
        width, index = _backward_index(adjacency, window, pixels)
        A, D = _work_space(window, pixels, dtype)
        arguments = (
            *(nothing if X is None else X[images], output_grad[images]),
            *(nothing if input_grad is None else input_grad[images], part, biases, pixels.images),
            *(pixels.input_place, pixels.input_run, pixels.input_gaps),
            *(pixels.output_place, pixels.output_run, pixels.output_gaps, pixels.backward_tiles),
            *(adjacency.csc_indptr, index, adjacency.csc_position, weight, csc_weight, gradient),
            *(width, window.planes, pixels.plane_size, pixels.target_size),
            *(_is_far(window.out_channels, weight), A, D),
        )
        groups = len(output_grad[images]) // pixels.images
        phases = 2 + (4 + len(pixels.backward_tiles)) * groups
        _run(kernels, "layer_backward", arguments, phases, n_threads, work)
        total += part


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
    elif images < FEW or (window.reach == (0, 0) and size[0] * size[1] >= PIECE):
        limit = 1
    else:
        limit = INTERLEAVED
    return min(images, limit)


def _forward_index(
    adjacency: Adjacency, window: Window, pixels: PixelLayout
) -> tuple[int, np.ndarray]:
    """Return what is to be multiplied by an index, and where each connection reads its source."""
    if pixels.plane_size == pixels.images:
        return pixels.images, _with_planes(adjacency, window)
    plane, y, x = window.positions
    start = plane * pixels.plane_size + y * pixels.pitch + x * pixels.images - pixels.margin
    index = start[adjacency.source]
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


def _backward_index(
    adjacency: Adjacency, window: Window, pixels: PixelLayout
) -> tuple[int, np.ndarray]:
    """Return the same for the targets that a source reads in the backward pass."""
    if pixels.plane_size == pixels.images:
        return pixels.images, adjacency.target
    _, y, x = window.positions
    offset = pixels.margin - y * pixels.pitch - x * pixels.images
    index = np.empty(len(adjacency.source), _index_type(window, pixels))
    index[adjacency.csc_position] = offset[adjacency.source]
    index += adjacency.target * index.dtype.type(pixels.target_size)
    return 1, index


def _index_type(window: Window, pixels: PixelLayout) -> type:
    largest = max(
        (window.planes + 1) * pixels.plane_size, (window.out_channels + 1) * pixels.target_size
    )
    return np.int32 if largest < 2**31 else np.int64


_buffers = threading.local()


def _work_space(
    window: Window, pixels: PixelLayout, dtype: np.dtype
) -> tuple[np.ndarray, np.ndarray]:
    """Return flat arrays for sources and targets, which each thread keeps for its next call."""
    sizes = window.planes * pixels.plane_size + pixels.images, (
        window.out_channels * pixels.target_size
    )
    kept = _buffers.__dict__.setdefault(dtype.char, [np.empty(0, dtype), np.empty(0, dtype)])
    for i, needed in enumerate(sizes):
        if kept[i].size < needed:
            kept[i] = aligned_empty(needed, dtype)
    return kept[0][: sizes[0]], kept[1][: sizes[1]]


def _is_far(rows: int, weight: np.ndarray) -> bool:
    """Whether a piece of all rows is too large for the L2 cache, so that prefetching pays."""
    return rows * PIECE * weight.itemsize > CACHE_BYTES


def _work(weight: np.ndarray, X: np.ndarray, window: Window, size: tuple[int, int]) -> int:
    rows, columns = window.output_size(size)
    return len(weight) * len(X) * rows * columns


def _run(
    kernels: object, name: str, arguments: tuple, phases: int, n_threads: int | None, work: int
) -> None:
    number = threads.get_num_threads() if n_threads is None else n_threads
    if work < MIN_WORK_PER_THREAD or not kernels.SHARES_WORK:  # type: ignore[attr-defined]
        number = 1
    progress = np.zeros(2 * phases if number > 1 else 0, np.int64)
    threads.run_threaded(getattr(kernels, name), (*arguments, progress), number)


def _check(
    adjacency: Adjacency,
    window: Window,
    size: tuple[int, int],
    weight: np.ndarray,
    **arrays: np.ndarray | None,
) -> None:
    """Refuse arrays that the kernels would read past their ends."""
    rows, columns = window.output_size(size)
    out = arrays["out"]
    images = 0 if out is None else len(out)
    shapes = {
        "X": (images, window.in_channels * size[0] * size[1]),
        "input_grad": (images, window.in_channels * size[0] * size[1]),
        "out": (images, window.out_channels * rows * columns),
        "bias": (window.out_channels,),
    }
    for name, array in {"weight": weight, **arrays}.items():
        shape = shapes.get(name, adjacency.source.shape)
        fits = array is None or (array.shape == shape and array.dtype == weight.dtype)
        if not fits or (array is not None and not array.flags.c_contiguous):
            found = "None" if array is None else f"shape {array.shape} and dtype {array.dtype}"
            raise ValueError(
                f"{name} must be C-contiguous with shape {shape} and dtype {weight.dtype}; "
                f"got {found}"
            )
