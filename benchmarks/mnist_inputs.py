"""What networks for MNIST are given: pixels, or a few sums of them whose cost is counted.

Each kind of inputs is a function of pixels, shape (samples, 784) and from 0 to 1, and its cost one
of which inputs a network uses. Scaling costs nothing, as it belongs to the first weights; neither
does cutting off below 0, as for the neurons of a network.
"""

from __future__ import annotations

import numpy as np


def raw(X: np.ndarray) -> np.ndarray:
    """Return pixels from 0 to 1, as they are."""
    return X


def means(X: np.ndarray) -> np.ndarray:
    """Return the means of 4 x 4 pixels at every second row and column, 14 x 14 of them."""
    halves = np.pad(_halves(X), ((0, 0), (0, 1), (0, 1)))
    pairs = halves[:, :-1] + halves[:, 1:]
    return ((pairs[:, :, :-1] + pairs[:, :, 1:]) / 4).reshape(len(X), -1)


def edges(X: np.ndarray) -> np.ndarray:
    """Return how much edges there are, 7 x 7 numbers for each of eight directions.

    The picture is made half as large by the means of 2 x 2 pixels. Neighbours are subtracted from
    each other, across, down and along both diagonals (these by √2 less); rises and falls are kept
    apart, each cut off below 0; and each is summed over 3 x 3 places at every second row and
    column.
    """
    small = np.pad(_halves(X), ((0, 0), (0, 1), (0, 1)))
    here, right = small[:, :-1, :-1], small[:, :-1, 1:]
    below, opposite = small[:, 1:, :-1], small[:, 1:, 1:]
    rises = right - here, below - here, (opposite - here) / 2**0.5, (right - below) / 2**0.5
    signed = np.stack([sign * rise for rise in rises for sign in (1, -1)], axis=1)
    places = np.pad(np.maximum(signed, 0), ((0, 0), (0, 0), (1, 0), (1, 0)))
    rows = places[:, :, 0:-1:2] + places[:, :, 1::2] + places[:, :, 2::2]
    cells = rows[..., 0:-1:2] + rows[..., 1::2] + rows[..., 2::2]
    return cells.reshape(len(X), -1) / 2.5  # to the size of the other kinds


def _halves(X: np.ndarray) -> np.ndarray:
    return X.reshape(-1, 14, 2, 14, 2).mean((2, 4))


def additions(inputs, used: np.ndarray) -> int:
    """Return how many additions make the inputs that are used, shape (inputs,), of raw pixels."""
    return {raw: lambda used: 0, means: _of_means, edges: _of_edges}[inputs](used)


def _of_means(used: np.ndarray) -> int:
    """Sum 2 x 2 pixels, three additions each; then two of those below each other, then beside."""
    grid = np.pad(used.reshape(14, 14), ((0, 1), (0, 1)))
    pairs = grid | np.roll(grid, 1, axis=1)
    squares = pairs | np.roll(pairs, 1, axis=0)
    # The last row and column are beyond the picture's edge, where there is nothing to add.
    return int(grid.sum() + pairs[:13, :14].sum() + 3 * squares[:14, :14].sum())


def _of_edges(used: np.ndarray) -> int:
    """Follow what is used back to the pixels; whatever two sums have in common is made once.

    Two additions for each cell, two for each run of three places that cells share, one for each
    difference, whose rises and falls share it, three for each sum of 2 x 2 pixels. At the picture's
    edge some of these fall away and are counted nevertheless.
    """
    cells = used.reshape(8, 7, 7)
    runs = _thrice(cells, axis=1)
    places = _thrice(runs, axis=2)
    differences = places[0::2] | places[1::2]
    across, down, falling, rising = np.pad(differences, ((0, 0), (0, 1), (0, 1)))
    here, opposite = across | down | falling, falling
    right, below = across | rising, down | rising
    squares = here | np.roll(right, 1, axis=1) | np.roll(below, 1, axis=0)
    squares |= np.roll(opposite, (1, 1), axis=(0, 1))
    sums = squares[:14, :14].sum()
    return int(2 * cells.sum() + 2 * runs.sum() + differences.sum() + 3 * sums)


def _thrice(used: np.ndarray, axis: int) -> np.ndarray:
    """Return which of 14 places are within reach of one of 7 cells: 2i - 1, 2i and 2i + 1."""
    used = np.moveaxis(used, axis, 0)
    near = np.zeros((15, *used.shape[1:]), bool)
    for shift in range(3):
        near[shift : shift + 13 : 2] |= used
    return np.moveaxis(near[1:], 0, axis)
