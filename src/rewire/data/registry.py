"""Loads data sets by name, and from files."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np

from rewire.io import Registry, reading
from rewire.tables.encoder import Missing
from rewire.tables.reading import TABLE_ENDINGS, is_table_file
from rewire.validation import float_dtype

from .dataset import Dataset, Task
from .npz import read_npy, read_npz
from .splitting import random_state
from .tabular import read_table

__all__ = ["available", "load", "register"]

Loader = Callable[..., Dataset]

loaders: Registry[Loader] = Registry("data set")
# Passed on to the loaders that take them; a loader's other parameters are its own options.
_SHARED = ("seed", "data_dir", "dtype")


def register(name: str) -> Callable[[Loader], Loader]:
    """Register a function as a data set that :func:`load` knows by name.

    Parameters
    ----------
    name : str
        A name that is not registered yet.

    Returns
    -------
    callable
        A decorator for a function of keyword arguments that returns a :class:`Dataset`. ``seed``,
        ``data_dir`` and ``dtype`` are passed to it if it takes them; its other parameters are
        options of ``load``. The first line of its docstring describes the data set.

    Raises
    ------
    ValueError
        If the name is registered already.

    Examples
    --------
    >>> import numpy as np
    >>> @register("corners")
    ... def corners(*, copies=1):
    ...     "Exclusive or of two inputs."
    ...     X = np.tile([[0, 0], [0, 1], [1, 0], [1, 1]], (copies, 1))
    ...     return Dataset.from_arrays(X, X[:, 0] ^ X[:, 1])
    >>> load("corners", copies=25)
    <Dataset corners: 100 samples, 2 inputs, 2 classes>
    >>> available()["corners"]
    'Exclusive or of two inputs.'
    """
    return loaders.register(name)


def available() -> dict[str, str]:
    """Return the names that :func:`load` knows, each with a line that describes the data set.

    Examples
    --------
    >>> available()["iris"]
    'Three species of iris by the size of their petals and sepals.'
    """
    return {
        name: (loader.__doc__ or "").strip().partition("\n")[0]
        for name, loader in sorted(loaders.items())
    }


def load(
    source: Any,
    *,
    target: Any = None,
    data_dir: str | os.PathLike[str] | None = None,
    seed: Any = None,
    task: Task | None = None,
    ignore: Any = (),
    missing: Missing | None = None,
    dtype: Any = "float32",
    **options: Any,
) -> Dataset:
    """Load a data set by name, or from a file or a frame.

    Parameters
    ----------
    source : str, path, or table
        A name in :func:`available`; a file, ``.npz``, ``.npy`` or a table (``.csv``, ``.tsv``,
        ``.txt``, ``.json``, ``.jsonl``, also compressed, ``.parquet``, ``.feather``, ``.arrow``,
        ``.xlsx``, or ``"-"`` for standard input); a folder of Parquet files of the same columns; or
        a pandas, Polars or Arrow table.
    target : optional
        Files and tables only. In a table, the column to predict, by name or number, or a list of
        columns; in an NPZ file, the name of the array (default "y"), or a ``.npy`` file, which is
        to be given with a ``.npy`` file of inputs.
    data_dir : path, optional
        The folder of stored data sets; by default the environment variable ``REWIRE_DATA_DIR``.
    seed : int or numpy.random.Generator, optional
        Seed of generated data sets; others ignore it.
    task : {"classification", "regression"}, optional
        Files and tables only; by default inferred from the targets. In a table, text, truth values
        and two different values are classes, numbers with fractions are the targets of a
        regression, and whole numbers that may be either are refused. For arrays, see
        :meth:`Dataset.from_arrays`.
    ignore : str, int, or sequence of them
        Tables only: columns to leave out, by name or number.
    dtype : {"float32", "float64"}, default "float32"
        Tables are always float64, as numbers such as times lose their digits otherwise: standardize
        them first.
    missing : {"impute", "none"}, default "impute"
        Tables only: what becomes of missing values, see :meth:`rewire.tables.TableEncoder.fit`.
    **options
        Options of the named data set; or, of a table, those of :func:`rewire.tables.read_raw` and
        :func:`rewire.tables.understand`, such as ``encoding``, ``numeric`` and ``na``.

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        For unknown names and options, and for data that cannot be used as they are; the message
        says where the problem is and what to do.
    OSError
        If a file is missing or a data set cannot be fetched.
    ImportError
        If reading the file needs the extra ``data``.

    Examples
    --------
    >>> load("moons", seed=1337, n_samples=200)
    <Dataset moons: 200 samples, 2 inputs, 2 classes>
    """
    number_type = float_dtype(dtype)
    own = {"target": target, "task": task, "ignore": ignore or None, "missing": missing}
    own = {name: value for name, value in own.items() if value is not None}
    if isinstance(source, str) and source in loaders:
        if own:
            name, value = next(iter(own.items()))
            raise ValueError(f"{name} is for files only; got {value!r} for the data set {source!r}")
        shared = {"seed": random_state(seed), "data_dir": data_dir, "dtype": number_type}
        return _named(source, shared, options).astype(number_type)
    if isinstance(source, (str, os.PathLike)):
        path = Path(source).expanduser()
        if path.suffix.lower() in (".npz", ".npy"):
            return _from_arrays(path, number_type, **own, **options)
        if not is_table_file(path) and source != "-" and not path.is_dir():
            raise ValueError(
                f"source must be one of {', '.join(sorted(loaders))}, a folder of Parquet files, "
                f"or a file that ends in {', '.join((*TABLE_ENDINGS, '.npy', '.npz'))}; got "
                f"{str(source)!r}"
                f"{loaders.hint(str(source))}"
            )
        source = source if source == "-" else path
    return Dataset(**read_table(source, **{"target": None, **own}, **options))


def _from_arrays(path: Path, dtype: np.dtype, **given: Any) -> Dataset:
    if not path.is_file():
        raise FileNotFoundError(f"source must be an existing file; got {str(path)!r}")
    npz = path.suffix.lower() == ".npz"
    names = ("target", "task", "max_bytes") if npz else ("target", "task")
    taken = {name: given.pop(name, None) for name in names}
    if given:
        name, value = next(iter(given.items()))
        raise ValueError(f"{name} is for tables only; got {value!r} for {path}")
    with reading(path):
        return (read_npz if npz else read_npy)(path, dtype=dtype, **taken)


def _named(name: str, shared: dict[str, Any], options: dict[str, Any]) -> Dataset:
    """Call the function of a named data set with the arguments that it takes."""
    loader = loaders[name]
    taken = signature(loader).parameters
    own = [parameter for parameter in taken if parameter not in _SHARED]
    unknown = [option for option in options if option not in own]
    if unknown:
        raise ValueError(
            f"{name} takes {'the options ' + ', '.join(own) if own else 'no options'}; "
            f"got {', '.join(unknown)}"
        )
    shared = {key: value for key, value in shared.items() if key in taken}
    return replace(loader(**shared, **options), name=name)
