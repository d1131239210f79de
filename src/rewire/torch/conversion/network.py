"""A PyTorch model of linear layers as a network of neurons."""

from __future__ import annotations

import copy
import operator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import ShapeProp
from torch.nn import functional as F

from rewire.kernels.layout import LEAK

from ..layers.layer import SparseLayer
from ..layers.linear import Linear

if TYPE_CHECKING:
    from rewire.graph import Network

__all__ = ["FUNCTIONS", "METHODS", "MODULES", "PASSING", "Tracer", "to_network"]

MODULES: dict[type, str] = {
    nn.ReLU: "relu",
    nn.LeakyReLU: "leaky_relu",
    nn.Tanh: "tanh",
    nn.Sigmoid: "sigmoid",
}
FUNCTIONS: dict[Any, str] = {
    torch.relu: "relu",
    F.relu: "relu",
    F.leaky_relu: "leaky_relu",
    torch.tanh: "tanh",
    F.tanh: "tanh",
    torch.sigmoid: "sigmoid",
    F.sigmoid: "sigmoid",
}
METHODS: dict[Any, str] = {"relu": "relu", "tanh": "tanh", "sigmoid": "sigmoid"}
# What gives its input on, in evaluation and with one vector for each sample.
PASSING = (nn.Flatten, nn.Dropout, nn.Identity, torch.flatten, "flatten", F.dropout)
SUPPORTED = "Linear, ReLU, LeakyReLU, Tanh, Sigmoid, Flatten, Dropout, BatchNorm1d and additions"


def to_network(model: nn.Module, example: Tensor) -> Network:
    """Return a network of neurons that computes the same as a model.

    The model may consist of Linear layers, sparse or dense, ReLU, LeakyReLU (of slope 0.01), Tanh,
    Sigmoid, Flatten, Dropout, BatchNorm1d and additions; a residual addition becomes connections
    that skip ranks. Everything is as in evaluation: Dropout does nothing, and BatchNorm1d, with its
    running statistics, is folded into weights and biases.

    Parameters
    ----------
    model : nn.Module
        One that :func:`torch.fx.symbolic_trace` can trace, with one input and one output.
    example : Tensor, shape (samples, ...)
        An input, for the shapes alone.

    Returns
    -------
    rewire.Network
        In float64 if the model's weights are, and else in float32.

    Raises
    ------
    ValueError
        For a model with anything else in it, by name.

    Examples
    --------
    >>> import torch
    >>> model = torch.nn.Sequential(
    ...     Linear(8, 16, density=0.25, seed=0), torch.nn.ReLU(), Linear(16, 3, density=0.5, seed=1)
    ... )
    >>> to_network(model, torch.ones(1, 8))
    Network 8-16-3: 56 connections, density 31.82%
    """
    from rewire.graph import Network  # a door: only those who ask need networks

    whole = nn.Sequential(copy.deepcopy(model)).eval()
    graph = Tracer().trace(whole)
    traced = fx.GraphModule(whole, graph)
    with torch.no_grad():
        ShapeProp(traced).propagate(example)
    builder = _Builder(int(np.prod(example.shape[1:])))
    values: dict[fx.Node, _Value] = {}
    for node in graph.nodes:
        values[node] = _evaluate(node, values, traced, builder)
    weight = np.concatenate(builder.weights)
    double = any(p.dtype == torch.float64 for p in model.parameters())
    return Network.from_connections(
        builder.ranks,
        np.concatenate(builder.sources),
        np.concatenate(builder.targets),
        weight,
        bias=np.concatenate(builder.biases),
        activation=builder.activations,
        dtype="float64" if double else "float32",
    )


class Tracer(fx.Tracer):
    """Follows a model's ``forward``, with sparse layers as its steps."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Whether a module is a step of its own."""
        return isinstance(m, SparseLayer) or super().is_leaf_module(m, module_qualified_name)


class _Value(NamedTuple):
    """Weighted sums of units, plus constants; ``units`` says which, where they are just units."""

    matrix: csr_array
    constant: np.ndarray
    units: np.ndarray | None = None


class _Builder:
    """The neurons made so far, rank by rank."""

    def __init__(self, inputs: int):
        self.ranks = [inputs]
        self.activations: list[str] = []
        self.sources = [np.empty(0, np.int64)]
        self.targets, self.weights = [np.empty(0, np.int64)], [np.empty(0)]
        self.biases = [np.zeros(inputs)]

    def units(self, first: int, count: int) -> _Value:
        """Return units as a value."""
        rows, units = np.arange(count), first + np.arange(count)
        shape = count, first + count
        matrix = csr_array((np.ones(count), (rows, units)), shape=shape)
        return _Value(matrix, np.zeros(count), units)

    def neurons(self, value: _Value, activation: str) -> _Value:
        """Add a rank of neurons that compute a function of a value."""
        first, count = sum(self.ranks), len(value.constant)
        sums = value.matrix.tocoo()
        self.sources.append(sums.col.astype(np.int64))
        self.targets.append(sums.row.astype(np.int64) + first)
        self.weights.append(sums.data)
        self.biases.append(value.constant)
        self.ranks.append(count)
        self.activations.append(activation)
        return self.units(first, count)

    def linear(self, value: _Value, layer: Any) -> _Value:
        """Return the weighted sums of a layer over a value."""
        if value.units is None:
            value = self.neurons(value, "linear")
        assert value.units is not None
        if isinstance(layer, Linear):
            indptr, source, weight = layer.arrays()
        else:
            dense = csr_array(layer.weight.detach().cpu().double().numpy())
            indptr, source, weight = dense.indptr, dense.indices, dense.data
        target = np.repeat(np.arange(layer.out_features), np.diff(indptr))
        shape = layer.out_features, sum(self.ranks)
        matrix = csr_array((weight, (target, value.units[source])), shape=shape)
        bias = np.zeros(layer.out_features)
        if layer.bias is not None:
            bias = layer.bias.detach().cpu().double().numpy()
        return _Value(matrix, bias)


