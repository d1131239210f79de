"""Activations by name and a person's own ones."""

import copy
import math
import pickle

import numpy as np
import pytest

import rewire
from rewire import Trainer, activations
from rewire.activations import Activation

from .backends import BACKENDS, needs_numba

BUILT_IN = ["leaky_relu", "linear", "relu", "sigmoid", "tanh"]


def softplus(x):
    return math.log1p(math.exp(-abs(x))) + max(x, 0.0)


def softplus_slope(x):
    return 1 / (1 + math.exp(-x))


def elu(x):
    if x > 0:
        return x
    return np.exp(x) - 1


def elu_slope(x):
    return 1.0 if x > 0 else np.exp(x)


SOFTPLUS = Activation("softplus", softplus, softplus_slope)
ELU = Activation("elu", elu, elu_slope)
SWISH = Activation(
    "swish",
    lambda x: x / (1 + math.exp(-x)),
    lambda x: (1 + math.exp(-x) + x * math.exp(-x)) / (1 + math.exp(-x)) ** 2,
)
CUSTOM = [SOFTPLUS, ELU, SWISH]


def network(function, backend=None, dtype="float64"):
    return rewire.mlp(
        [4, 9, 7, 3], density=0.6, activation=function, dtype=dtype, seed=1, backend=backend
    )


def data(samples=30):
    rng = np.random.default_rng(0)
    return rng.standard_normal((samples, 4)), rng.integers(0, 3, samples)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("function", CUSTOM, ids=lambda a: a.name)
