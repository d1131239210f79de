"""The network as a graph of neurons: reading it, changing it, refusing what makes no sense."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rewire
from rewire import Network

from .strategies import networks


def skipping_network(**arguments):
    """Two inputs, two hidden neurons, one output that also sees the second input."""
    return Network.from_connections(
        [2, 2, 1],
        [0, 1, 1, 2, 3, 1],
        [2, 2, 3, 4, 4, 4],
        [1.0, -1.0, 2.0, 3.0, 4.0, 0.5],
        bias=[0, 0, 0.5, -1.0, 0.25],
        **arguments,
    )


def plain_predict(net, x):
    """One sample, neuron by neuron, in Python floats."""
    act = {
        "relu": lambda v: max(0.0, v),
        "leaky_relu": lambda v: v if v > 0 else 0.01 * v,
        "tanh": np.tanh,
        "sigmoid": lambda v: 1 / (1 + np.exp(-v)),
        "linear": lambda v: v,
    }
    values = [float(v) for v in x]
    for rank in range(1, len(net.ranks)):
        for i in range(net.ranks[rank]):
            neuron = net.neuron(rank, i)
            total = neuron.bias + sum(
                w * values[s] for s, w in zip(neuron.sources, neuron.weights, strict=True)
            )
            values.append(act[net.activations[rank].name](total))
    return values[len(values) - net.ranks[-1] :]


def test_predicts_the_hand_worked_numbers():
    # x = (3, 1): 1_0 = relu(0.5 + 3 - 1) = 2.5, 1_1 = relu(-1 + 2) = 1, out = .25 + 7.5 + 4 + .5
    assert skipping_network(dtype="float64").predict([[3, 1]]).tolist() == [[12.25]]


@given(networks(), st.integers(0, 2**32 - 1))
def test_predict_agrees_with_neuron_by_neuron_evaluation(net, seed):
    X = np.random.default_rng(seed).normal(size=(3, net.ranks[0]))
    np.testing.assert_allclose(net.predict(X), [plain_predict(net, x) for x in X], atol=1e-12)


def test_predict_has_the_networks_dtype_and_takes_any_batch_size():
    net = rewire.mlp([3, 4, 2], seed=0)
    assert net.predict(np.zeros((0, 3))).shape == (0, 2)
    assert net.predict(np.zeros((5, 3), int)).dtype == np.float32


def test_a_neuron_shows_its_place():
    neuron = skipping_network()["2_0"]
    assert neuron.number == 4
    assert (neuron.rank, neuron.label) == (2, "2_0")
    assert (neuron.fan_in, neuron.fan_out) == (3, 0)
    assert neuron.sources.tolist() == [1, 2, 3]
    assert neuron.weights.tolist() == [0.5, 3.0, 4.0]
    assert neuron.bias == 0.25
    assert repr(neuron) == "Neuron 2_0: fan-in 3, fan-out 0, bias 0.25"


def test_targets_are_numbers_of_the_readers():
    net = skipping_network()
    assert net["0_1"].targets.tolist() == [2, 3, 4]
    assert net["0_0"].targets.tolist() == [2]


def test_weights_and_bias_of_a_neuron_can_be_assigned():
    net = skipping_network()
    net["1_0"].weights[:] = 7
    net["1_0"].bias = 9.0
    assert net.connections.weight[:2].tolist() == [7, 7]
    assert net.bias[2] == 9


def test_connecting_adds_the_youngest_connection():
    net = skipping_network()
    net.connect("0_0", "1_1", weight=5.0)
    net.check()
    assert net["1_1"].sources.tolist() == [0, 1]
    assert net["1_1"].weights.tolist() == [5.0, 2.0]
    assert net.connections.birth.argmax() == 2


def test_disconnecting_removes_it_from_both_ends():
    net = skipping_network()
    net.disconnect("0_1", "2_0")
    net.check()
    assert net["2_0"].sources.tolist() == [2, 3]
    assert net["0_1"].targets.tolist() == [2, 3]


def test_a_new_neuron_computes_as_soon_as_it_is_connected():
    net = skipping_network(dtype="float64")
    before = net.predict([[3, 1]])
    new = net.add_neuron(1, bias=1.0)
    net.check()
    assert new.label == "1_2"
    np.testing.assert_array_equal(net.predict([[3, 1]]), before)
    net.connect("0_0", new, weight=2.0)
    net.connect(new, "2_0", weight=10.0)
    net.check()
    np.testing.assert_allclose(net.predict([[3, 1]]), before + 10 * (1 + 2 * 3))


def test_removing_a_neuron_removes_its_part():
    net = skipping_network(dtype="float64")
    net.remove_neuron(1, 0)
    net.check()
    assert net.ranks == (2, 1, 1)
    assert net.predict([[3, 1]]).tolist() == [[4.75]]


def test_a_view_refuses_to_be_used_once_neurons_have_other_numbers():
    net = skipping_network()
    neuron = net["1_1"]
    net.add_neuron(1)
    net.remove_neuron(1, 0)
    with pytest.raises(RuntimeError, match="ask the network again"):
        _ = neuron.bias


@given(networks(smallest_hidden=1), st.data())
def test_any_surgery_keeps_the_invariants(net, data):
    for _ in range(data.draw(st.integers(1, 6))):
        rank = data.draw(st.integers(0, len(net.ranks) - 1))
        hidden = 0 < rank < len(net.ranks) - 1
        action = data.draw(st.sampled_from(["connect", "disconnect", "add", "remove"]))
        if action == "add" and hidden:
            net.add_neuron(rank, bias=1.0)
        elif action == "remove" and hidden and net.ranks[rank]:
            net.remove_neuron(rank, data.draw(st.integers(0, net.ranks[rank] - 1)))
        elif action == "disconnect" and len(net.connections):
            row = data.draw(st.integers(0, len(net.connections) - 1))
            net.disconnect(net.connections.source[row], net.connections.target[row])
        elif action == "connect":
            s, t = sorted(data.draw(st.lists(st.integers(0, net.size - 1), min_size=2, max_size=2)))
            _, exists = net.connections.find([s], [t])
            if net.rank_of(s) < net.rank_of(t) and not exists[0]:
                net.connect(s, t, 0.5)
        net.check()
        X = np.ones((1, net.ranks[0]))
        np.testing.assert_allclose(net.predict(X)[0], plain_predict(net, X[0]), atol=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source": [0, 0]}, r"got 0 to 2 twice"),
        ({"target": [2, 5]}, r"target must be in \[0, 5\).*got 5 for connection 1"),
        ({"source": [0, -1]}, r"source must be in \[0, 5\).*got -1 for connection 1"),
        ({"source": [0, 2], "target": [2, 3]}, r"later rank.*from 2 \(rank 1\) to 3 \(rank 1\)"),
        ({"source": [0, 4], "target": [2, 1]}, r"later rank.*from 4 \(rank 2\) to 1 \(rank 0\)"),
        ({"weight": [1.0, np.nan]}, r"weight must hold finite numbers; got nan at 1"),
        ({"weight": ["a", "b"]}, "weight must hold real numbers; got <U1"),
        ({"weight": [1.0]}, r"weight must have shape \(2,\); got \(1,\)"),
        ({"target": [2]}, "same length; got 2 and 1"),
        ({"source": [0.5, 1]}, "source must be a one-dimensional array of whole numbers"),
        ({"bias": [1, 0, 0, 0, 0]}, "bias must be 0 for the inputs"),
        ({"bias": [0, 0]}, r"bias must have shape \(5,\); got \(2,\)"),
        ({"ranks": [2, 0]}, "got 0 for rank 1"),
        ({"ranks": [2]}, "at least inputs and outputs"),
        ({"dtype": "int32"}, "dtype must be 'float32' or 'float64'"),
    ],
)
def test_bad_connections_are_refused_by_name(change, message):
    good = {"ranks": [2, 2, 1], "source": [0, 1], "target": [2, 2], "weight": [1.0, 1.0]}
    Network.from_connections(**good).check()
    with pytest.raises(ValueError, match=message):
        Network.from_connections(**(good | change))


@pytest.mark.parametrize(
    ("surgery", "error", "message"),
    [
        (lambda net: net.connect("0_0", "1_0"), ValueError, "0_0 and target 1_0 are connected"),
        (lambda net: net.connect("1_0", "1_1"), ValueError, "later rank"),
        (lambda net: net.connect("0_0", "1_1", np.inf), ValueError, "weight must hold finite"),
        (lambda net: net.disconnect("0_0", "1_1"), ValueError, "are not connected"),
        (lambda net: net.connect("0_7", "1_1"), IndexError, "there is no neuron 0_7"),
        (lambda net: net.connect(99, "1_1"), IndexError, r"neuron must be in \[0, 5\); got 99"),
        (lambda net: net["two"], KeyError, "must look like '2_3'"),
        (lambda net: net.add_neuron(0), ValueError, r"in \[1, 2\); got 0"),
        (lambda net: net.remove_neuron(2, 0), ValueError, r"in \[1, 2\); got 2"),
        (lambda net: setattr(net["0_0"], "bias", 1.0), ValueError, "inputs have none"),
        (lambda net: setattr(net["1_0"], "bias", np.nan), ValueError, "bias must be finite"),
    ],
)
def test_refused_surgery_changes_nothing(surgery, error, message):
    net = skipping_network()
    before = (net.connections.source.tobytes(), net.connections.weight.tobytes(), net.version)
    with pytest.raises(error, match=message):
        surgery(net)
    net.check()
    after = (net.connections.source.tobytes(), net.connections.weight.tobytes(), net.version)
    assert after == before


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((2, 3)), r"X must have shape \(batch, 2\); got \(2, 3\)"),
        (np.zeros(2), r"X must have shape \(batch, 2\); got \(2,\)"),
        ([["a", "b"]], "X must hold real numbers; got <U1"),
        ([[1.0, 2.0j]], "X must hold real numbers; got complex128"),
        ([[1.0], [1.0, 2.0]], "X must be an array of numbers; got rows of several lengths"),
        ([[0.0, 1.0], [np.nan, 0.0]], "got nan for input 0 of sample 1"),
        ([[0.0, np.inf]], "got inf for input 1 of sample 0"),
    ],
)
def test_bad_inputs_are_refused_by_name(X, message):
    with pytest.raises(ValueError, match=message):
        skipping_network().predict(X)


def test_the_summary_counts():
    summary = skipping_network().summary()
    assert (summary.connections, summary.possible, summary.parameters) == (6, 8, 9)
    assert (summary.flops, summary.dense_flops) == (2 * 6 + 3, 2 * 8 + 3)
    assert [rank.connections for rank in summary.ranks] == [0, 3, 3]
    assert summary.ranks[1].fan_in == (1, 1.5, 2)
    assert summary.dead == 0
    assert "6 of 8 connections" in str(summary)


def test_the_summary_counts_dead_neurons():
    net = skipping_network()
    net.disconnect("1_0", "2_0")
    assert net.summary().dead == 1


def test_a_copy_is_independent():
    net = skipping_network()
    copy = net.copy()
    copy.connect("0_0", "1_1")
    copy.bias[2] = 5
    assert len(net.connections) == 6
    assert net.bias[2] == 0.5


@given(networks())
def test_no_density_is_above_one_whatever_skips(net):
    for one in (net, net.strip()):
        summary = one.summary()
        assert summary.connections <= summary.possible
        assert all(0 <= density <= 1 for density in (one.density, *one.layer_densities()))
        assert summary.flops <= summary.dense_flops


@pytest.mark.parametrize("ask", ["gradients", "signals"])
def test_a_mean_over_no_samples_is_refused(ask):
    net = rewire.mlp([3, 4, 2], seed=0)
    with pytest.raises(ValueError, match=r"X must hold at least one sample; got shape \(0, 3\)"):
        getattr(net, ask)(np.zeros((0, 3)), np.zeros(0, int))
