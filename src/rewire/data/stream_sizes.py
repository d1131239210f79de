"""How many samples a buffer holds, and how many are held beside it."""

from __future__ import annotations

import re

from rewire.io import received
from rewire.validation import whole_number

__all__ = ["buffer_bytes", "buffer_samples", "sample_rows", "validation_rows"]

UNITS = {"kb": 10**3, "mb": 10**6, "gb": 10**9}
# Bytes of a number in the buffer, and of a target.
NUMBER, TARGET = 4, 8
# A value of the rows that columns are understood from takes about 16 times as much as in the
# buffer: the value as text, as a number, and as an input. They take a quarter of a buffer.
SAMPLE_SHARE = 4 * 16
# The rows that a validation is held and assessed by are of double precision, a quarter as well.
VALIDATION_SHARE = 4 * 2
# More rows tell nothing new of a median or an accuracy; fewer tell little.
LEAST, MOST = 1_000, 100_000


def buffer_samples(buffer: int | str, inputs: int) -> int:
    """Return a buffer's number of samples.

    Parameters
    ----------
    buffer : int or str
        The number itself, or a size.
    inputs : int

    Raises
    ------
    ValueError
        For other texts, and a buffer that holds no sample.

    Examples
    --------
    >>> buffer_samples(256, 100), buffer_samples("1 MB", 100)
    (256, 2450)
    """
    if not isinstance(buffer, str):
        return whole_number(buffer, "buffer", 1)
    found = re.fullmatch(r"\s*([\d.]+)\s*([kmg]b)\s*", buffer.lower())
    try:
        size = int(float(found[1]) * UNITS[found[2]]) if found else 0
    except ValueError:
        size = 0
    samples = size // (inputs * NUMBER + TARGET)
    if not samples:
        raise ValueError(
            "buffer must be a number of samples, or the size of one or more, such as '500 MB'; "
            f"got {received(buffer)}"
        )
    return samples


def buffer_bytes(buffer: int | str, inputs: int) -> int:
    """Return how many bytes a buffer's samples take."""
    return buffer_samples(buffer, inputs) * (inputs * NUMBER + TARGET)


def sample_rows(buffer: int | str, columns: int) -> int:
    """Return from how many rows columns are understood: in a quarter of a buffer, 1,000 at least.

    Examples
    --------
    >>> sample_rows("500 MB", 100), sample_rows("1 MB", 100), sample_rows("8 GB", 10)
    (19148, 1000, 100000)
    """
    return _between(buffer_samples(buffer, columns) // SAMPLE_SHARE)


def validation_rows(buffer: int | str, inputs: int) -> int:
    """Return how many rows of a validation are held: a quarter of a buffer, 1,000 at least.

    Examples
    --------
    >>> validation_rows("100 MB", 100)
    30637
    """
    return _between(buffer_samples(buffer, inputs) // VALIDATION_SHARE)


def _between(rows: int) -> int:
    return max(LEAST, min(MOST, rows))