def test_a_persons_function_is_what_the_hidden_neurons_compute(function, dtype, backend):
    net = rewire.Network.from_connections(
        [1, 1, 1], [0, 1], [1, 2], [1, 1], activation=function, dtype=dtype, backend=backend
    )
    x = np.linspace(-3, 3, 101)[:, None].astype(dtype)
    expected = [function.function(v) for v in x.ravel().tolist()]
    out = net.predict(x)
    assert out.dtype == dtype
    tolerance = 1e-6 if dtype == "float32" else 1e-14
    np.testing.assert_allclose(out.ravel(), expected, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(net.predict(x[7:8]), [expected[7:8]], rtol=10 * tolerance)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "function", [*CUSTOM, *map(activations.get, BUILT_IN)], ids=lambda a: a.name
)
def test_gradients_agree_with_finite_differences(function, backend):
    net, (X, y) = network(function, backend), data()
    # At 0, where neurons that see only dead ones would lie, there may be a kink.
    net.bias[4:] = np.random.default_rng(2).standard_normal(net.size - 4)
    found, step = net.gradients(X, y), 1e-6

    def loss():
        return Trainer(net, optimizer=rewire.optimizers.SGD(lr=0)).step(X, y)

    for values, slopes, first in (
        (net.connections.weight, found.weight, 0),
        (net.bias, found.bias, net.ranks[0]),
    ):
        for i in range(first, len(values), 3):
            kept = values[i]
            values[i] = kept + step
            above = loss()
            values[i] = kept - step
            slope = (above - loss()) / (2 * step)
            values[i] = kept
            assert slopes[i] == pytest.approx(slope, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("function", CUSTOM, ids=lambda a: a.name)
def test_a_custom_activation_trains(function, backend):
    net, (X, y) = network(function, backend), data()
    learned = Trainer(net, optimizer=rewire.optimizers.SGD(lr=0.3)).steps(X, y, 500)
    assert learned.losses[-1] < 0.5 * learned.losses[0]


@needs_numba
def test_backends_agree_on_several_custom_activations_in_one_network():
    X, y = data(150)
    results = []
    for backend in ("numba", "numpy"):
        net = network([SOFTPLUS, ELU, SWISH], backend)
        learned = Trainer(net).steps(X, y, 20)
        results.append((learned.losses, net.connections.weight, net.predict(X)))
    for compiled, plain in zip(*results, strict=True):
        np.testing.assert_allclose(compiled, plain, rtol=1e-9, atol=1e-11)


def test_two_functions_of_one_name_do_not_get_mixed_up():
    double = Activation("f", lambda x: 2 * x, lambda x: 2.0)
    triple = Activation("f", lambda x: 3 * x, lambda x: 3.0)
    assert double != triple
    for backend in BACKENDS:
        for function, factor in ((double, 2), (triple, 3)):
            net = rewire.Network.from_connections(
                [1, 1, 1], [0, 1], [1, 2], [1, 1], activation=function, backend=backend
            )
            assert net.predict([[1.0], [-1.0]]).ravel().tolist() == [factor, -factor]


def test_a_function_may_use_numbers_from_around_it():
    for slope in (0.25, 0.5):
        prelu = Activation(
            "prelu",
            lambda x, a=slope: x if x > 0 else a * x,
            lambda x, a=slope: 1.0 if x > 0 else a,
        )
        for backend in BACKENDS:
            net = rewire.Network.from_connections(
                [1, 1, 1], [0, 1], [1, 2], [1, 1], activation=prelu, backend=backend
            )
            assert net.predict([[-4.0], [4.0]]).ravel().tolist() == [-4 * slope, 4]


@pytest.mark.parametrize(
    ("function", "derivative"),
    [
        (lambda x: x * x, lambda x: x),
        (math.tanh, lambda x: 1.0),
        (lambda x: max(x, 0.0), lambda x: 1.0),
        (lambda x: x, lambda x: math.nan),
        (lambda x: math.nan, lambda x: 1.0),
    ],
)
def test_a_wrong_derivative_is_refused(function, derivative):
    with pytest.raises(ValueError, match=r"derivative must be that of function; at .* it is "):
        Activation("wrong", function, derivative)


@pytest.mark.parametrize("name", ["softmax", "", "ReLU"])
def test_unknown_activations_are_refused_by_name(name):
    with pytest.raises(ValueError, match=r"activation must be one of .*tanh.* got ") as refusal:
        activations.get(name)
    assert repr(name) in str(refusal.value)


@pytest.mark.parametrize("thing", [None, 3, math.tanh])
def test_what_is_neither_a_name_nor_an_activation_is_refused(thing):
    with pytest.raises(TypeError, match=r"must be a name .*tanh.* object of type Activation; got"):
        activations.get(thing)


def test_a_registered_activation_goes_by_its_name():
    activations.registry.add("softplus", SOFTPLUS)
    try:
        assert rewire.mlp([2, 3, 1], activation="softplus").activations[1] is SOFTPLUS
    finally:
        activations.registry.remove("softplus")
    assert not SOFTPLUS.built_in


def test_an_unknown_activation_of_a_network_is_refused():
    with pytest.raises(ValueError, match=r"activation must be one of .* got 'swish'"):
        rewire.mlp([2, 3, 1], activation="swish")


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_activations_are_equal_after_pickling_and_copying(name):
    built_in = activations.get(name)
    for again in (
        pickle.loads(pickle.dumps(built_in)),
        copy.deepcopy(built_in),
        copy.copy(built_in),
        activations.get(built_in),
    ):
        assert again == built_in
        assert hash(again) == hash(built_in)
        assert (again.name, again.code) == (name, built_in.code)


def test_different_activations_are_not_equal():
    everything = [*CUSTOM, *map(activations.get, BUILT_IN)]
    assert len(set(everything)) == len(everything)
    assert activations.get("relu") != "relu"


def test_an_activation_of_module_functions_survives_pickling():
    assert pickle.loads(pickle.dumps(SOFTPLUS)) == SOFTPLUS


def test_an_activation_shows_its_name_and_applies_to_arrays():
    assert repr(SOFTPLUS) == "Activation('softplus')"
    x = np.array([[-1.0, 0.5], [2.0, 0.0]])
    np.testing.assert_allclose(SOFTPLUS(x), np.log1p(np.exp(x)))
    for name, expected in {
        "relu": np.maximum(x, 0),
        "leaky_relu": np.where(x > 0, x, 0.01 * x),
        "tanh": np.tanh(x),
        "sigmoid": 1 / (1 + np.exp(-x)),
        "linear": x,
    }.items():
        np.testing.assert_allclose(activations.get(name)(x), expected, rtol=1e-14)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("function", CUSTOM, ids=lambda a: a.name)
def test_a_network_with_a_custom_activation_can_be_copied(function, backend):
    net, (X, y) = network(function, backend), data()
    expected = net.predict(X)
    again = net.copy()
    again.check()
    assert again.activations == net.activations
    np.testing.assert_array_equal(again.predict(X), expected)
    Trainer(again).steps(X, y, 3)
    np.testing.assert_array_equal(net.predict(X), expected)
