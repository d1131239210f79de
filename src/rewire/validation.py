"""Checks of arguments that several rooms share; messages say what is allowed and what was given."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np

__all__ = ["float_dtype", "real_array", "whole_number"]


def float_dtype(dtype: Any) -> np.dtype:
    """Return float32 or float64; refuse any other type of numbers."""
    try:
        checked = np.dtype(dtype)
    except TypeError:
        checked = None
    if checked not in (np.float32, np.float64):
        raise ValueError(f"dtype must be 'float32' or 'float64'; got {dtype!r}")
    return checked


def real_array(values: Any, name: str) -> np.ndarray:
    """Return an array of real numbers; refuse text, complex numbers and ragged rows."""
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(
            f"{name} must be an array of numbers; got rows of several lengths"
        ) from error
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers; got {array.dtype}")
    return array


def whole_number(value: Any, name: str, minimum: int = 0) -> int:
    """Return an int; refuse fractions, booleans and what is below the minimum."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < minimum:
        raise ValueError(f"{name} must be a whole number, at least {minimum}; got {value!r}")
    return int(value)
