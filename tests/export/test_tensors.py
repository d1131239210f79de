"""safetensors files keep everything, and refuse what is not whole."""

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import rewire
from rewire.export.tensors import (
    load_safetensors,
    network_from_tensors,
    network_to_tensors,
    save_safetensors,
)
from rewire.io.tensors import read_tensors, write_tensors

from .graphs import any_networks, assert_same_bits, assert_same_graph


def assert_same(a, b):
    assert_same_graph(a, b)
    assert_same_bits(a.connections.indptr, b.connections.indptr)
    assert a.connections.next_birth == b.connections.next_birth
    for x, y in ((a.connections, b.connections), (a.neurons, b.neurons)):
        assert x.data.keys() == y.data.keys()
        for name in x.data:
            assert_same_bits(x[name], y[name])


def with_a_past(net, seed):
    """As after training and rewiring: births in any order, some of them gone, optimiser state."""
    random = np.random.default_rng(seed)
    table = net.connections
    table.data["birth"] = random.permutation(2 * len(table))[: len(table)]
    table.next_birth = 2 * len(table) + 3
    for columns in (table, net.neurons):
        columns.data["velocity"] = random.normal(size=len(columns)).astype(net.dtype)
    return net


@given(any_networks(), st.integers(0, 2**32))
def test_everything_returns_to_the_same_bits(tmp_path_factory, net, seed):
    with_a_past(net, seed)
    path = tmp_path_factory.mktemp("net") / "net.safetensors"
    save_safetensors(net, path)
    assert_same(load_safetensors(path), net)


@given(any_networks())
def test_other_programs_find_the_columns(tmp_path_factory, net):
    path = tmp_path_factory.mktemp("net") / "net.safetensors"
    save_safetensors(net, path)
    arrays = load_file(path)
    table = net.connections
    assert arrays.keys() == {
        "connections.indptr",
        "connections.source",
        "connections.weight",
        "connections.birth",
        "neurons.bias",
    }
    assert_same_bits(arrays["connections.weight"], table.weight)
    assert_same_bits(arrays["connections.source"], table.source)
    with safe_open(path, framework="numpy") as file:
        header = json.loads(file.metadata()["rewire"])
    assert header["ranks"] == list(net.ranks)
    assert header["activations"] == [activation.name for activation in net.activations[1:]]


def test_training_goes_on_as_if_nothing_had_happened(tmp_path):
    net = rewire.mlp([6, 8, 3], density=0.5, seed=0)
    net.connect("0_0", "2_0", weight=0.1)
    random = np.random.default_rng(0)
    X, y = random.normal(size=(16, 6)), random.integers(3, size=16)
    optimizer = rewire.optimizers.SGD(lr=0.1, momentum=0.9)
    rewire.Trainer(net, optimizer=optimizer).steps(X, y, 3)
    save_safetensors(net, tmp_path / "net.safetensors")
    loaded = load_safetensors(tmp_path / "net.safetensors")
    for each in (net, loaded):
        rewire.Trainer(each, optimizer=rewire.optimizers.SGD(lr=0.1, momentum=0.9)).steps(X, y, 3)
        each.connect("0_1", "2_1", weight=0.2)  # born after all others
        each.add_neuron(1)
    assert_same(loaded, net)


def test_what_was_read_can_be_written_to_and_shares_nothing():
    net = rewire.mlp([4, 3, 2], density=0.5, seed=0)
    tensors, header = network_to_tensors(net)
    copy = network_from_tensors(tensors, header)
    copy.connections.weight[:] = 0
    copy.bias[:] = 1
    copy.connections.birth[:] = 0
    assert_same(net, rewire.mlp([4, 3, 2], density=0.5, seed=0))


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    path = tmp_path_factory.mktemp("net") / "net.safetensors"
    save_safetensors(rewire.mlp([4, 3, 2], density=0.5, seed=0), path)
    return path.read_bytes(), path.with_name("damaged.safetensors")


@given(st.data())
def test_a_flipped_bit_is_found_wherever_it_is(stored, data):
    content, path = stored
    bit = data.draw(st.integers(0, 8 * len(content) - 1))
    flipped = bytearray(content)
    flipped[bit // 8] ^= 1 << bit % 8
    path.write_bytes(flipped)
    with pytest.raises(ValueError, match=r"cannot read '.*damaged.safetensors'"):
        load_safetensors(path)


@given(st.data())
def test_a_file_cut_short_is_refused(stored, data):
    content, path = stored
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(ValueError, match=r"cannot read '.*damaged.safetensors'"):
        load_safetensors(path)


def test_files_of_other_programs_are_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"0.weight": np.zeros((2, 2))}, path)
    with pytest.raises(ValueError, match=r"other.safetensors.*not one that rewire.*state_dict"):
        load_safetensors(path)


