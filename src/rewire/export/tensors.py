"""A network as named arrays and a small header, and as a safetensors file of these.

The arrays hold everything, the optimiser's state and the birth order of the connections included.
Checkpoints are built on this module.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import numpy as np

from rewire.activations import Activation
from rewire.connectivity import ConnectionTable
from rewire.connectivity.table import canonical_order
from rewire.graph import Network
from rewire.io import reading
from rewire.io.schemas import conform
from rewire.io.tensors import read_tensors, write_tensors

from .common import activation_names, activations_named, targets
from .formats import Format, registry

__all__ = [
    "load_safetensors",
    "network_from_tensors",
    "network_to_tensors",
    "save_safetensors",
]

LATEST_BIRTH = 2**62  # births are int64, and there are more to come


def save_safetensors(net: Network, path: str | os.PathLike[str]) -> None:
    """Write everything that a network holds, to be read back to the same bits.

    Parameters
    ----------
    net : Network
        Of a custom activation only the name is kept, as a file cannot hold a Python function.
    path : path-like

    Raises
    ------
    ValueError
        If a custom activation has the name of another one in the registry.

    Examples
    --------
    >>> import tempfile, rewire
    >>> net = rewire.mlp([2, 8, 2], density=0.5, seed=0)
    >>> path = tempfile.mkdtemp() + "/net.safetensors"
    >>> save_safetensors(net, path)
    >>> rewire.export.load(path)
    Network 2-8-2: 16 connections, density 50.00%
    """
    write_tensors(path, *network_to_tensors(net), kind="network")


def load_safetensors(
    path: str | os.PathLike[str], activations: Sequence[Activation] = ()
) -> Network:
    """Read a network that :func:`save_safetensors` wrote.

    Parameters
    ----------
    path : path-like
    activations : sequence of Activation, optional
        The custom ones that the network uses.

    Raises
    ------
    ValueError
        If the file is damaged, cut short, not from rewire, or from a newer version of it; or if a
        custom activation is missing.

    Examples
    --------
    >>> import tempfile, rewire
    >>> path = tempfile.mkdtemp() + "/net.safetensors"
    >>> save_safetensors(rewire.mlp([784, 300, 10], density=0.05, seed=0), path)
    >>> load_safetensors(path)
    Network 784-300-10: 11910 connections, density 5.00%
    """
    tensors, header = read_tensors(path, kind="network")
    with reading(path):
        return network_from_tensors(tensors, header, activations)


def network_to_tensors(net: Network) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the arrays of a network, and what else it takes to rebuild it.

    Returns
    -------
    tensors : dict of str to ndarray
        ``connections.indptr``, and every column of the connection table and of the neurons as
        ``connections.NAME`` and ``neurons.NAME``; the network's own arrays, not copies.
    header : dict
        ``ranks``, ``activations`` by name, and ``next_birth``; fit for JSON.

    Examples
    --------
    >>> import rewire
    >>> tensors, header = network_to_tensors(rewire.mlp([2, 8, 2], density=0.5, seed=0))
    >>> tensors["connections.weight"].shape, header["ranks"]
    ((16,), [2, 8, 2])
    """
    table = net.connections
    tensors = {"connections.indptr": table.indptr}
    tensors |= {f"connections.{name}": column for name, column in table.data.items()}
    tensors |= {f"neurons.{name}": column for name, column in net.neurons.data.items()}
    return tensors, {
        "ranks": list(net.ranks),
        "activations": activation_names(net),
        "next_birth": table.next_birth,
    }


class NetworkHeader(TypedDict):
    """What a network needs besides arrays."""

    ranks: list[int]
    activations: list[str]
    next_birth: int


def network_from_tensors(
    tensors: Mapping[str, np.ndarray],
    header: Mapping[str, Any],
    activations: Sequence[Activation] = (),
) -> Network:
    """Rebuild a network; other arrays and entries are ignored.

    Parameters
    ----------
    tensors, header
        As from :func:`network_to_tensors`. The network gets copies.
    activations : sequence of Activation, optional
        The custom ones that the network uses.

    Raises
    ------
    ValueError
        If they do not make a valid network.
    KeyError
        If an array or an entry of the header is missing.

    Examples
    --------
    >>> import rewire
    >>> net = rewire.mlp([2, 8, 2], density=0.5, seed=0)
    >>> network_from_tensors(*network_to_tensors(net))
    Network 2-8-2: 16 connections, density 50.00%
    """
    conform(header, NetworkHeader)
    of_connections, of_neurons = _columns(tensors, "connections."), _columns(tensors, "neurons.")
    indptr = of_connections.pop("indptr")
    source, weight, bias = of_connections["source"], of_connections["weight"], of_neurons["bias"]
    target = targets(indptr, len(bias), len(source))
    if weight.dtype != bias.dtype:
        raise ValueError(
            f"weights and biases must have one dtype; got {weight.dtype} and {bias.dtype}"
        )
    net = Network.from_connections(
        header["ranks"],
        source,
        target,
        weight,
        bias=bias,
        activation=activations_named(header["activations"], activations),
        dtype=weight.dtype,
    )
    if canonical_order(source, target) is not None:
        raise ValueError("connections must be sorted by source within each target; they are not")
    table = net.connections = ConnectionTable(
        net.size, source, target, net.connections.weight, of_connections["birth"]
    )
    _check_births(table, header["next_birth"])
    table.next_birth = header["next_birth"]
    for columns, carried in ((table, of_connections), (net.neurons, of_neurons)):
        for name in carried.keys() - columns.data.keys():
            columns.data[name] = carried[name]
        lengths = {name: column.shape for name, column in columns.data.items()}
        if set(lengths.values()) != {(len(columns),)}:
            raise ValueError(f"columns must all have shape ({len(columns)},); got {lengths}")
    return net


def _columns(tensors: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {
        name.removeprefix(prefix): np.array(array)
        for name, array in tensors.items()
        if name.startswith(prefix)
    }


def _check_births(table: ConnectionTable, next_birth: int) -> None:
    birth = table.birth
    if len(np.unique(birth)) != len(birth):
        raise ValueError("birth must hold a different number for each connection; it does not")
    if not isinstance(next_birth, int) or not table.next_birth <= next_birth < LATEST_BIRTH:
        raise ValueError(
            f"next_birth must be a whole number, at least {table.next_birth}, so that the next "
            f"connection is the youngest, and below {LATEST_BIRTH}; got {next_birth}"
        )


registry.add("safetensors", Format(save_safetensors, load_safetensors, (".safetensors",)))
