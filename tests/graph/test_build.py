"""Layered networks: counts, distributions, wiring and first weights."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rewire
from rewire.connectivity.distributions import connection_counts


def test_the_posts_network_has_its_101_parameters():
    net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    net.check()
    assert net.summary().parameters == 101
    assert np.bincount(net.connections.fan_in[2:]).tolist() == [0, 0, 32, 0, 1]


def test_fan_in_is_rounded_up_but_not_by_representation_error():
    net = rewire.mlp([10, 3], sparsity=[0.7], seed=0)  # (1 - 0.7) * 10 = 3.0000000000000004
    assert len(net.connections) == 9
    assert len(rewire.mlp([10, 3], sparsity=[0.71], seed=0).connections) == 9
    assert len(rewire.mlp([10, 3], sparsity=0.71, seed=0).connections) == 9  # 8.7 of 30
    assert len(rewire.mlp([10, 3], sparsity=0.75, seed=0).connections) == 8  # 7.5, to even


sizes = st.lists(st.integers(1, 60), min_size=2, max_size=5)
floors = st.integers(1, 5)


@given(
    sizes, st.floats(0.001, 1), st.sampled_from(["uniform", "er", "erk"]), floors, st.integers(0, 9)
)
def test_one_density_gives_exactly_the_connections_it_says(
    sizes, density, distribution, min_fan_in, seed
):
    net = rewire.mlp(
        sizes, density=density, distribution=distribution, min_fan_in=min_fan_in, seed=seed
    )
    net.check()
    layers = list(pairwise(sizes))
    counts = connection_counts(layers, density=density, distribution=distribution)
    floor = [min(min_fan_in, inputs) * neurons for inputs, neurons in layers]
    made = np.diff(net.connections.indptr[net.rank_start[1:]])
    assert made.tolist() == np.maximum(counts, floor).tolist()
    for first, end in pairwise(net.rank_start[1:]):
        inward = net.connections.fan_in[first:end]
        assert inward.max() - inward.min() <= 1


@given(st.integers(1, 40), st.integers(1, 5), st.floats(0.01, 1), st.integers(0, 2**32 - 1))
def test_random_wiring_is_canonical_whatever_the_density(inputs, neurons, density, seed):
    net = rewire.mlp([inputs, neurons], density=[density], seed=seed)
    net.check()
    assert set(net.connections.fan_in[inputs:]) == {int(np.ceil(round(density * inputs, 9)))}


def test_neurons_of_one_layer_read_different_numbers_and_are_scaled_each_by_its_own():
    net = rewire.mlp([100, 1000], density=0.025, seed=0)  # 2500: 500 read three, 500 two
    fan_in = net.connections.fan_in[100:]
    assert fan_in.tolist() == [3] * 500 + [2] * 500
    for reads in (2, 3):
        weight = net.connections.weight[np.repeat(fan_in == reads, fan_in)]
        assert weight.std() == pytest.approx(np.sqrt(2 / reads), rel=0.06)


@pytest.mark.parametrize("density", [0.2, 0.6])
def test_random_wiring_sees_every_input_equally_often(density):
    net = rewire.mlp([20, 5000], density=density, seed=1)
    fan_out = net.connections.fan_out[:20]
    expected = 5000 * density
    spread = np.sqrt(5000 * density * (1 - density))
    assert np.abs(fan_out - expected).max() < 4 * spread


def test_wiring_first_sees_only_the_first_inputs():
    net = rewire.mlp([10, 4], density=0.3, wiring="first", seed=0)
    assert net.connections.fan_out[:10].tolist() == [4, 4, 4, 0, 0, 0, 0, 0, 0, 0]


def test_first_weights_are_scaled_by_fan_in():
    net = rewire.mlp([1000, 500], density=0.02, seed=0)
    assert np.std(net.connections.weight) == pytest.approx(np.sqrt(2 / 20), rel=0.03)
    assert not net.bias.any()


def test_first_weights_can_be_uniform_or_a_function():
    uniform = rewire.mlp([100, 100], init=0.1, seed=0).connections.weight
    assert 0.099 < np.abs(uniform).max() <= 0.1
    net = rewire.mlp([4, 2], density=0.5, init=lambda fan_in, generator: 1 / fan_in, seed=0)
    assert net.connections.weight.tolist() == [0.5] * 4


def test_the_same_seed_gives_the_same_network():
    a, b, c = (rewire.mlp([30, 20, 10], density=0.3, seed=seed) for seed in (5, 5, 6))
    assert a.connections.source.tobytes() == b.connections.source.tobytes()
    assert a.connections.weight.tobytes() == b.connections.weight.tobytes()
    assert a.connections.source.tobytes() != c.connections.source.tobytes()


def test_a_generator_is_used_and_advanced():
    generator = np.random.default_rng(0)
    a, b = (rewire.mlp([30, 20], density=0.3, seed=generator) for _ in range(2))
    assert a.connections.source.tobytes() != b.connections.source.tobytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sparsity": 1.0}, r"sparsity must be in \[0, 1\); got 1.0"),
        ({"sparsity": [0.5, 1.2]}, r"sparsity must be in \[0, 1\); got 1.2 for layer 2"),
        ({"density": 0}, r"density must be in \(0, 1\]; got 0"),
        ({"density": 0.5, "sparsity": 0.5}, "give either sparsity or density; got sparsity=0.5"),
        ({"density": [0.5]}, "one for each of the 2 layers; got 1"),
        ({"density": [0.5, 0.5], "distribution": "er"}, "distribution must stay 'uniform'"),
        ({"distribution": "ERK"}, "distribution must be 'uniform', 'er' or 'erk'; got 'ERK'"),
        ({"min_fan_in": 0}, "min_fan_in must be a whole number, at least 1; got 0"),
        ({"wiring": "last"}, "wiring must be 'random' or 'first'; got 'last'"),
        ({"init": -1}, "init must be 'fan_in', a number above 0"),
        ({"dtype": "int8"}, "dtype must be 'float32' or 'float64'; got 'int8'"),
        ({"activation": "gelu"}, "activation must be .*got 'gelu'"),
        ({"activation": ["relu"]}, "a sequence of 2, one for each rank but the inputs; got 1"),
    ],
)
def test_bad_arguments_are_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        rewire.mlp([4, 3, 2], **arguments)


@pytest.mark.parametrize("sizes", [[4], [4, 0, 2], [0, 2], [4, 2.5]])
def test_bad_sizes_are_refused(sizes):
    with pytest.raises(ValueError, match=r"(ranks|sizes) must"):
        rewire.mlp(sizes)
