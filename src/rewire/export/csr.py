"""The connections as SciPy matrices, and .npz files that SciPy reads."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from rewire.activations import Activation
from rewire.graph import Network
from rewire.io import atomic_write, reading
from rewire.io.npz import open_npz
from rewire.validation import of_type

from .common import activation_names, activations_named, targets
from .formats import Format, registry

__all__ = ["blocks", "load_csr", "save_csr", "to_scipy"]


def to_scipy(net: Network) -> csr_array:
    """Return all connections as one matrix.

    Returns
    -------
    csr_array, shape (neurons, neurons)
        Row t, column s: the weight of the connection from neuron s to neuron t. A connection of
        weight 0 is stored too. It shares no memory with the network.

    Examples
    --------
    >>> net = Network.from_connections([2, 1, 1], [0, 1, 2, 1], [2, 2, 3, 3], [1, -1, 2, 0.5])
    >>> to_scipy(net).toarray()[2:]
    array([[ 1. , -1. ,  0. ,  0. ],
           [ 0. ,  0.5,  2. ,  0. ]], dtype=float32)
    """
    of_type(net, "net", Network)
    table = net.connections
    return csr_array(
        (table.weight, table.source, table.indptr), shape=(net.size, net.size), copy=True
    )


def blocks(net: Network) -> dict[tuple[int, int], csr_array]:
    """Return the connections as one matrix for each pair of ranks.

    Returns
    -------
    dict of (source rank, target rank) to csr_array, shape (neurons of target, neurons of source)
        Sorted by target rank, then by source rank; only blocks with connections. If no connection
        skips a rank, these are the layers, ready for ``A @ block.T``.

    Examples
    --------
    >>> net = Network.from_connections([2, 1, 1], [0, 1, 2, 1], [2, 2, 3, 3], [1, -1, 2, 0.5])
    >>> {ranks: block.nnz for ranks, block in blocks(net).items()}
    {(0, 1): 2, (0, 2): 1, (1, 2): 1}
    """
    of_type(net, "net", Network)
    matrix, start = to_scipy(net), net.rank_start
    found = {}
    for target in range(1, len(net.ranks)):
        rows = matrix[start[target] : start[target + 1]]
        for source in range(target):
            block = rows[:, start[source] : start[source + 1]]
            if block.nnz:
                found[source, target] = block
    return found


def save_csr(net: Network, path: str | os.PathLike[str]) -> None:
    """Write the connections as one matrix, with biases, ranks and activations.

    ``scipy.sparse.load_npz`` reads the file as the matrix of :func:`to_scipy`, and ``numpy.load``
    also finds ``bias`` of shape (neurons,), ``ranks`` and ``activations`` (names, one for each
    rank but the inputs) in it. Birth order and the optimiser's state are not kept.

    Parameters
    ----------
    net : Network
    path : path-like

    Examples
    --------
    >>> import tempfile, rewire
    >>> net = rewire.mlp([2, 8, 2], density=0.5, seed=0)
    >>> path = tempfile.mkdtemp() + "/net.npz"
    >>> save_csr(net, path)
    >>> rewire.export.load(path)
    Network 2-8-2: 16 connections, density 50.00%
    """
    matrix = to_scipy(net)
    # The names of scipy.sparse.save_npz.
    as_scipy = {
        "format": b"csr",
        "_is_array": True,
        "shape": matrix.shape,
        "data": matrix.data,
        "indices": matrix.indices,
        "indptr": matrix.indptr,
    }
    with atomic_write(path) as temporary, open(temporary, "wb") as file:
        np.savez(
            file,
            allow_pickle=False,
            **as_scipy,
            bias=net.bias,
            ranks=net.ranks,
            activations=activation_names(net),
        )


def load_csr(path: str | os.PathLike[str], activations: Sequence[Activation] = ()) -> Network:
    """Read a network that :func:`save_csr` wrote; births follow the order of the table.

    Parameters and errors are those of :func:`load_safetensors`.

    Examples
    --------
    >>> import tempfile, rewire
    >>> net = rewire.mlp([2, 8, 2], density=0.5, seed=0)
    >>> path = tempfile.mkdtemp() + "/net.npz"
    >>> rewire.export.export(net, path)
    >>> load_csr(path)
    Network 2-8-2: 16 connections, density 50.00%
    """
    with reading(path), open_npz(path) as arrays:
        source, bias = arrays["indices"], arrays["bias"]
        return Network.from_connections(
            arrays["ranks"].tolist(),
            source,
            targets(arrays["indptr"], len(bias), len(source)),
            arrays["data"],
            bias=bias,
            activation=activations_named(arrays["activations"].tolist(), activations),
        )


registry.add("npz", Format(save_csr, load_csr, (".npz",)))
