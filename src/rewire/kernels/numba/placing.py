"""Copies between images as a front end holds them and interleaved rows, compiled.

``X`` has a row for each image; number f of image c lies at ``place[f] + c`` of the rows ``A``, and
``first`` and ``last`` bound the numbers that a call copies. Squares of a register's lanes are
transposed in registers; the last ones overlap where a size is not a multiple.
"""

import numpy as np

from .compiling import inlined
from .intrinsics import at
from .shuffles import transpose_in, transpose_out
from .simd import lanes, zeros, zeros_with_lanes

HALF = 8  # lanes of the smaller squares, for 8 to 15 images


@inlined
def squares_in(X, image, images, place, A, first, last, like):
    """Copy in, by squares; there must be at least a square's images and numbers."""
    side, size = lanes(like), X.shape[1]
    for c in range(0, images, side):
        column = min(c, images - side)
        for f in range(first, last, side):
            i = min(f, last - side)
            transpose_in(X, (image + column) * size + i, size, A, place, i, column, like)


@inlined
def squares_out(A, place, X, image, images, first, last, like):
    """Copy out, by squares; there must be at least a square's images and numbers."""
    side, size = lanes(like), X.shape[1]
    for c in range(0, images, side):
        column = min(c, images - side)
        for f in range(first, last, side):
            i = min(f, last - side)
            transpose_out(A, place, i, column, X, (image + column) * size + i, size, like)


@inlined
def place_in(X, image, images, place, run, A, first, last):
    """Copy in images ``image`` to ``image + images``."""
    whole, half = zeros(A, 1), zeros_with_lanes(A, HALF)
    if images >= lanes(whole) and last - first >= lanes(whole):
        squares_in(X, image, images, place, A, first, last, whole)
    elif images >= HALF and last - first >= HALF:
        squares_in(X, image, images, place, A, first, last, half)
    elif images == 1:
        f = np.intp(first)
        while f < last:
            count, start = min(run - f % run, last - f), np.intp(at(place, f))
            for j in range(count):
                A[np.uintp(start + j)] = X[image, np.uintp(f + j)]
            f += count
    else:
        for c in range(images):
            for f in range(first, last):
                A[np.uintp(at(place, f) + c)] = X[image + c, np.uintp(f)]


@inlined
def place_out(A, place, run, X, image, images, first, last):
    """Copy out images ``image`` to ``image + images``."""
    whole, half = zeros(A, 1), zeros_with_lanes(A, HALF)
    if images >= lanes(whole) and last - first >= lanes(whole):
        squares_out(A, place, X, image, images, first, last, whole)
    elif images >= HALF and last - first >= HALF:
        squares_out(A, place, X, image, images, first, last, half)
    elif images == 1:
        f = np.intp(first)
        while f < last:
            count, start = min(run - f % run, last - f), np.intp(at(place, f))
            for j in range(count):
                X[image, np.uintp(f + j)] = A[np.uintp(start + j)]
            f += count
    else:
        for c in range(images):
            for f in range(first, last):
                X[image + c, np.uintp(f)] = A[np.uintp(at(place, f) + c)]


@inlined
def clear_gaps(A, gaps, first, last):
    """Set the padding to zero."""
    for g in range(first, last):
        for i in range(gaps[g, 0], gaps[g, 1]):
            A[np.uintp(i)] = A.dtype.type(0)
