"""The data of a training, in memory or on disk: all, what is learnt, and what is held out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from rewire.data import Dataset, Stream, available, load
from rewire.data.tabular import UNDERSTANDING
from rewire.io import advise, prefixed
from rewire.tables.parquet import is_parquet
from rewire.validation import of_type

from .recipe import Recipe
from .settings import settings_of

__all__ = ["Parts", "Streams", "load_dataset", "load_parts", "split_parts", "standardizes"]

# Settings of a recipe that are options of load for tables.
TABLE_OPTIONS = ("ignore", "header", "encoding", "missing", *UNDERSTANDING)

DataDir = str | os.PathLike[str] | None


@dataclass(frozen=True)
class Streams:
    """The samples on disk that a training learns from, and those that are held out.

    Attributes
    ----------
    train : Stream
    validation : Stream or None
        None where nothing is held out.
    """

    train: Stream
    validation: Stream | None

    def class_counts(self) -> list[np.ndarray]:
        """Return how many samples each class has in either part; their targets are read."""
        classes = len(_sample(self.train).classes)
        parts = [self.train] if self.validation is None else [self.train, self.validation]
        return [_counts(part, classes) for part in parts]


@dataclass(frozen=True)
class Parts:
    """The data of a training.

    Attributes
    ----------
    data : Dataset
        All of it, with its test part if it has one.
    train, validation : Dataset
        Its training samples in two; the second is None where nothing is held out.
    streams : Streams or None
        Where the samples are on disk: the others are then some of them, drawn by the seed.
    """

    data: Dataset
    train: Dataset
    validation: Dataset | None
    streams: Streams | None = None

    def class_counts(self) -> list[np.ndarray]:
        """Return how many samples each class has in what is learnt, and in what is held out."""
        if self.streams is not None:
            return self.streams.class_counts()
        parts = [self.train] if self.validation is None else [self.train, self.validation]
        return [np.bincount(part.y, minlength=len(part.classes)) for part in parts]


def load_parts(recipe: Recipe, data_dir: DataDir = None, data: Dataset | None = None) -> Parts:
    """Return the data of a recipe in the parts of its training.

    Parameters
    ----------
    recipe : Recipe
        With a ``buffer``, the data are left on disk.
    data_dir : path, optional
        Where stored data sets are.
    data : Dataset, optional
        What :func:`load_dataset` returned for the recipe.

    Raises
    ------
    ValueError, OSError, ImportError
        As :func:`rewire.data.load` and :class:`rewire.data.Stream` do.
    """
    of_type(recipe, "recipe", Recipe)
    if recipe.buffer is None or data is not None:
        data = load_dataset(recipe, data_dir) if data is None else of_type(data, "data", Dataset)
        return Parts(data, *split_parts(recipe, data))
    stream = _open_stream(recipe)
    if not recipe.validation:
        return Parts(_sample(stream), _sample(stream), None, Streams(stream, None))
    train, validation = _split(recipe, stream)
    return Parts(_sample(stream), _sample(train), _sample(validation), Streams(train, validation))


def load_dataset(recipe: Recipe, data_dir: DataDir = None) -> Dataset:
    """Load the data of a recipe as a whole, in double precision if they are to be standardized."""
    of_type(recipe, "recipe", Recipe)
    if recipe.buffer is not None:
        raise ValueError(
            "buffer must be None where data are loaded as a whole, as comparisons and searches "
            f"need them; got {recipe.buffer!r}"
        )
    task: Any = recipe.task  # as it was given: load says which there are
    return load(
        recipe.data,
        target=recipe.target,
        task=task,
        data_dir=data_dir,
        seed=recipe.seed,
        dtype="float64" if standardizes(recipe) else recipe.dtype,
        **_table_options(recipe),
    )


def split_parts(recipe: Recipe, data: Dataset) -> tuple[Dataset, Dataset | None]:
    """Return the samples that a recipe learns from, and those that it holds out, if any.

    Raises
    ------
    ValueError
        For a share that leaves either part empty.
    """
    return _split(recipe, data) if recipe.validation else (data, None)


def standardizes(recipe: Recipe) -> bool:
    """Return whether inputs are scaled; by default those of files, whose units are anyone's guess.

    They are scaled in double precision: in single precision, times and prices may differ in digits
    that are not there.
    """
    if recipe.standardize is not None:
        return recipe.standardize
    path = Path(recipe.data)
    return bool(path.suffix) or recipe.data == "-" or (path.is_dir() and not _is_named(recipe))


def _split(recipe: Recipe, data: Any) -> tuple[Any, Any]:
    try:
        return data.split(recipe.validation, seed=recipe.seed)
    except ValueError as error:
        keep_all = "keep nothing back (validation=0)"
        raise ValueError(prefixed("validation: ", error, keep_all)) from error


def _open_stream(recipe: Recipe) -> Stream:
    """Return the samples of a recipe, which stay on disk."""
    path, buffer = Path(recipe.data), recipe.buffer
    assert buffer is not None
    task: Any = recipe.task
    if path.suffix.lower() == ".npy":
        if recipe.target is None:
            raise ValueError(
                advise(
                    f"target must be a .npy file with the targets of {path.name}; got none",
                    "name it (target=)",
                )
            )
        arrays = Stream.from_arrays(path, recipe.target, buffer=buffer)
        return arrays.labelled(task=task, seed=recipe.seed)
    if _is_named(recipe) or not is_parquet(path):
        raise ValueError(
            advise(
                "buffer is for data on disk: a Parquet file, a folder of them or a .npy file; got "
                f"{recipe.data!r}",
                "write the data as Parquet",
                "load them as a whole, without a buffer",
            )
        )
    return Stream.from_parquet(
        path,
        recipe.target,
        buffer=buffer,
        task=task,
        seed=recipe.seed,
        **_table_options(recipe),
    )


def _is_named(recipe: Recipe) -> bool:
    return recipe.data in available()


def _table_options(recipe: Recipe) -> dict[str, Any]:
    options, known = {name: getattr(recipe, name) for name in TABLE_OPTIONS}, settings_of(Recipe)
    return {name: value for name, value in options.items() if value != known[name].default}


def _sample(stream: Stream) -> Dataset:
    assert stream.sample is not None
    return stream.sample


def _counts(stream: Stream, classes: int) -> np.ndarray:
    """Return how many samples each class has; the targets are read."""
    counts = np.zeros(classes, np.int64)
    for part in pairwise(stream.bounds.tolist()):
        counts += np.bincount(stream.targets(*part), minlength=classes)
    return counts
