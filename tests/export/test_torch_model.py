"""PyTorch loads the weights, and computes what predict does; its models become networks."""

import os

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import prune

import rewire
from rewire import Network
from rewire.export import from_state_dict, state_dict, to_torch
from rewire.export.torch_model import save_state_dict
from rewire.export.torch_state import load_state_dict

from .graphs import any_networks, assert_same_graph, batch, close_to, layered

# PyTorch says once that its CSR tensors are new.
pytestmark = pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
NET = rewire.mlp([4, 8, 6, 3], density=0.5, activation=["relu", "linear", "tanh"], seed=0)


def activations(net):
    return [activation.name for activation in net.activations[1:]]


def by_hand():
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 6), nn.Linear(6, 3), nn.Tanh())


@given(any_networks(), st.booleans())
def test_the_module_agrees(net, sparse):
    net = layered(net)
    X = batch(net)
    with torch.no_grad():
        Y = to_torch(net, sparse)(torch.from_numpy(X)).numpy()
    assert Y.dtype == net.dtype
    np.testing.assert_allclose(Y, net.predict(X), **close_to(net))


@given(any_networks(), st.booleans())
def test_the_graph_returns_from_a_state_dict(net, sparse):
    net = layered(net)
    assert_same_graph(from_state_dict(to_torch(net, sparse).state_dict(), activations(net)), net)
    assert_same_graph(from_state_dict(state_dict(net), activations(net)), net)


@pytest.mark.parametrize("ending", ["pt", "safetensors"])
def test_a_module_of_ones_own_loads_the_file(ending, tmp_path):
    path = tmp_path / f"net.{ending}"
    save_state_dict(NET, path)
    if ending == "pt":
        state = torch.load(path, weights_only=True)
    else:
        from safetensors.torch import load_file

        state = load_file(path)
    module = by_hand()
    module.load_state_dict(state, strict=True)
    X = batch(NET)
    with torch.no_grad():
        np.testing.assert_allclose(module(torch.from_numpy(X)), NET.predict(X), **close_to(NET))
    assert_same_graph(load_state_dict(path, activations(NET)), NET)


def test_sparse_tensors_are_stored_sparse(tmp_path):
    net = rewire.mlp([300, 300, 10], density=0.01, seed=0)
    save_state_dict(net, tmp_path / "net.pt", sparse=True)
    state = torch.load(tmp_path / "net.pt", weights_only=True)
    assert state["0.weight"].layout == torch.sparse_csr
    assert state["0.weight"].values().shape == (900,)
    assert (tmp_path / "net.pt").stat().st_size < 40_000 < 4 * 300 * 300
    assert_same_graph(load_state_dict(tmp_path / "net.pt"), net)


def test_the_module_can_be_trained_and_is_on_its_own():
    net = NET.copy()
    module = to_torch(net)
    module(torch.ones(2, 4)).sum().backward()
    torch.optim.SGD(module.parameters(), lr=1.0).step()
    assert_same_graph(net, NET)
    assert not np.array_equal(module[0].bias.detach(), NET.bias[4:12])


def test_layers_beyond_the_tenth_keep_their_order(tmp_path):
    net = rewire.mlp([2, *range(3, 16), 2], density=0.9, seed=0)
    save_state_dict(net, tmp_path / "net.safetensors")
    assert_same_graph(load_state_dict(tmp_path / "net.safetensors"), net)


def test_a_pruned_model_becomes_a_network():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(4, 8), nn.Sigmoid(), nn.Linear(8, 3, bias=False))
    prune.random_unstructured(module[0], "weight", amount=0.5)
    prune.random_unstructured(module[0], "bias", amount=0.5)
    prune.l1_unstructured(module[2], "weight", amount=0.75)
    net = from_state_dict(module.state_dict(), "sigmoid")
    assert len(net.connections) == 16 + 6
    X = batch(net)
    with torch.no_grad():
        np.testing.assert_allclose(module(torch.from_numpy(X)), net.predict(X), **close_to(net))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("layout", [torch.strided, torch.sparse_csr, torch.sparse_coo])
def test_tensors_of_any_type_and_layout_are_read(dtype, layout):
    weight = torch.tensor([[1.5, 0.0], [0.0, -2.0], [0.25, 4.0]], dtype=dtype)
    weight = weight if layout == torch.strided else weight.to_sparse(layout=layout)
    net = from_state_dict({"weight": weight})
    assert_same_graph(
        net,
        Network.from_connections(
            [2, 3],
            [0, 1, 0, 1],
            [2, 3, 4, 4],
            [1.5, -2, 0.25, 4],
            dtype="float64" if dtype == torch.float64 else "float32",
        ),
    )


@pytest.mark.parametrize("ending", ["pt", "safetensors"])
@pytest.mark.parametrize("sparse", [False, True])
def test_skipping_connections_are_refused(ending, sparse, tmp_path):
    net = NET.copy()
    net.connect("0_0", "2_0")
    with pytest.raises(ValueError, match=r"from rank 0 to rank 2|must be False"):
        save_state_dict(net, tmp_path / f"net.{ending}", sparse=sparse)
    assert os.listdir(tmp_path) == []


def test_safetensors_hold_no_sparse_tensors(tmp_path):
    with pytest.raises(ValueError, match=r"sparse must be False.*\.pt"):
        save_state_dict(NET, tmp_path / "net.safetensors", sparse=True)


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (nn.Sequential(nn.Conv1d(2, 3, 1)), r"two axes; got shape \(3, 2, 1\) in '0'"),
        (nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)), "running_mean.*in '1'"),
        (
            nn.Sequential(nn.Linear(2, 3), nn.Linear(4, 1)),
            "which has 3 neurons.*'1'.*in their order",
        ),
        (nn.Sequential(nn.ReLU()), "at least one weight"),
    ],
)
def test_other_models_are_refused(module, message):
    with pytest.raises(ValueError, match=message):
        from_state_dict(module.state_dict())


def test_a_layer_without_weights_is_refused():
    with pytest.raises(ValueError, match="'0' has no weight"):
        from_state_dict({"0.bias": np.zeros(3)})
