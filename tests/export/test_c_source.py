"""A C compiler takes the file with every warning on, and the program computes what predict does."""

import ctypes
import math
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

import rewire
from rewire import Network, activations
from rewire.export import to_c
from rewire.export.c_source import save_c

from .graphs import any_networks, batch, close_to

COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
pytestmark = pytest.mark.skipif(not COMPILER, reason="there is no C compiler: cc, gcc or clang")
OPTIONS = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-ffp-contract=off"]


class Compiled:
    """A C file as a function of batches."""

    def __init__(self, net, folder, **options):
        save_c(net, folder / "net.c", **options)
        library = folder / "net.so"
        command = [COMPILER, *OPTIONS, "-O1", "-shared", "-fPIC", "net.c", "-o", library, "-lm"]
        subprocess.run(command, cwd=folder, check=True, timeout=120)
        name = options.get("name", "network")
        self.library, self.dtype, self.outputs = ctypes.CDLL(str(library)), net.dtype, net.ranks[-1]
        self.predict = self.library[f"{name}_predict"]
        self.predict_in = self.library[f"{name}_predict_in"]

    def __call__(self, X, *workspace):
        function = self.predict_in if workspace else self.predict
        number = ctypes.POINTER(np.ctypeslib.as_ctypes_type(self.dtype))
        Y = np.full((len(X), self.outputs), np.nan, self.dtype)
        for x, y in zip(X, Y, strict=True):
            function(*(array.ctypes.data_as(number) for array in (x, y, *workspace)))
        return Y


def in_order(net, X):
    """The sums as the C file has them: the bias first, then the connections as in the table."""
    table, number = net.connections, net.dtype.type
    rank = np.repeat(np.arange(len(net.ranks)), net.ranks)
    rows = []
    for x in X:
        a = [*x]
        for t in range(net.ranks[0], net.size):
            s = net.bias[t]
            for k in range(table.indptr[t], table.indptr[t + 1]):
                s = number(s + number(table.weight[k] * a[table.source[k]]))
            if net.activations[rank[t]].name == "leaky_relu":
                s = s if s > 0 else number(number(0.01) * s)
            else:
                s = number(net.activations[rank[t]](s))
            a.append(s)
        rows.append(a[-net.ranks[-1] :])
    return np.array(rows, net.dtype)


@given(any_networks())
@settings(max_examples=30)
def test_the_program_agrees(tmp_path_factory, net):
    X = batch(net)
    for strip in (True, False):
        folder = tmp_path_factory.mktemp("c")
        Y = Compiled(net, folder, strip=strip)(X)
        np.testing.assert_allclose(Y, net.predict(X), **close_to(net))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_program_adds_in_the_order_of_the_table(dtype, tmp_path):
    net = rewire.mlp(
        [30, 20, 10, 4],
        density=0.4,
        activation=["relu", "leaky_relu", "linear"],
        dtype=dtype,
        seed=0,
    )
    net.connect("0_3", "3_1", weight=math.pi)
    net.bias[30:] = np.random.default_rng(1).normal(size=34)
    X = batch(net, 20)
    np.testing.assert_array_equal(Compiled(net, tmp_path, strip=False)(X), in_order(net, X))


def test_a_workspace_of_ones_own_gives_the_same(tmp_path):
    net = rewire.mlp([5, 9, 2], density=0.5, activation="tanh", seed=0)
    program, X = Compiled(net, tmp_path, name="mine_2"), batch(net)
    workspace = np.full(net.strip().size, np.nan, net.dtype)
    np.testing.assert_array_equal(program(X, workspace), program(X))


def test_more_neurons_than_16_bits_can_number(tmp_path):
    inputs = 70_000
    net = Network.from_connections(
        [inputs, 300, 2],
        [*range(69_700, 70_000), *range(inputs, inputs + 300)],
        [*range(inputs, inputs + 300), *[inputs + 300] * 300],
        np.random.default_rng(0).normal(size=600),
        dtype="float64",
        backend="numpy",
    )
    source = to_c(net)
    assert "static const uint32_t network_source[600]" in source
    assert "static const uint16_t network_fan_in[302]" in to_c(net, strip=False)
    X = batch(net, 2)
    np.testing.assert_allclose(Compiled(net, tmp_path)(X), net.predict(X), **close_to(net))


def test_dead_neurons_are_left_out_unless_asked_for():
    net = Network.from_connections([2, 2, 1], [0, 1, 2], [2, 3, 4], [1, 2, 3])  # 1_1 is not read
    assert "2-1-1 neurons and 2 connections" in to_c(net)
    assert "2-2-1 neurons and 3 connections" in to_c(net, strip=False)


@pytest.mark.parametrize("name", ["", "2nd", "my-net", "a b", "_net", "été", "net;", "net\n"])
def test_names_must_be_identifiers(name):
    net = Network.from_connections([1, 1], [0], [1], [1])
    with pytest.raises(ValueError, match="name must be a C identifier"):
        to_c(net, name)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_c_cannot_write_are_refused(value):
    net = Network.from_connections([1, 1], [0], [1], [1])
    net.bias[1] = value
    with pytest.raises(ValueError, match="must be finite for C"):
        to_c(net)


def test_all_built_in_activations_are_known():
    for name in ("relu", "leaky_relu", "tanh", "sigmoid", "linear"):
        net = Network.from_connections([1, 1], [0], [1], [1], activation=[activations.get(name)])
        assert ("math.h" in to_c(net)) == (name in ("tanh", "sigmoid"))


def test_the_page_compiles_and_prints_the_output(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "export.md").read_text()
    (program,) = re.findall(r"```c\n(.*?)```", page, re.S)
    (tmp_path / "main.c").write_text(program)
    net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    save_c(net, tmp_path / "moons.c", name="moons")
    command = [COMPILER, *OPTIONS, "main.c", "moons.c", "-lm", "-o", "moons"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=120)
    printed = subprocess.run([tmp_path / "moons"], capture_output=True, check=True, timeout=60)
    np.testing.assert_allclose(float(printed.stdout), net.predict([[0.5, -1]]).item(), rtol=1e-5)
