"""Loads data sets by name, and from files."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from inspect import signature
from typing import Any

from rewire.io import Registry, as_path
from rewire.validation import float_dtype

from .dataset import Dataset, Task
from .npz import read_npz
from .pandas_io import TABLES, loading
from .splitting import random_state
from .tables import read_table

__all__ = ["available", "load", "register"]

Loader = Callable[..., Dataset]

loaders: Registry[Loader] = Registry("data set")
_READERS: dict[str, Callable[..., Dataset]] = {
    **dict.fromkeys(TABLES, read_table),
    ".npz": read_npz,
}
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
    source: str | os.PathLike[str],
    *,
    target: Any = None,
    data_dir: str | os.PathLike[str] | None = None,
    seed: Any = None,
    task: Task | None = None,
    ignore: Sequence[Any] = (),
    dtype: Any = "float32",
    **options: Any,
) -> Dataset:
    """Load a data set by name, or from a file.

    Parameters
    ----------
    source : str or path
        A name in :func:`available`, or a file: ``.csv``, ``.tsv``, ``.parquet`` or ``.npz``.
    target : optional
        Files only. In a table, the column to predict, by name or number, or a list of columns; in
        an NPZ file, the name of the array (default "y"), or a ``.npy`` file.
    data_dir : path, optional
        The folder of stored data sets; by default the environment variable ``REWIRE_DATA_DIR``.
    seed : int or numpy.random.Generator, optional
        Seed of generated data sets; others ignore it.
    task : {"classification", "regression"}, optional
        Files only; by default inferred from the targets, see :meth:`Dataset.from_arrays`.
    ignore : sequence of str or int
        Tables only: columns to leave out, by name or number, such as an identifier.
    dtype : {"float32", "float64"}, default "float32"
    **options
        Options of the named data set, or further arguments for pandas' reader of the file.

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
    path = as_path(source, "source").expanduser()
    if isinstance(source, str) and source in loaders:
        for name, value in (("target", target), ("task", task), ("ignore", ignore or None)):
            if value is not None:
                raise ValueError(
                    f"{name} is for files only; got {value!r} for the data set {source!r}"
                )
        shared = {"seed": random_state(seed), "data_dir": data_dir, "dtype": number_type}
        return _named(source, shared, options).astype(number_type)
    if path.suffix.lower() in _READERS:
        if not path.is_file():
            raise FileNotFoundError(f"source must be an existing file; got {str(source)!r}")
        read = _READERS[path.suffix.lower()]
        if path.suffix.lower() in TABLES:
            options["ignore"] = [ignore] if isinstance(ignore, (str, int)) else ignore
        elif ignore:
            raise ValueError(f"ignore is for tables only; got {ignore!r} for {path}")
        with loading(path):
            return read(path, target=target, task=task, dtype=number_type, **options)
    raise ValueError(
        f"source must be one of {', '.join(sorted(loaders))}, or a file that ends in "
        f"{', '.join(_READERS)}; got {str(source)!r}{loaders.hint(source)}"
    )


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
