"""SciPy reads the matrices, and computes the network with them."""

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given

from rewire import Network
from rewire.export import blocks, to_scipy
from rewire.export.csr import load_csr, save_csr

from .graphs import any_networks, assert_same_bits, assert_same_graph, batch, close_to

FUNCTIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, x.dtype.type(0.01) * x),
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "linear": lambda x: x,
}


@given(any_networks())
def test_the_graph_returns(tmp_path_factory, net):
    path = tmp_path_factory.mktemp("net") / "net.npz"
    save_csr(net, path)
    assert_same_graph(load_csr(path), net)


@given(any_networks())
def test_scipy_reads_the_file_and_computes_the_network(tmp_path_factory, net):
    path = tmp_path_factory.mktemp("net") / "net.npz"
    save_csr(net, path)
    W = scipy.sparse.load_npz(path)
    with np.load(path) as file:
        also = dict(file)
    start = np.cumsum([0, *also["ranks"]])
    X = batch(net)
    A = np.zeros((W.shape[0], len(X)), W.dtype)
    A[: start[1]] = X.T
    for rank, name in enumerate(also["activations"], start=1):
        t = slice(start[rank], start[rank + 1])
        A[t] = FUNCTIONS[str(name)](W[t] @ A + also["bias"][t, None])
    np.testing.assert_allclose(A[start[-2] :].T, net.predict(X), **close_to(net))


@given(any_networks())
def test_the_matrix_holds_each_connection_at_its_place(net):
    matrix, table = to_scipy(net), net.connections
    assert matrix.nnz == len(table)
    dense = np.zeros((net.size, net.size), net.dtype)
    dense[table.target, table.source] = table.weight
    np.testing.assert_array_equal(matrix.toarray(), dense)


@given(any_networks())
def test_blocks_are_the_matrix_cut_along_the_ranks(net):
    whole, start = np.zeros((net.size, net.size), net.dtype), net.rank_start
    for (s, t), block in blocks(net).items():
        assert block.nnz > 0
        assert block.dtype == net.dtype
        whole[start[t] : start[t + 1], start[s] : start[s + 1]] = block.toarray()
    np.testing.assert_array_equal(whole, to_scipy(net).toarray())


def test_matrices_share_no_memory_with_the_network():
    net = Network.from_connections([2, 1], [0, 1], [2, 2], [1, 2])
    matrix = to_scipy(net)
    for array in (matrix.data, matrix.indices, matrix.indptr, blocks(net)[0, 1].data):
        array[:] = 0
    assert_same_graph(net, Network.from_connections([2, 1], [0, 1], [2, 2], [1, 2]))


def test_connections_of_weight_0_are_kept(tmp_path):
    net = Network.from_connections([2, 1], [0, 1], [2, 2], [0, -0.0])
    save_csr(net, tmp_path / "net.npz")
    loaded = load_csr(tmp_path / "net.npz")
    assert_same_bits(loaded.connections.weight, np.float32([0, -0.0]))


def test_a_file_cut_short_is_refused(tmp_path):
    path = tmp_path / "net.npz"
    save_csr(Network.from_connections([2, 1], [0, 1], [2, 2], [1, 2]), path)
    content = path.read_bytes()
    for length in range(0, len(content), 40):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"cannot read '.*net.npz'"):
            load_csr(path)


def test_matrices_without_the_rest_are_refused(tmp_path):
    scipy.sparse.save_npz(tmp_path / "net.npz", scipy.sparse.csr_array(np.eye(3)))
    with pytest.raises(ValueError, match=r"net.npz.*lacks.*bias"):
        load_csr(tmp_path / "net.npz")