def test_files_of_another_kind_are_refused(tmp_path):
    path = tmp_path / "log.safetensors"
    write_tensors(path, {"x": np.arange(3)}, {"y": 1}, kind="log")
    tensors, header = read_tensors(path, kind="log")
    assert tensors["x"].tolist() == [0, 1, 2]
    assert header["y"] == 1
    with pytest.raises(ValueError, match=r"log.safetensors.*must be a network; got a log$"):
        load_safetensors(path)


def test_the_error_says_what_reads_the_file(tmp_path):
    path = tmp_path / "model.safetensors"
    write_tensors(path, {"x": np.arange(3)}, {}, kind="model")
    with pytest.raises(ValueError, match=r"got a model: read it by rewire.experiment.Predictor"):
        load_safetensors(path)


def test_files_of_a_later_version_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "later.safetensors"
    monkeypatch.setattr("rewire.io.tensors.VERSION", 2)
    save_safetensors(rewire.mlp([2, 2], seed=0), path)
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r"later.safetensors.*at most 1; got 2: update rewire"):
        load_safetensors(path)


def broken(**changes):
    """The tensors and the header of a small network, changed."""
    tensors, header = network_to_tensors(
        rewire.Network.from_connections([2, 1, 1], [0, 1, 2], [2, 2, 3], [1, -1, 2])
    )
    for name, value in changes.items():
        name = name.replace("__", ".")
        (header if name in header else tensors)[name] = value
    return {k: np.asarray(v) for k, v in tensors.items()}, header


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"connections__indptr": [0, 0, 0, 2]}, "indptr must rise"),
        ({"connections__indptr": [0, 0, 0, 2, 2]}, "indptr must rise"),
        ({"connections__indptr": [0, 0, 2, 1, 3]}, "indptr must rise"),
        ({"connections__indptr": [0.0, 0.0, 0.0, 2.0, 3.0]}, "indptr must rise"),
        ({"connections__source": np.int32([1, 0, 2])}, "sorted by source"),
        ({"connections__source": np.int32([0, 0, 2])}, "0 to 2 twice"),
        ({"connections__source": np.int32([0, 1, 3])}, "later rank"),
        ({"connections__source": np.int32([0, 1, 9])}, r"source must be in \[0, 4\)"),
        ({"connections__weight": np.float32([1, np.nan, 2])}, "weight must hold finite numbers"),
        ({"connections__weight": np.float64([1, 2, 3])}, "one dtype; got float64 and float32"),
        ({"connections__weight": np.int32([1, 2, 3]), "neurons__bias": np.int32([0] * 4)}, "dtype"),
        ({"connections__weight": np.float32([1, 2])}, r"weight must have shape \(3,\)"),
        ({"connections__birth": [0, 0, 1]}, "birth must hold a different number"),
        ({"connections__birth": [0, 1]}, "same length"),
        ({"connections__velocity": [0.0, 1.0]}, "columns must all have shape"),
        ({"neurons__velocity": [0.0, 1.0]}, "columns must all have shape"),
        ({"neurons__bias": np.float32([1, 0, 0, 0])}, "bias must be 0 for the inputs"),
        ({"next_birth": 2}, "next_birth must be a whole number, at least 3"),
        ({"next_birth": 3.5}, "it must hold int; got float in next_birth"),
        ({"ranks": [2, 1, 2]}, r"bias must have shape \(5,\)"),
        ({"ranks": [2, -1, 3]}, "ranks must hold whole numbers"),
        ({"activations": ["relu"]}, "sequence of 2"),
    ],
)
def test_what_is_no_valid_network_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        network_from_tensors(*broken(**changes))


def test_what_is_missing_is_named(tmp_path):
    tensors, header = broken()
    del tensors["connections.birth"]
    path = tmp_path / "net.safetensors"
    write_tensors(path, tensors, header, kind="network")
    with pytest.raises(ValueError, match=re.escape("net.safetensors': it lacks 'birth'")):
        load_safetensors(path)


def test_what_belongs_to_others_is_left_aside():
    tensors, header = broken()
    net = network_from_tensors(tensors | {"generator.state": np.arange(9)}, header | {"step": 3})
    assert_same(net, network_from_tensors(tensors, header))
