"""The front door chooses the format by the ending, and says what it knows."""

import os
from importlib import import_module

import numpy as np
import pytest

import rewire
from rewire import Network
from rewire.export import Format, export, load, registry
from rewire.io import optional

from .graphs import SQUARE, assert_same_graph

NET = Network.from_connections(
    [3, 2, 1], [0, 1, 2, 3, 4], [3, 3, 4, 5, 5], [1, -2, 0.1, 3, 4], bias=[0, 0, 0, 0.1, -1, 2]
)
CUSTOM = Network.from_connections([2, 1, 1], [0, 2], [2, 3], [1, 2], activation=[SQUARE, "linear"])


@pytest.mark.parametrize("format", ["safetensors", "npz", "json", "graphml", "state_dict"])
def test_every_readable_format_returns_the_graph(format, tmp_path):
    for path in [tmp_path / f"net{ending}" for ending in registry[format].suffixes]:
        export(NET, path)
        assert_same_graph(load(path), NET)
        other = tmp_path / "net.other"
        export(NET, other, format=format)
        assert_same_graph(load(other, format=format), NET)


def test_a_network_saves_itself_and_rewire_loads_it(tmp_path):
    for name in ("net.safetensors", "net.json"):
        NET.save(tmp_path / name)
        assert_same_graph(rewire.load(tmp_path / name), NET)
    NET.save(tmp_path / "net", format="npz")
    assert_same_graph(rewire.load(tmp_path / "net", format="npz"), NET)
    NET.save(tmp_path / "net.c", name="tiny")  # an option of the format
    assert "void tiny_predict(" in (tmp_path / "net.c").read_text()


def test_a_format_of_your_own_is_known_everywhere(tmp_path):
    def write(net, path):
        path.write_text(repr(net.ranks))

    registry.add("ranks", Format(write, suffixes=(".ranks",)))
    try:
        NET.save(tmp_path / "net.RANKS")
        assert (tmp_path / "net.RANKS").read_text() == "(3, 2, 1)"
        with pytest.raises(ValueError, match=r"can be read: (?!.*ranks \()"):
            rewire.load(tmp_path / "net.ranks")
    finally:
        registry.remove("ranks")


@pytest.mark.parametrize("format", registry)
def test_every_format_replaces_the_file_and_leaves_nothing_else(format, tmp_path):
    path = tmp_path / f"net{registry[format].suffixes[0]}"
    path.write_text("old")
    export(NET, path)
    assert os.listdir(tmp_path) == [path.name]
    assert path.read_bytes() != b"old"


@pytest.mark.parametrize("format", registry)
def test_nothing_is_half_written(format, tmp_path, monkeypatch):
    path = tmp_path / f"net{registry[format].suffixes[0]}"
    path.write_text("old")

    def fail(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        export(NET, path)
    assert os.listdir(tmp_path) == [path.name]
    assert path.read_text() == "old"


@pytest.mark.parametrize("format", ["onnx", "state_dict", "c"])
def test_formats_without_functions_refuse_custom_activations_by_name(format, tmp_path):
    path = tmp_path / f"net{registry[format].suffixes[0]}"
    with pytest.raises(ValueError, match=r"'square' for rank 1.*safetensors"):
        export(CUSTOM, path)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("format", ["safetensors", "npz", "json", "graphml"])
def test_other_formats_keep_the_names_of_custom_activations(format, tmp_path):
    path = tmp_path / f"net.{format}"
    export(CUSTOM, path)
    assert_same_graph(load(path, activations=[SQUARE]), CUSTOM)
    with pytest.raises(ValueError, match=rf"net.{format}.*names 'square'.*activations="):
        load(path)


@pytest.mark.parametrize("format", registry)
def test_a_custom_activation_that_poses_as_a_built_in_one_is_refused(format, tmp_path):
    impostor = type(SQUARE)("relu", SQUARE.function, SQUARE.derivative)
    net = Network.from_connections([1, 1], [0], [1], [1], activation=[impostor])
    with pytest.raises(ValueError, match="got one named 'relu'"):
        export(net, tmp_path / "net", format=format)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["net.unknown", "net"])
def test_unknown_endings_list_the_known_formats(name):
    with pytest.raises(ValueError, match=f"can be written: .*; got '{name}'$") as refusal:
        export(NET, name)
    for format, known in registry.items():
        assert f"{format} ({' '.join(known.suffixes)})" in str(refusal.value)


def test_unknown_formats_list_the_known_ones():
    with pytest.raises(ValueError, match=r"onnx.*got 'hdf5'"):
        export(NET, "net.onnx", format="hdf5")


def test_formats_that_can_only_be_written_are_not_offered_for_reading():
    with pytest.raises(ValueError, match=r"can be read: (?!.*onnx \().*got 'net.onnx'"):
        load("net.onnx")


@pytest.mark.parametrize("format", ["safetensors", "npz", "json", "graphml", "state_dict"])
def test_a_missing_file_is_a_missing_file(format, tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / f"net{registry[format].suffixes[0]}")


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 100, b"garbage", b"{}", b"[]", b"<graphml/>", b"PK\x03\x04junk"]
)
@pytest.mark.parametrize("format", ["safetensors", "npz", "json", "graphml", "state_dict"])
def test_foreign_contents_are_refused_by_the_files_name(format, content, tmp_path):
    path = tmp_path / f"net{registry[format].suffixes[0]}"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"cannot read '.*{path.name}'"):
        load(path)


@pytest.mark.parametrize(
    ("module", "format", "extra"),
    [
        ("networkx", "graphml", "export"),
        ("onnx", "onnx", "export"),
        ("torch", "state_dict", "torch"),
    ],
)
def test_a_missing_package_is_named_with_its_extra(module, format, extra, tmp_path, monkeypatch):
    def without(name):
        if name == module:
            raise ModuleNotFoundError(name)
        return import_module(name)

    monkeypatch.setattr(optional, "import_module", without)
    with pytest.raises(ImportError, match=rf"{module} is needed.*'rewire-nn\[{extra}\]'"):
        export(NET, tmp_path / f"net{registry[format].suffixes[0]}")
    assert os.listdir(tmp_path) == []


def test_exporting_changes_nothing(tmp_path):
    before = NET.copy()
    for format, known in registry.items():
        export(NET, tmp_path / f"net{known.suffixes[0]}", format=format)
    assert_same_graph(NET, before)
    assert np.array_equal(NET.connections.birth, before.connections.birth)
