"""A network, or a whole model, in ONNX, for onnxruntime and other readers of ONNX."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rewire.graph import Network
from rewire.io import atomic_write, import_optional
from rewire.validation import of_type

from .formats import Format, registry
from .model import Model
from .onnx_graph import Graph, add_network, check_size
from .onnx_whole import add_answers, add_inputs, metadata
from .onnx_whole import example as whole_example
from .whole import Whole

if TYPE_CHECKING:
    import onnx

__all__ = ["save_onnx", "to_onnx"]


def to_onnx(net: Network | Model, sparse: bool = False) -> onnx.ModelProto:
    """Return a network, or a whole model, as an ONNX model of opset 17.

    *A network* has one input ``X`` of shape (batch, inputs) and one output ``Y`` of shape
    (batch, outputs), both of the network's dtype. For every pair of ranks with connections between
    them it has one ``Gemm`` node with a weight of shape (neurons of target, neurons of source);
    connections may skip ranks.

    *A model of a table* has an input of shape (batch, 1) for each column, by its name: ``double``
    for numbers (NaN where missing), truth values (0 and 1) and dates (seconds since 1970-01-01),
    ``string`` for categories and texts (empty where missing). Its outputs are ``label`` of shape
    (batch,) and ``probabilities`` of shape (batch, classes), or ``prediction`` of shape
    (batch, outputs) for a regression. Missing values are filled in, texts looked up and inputs
    standardized in double precision as in training. A row that cannot be answered has NaN for
    probabilities and prediction, and for a label the empty text, or a number below all classes.
    A model of plain arrays has one input ``X`` instead. The metadata says what each input is, as
    JSON under ``rewire``.

    Parameters
    ----------
    net : Network or model
        With built-in activations. A model is what :class:`rewire.experiment.Predictor` is.
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
    of_type(net, "net", Network, Model)
    if not isinstance(net, Network):
        return _whole(Whole.of(net, strip=False), sparse)
    graph = Graph(sparse)
    check_size(net, sparse)
    x = graph.end("inputs", graph.free("X"), net.dtype, ["batch", net.ranks[0]])
    y = graph.end("outputs", graph.free("Y"), net.dtype, ["batch", net.ranks[-1]])
    add_network(graph, net, x, y)
    return graph.model()


def _whole(whole: Whole, sparse: bool) -> Any:
    graph = Graph(sparse)
    check_size(whole.net, sparse)
    columns = add_inputs(graph, whole)
    y = graph.free("Y")
    add_network(graph, whole.net, columns.inputs, y)
    outputs = add_answers(graph, whole, columns, y)
    return graph.model(metadata(whole, columns, outputs))


def save_onnx(net: Network | Model, path: str | os.PathLike[str], sparse: bool = False) -> None:
    """Write the model of :func:`to_onnx`, checked by ONNX's own checker.

    Parameters
    ----------
    net : Network or model
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


def example_onnx(model: Model, path: str | os.PathLike[str], sparse: bool = False) -> str:
    """Return a Python program that calls the file of a model."""
    return whole_example(Whole.of(model, strip=False), Path(path).name)


registry.add("onnx", Format(save_onnx, None, (".onnx",), example_onnx))
