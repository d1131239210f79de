"""Stripping at scale: to the fixed point, the same function, in agreement with the scalar one."""

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import rewire
from rewire import Network
from rewire.export import from_scalar
from rewire.graph.strip import alive
from rewire.scalar import SparseMLP
from rewire.scalar import strip as strip_scalar

from .strategies import networks


@given(networks(), st.integers(0, 2**32 - 1))
def test_keeps_the_function_and_leaves_no_dead_neuron(net, seed):
    before = net.connections.weight.tobytes()
    stripped = net.strip()
    stripped.check()
    assert net.connections.weight.tobytes() == before
    assert alive(stripped).all()
    X = np.random.default_rng(seed).normal(size=(4, net.ranks[0]))
    np.testing.assert_allclose(stripped.predict(X), net.predict(X), atol=1e-12)


@given(networks())
def test_alive_is_what_a_walk_from_both_ends_reaches(net):
    table = net.connections
    ends = list(zip(table.source.tolist(), table.target.tolist(), strict=True))
    inputs, outputs = set(range(net.ranks[0])), set(range(net.size - net.ranks[-1], net.size))

    def reached(begin, ways):
        found, new = set(begin), set(begin)
        while new:
            new = {to for origin, to in ways if origin in new} - found
            found |= new
        return found

    both = reached(inputs, ends) & reached(outputs, [(t, s) for s, t in ends])
    assert set(np.flatnonzero(alive(net)).tolist()) == both | inputs | outputs


@given(networks())
def test_is_idempotent(net):
    once = net.strip()
    twice = once.strip()
    assert twice.ranks == once.ranks
    assert twice.connections.weight.tobytes() == once.connections.weight.tobytes()


@given(st.integers(0, 10_000))
def test_agrees_with_the_scalar_engine(seed):
    rng = random.Random(seed)
    model = SparseMLP(3, [6, 6, 2], [0.6, 0.8, 0.8], rng=rng)
    for layer in model.layers:
        for neuron in layer.neurons:
            neuron.b.data = rng.uniform(-1, 1)
            if rng.random() < 0.3:
                neuron.w.clear()
    ours, theirs = from_scalar(model).strip(), from_scalar(strip_scalar(model))
    assert ours.ranks == theirs.ranks
    assert ours.connections.source.tolist() == theirs.connections.source.tolist()
    np.testing.assert_allclose(ours.bias, theirs.bias, atol=1e-14)


def test_a_chain_of_constants_is_folded():
    net = Network.from_connections(
        [1, 2, 1, 1], [1, 2, 3, 0], [3, 3, 4, 4], [2.0, 1.0, 3.0, 1.0],
        bias=[0, 0.5, -1.0, 1.0, 0.0], dtype="float64",
    )  # fmt: skip
    stripped = net.strip()
    # 1_0 = relu(0.5), 1_1 = relu(-1) = 0, 2_0 = relu(1 + 2 * 0.5) = 2, out = x + 3 * 2
    assert stripped.ranks == (1, 0, 0, 1)
    assert stripped.bias.tolist() == [0.0, 6.0]
    assert stripped.predict([[5.0]]).tolist() == [[11.0]]


def test_optimiser_state_and_birth_move_along():
    net = rewire.mlp([4, 6, 3], density=0.5, seed=0)
    net.connections.zeros("velocity", np.float32)[:] = net.connections.weight
    for target in ("2_0", "2_1", "2_2"):
        if net["1_1"].number in net[target].sources:
            net.disconnect("1_1", target)
    stripped = net.strip()
    assert stripped.ranks[1] < 6
    np.testing.assert_array_equal(stripped.connections["velocity"], stripped.connections.weight)


def test_with_data_removes_what_is_constant_there_and_promises_only_that():
    # 1_0 fires for x > 2 only; 1_1 always for positive x.
    net = Network.from_connections(
        [1, 2, 1], [0, 0, 1, 2], [1, 2, 3, 3], [1.0, 1.0, 1.0, 1.0], bias=[0, -2.0, 0, 0.5],
        dtype="float64",
    )  # fmt: skip
    X = np.array([[0.5], [1.0], [1.5]])
    stripped = net.strip(X)
    assert stripped.ranks == (1, 1, 1)
    np.testing.assert_allclose(stripped.predict(X), net.predict(X))
    assert stripped.predict([[3.0]]) != net.predict([[3.0]])
