"""The three products of one block of connections, compiled: a layer for another front end.

A block has its own numbers for sources and targets, and any number of columns: samples, tokens or
pixels. Columns are taken in tiles, so that what one tile reads of every row stays in the L2 cache.
Rows of the result are shared among threads; see ``sharing``.
"""

import numpy as np

from ..layout import LINEAR
from .compiling import inlined, part
from .network import L2_SHARE
from .rows import forward_row, gradient_row
from .sharing import chunk_length, share

TILE_BYTES = 256


@inlined
def tile_columns(A):
    """Return how many columns a tile has: 64 of float32."""
    return TILE_BYTES // A.itemsize


@inlined
def far_rows(A):
    """Whether a tile of all rows is too large for the L2 cache, so that prefetching pays."""
    return A.shape[0] * min(A.shape[1] * A.itemsize, TILE_BYTES) > L2_SHARE


@inlined
def share_rows(work, progress, indptr, columns, task):
    """Share the rows of a result among threads, by the connections that lead to them."""
    rows = indptr.size - 1
    length = chunk_length(rows, np.intp(indptr[rows] - indptr[0]) * columns)
    share(work, progress, np.intp(0), np.intp(0), rows, length, task)


@inlined
def sums_chunk(first, last, task):
    """Rows first to last of ``block_forward``."""
    indptr, index, weight, bias, A, Z = task
    tile, width, far = tile_columns(A), A.shape[1], far_rows(A)
    for low in range(0, width, tile):
        high = min(low + tile, width)
        for t in range(first, last):
            start = bias[t] if bias.size else A.dtype.type(0)
            ends = indptr[t], indptr[t + 1]
            forward_row(LINEAR, far, weight, index, *ends, A, Z, t, start, low, high, False)


@inlined
def dots_chunk(first, last, task):
    """Rows first to last of ``block_weight_gradient``."""
    indptr, index, D, A, gradient = task
    tile, width, far = tile_columns(A), A.shape[1], far_rows(A)
    for low in range(0, width, tile):
        high = min(low + tile, width)
        for t in range(first, last):
            ends = indptr[t], indptr[t + 1]
            gradient_row(far, index, *ends, D, A, gradient, t, False, low, high)


@part
def block_forward(indptr, source, weight, bias, A, Z, progress):
    """Z[t] = bias[t] + sum of weight[k] * A[source[k]]; an empty ``bias`` is zero."""
    share_rows(sums_chunk, progress, indptr, A.shape[1], (indptr, source, weight, bias, A, Z))


@part
def block_weight_gradient(indptr, source, D, A, gradient, progress):
    """gradient[k] = D[t] . A[source[k]] for the connections k of each target t."""
    if A.shape[1] == 0:
        for k in range(gradient.size):
            gradient[k] = A.dtype.type(0)
        return
    share_rows(dots_chunk, progress, indptr, A.shape[1], (indptr, source, D, A, gradient))
