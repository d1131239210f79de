"""Dividing a whole number into whole parts, exactly."""

from __future__ import annotations

import numpy as np

__all__ = ["apportion"]


def apportion(total: int, shares: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Divide a whole number in proportion to shares, with an upper bound for each.

    What exceeds a bound is divided again among the others, and evenly once no share is left. Each
    part is rounded down, and the largest remainders get one more.

    Parameters
    ----------
    total : int
    shares : ndarray of float, shape (groups,)
        Not negative.
    limit : ndarray of int, shape (groups,)

    Returns
    -------
    ndarray of int64, shape (groups,)
        Sums to ``total``, or to the sum of ``limit`` where that is less.

    Examples
    --------
    >>> apportion(10, np.array([1.0, 1.0, 2.0]), np.array([9, 1, 9])).tolist()
    [3, 1, 6]
    """
    limit = np.asarray(limit, np.int64)
    total = min(int(total), int(limit.sum()))
    given, open_ = np.zeros(len(limit), np.int64), limit > 0
    ideal = np.zeros(len(limit))
    while open_.any():
        weight = np.where(open_, shares, 0.0)
        if weight.sum() <= 0:
            weight = open_.astype(float)
        ideal = (total - given.sum()) * (weight / weight.sum())
        full = open_ & (ideal >= limit)
        if not full.any():
            break
        given[full], open_ = limit[full], open_ & ~full
    given[open_] = np.floor(ideal[open_])
    remainder = np.where(open_, ideal - given, -1.0)
    given[np.argsort(-remainder, kind="stable")[: total - int(given.sum())]] += 1
    return given
