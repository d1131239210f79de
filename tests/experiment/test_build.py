"""The parts that the settings of a recipe stand for."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

import rewire
from rewire import methods
from rewire.experiment.build import (
    density_notice,
    make_method,
    make_network,
    make_optimizer,
    make_schedule,
    resolve_optimizer,
    silence_constants,
    without_unused_options,
)
from rewire.optimizers import SGD, Adam, AdamW
from rewire.schedules import Time

from .recipes import short


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"sparsity": 0.9, "distribution": "erk"}),
        ({"sparsity": 0.5}, {"sparsity": 0.5, "distribution": "erk"}),
        ({"density": (0.25, 1.0)}, {"density": [0.25, 1.0]}),
        ({"density": 0.3, "distribution": "uniform"}, {"density": 0.3}),
    ],
)
def test_the_network_is_as_sparse_as_said(given, expected):
    net = make_network(short(**given), 64, 10)
    twin = rewire.mlp([64, 20, 10], **expected, seed=0)
    np.testing.assert_array_equal(net.connections.weight, twin.connections.weight)
    assert make_network(short(**given), 64, 10, dense=True).density == 1
    assert make_network(short(**given), 64, 10, dtype="float64").dtype == np.float64


def test_a_neuron_reads_three_others_or_all_there_are_and_the_recipe_says_so():
    net = make_network(short(distribution="uniform"), 6, 4)  # 20 hidden neurons
    assert set(net.connections.fan_in[6:26]) == {3}
    assert set(net.connections.fan_in[26:]) == {3}
    # 72 connections instead of a tenth of 200.
    assert density_notice(short(distribution="uniform"), net) == (
        "density raised from 10% to 36%, so that every neuron has a fan-in of at least 3, or "
        "reads all there is"
    )
    assert set(make_network(short(), 2, 4).connections.fan_in[2:22]) == {2}


@pytest.mark.parametrize(
    "given",
    [
        {"min_fan_in": 1, "density": 0.3},
        {"sparsity": (0.9, 0.5)},
        {"sparsity": 0.4},
        {"density": 1},
    ],
)
def test_what_is_given_per_layer_or_is_dense_enough_is_not_raised(given):
    net = make_network(short(**given), 6, 4)
    assert density_notice(short(**given), net) is None


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"optimizer": "sgd"}, SGD(0.1, 0.9, True)),
        ({"optimizer": "sgd", "momentum": 0}, SGD(1.0)),
        ({"optimizer": "sgd", "momentum": 0.5, "nesterov": False}, SGD(0.5, 0.5)),
        ({"optimizer": "adam"}, Adam()),
        ({"optimizer": "adamw"}, AdamW()),
        ({"optimizer": "adamw", "lr": 1, "weight_decay": 0}, AdamW(1, weight_decay=0)),
    ],
)
def test_optimizers_have_their_own_defaults(task, given, expected):
    assert make_optimizer(short(**given), task) == expected


def test_the_task_decides_where_no_optimizer_is_named():
    assert make_optimizer(short(), "classification") == SGD(0.1, 0.9, True)
    assert make_optimizer(short(lr=0.5, momentum=0), "classification") == SGD(0.5)
    assert make_optimizer(short(), "regression") == Adam(0.01)
    assert make_optimizer(short(lr=0.5), "regression") == Adam(0.5)
    assert resolve_optimizer(short(), "regression") == ("adam", 0.01)


def test_sgd_takes_the_same_step_in_the_long_run_whatever_its_momentum():
    for momentum in (0, 0.5, 0.9, 0.99):
        _, rate = resolve_optimizer(short(momentum=momentum), "classification")
        assert rate / (1 - momentum) == pytest.approx(1)


@pytest.mark.parametrize(
    ("given", "factors"),
    [
        ({"schedule": "constant"}, [1, 1, 1]),
        ({"schedule": "linear"}, [1, 0.505, 0.01]),
        ({"schedule": "cosine", "final_lr": 0.2}, [1, 0.6, 0.2]),
        ({"schedule": "multistep", "drop_at": (0.5,), "drop_lr": 0.1}, [1, 0.1, 0.1]),
    ],
)
def test_schedules(given, factors):
    schedule = make_schedule(short(**given))
    assert [schedule(Time(step, 100)) for step in (0, 50, 100)] == pytest.approx(factors)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"method": "static", "every": 3}, "'static' are: none; got every"),
        ({"method": "snip", "every": 3}, "'snip' are: density; got every"),
        ({"method": "rigl", "method_options": {"speed": 3}}, "fraction, every, end; got speed"),
    ],
)
def test_options_that_a_method_does_not_take_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        make_method(short(**given))


def test_parts_of_a_method_are_options_too():
    given = short(method="rigl", every=5, method_options={"scope": "network"})
    assert make_method(given) == methods.registry["rigl"](every=5, scope="network")


def test_defaults_of_options_go_to_the_methods_that_take_them():
    usual = {"densities": [0.25], "every": 7}
    assert make_method(short(method="static"), **usual) == methods.get("static")
    assert make_method(short(method="set"), **usual) == methods.get("set", every=7)
    assert make_method(short(method="set", every=3), **usual) == methods.get("set", every=3)
    assert make_method(short(method="gmp"), **usual) == methods.get("gmp", density=[0.25], every=7)


def test_options_can_be_left_out_where_a_method_does_not_take_them():
    given = short(every=7, fraction=0.2, method_options={"tries": 3, "scope": "network"})
    for name, left in {
        "static": {},
        "gmp": {"every": 7},
        "set": {"every": 7, "fraction": 0.2},
        "reviving rigl": {"every": 7, "fraction": 0.2, "method_options": {"tries": 3}},
    }.items():
        assert without_unused_options(replace(given, method=name)) == short(method=name, **left)


@pytest.mark.parametrize("form", [np.asarray, csr_array])
def test_an_input_that_is_always_zero_in_training_has_no_say(form):
    net = rewire.mlp([3, 8, 1], seed=0)
    X = np.array([[1.0, 0.0, 2.0], [-1.0, 0.0, 0.0]])
    weight = net.connections.weight.copy()
    assert silence_constants(net, form(X), ("a", "b", "c")) == (
        "input b: the same in all training samples, so not used"
    )
    assert (net.connections.weight != weight).sum() == 8
    rewire.fit(net, X, [1.0, 2.0], loss="mean_squared_error", total_steps=50)
    other = X + np.array([0.0, 1000.0, 0.0])
    np.testing.assert_array_equal(net.predict(X), net.predict(other))
    assert silence_constants(net, form(X + 1)) is None
    assert silence_constants(net, form(0 * X)).startswith("inputs number 0, number 1, number 2: ")
