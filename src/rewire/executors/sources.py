"""Data sets that a process has at hand, so that many trainings load each of them once."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from inspect import signature
from typing import Any
from zlib import crc32

from rewire.data import Dataset
from rewire.data.registry import loaders
from rewire.experiment import Recipe, load_dataset
from rewire.experiment.parts import TABLE_OPTIONS
from rewire.train.fingerprint import fingerprint

__all__ = [
    "DataDir",
    "at_hand",
    "identify",
    "is_generated",
    "keep",
    "load_key",
    "obtain",
    "shared_data",
]

DataDir = str | os.PathLike[str] | None

# A grid over settings that data are read by has several; more would only fill the memory.
MOST = 4

_kept: OrderedDict[str, Dataset] = OrderedDict()
_lock = threading.Lock()


def is_generated(name: str) -> bool:
    """Return whether a data set is made from a seed, and so another one for each seed.

    Examples
    --------
    >>> is_generated("moons"), is_generated("iris")
    (True, False)
    """
    return name in loaders and "seed" in signature(loaders[name]).parameters


def identify(data: Dataset) -> str:
    """Return what stands for a data set's content, the same in every process.

    Examples
    --------
    >>> from rewire.data import load
    >>> identify(load("iris")) == identify(load("iris")) != identify(load("wine"))
    True
    """
    parts = [fingerprint(part) for part in (data.X, data.y)]
    if data.X_test is not None:
        parts += [fingerprint(part) for part in (data.X_test, data.y_test)]
    text = repr((parts, data.task, data.classes, data.feature_names))
    return f"{crc32(text.encode()):08x}"


def load_key(recipe: Recipe) -> tuple[Any, ...]:
    """Return the settings that decide what is loaded, but for the seed."""
    names = ("data", "target", "task", "standardize", "dtype", *TABLE_OPTIONS)
    return tuple(getattr(recipe, name) for name in names)


def keep(source: str, data: Dataset) -> None:
    """Keep a data set at hand; the one that was not used for longest may have to go."""
    with _lock:
        _kept[source] = data
        _kept.move_to_end(source)
        while len(_kept) > MOST:
            _kept.popitem(last=False)


def at_hand(source: str) -> Dataset | None:
    """Return a data set by what :func:`identify` said of it, if it is at hand."""
    with _lock:
        if source in _kept:
            _kept.move_to_end(source)
        return _kept.get(source)


def obtain(source: str, recipe: Recipe, data_dir: DataDir = None) -> Dataset | None:
    """Return a data set that is at hand or can be loaded here; None where neither is so.

    What has the same name and another content is not it.
    """
    found = at_hand(source)
    if found is None:
        try:
            loaded = load_dataset(recipe, data_dir)
        except (OSError, ValueError, ImportError):  # not on this computer
            return None
        if identify(loaded) == source:
            found = loaded
            keep(source, found)
    return found


def shared_data(source: str, recipe: Recipe, data_dir: DataDir = None) -> Dataset:
    """Return the data set that jobs share; refuse to go on with another one.

    Raises
    ------
    ValueError
        If it is neither at hand nor loaded from its name or file.
    """
    found = obtain(source, recipe, data_dir)
    if found is None:
        raise ValueError(
            f"data must be what the driver began with; {recipe.data!r} is not there, or has changed"
        )
    return found
