"""The graph for NetworkX, and as GraphML through it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rewire.activations import Activation
from rewire.graph import Network
from rewire.io import atomic_write, import_optional, reading, received
from rewire.validation import of_type

from . import records
from .formats import Format, registry

if TYPE_CHECKING:
    import networkx

__all__ = ["from_networkx", "load_graphml", "save_graphml", "to_networkx"]


def to_networkx(net: Network) -> networkx.DiGraph:
    """Return the graph as a NetworkX ``DiGraph``.

    Returns
    -------
    networkx.DiGraph
        Nodes are neurons by number, with ``label``, ``rank`` and, but for inputs, ``bias`` and
        ``activation``; edges are connections, with ``weight``. The graph's own attributes are
        ``dtype`` and ``activations``, as JSON, since GraphML holds no lists.

    Raises
    ------
    ImportError
        If NetworkX is not installed.

    Examples
    --------
    >>> net = Network.from_connections([2, 1, 1], [0, 1, 2, 1], [2, 2, 3, 3], [1, -1, 2, 0.5])
    >>> graph = to_networkx(net)
    >>> graph.edges[1, 3]
    {'weight': 0.5}
    >>> list(graph.predecessors(2))
    [0, 1]
    """
    of_type(net, "net", Network)
    attributes = records.attributes(net)
    graph = import_optional("networkx", "export").DiGraph(
        dtype=attributes["dtype"], activations=json.dumps(attributes["activations"])
    )
    for neuron in records.neurons(net):
        graph.add_node(neuron.pop("id"), **neuron)
    for c in records.connections(net):
        graph.add_edge(c["source"], c["target"], weight=c["weight"])
    return graph


def from_networkx(graph: networkx.DiGraph, activations: Sequence[Activation] = ()) -> Network:
    """Make a network from a graph with the attributes that :func:`to_networkx` sets.

    Parameters
    ----------
    graph : networkx.DiGraph
        Nodes may be any objects; they are numbered by rank, and within a rank in the graph's
        order. Nodes and edges may have been added and removed since the graph was made.
    activations : sequence of Activation, optional
        The custom ones that the network uses.

    Returns
    -------
    Network

    Raises
    ------
    KeyError
        If a node has no ``rank``, an edge no ``weight``, or the graph no ``dtype`` or
        ``activations``.
    ValueError
        If they do not make a valid network.

    Examples
    --------
    >>> import rewire
    >>> graph = to_networkx(rewire.mlp([2, 8, 2], density=0.5, seed=0))
    >>> graph.remove_edge(*next(iter(graph.edges)))
    >>> from_networkx(graph)
    Network 2-8-2: 15 connections, density 46.88%
    """
    if not hasattr(graph, "nodes"):
        raise TypeError(f"graph must be a networkx.DiGraph; got {received(graph)}")
    return records.network(
        [{"id": node, **attributes} for node, attributes in graph.nodes(data=True)],
        [{"source": s, "target": t, **attributes} for s, t, attributes in graph.edges(data=True)],
        graph.graph,
        activations,
    )


def save_graphml(net: Network, path: str | os.PathLike[str]) -> None:
    """Write the graph of :func:`to_networkx` as GraphML, which Gephi, yEd and Cytoscape read too.

    Parameters
    ----------
    net : Network
    path : path-like

    Raises
    ------
    ImportError
        If NetworkX is not installed.

    Examples
    --------
    >>> import tempfile, rewire
    >>> net = rewire.mlp([2, 8, 2], density=0.5, seed=0)
    >>> path = tempfile.mkdtemp() + "/net.graphml"
    >>> save_graphml(net, path)
    >>> rewire.export.load(path)
    Network 2-8-2: 16 connections, density 50.00%
    """
    graph = to_networkx(net)
    with atomic_write(path) as temporary:
        import_optional("networkx", "export").write_graphml(graph, temporary)


def load_graphml(path: str | os.PathLike[str], activations: Sequence[Activation] = ()) -> Network:
    """Read a network that :func:`save_graphml` wrote.

    Parameters and errors are those of :func:`load_safetensors`, and ImportError if NetworkX is not
    installed.

    Examples
    --------
    >>> import tempfile, rewire
    >>> net = rewire.mlp([2, 8, 2], density=0.5, seed=0)
    >>> path = tempfile.mkdtemp() + "/net.graphml"
    >>> rewire.export.export(net, path)
    >>> load_graphml(path)
    Network 2-8-2: 16 connections, density 50.00%
    """
    networkx = import_optional("networkx", "export")
    with reading(path):
        return from_networkx(networkx.read_graphml(path), activations)


registry.add("graphml", Format(save_graphml, load_graphml, (".graphml",)))
