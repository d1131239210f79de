"""The front door: which format a file has, and the functions that write and read it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from rewire.graph import Network

__all__ = ["export", "formats", "load", "reads", "writes"]

Function = TypeVar("Function", bound=Callable[..., Any])

_writers: dict[str, Callable[..., None]] = {}
_readers: dict[str, Callable[..., Network]] = {}
_suffixes: dict[str, str] = {}


def writes(format: str, *suffixes: str) -> Callable[[Function], Function]:
    r"""Register a function of (net, path, options) as what writes a format; a decorator.

    Parameters
    ----------
    format : str
    *suffixes : str
        The endings of file names that stand for it, such as ``".npz"``.

    Examples
    --------
    >>> @writes("edges", ".edges")
    ... def save_edges(net, path):
    ...     pairs = zip(net.connections.source, net.connections.target, strict=True)
    ...     Path(path).write_text("\n".join(f"{source} {target}" for source, target in pairs))
    >>> formats()["edges"]
    ['.edges']
    >>> del _writers["edges"], _suffixes[".edges"]  # the library has no such format
    """

    def register(function: Function) -> Function:
        _writers[format] = function
        _suffixes.update(dict.fromkeys(suffixes, format))
        return function

    return register


def reads(format: str) -> Callable[[Function], Function]:
    """Register a function of (path, options) as what reads a format; a decorator.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> @reads("matrix")
    ... def load_matrix(path):
    ...     weight = np.loadtxt(path)  # a row for each output
    ...     target, source = weight.nonzero()
    ...     outputs, inputs = weight.shape
    ...     return Network.from_connections(
    ...         [inputs, outputs], source, target + inputs, weight[target, source]
    ...     )
    >>> path = tempfile.mkdtemp() + "/matrix.txt"
    >>> np.savetxt(path, [[0.5, 0.0, -1.0], [0.0, 2.0, 0.0]])
    >>> load(path, format="matrix")
    Network 3-2: 3 connections, density 50.00%
    >>> del _readers["matrix"]  # the library has no such format
    """

    def register(function: Function) -> Function:
        _readers[format] = function
        return function

    return register


def formats() -> dict[str, list[str]]:
    """Return the known formats, each with the endings of file names that stand for it.

    Examples
    --------
    >>> formats()["npz"]
    ['.npz']
    """
    return {name: [s for s, of in _suffixes.items() if of == name] for name in _writers}


def export(
    net: Network, path: str | os.PathLike[str], format: str | None = None, **options: Any
) -> None:
    """Write a network to a file that another program, or :func:`load`, reads.

    The file is written whole or not at all: see :func:`rewire.io.atomic_write`.

    Parameters
    ----------
    net : Network
        Stays as it is.
    path : path-like
    format : str, optional
        One of :func:`formats`; by default what the ending of ``path`` stands for.
    **options
        Of the format's own function, such as ``sparse=True`` of :func:`save_onnx`.

    Raises
    ------
    ValueError
        For an unknown format, or a network that the format cannot hold.
    ImportError
        If a package that the format needs is not installed; the message names the extra.

    Examples
    --------
    >>> import tempfile
    >>> net = Network.from_connections([2, 1, 1], [0, 1, 2], [2, 2, 3], [1, -1, 2])
    >>> path = Path(tempfile.mkdtemp()) / "small.json"
    >>> export(net, path)
    >>> load(path)
    Network 2-1-1: 3 connections, density 100.00%
    """
    _writers[_format_of(path, format, _writers, "written")](net, path, **options)


def load(path: str | os.PathLike[str], format: str | None = None, **options: Any) -> Network:
    """Read a network from a file that :func:`export` wrote; the parameters are the same.

    Raises
    ------
    ValueError
        For an unknown format, one that can only be written, or a file that does not hold what its
        format promises.

    Examples
    --------
    >>> import tempfile, rewire
    >>> net = rewire.mlp([2, 8, 2], density=0.5, seed=0)
    >>> path = tempfile.mkdtemp() + "/net.json"
    >>> export(net, path)
    >>> load(path)
    Network 2-8-2: 16 connections, density 50.00%
    """
    return _readers[_format_of(path, format, _readers, "read")](path, **options)


def _format_of(
    path: str | os.PathLike[str], format: str | None, known: dict[str, Any], verb: str
) -> str:
    name = _suffixes.get(Path(path).suffix.lower()) if format is None else format
    if name not in known:
        endings = ", ".join(f"{n} ({' '.join(formats()[n]) or 'no ending'})" for n in known)
        got = f"format={format!r}" if format is not None else repr(os.fspath(path))
        raise ValueError(f"format must be one that can be {verb}: {endings}; got {got}")
    return name
