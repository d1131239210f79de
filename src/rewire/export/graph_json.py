"""The graph as JSON, for other tools."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

from rewire.activations import Activation
from rewire.graph import Network
from rewire.io import atomic_write, reading
from rewire.io.schemas import conform

from . import records
from .formats import Format, registry

__all__ = ["load_json", "save_json"]

VERSION = 1


def save_json(net: Network, path: str | os.PathLike[str]) -> None:
    """Write the graph as JSON: a record for each neuron and for each connection.

    The layout is NetworkX's node-link form with our names: ``neurons`` (``id``, ``label``,
    ``rank`` and, except for inputs, ``bias`` and ``activation``), ``connections`` (``source``,
    ``target``, ``weight``), and ``graph`` (``dtype``, and ``activations`` of all ranks but the
    inputs). Numbers read back to the same bits. Birth order and the optimiser's state are not
    kept. A connection takes about 70 bytes.

    Parameters
    ----------
    net : Network
    path : path-like

    Raises
    ------
    ValueError
        If a weight or a bias is not finite, which JSON cannot express.

    Examples
    --------
    >>> import tempfile, rewire
    >>> net = rewire.mlp([2, 8, 2], density=0.5, seed=0)
    >>> path = tempfile.mkdtemp() + "/net.json"
    >>> save_json(net, path)
    >>> rewire.export.load(path)
    Network 2-8-2: 16 connections, density 50.00%
    """
    document = {
        "format": "rewire-graph",
        "version": VERSION,
        "directed": True,
        "multigraph": False,
        "graph": records.attributes(net),
        "neurons": records.neurons(net),
        "connections": records.connections(net),
    }
    with atomic_write(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        json.dump(document, file, allow_nan=False)


class Neuron(TypedDict):
    """A neuron in a file; inputs have no bias."""

    id: int | str
    rank: int
    bias: NotRequired[float]


class Connection(TypedDict):
    """A connection in a file."""

    source: int | str
    target: int | str
    weight: float


class Attributes(TypedDict):
    """What records of neurons cannot tell."""

    dtype: str
    activations: list[str]


class Document(TypedDict):
    """The whole file."""

    graph: Attributes
    neurons: list[Neuron]
    connections: list[Connection]


def load_json(path: str | os.PathLike[str], activations: Sequence[Activation] = ()) -> Network:
    """Read a network that :func:`save_json`, or another program in the same layout, wrote.

    Parameters and errors are those of :func:`load_safetensors`.

    Examples
    --------
    >>> import tempfile, rewire
    >>> net = rewire.mlp([2, 8, 2], density=0.5, seed=0)
    >>> path = tempfile.mkdtemp() + "/net.json"
    >>> rewire.export.export(net, path)
    >>> load_json(path)
    Network 2-8-2: 16 connections, density 50.00%
    """
    with reading(path), open(path, encoding="utf-8") as file:
        document = json.load(file)
        conform(document, dict[str, Any])
        if document.get("format") != "rewire-graph":
            raise ValueError(f"format must be 'rewire-graph'; got {document.get('format')!r}")
        if document["version"] > VERSION:
            raise ValueError(
                f"version must be at most {VERSION}; got {document['version']}: update rewire"
            )
        conform(document, Document)
        return records.network(
            document["neurons"], document["connections"], document["graph"], activations
        )


registry.add("json", Format(save_json, load_json, (".json",)))
