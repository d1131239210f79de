"""Sorting by 16 bits at a time, which NumPy does several times as fast as by whole numbers."""

from __future__ import annotations

import numpy as np

__all__ = ["order_of"]

FEW = 1024  # numbers that are sorted as they are
DIGIT = 16  # bits


def order_of(numbers: np.ndarray) -> np.ndarray:
    """Return the order that sorts numbers, equal ones as they come.

    The same as ``np.argsort(numbers, kind="stable")`` in a quarter of its time, but that -0.0 comes
    before 0.0.

    Parameters
    ----------
    numbers : ndarray of float or of int, not negative
        Without NaN.

    Examples
    --------
    >>> order_of(np.array([0.5, -1.0, 0.5, 0.0])).tolist()
    [1, 3, 0, 2]
    """
    if len(numbers) < FEW or numbers.dtype.kind not in "fi" or numbers.itemsize not in (4, 8):
        return np.argsort(numbers, kind="stable")
    keys, bits = _as_integers(numbers)
    order = np.argsort(keys.astype(np.uint16), kind="stable")
    for low in range(DIGIT, bits, DIGIT):
        digit = (keys >> keys.dtype.type(low)).astype(np.uint16)
        order = order[np.argsort(digit[order], kind="stable")]
    return order


def _as_integers(numbers: np.ndarray) -> tuple[np.ndarray, int]:
    """Return whole numbers in the same order, and how many bits they have."""
    if numbers.dtype.kind == "i":
        return numbers, int(numbers.max()).bit_length()
    bits = 8 * numbers.itemsize
    signed = np.ascontiguousarray(numbers).view(f"i{numbers.itemsize}")
    unsigned, sign = signed.view(f"u{numbers.itemsize}"), signed >> (bits - 1)
    # Of negative ones all bits change, of others the first.
    return unsigned ^ (sign.view(unsigned.dtype) | unsigned.dtype.type(1 << (bits - 1))), bits
