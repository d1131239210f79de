"""Checks of arguments that several rooms share; messages say what is allowed and what was given."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np

from rewire.io import advise, received

__all__ = [
    "checked_csr",
    "float_dtype",
    "generator",
    "of_type",
    "plain_array",
    "real_array",
    "real_matrix",
    "real_number",
    "several",
    "unwrapped",
    "whole_number",
]


def float_dtype(dtype: Any) -> np.dtype:
    """Return float32 or float64; refuse any other type of numbers."""
    try:
        checked = np.dtype(dtype)
    except TypeError:
        checked = None
    if checked not in (np.float32, np.float64):
        raise ValueError(f"dtype must be 'float32' or 'float64'; got {dtype!r}")
    return checked


def unwrapped(values: Any, name: str) -> Any:
    """Return what a masked array or a tensor holds, and anything else as it is.

    Raises
    ------
    ValueError
        For masked values, which NumPy would take for numbers like any others.
    TypeError
        For tensors that cannot be arrays: sparse ones, and those of bfloat16.
    """
    if isinstance(values, np.ma.MaskedArray):
        if masked := int(np.ma.getmaskarray(values).sum()):
            raise ValueError(
                advise(
                    f"{name} must have no masked values; got {masked}",
                    f"fill them in, as by {name}.filled(0)",
                    "leave these samples out",
                )
            )
        return values.data
    if hasattr(values, "detach") and hasattr(values, "numpy"):
        try:
            return values.detach().cpu().numpy()
        except (TypeError, RuntimeError) as error:
            raise TypeError(
                f"{name} must be a dense tensor of a type that NumPy knows; got {values.dtype} of "
                f"layout {getattr(values, 'layout', None)}: convert it, as by {name}.float()"
            ) from error
    return values


def plain_array(values: Any, name: str) -> np.ndarray:
    """Return an array of whatever kind; refuse ragged rows, masked values and sparse matrices.

    Frames and series of numbers that may be missing are taken too, with NaN for what is.
    """
    values = unwrapped(values, name)
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(
            f"{name} must be an array of numbers; got rows of several lengths"
        ) from error
    except (TypeError, RuntimeError) as error:
        raise TypeError(f"{name} must be an array; got {received(values)} ({error})") from error
    if array.dtype == object and hasattr(values, "to_numpy") and _of_numbers(values):
        return values.to_numpy(np.float64, na_value=np.nan)  # pandas' nullable columns
    return array


def checked_csr(X: Any, name: str) -> Any:
    """Return a SciPy sparse matrix as CSR; refuse one that compiled code may not trust.

    Raises
    ------
    ValueError
        For other axes than two, complex numbers, and indices outside.
    """
    if X.ndim != 2:
        raise ValueError(f"{name} must have shape (samples, inputs); got {X.shape}")
    if X.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers; got {X.dtype}")
    try:
        if hasattr(X, "check_format"):
            X.check_format(full_check=True)
            if (np.diff(X.indptr) < 0).any():  # which SciPy does not look at in an empty matrix
                raise ValueError("indptr must rise")
        return X.tocsr()
    except ValueError as error:
        raise ValueError(f"{name} must be a valid sparse matrix: {error}") from error


def _of_numbers(frame: Any) -> bool:
    kinds = frame.dtypes if hasattr(frame, "columns") else [frame.dtype]
    return all(getattr(kind, "kind", "O") in "biuf" for kind in kinds)


def real_array(values: Any, name: str) -> np.ndarray:
    """Return an array of real numbers; refuse text, complex numbers and ragged rows."""
    array = plain_array(values, name)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers; got {array.dtype}")
    return array


def real_matrix(values: Any, name: str) -> Any:
    """Return an array of real numbers, or a SciPy sparse matrix as CSR, both checked."""
    return checked_csr(values, name) if hasattr(values, "tocsr") else real_array(values, name)


def whole_number(value: Any, name: str, minimum: int = 0) -> int:
    """Return an int; refuse fractions, booleans and what is below the minimum."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < minimum:
        got = received(value)
        raise ValueError(f"{name} must be a whole number, at least {minimum}; got {got}")
    return int(value)


def real_number(value: Any, name: str, low: float = -math.inf, high: float = math.inf) -> float:
    """Return a float in [low, high); refuse what is no number, booleans and NaN."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not number or not low <= float(value) < high:
        inside = "" if low == -math.inf else f" in [{low:g}, {high:g})"
        raise ValueError(f"{name} must be a number{inside}; got {received(value)}")
    return float(value)


def several(values: Any, name: str, of: str) -> list[Any]:
    """Return the values of a sequence; refuse a single one, and a text.

    Parameters
    ----------
    values : iterable
    name : str
        Of the parameter.
    of : str
        What the values are, such as ``"whole numbers"``.
    """
    if isinstance(values, (str, bytes, type)) or not isinstance(values, Iterable):
        raise TypeError(f"{name} must be a sequence of {of}; got {received(values)}")
    try:
        return list(values)
    except Exception as error:  # of an array without axes, a sparse one, a tensor on no device
        got = received(values)
        raise TypeError(f"{name} must be a sequence of {of}; got {got} ({error})") from error


def of_type(value: Any, name: str, *types: type) -> Any:
    """Return a value of one of some types; refuse another with the way to one that it holds.

    Raises
    ------
    TypeError
        Naming the parameter and the types, and where the value is a fitted estimator or a model
        that holds such an object, how to get it.
    """
    if isinstance(value, types):
        return value
    wanted = " or ".join(f"a {one.__name__}" for one in types)
    problem = f"{name} must be {wanted}; got {received(value)}"
    for attribute in ("network_", "network", "net"):
        if isinstance(getattr(value, attribute, None), types):
            raise TypeError(advise(problem, f"give its {attribute}"))
    raise TypeError(advise(problem, *_REMEDIES.get(types[0].__name__, ())))


# What makes an object of a type.
_REMEDIES = {
    "Network": ("make one with rewire.mlp", "give a fitted estimator's network_"),
    "Recipe": ("make one with rewire.experiment.Recipe",),
    "StudyConfig": ("make one with rewire.compare.study_config",),
    "Recording": ("record a training with rewire.report.Recorder",),
}


def generator(seed: Any, name: str = "seed") -> np.random.Generator:
    """Return a random generator for a seed, which may be None or a generator already."""
    if not isinstance(seed, (type(None), np.random.Generator, np.random.SeedSequence)):
        seed = whole_number(seed, name)
    return np.random.default_rng(seed)
