"""onnxruntime computes what predict does."""

import os

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rewire
from rewire import Network
from rewire.export import onnx_graph, to_onnx
from rewire.export.onnx_model import save_onnx

from .graphs import any_networks, batch, close_to


def session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    model = model if isinstance(model, (bytes, str)) else model.SerializeToString()
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def run(model, X):
    return session(model).run(["Y"], {"X": X})[0]


@given(any_networks(), st.booleans())
@settings(max_examples=60)
def test_onnxruntime_agrees(net, sparse):
    model = to_onnx(net, sparse)
    # The strict check knows no sparse initialisers: it refuses them for every operator.
    onnx.checker.check_model(model, full_check=not sparse)
    for samples in (1, 5):
        X = batch(net, samples)
        Y = run(model, X)
        assert Y.dtype == net.dtype
        np.testing.assert_allclose(Y, net.predict(X), **close_to(net))


@pytest.mark.parametrize("sparse", [False, True])
def test_weights_are_stored_to_the_bit(sparse):
    net = rewire.mlp([20, 30, 5], density=0.1, seed=0)
    graph = to_onnx(net, sparse).graph
    if sparse:
        weight = next(t for t in graph.sparse_initializer if t.values.name == "weight_0_1")
        values = onnx.numpy_helper.to_array(weight.values)
        assert list(weight.dims) == [30, 20]
    else:
        weight = next(t for t in graph.initializer if t.name == "weight_0_1")
        dense = onnx.numpy_helper.to_array(weight)
        values = dense[dense != 0]
    np.testing.assert_array_equal(values, net.connections.weight[: len(values)])


def test_sparse_files_grow_with_the_connections(tmp_path):
    net = rewire.mlp([400, 500, 10], density=0.02, seed=0)
    for sparse in (False, True):
        save_onnx(net, tmp_path / f"{sparse}.onnx", sparse=sparse)
    X = batch(net)
    np.testing.assert_array_equal(
        run(str(tmp_path / "True.onnx"), X), run(str(tmp_path / "False.onnx"), X)
    )
    sizes = [(tmp_path / f"{sparse}.onnx").stat().st_size for sparse in (False, True)]
    assert sizes[0] > 4 * 400 * 500
    assert sizes[1] < 12 * len(net.connections) + 4 * net.size + 2000


def test_the_model_says_what_it_is():
    model = to_onnx(Network.from_connections([2, 1], [0], [2], [1], dtype="float64"))
    assert [(o.domain, o.version) for o in model.opset_import] == [("", 17)]
    (x,), (y,) = session(model).get_inputs(), session(model).get_outputs()
    assert (x.name, x.shape, x.type) == ("X", ["batch", 2], "tensor(double)")
    assert (y.name, y.shape, y.type) == ("Y", ["batch", 1], "tensor(double)")


@pytest.mark.parametrize(("sparse", "remedy"), [(False, "sparse=True"), (True, "safetensors")])
def test_a_model_that_is_too_large_is_refused(sparse, remedy, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_graph, "LARGEST", 100)
    net = rewire.mlp([10, 10], seed=0)
    with pytest.raises(ValueError, match=f"smaller than 2 GiB.*{remedy}"):
        save_onnx(net, tmp_path / "net.onnx", sparse)
    assert os.listdir(tmp_path) == []
