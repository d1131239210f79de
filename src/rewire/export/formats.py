"""The formats by name, and the functions that choose one by a path's ending."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from rewire.graph import Network
from rewire.io import Registry, advise, as_path, check_ending

from .model import Model

__all__ = ["Format", "example", "export", "holds_models", "load", "registry"]


class Format(NamedTuple):
    r"""How a network is written to a file, and read from it.

    Parameters
    ----------
    write : callable
        From (net, path, options) to a file.
    read : callable, optional
        From (path, options) to a network; None for a format that can only be written.
    suffixes : tuple of str
        Endings of file names that stand for the format, such as ``(".npz",)``.
    example : callable, optional
        For a format that can hold a whole model, with its columns, scaling and classes: from
        (model, path, options) to a text that shows how to call the file. ``write`` then takes a
        model as well as a network.
    further : tuple of str
        Endings of other formats that it writes as well, where the format is named.

    Examples
    --------
    A format of your own, known to :meth:`Network.save`, :func:`rewire.load` and ``rewire export``:

    >>> def write_edges(net, path):
    ...     pairs = zip(net.connections.source, net.connections.target, strict=True)
    ...     Path(path).write_text("\n".join(f"{source} {target}" for source, target in pairs))
    >>> edges = registry.add("edges", Format(write_edges, suffixes=(".edges",)))
    >>> registry["edges"].suffixes
    ('.edges',)
    >>> registry.remove("edges")
    """

    write: Callable[..., None]
    read: Callable[..., Network] | None = None
    suffixes: tuple[str, ...] = ()
    example: Callable[..., str] | None = None
    further: tuple[str, ...] = ()


registry: Registry[Format] = Registry("format", home="rewire.export")
"""Formats by name; ``registry.add(name, Format(...))`` adds your own."""


def export(
    net: Network | Model, path: str | os.PathLike[str], format: str | None = None, **options: Any
) -> None:
    """Write a network, or a whole model, to a file that another program, or :func:`load`, reads.

    The file is written whole or not at all: see :func:`rewire.io.atomic_write`.

    Parameters
    ----------
    net : Network, model or fitted estimator
        Left as it is. A model is what :class:`rewire.experiment.Predictor` is: the network with
        the columns that it reads, their scaling, and the names of its classes. ONNX, C and Python
        can hold it whole, and then take raw rows and return answers. Estimators of
        ``rewire.sklearn`` are written as such a model.
    path : path-like
    format : str, optional
        A name in ``rewire.export.registry``; by default the one that the ending of ``path`` stands
        for.
    **options
        Of the format, such as ``sparse=True`` for ONNX and PyTorch.

    Raises
    ------
    ValueError
        For an unknown format, a path whose ending promises another format than the one that is
        named, or a network or model that the format cannot hold.
    TypeError
        If ``net`` is neither a network, nor a model or estimator.
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
    chosen = _choose(as_path(path), format, "written")
    if format is not None:
        endings = (*chosen.suffixes, *chosen.further)
        check_ending(path, endings, f"the format {format!r}", named=True)
    chosen.write(net if isinstance(net, Network) else _model(net, chosen), path, **options)


def example(
    model: Model, path: str | os.PathLike[str], format: str | None = None, **options: Any
) -> str:
    """Return a text that shows how to call the file that :func:`export` wrote of a model.

    The parameters are those of :func:`export`.
    """
    chosen = _choose(path, format, "written")
    model = _model(model, chosen)
    assert chosen.example is not None
    return chosen.example(model, path, **options)


def holds_models(path: str | os.PathLike[str], format: str | None = None) -> bool:
    """Return whether the format of a file can hold a whole model."""
    return _choose(path, format, "written").example is not None


def _model(given: Any, chosen: Format) -> Model:
    """Return a model, or an estimator as one, if the format can hold it."""
    is_estimator = hasattr(given, "as_model") and not isinstance(given, type)
    model = given.as_model() if is_estimator else given
    if not isinstance(model, Model) or isinstance(model, type):
        is_class = isinstance(given, type)
        got = f"the class {given.__name__}" if is_class else type(given).__name__
        raise TypeError(
            "net must be a rewire.Network, or a model such as rewire.experiment.Predictor or an "
            f"estimator of rewire.sklearn; got {got}"
        )
    if chosen.example is None:
        whole = [name for name, one in registry.items() if one.example is not None]
        raise ValueError(
            advise(
                f"format must be one of {', '.join(whole)} for a whole model, as the others hold a "
                "network alone",
                "choose one of them",
                "give the model's network (net=)",
            )
        )
    return model


def load(path: str | os.PathLike[str], format: str | None = None, **options: Any) -> Network:
    """Read a network from a file that :meth:`Network.save` or :func:`export` wrote.

    Parameters
    ----------
    path : path-like
    format : str, optional
        A name in ``rewire.export.registry``; by default the one that the ending of ``path`` stands
        for.
    **options
        Of the format, such as ``activations=[mine]`` for custom activations.

    Raises
    ------
    ValueError
        For an unknown format, one that can only be written, or a file that does not hold what its
        format promises.

    Examples
    --------
    >>> import tempfile, rewire
    >>> net = rewire.mlp([2, 8, 2], density=0.5, seed=0)
    >>> path = tempfile.mkdtemp() + "/net.safetensors"
    >>> net.save(path)
    >>> rewire.load(path)
    Network 2-8-2: 16 connections, density 50.00%
    """
    read = _choose(as_path(path), format, "read").read
    assert read is not None  # _choose refuses formats that cannot be read
    return read(path, **options)


def _choose(path: str | os.PathLike[str], format: str | None, verb: str) -> Format:
    known = {n: one for n, one in registry.items() if verb == "written" or one.read is not None}
    suffix = Path(path).suffix.lower()
    for name, one in known.items():
        if name == format or (format is None and suffix in one.suffixes):
            return one
    endings = ", ".join(
        f"{n} ({' '.join(one.suffixes) or 'no ending'})" for n, one in known.items()
    )
    if format is None:
        raise ValueError(
            f"path must end as one of the formats that can be {verb}: {endings}; got "
            f"{os.fspath(path)!r}"
        )
    raise ValueError(f"format must be one that can be {verb}: {endings}; got {format!r}")