def _evaluate(
    node: fx.Node, values: dict[fx.Node, _Value], traced: fx.GraphModule, builder: _Builder
) -> Any:
    """Return what a node of the traced model computes."""
    inputs = [values[one] for one in node.all_input_nodes]
    if node.op == "placeholder":
        if len(values):
            raise ValueError("model must have one input for a network; it has several")
        return builder.units(0, builder.ranks[0])
    if node.op == "output":
        if len(inputs) != 1 or not isinstance(node.args[0], fx.Node):
            raise ValueError("model must have one output, a tensor, for a network")
        return _finish(inputs[0], builder)
    if node.op == "call_module":
        return _module(node, inputs[0], traced.get_submodule(str(node.target)), builder)
    return _function(node, inputs, builder)


def _finish(value: _Value, builder: _Builder) -> _Value:
    """Make the outputs the last rank."""
    count, neurons = len(value.constant), sum(builder.ranks)
    last = np.arange(neurons - builder.ranks[-1], neurons)
    if value.units is not None and len(builder.ranks) > 1 and np.array_equal(value.units, last):
        return value
    assert count
    return builder.neurons(value, "linear")


def _module(node: fx.Node, value: _Value, module: nn.Module, builder: _Builder) -> _Value:
    kind = type(module)
    if isinstance(module, Linear) or kind is nn.Linear:
        if len(node.all_input_nodes[0].meta["tensor_meta"].shape) != 2:
            raise ValueError(
                f"{node.target}: inputs of a Linear must have the shape (samples, features) for a "
                "network: put a Flatten before it"
            )
        return builder.linear(value, module)
    if isinstance(module, nn.BatchNorm1d):
        return _scaled(value, module)
    if kind in MODULES and getattr(module, "negative_slope", LEAK) == LEAK:
        return builder.neurons(value, MODULES[kind])
    if kind in PASSING:
        return value
    raise _unsupported(node, repr(module))


def _function(node: fx.Node, inputs: list[_Value], builder: _Builder) -> _Value:
    if node.target in (operator.add, operator.iadd, torch.add, "add", "add_"):
        if len(inputs) == 2 and len(inputs[0].constant) == len(inputs[1].constant):
            return _sum(*inputs)
        if len(inputs) == 1 and len(node.args) == 2 and node.args[0] is node.args[1]:
            return _sum(inputs[0], inputs[0])
    table = METHODS if node.op == "call_method" else FUNCTIONS
    if node.target in table and node.kwargs.get("negative_slope", LEAK) == LEAK:
        return builder.neurons(inputs[0], table[node.target])
    if node.target in PASSING:
        return inputs[0]
    raise _unsupported(node, str(node.target))


def _sum(one: _Value, other: _Value) -> _Value:
    width = max(one.matrix.shape[1], other.matrix.shape[1])
    matrices = [_widened(value.matrix, width) for value in (one, other)]
    return _Value(matrices[0] + matrices[1], one.constant + other.constant)


def _widened(matrix: csr_array, width: int) -> csr_array:
    shape = matrix.shape[0], width
    return csr_array((matrix.data, matrix.indices, matrix.indptr), shape=shape)


def _scaled(value: _Value, norm: nn.BatchNorm1d) -> _Value:
    """Fold a batch norm in evaluation into the sums."""
    if norm.running_mean is None or norm.running_var is None:
        raise ValueError("BatchNorm1d must have running statistics for a network; it has none")
    scale = 1 / np.sqrt(norm.running_var.double().cpu().numpy() + norm.eps)
    shift = np.zeros(len(scale))
    if norm.affine:
        scale = scale * norm.weight.detach().double().cpu().numpy()
        shift = norm.bias.detach().double().cpu().numpy()
    mean = norm.running_mean.double().cpu().numpy()
    matrix = value.matrix.copy()
    matrix.data = matrix.data * np.repeat(scale, np.diff(matrix.indptr))
    return _Value(matrix, (value.constant - mean) * scale + shift)


def _unsupported(node: fx.Node, what: str) -> ValueError:
    return ValueError(f"model must consist of {SUPPORTED} for a network; got {what} ({node.name})")
