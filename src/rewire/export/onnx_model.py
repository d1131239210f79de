"""The network as an ONNX model, for onnxruntime and other readers of ONNX."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from rewire.graph import Network
from rewire.io import advise, atomic_write, import_optional
from rewire.kernels.layout import LEAK
from rewire.validation import of_type

from .common import built_in_names
from .csr import blocks
from .formats import Format, registry

if TYPE_CHECKING:
    import onnx

__all__ = ["save_onnx", "to_onnx"]

# Old enough for every runtime in use; nothing newer is needed.
OPSET, IR_VERSION = 17, 8
LARGEST = 2**31 - 1  # bytes in a protobuf message


def to_onnx(net: Network, sparse: bool = False) -> onnx.ModelProto:
    """Return the network as an ONNX model of opset 17.

    The model has one input ``X`` of shape (batch, inputs) and one output ``Y`` of shape
    (batch, outputs), both of the network's dtype. For every pair of ranks with connections between
    them it has one ``Gemm`` node with a weight of shape (neurons of target, neurons of source);
    connections may skip ranks.

    Parameters
    ----------
    net : Network
        With built-in activations.
    sparse : bool, default False
        Whether the weights are sparse initialisers. The file is then proportional to the
        connections: 12 bytes each in float32, against 4 for each possible connection, so it is
        smaller below a density of 1/3. onnxruntime converts them to dense when it loads the model;
        other runtimes may refuse them.

    Raises
    ------
    ValueError
        For custom activations, or a model larger than the 2 GiB that ONNX allows.
    ImportError
        If the package onnx is not installed.

    Examples
    --------
    >>> import rewire
    >>> model = to_onnx(rewire.mlp([4, 8, 3], density=0.5, seed=0))
    >>> [node.op_type for node in model.graph.node]
    ['Gemm', 'Relu', 'Gemm']
    """
    of_type(net, "net", Network)
    onnx = import_optional("onnx", "export")
    names = built_in_names(net, "ONNX")
    weights = blocks(net)
    _check_size(net, weights, sparse)
    graph = _Graph(onnx, net, sparse)
    last = len(net.ranks) - 1
    value = {0: "X"}
    for rank, name in enumerate(names, start=1):
        if net.ranks[rank]:
            feeds = {s: (value[s], block) for (s, t), block in weights.items() if t == rank}
            output = value[rank] = "Y" if rank == last else f"rank_{rank}"
            if name == "linear":
                graph.weighted_sum(rank, feeds, output)
            else:
                graph.activate(name, graph.weighted_sum(rank, feeds, f"{output}_sum"), output)
    return graph.model()


def save_onnx(net: Network, path: str | os.PathLike[str], sparse: bool = False) -> None:
    """Write the model of :func:`to_onnx`, checked by ONNX's own checker.

    Parameters
    ----------
    net : Network
    path : path-like
    sparse : bool, default False
        Whether the weights are sparse initialisers.

    Examples
    --------
    >>> import tempfile, onnx, rewire
    >>> path = tempfile.mkdtemp() + "/net.onnx"
    >>> save_onnx(rewire.mlp([2, 8, 2], density=0.5, seed=0), path)
    >>> [node.op_type for node in onnx.load(path).graph.node]
    ['Gemm', 'Relu', 'Gemm']
    """
    model = to_onnx(net, sparse)
    import_optional("onnx", "export").checker.check_model(model)
    with atomic_write(path) as temporary:
        temporary.write_bytes(model.SerializeToString())


class _Graph:
    """Builds an ONNX graph from nodes and constants."""

    def __init__(self, onnx: Any, net: Network, sparse: bool):
        self.onnx, self.net, self.sparse = onnx, net, sparse
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.sparse_constants: list[Any] = []

    def weighted_sum(self, rank: int, feeds: dict[int, tuple[str, csr_array]], output: str) -> str:
        """Add the nodes for bias + the sum of A @ weightᵀ over the ranks that feed this one."""
        net = self.net
        first, size = int(net.rank_start[rank]), net.ranks[rank]
        # A rank without connections is constant; an empty block gives it the shape of the batch.
        feeds = feeds or {0: ("X", csr_array((size, net.ranks[0]), dtype=net.dtype))}
        total = self.constant(f"bias_{rank}", net.bias[first : first + size])
        last = max(feeds)
        for source, (value, block) in feeds.items():
            weight = self.matrix(f"weight_{source}_{rank}", block)
            partial = output if source == last else f"{output}_{source}"
            total = self.node("Gemm", value, weight, total, partial, transB=1)
        return total

    def activate(self, name: str, value: str, output: str) -> None:
        """Add the nodes for an activation."""
        if name == "leaky_relu":
            # LeakyRelu's slope is a float32, and onnxruntime has it for no other type.
            slope = self.constant(f"{output}_slope", np.array(LEAK, self.net.dtype))
            self.node("Max", value, self.node("Mul", value, slope, f"{output}_scaled"), output)
        else:
            kind = {"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid"}[name]
            self.node(kind, value, output)

    def node(self, kind: str, *names: str, **attributes: Any) -> str:
        """Add a node; the last name is that of its output, which is returned."""
        *inputs, output = names
        self.nodes.append(self.onnx.helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, name: str, array: np.ndarray) -> str:
        """Add a dense initialiser."""
        self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def matrix(self, name: str, block: csr_array) -> str:
        """Add an initialiser; a sparse one has values and their positions, row by row."""
        if not self.sparse:
            return self.constant(name, block.toarray())
        rows = np.repeat(np.arange(block.shape[0], dtype=np.int64), np.diff(block.indptr))
        place = self.onnx.numpy_helper.from_array(
            rows * block.shape[1] + block.indices, f"{name}_places"
        )
        values = self.onnx.numpy_helper.from_array(block.data, name)
        self.sparse_constants.append(
            self.onnx.helper.make_sparse_tensor(values, place, block.shape)
        )
        return name

    def model(self) -> Any:
        """Return the finished model."""
        helper, net = self.onnx.helper, self.net
        number = helper.np_dtype_to_tensor_dtype(net.dtype)
        ends = {"X": net.ranks[0], "Y": net.ranks[-1]}
        x, y = (helper.make_tensor_value_info(e, number, ["batch", n]) for e, n in ends.items())
        graph = helper.make_graph(
            self.nodes,
            "rewire",
            [x],
            [y],
            self.constants,
            sparse_initializer=self.sparse_constants,
        )
        return helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="rewire",
        )


def _check_size(net: Network, weights: dict[tuple[int, int], csr_array], sparse: bool) -> None:
    number = net.dtype.itemsize
    size = sum(
        block.nnz * (number + 8) if sparse else block.shape[0] * block.shape[1] * number
        for block in weights.values()
    )
    if size > LARGEST:
        remedies = ["export to .safetensors or .npz"]
        if not sparse:
            remedies.insert(0, "write sparse weights (sparse=True)")
        raise ValueError(
            advise(
                f"an ONNX model must be smaller than 2 GiB; got {size / 2**30:.1f} GiB of weights",
                *remedies,
            )
        )


registry.add("onnx", Format(save_onnx, None, (".onnx",)))
