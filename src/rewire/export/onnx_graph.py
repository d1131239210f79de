"""ONNX graphs from nodes and constants, and the part of them that is a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from rewire.graph import Network
from rewire.io import advise, import_optional
from rewire.kernels.layout import LEAK

from .common import built_in_names
from .csr import blocks

__all__ = ["Graph", "add_network", "check_size"]

# Old enough for every runtime in use; nothing newer is needed, except where a part says so.
OPSET, IR_VERSION = 17, 8
LARGEST = 2**31 - 1  # bytes in a protobuf message


class Graph:
    """Builds an ONNX graph from nodes and constants.

    Parameters
    ----------
    sparse : bool, default False
        Whether matrices are sparse initialisers.
    """

    def __init__(self, sparse: bool = False):
        self.onnx, self.sparse = import_optional("onnx", "export"), sparse
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.sparse_constants: list[Any] = []
        self.ends: dict[str, list[Any]] = {"inputs": [], "outputs": []}
        self.opsets, self.ir_version = {"": OPSET}, IR_VERSION
        self._names: set[str] = set()

    def free(self, name: str) -> str:
        """Return a name that is taken from now on: this one, or one like it."""
        found, count = name, 2
        while found in self._names:
            found, count = f"{name}_{count}", count + 1
        self._names.add(found)
        return found

    def end(self, which: str, name: str, dtype: Any, shape: list[Any], says: str = "") -> str:
        """Add an input or output of the whole graph; ``dtype`` is NumPy's, or ``str``."""
        helper = self.onnx.helper
        text = np.dtype(dtype).kind in "OU"
        number = (
            self.onnx.TensorProto.STRING
            if text
            else helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        )
        self.ends[which].append(helper.make_tensor_value_info(name, number, shape, says))
        return name

    def node(self, kind: str, *names: str, **attributes: Any) -> str:
        """Add a node; the last name is that of its output, which is returned, made free."""
        *inputs, output = names
        return self.final(kind, *inputs, self.free(output), **attributes)

    def final(self, kind: str, *names: str, **attributes: Any) -> str:
        """Add a node whose output is called just so."""
        *inputs, output = names
        self.nodes.append(self.onnx.helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, name: str, values: Any) -> str:
        """Add a dense initialiser."""
        name = self.free(name)
        array = np.asarray(values)
        array = array.astype(object) if array.dtype.kind == "U" else array
        self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def matrix(self, name: str, block: csr_array) -> str:
        """Add an initialiser; a sparse one has values and their positions, row by row."""
        if not self.sparse:
            return self.constant(name, block.toarray())
        name = self.free(name)
        rows = np.repeat(np.arange(block.shape[0], dtype=np.int64), np.diff(block.indptr))
        place = self.onnx.numpy_helper.from_array(
            rows * block.shape[1] + block.indices, f"{name}_places"
        )
        values = self.onnx.numpy_helper.from_array(block.data, name)
        self.sparse_constants.append(
            self.onnx.helper.make_sparse_tensor(values, place, block.shape)
        )
        return name

    def model(self, metadata: Mapping[str, str] | None = None) -> Any:
        """Return the finished model."""
        helper = self.onnx.helper
        graph = helper.make_graph(
            self.nodes,
            "rewire",
            self.ends["inputs"],
            self.ends["outputs"],
            self.constants,
            sparse_initializer=self.sparse_constants,
        )
        made = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid(*one) for one in self.opsets.items()],
            ir_version=self.ir_version,
            producer_name="rewire",
        )
        if metadata:
            helper.set_model_props(made, dict(metadata))
        return made


def add_network(graph: Graph, net: Network, x: str, y: str) -> None:
    """Add the nodes of a network, from the value ``x`` to the value ``y``."""
    weights, last = blocks(net), len(net.ranks) - 1
    value = {0: x}
    for rank, name in enumerate(built_in_names(net, "ONNX"), start=1):
        if net.ranks[rank]:
            feeds = {s: (value[s], block) for (s, t), block in weights.items() if t == rank}
            # A rank without connections is constant; an empty block gives it the batch's shape.
            feeds = feeds or {0: (x, csr_array((net.ranks[rank], net.ranks[0]), dtype=net.dtype))}
            output = value[rank] = y if rank == last else graph.free(f"rank_{rank}")
            first = int(net.rank_start[rank])
            bias = graph.constant(f"bias_{rank}", net.bias[first : first + net.ranks[rank]])
            if name == "linear":
                _weighted_sum(graph, rank, feeds.items(), bias, output)
            else:
                total = graph.free(f"{output}_sum")
                _weighted_sum(graph, rank, feeds.items(), bias, total)
                _activate(graph, name, total, output, net.dtype)


def _weighted_sum(
    graph: Graph,
    rank: int,
    feeds: Iterable[tuple[int, tuple[str, csr_array]]],
    total: str,
    output: str,
) -> None:
    """Add the nodes for bias + the sum of A @ weightᵀ over the ranks that feed this one."""
    *first, last = feeds
    for source, (value, block) in first:
        weight = graph.matrix(f"weight_{source}_{rank}", block)
        total = graph.node("Gemm", value, weight, total, f"{output}_{source}", transB=1)
    source, (value, block) = last
    weight = graph.matrix(f"weight_{source}_{rank}", block)
    graph.final("Gemm", value, weight, total, output, transB=1)


def _activate(graph: Graph, name: str, value: str, output: str, dtype: np.dtype) -> None:
    if name == "leaky_relu":
        # LeakyRelu's slope is a float32, and onnxruntime has it for no other type.
        slope = graph.constant(f"{output}_slope", np.array(LEAK, dtype))
        graph.final("Max", value, graph.node("Mul", value, slope, f"{output}_scaled"), output)
    else:
        graph.final({"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid"}[name], value, output)


def check_size(net: Network, sparse: bool) -> None:
    """Refuse a network whose weights a file of ONNX cannot hold."""
    number = net.dtype.itemsize
    size = sum(
        block.nnz * (number + 8) if sparse else block.shape[0] * block.shape[1] * number
        for block in blocks(net).values()
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
