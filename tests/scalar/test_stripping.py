"""Stripping: what goes, what stays, and that the function stays."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire.scalar import SparseMLP, Value, strip, strip_deadneurons


def network(nin, *layers):
    """Build a network from (weights by input, bias) of every neuron, layer by layer."""
    sizes = [len(layer) for layer in layers]
    model = SparseMLP(nin, sizes, [0] * len(sizes), rng=random.Random(0))
    for layer, neurons in zip(model.layers, layers, strict=True):
        for neuron, (w, b) in zip(layer.neurons, neurons, strict=True):
            neuron.w = {i: Value(weight) for i, weight in w.items()}
            neuron.b = Value(b)
    return model


def description(model):
    return [
        [({i: p.data for i, p in n.w.items()}, n.b.data) for n in layer.neurons]
        for layer in model.layers
    ]


def sizes(model):
    return [len(layer.neurons) for layer in model.layers]


def outputs(model, samples):
    rows = [model(list(sample)) for sample in samples]
    return [[v.data for v in (row if isinstance(row, list) else [row])] for row in rows]


def assert_same_function(one, other, samples):
    for ours, theirs in zip(outputs(one, samples), outputs(other, samples), strict=True):
        scale = 1 + max(map(abs, theirs))
        assert ours == pytest.approx(theirs, rel=0, abs=1e-12 * scale)


def assert_every_hidden_neuron_is_on_a_way(model):
    for k in range(len(model.layers) - 1):
        read = {j for reader in model.layers[k + 1].neurons for j in reader.w}
        for j, neuron in enumerate(model.layers[k].neurons):
            assert neuron.w, f"neuron {j} of layer {k} has no inputs"
            assert j in read, f"nobody reads neuron {j} of layer {k}"


SAMPLES = [[0.5, -1.0], [2.0, 0.3], [-1.5, -0.2], [0.0, 0.0]]


# --------------------------------------------------------------------- the two ways, by hand


@pytest.fixture
def chain_of_dead_neurons():
    """Neuron 2_1 is read by nobody, and neuron 1_1 by 2_1 alone."""
    return network(
        2,
        [({0: 1.0, 1: -1.0}, 0.1), ({0: 2.0}, 0.2)],
        [({0: 3.0}, 0.3), ({1: 4.0}, 0.4)],
        [({0: 5.0}, 0.5)],
    )


def test_single_pass_leaves_a_neuron_that_feeds_only_a_dead_one(chain_of_dead_neurons):
    stripped = strip_deadneurons(chain_of_dead_neurons)
    assert description(stripped) == [
        [({0: 1.0, 1: -1.0}, 0.1), ({0: 2.0}, 0.2)],
        [({0: 3.0}, 0.3)],
        [({0: 5.0}, 0.5)],
    ]


def test_fixed_point_takes_it_too(chain_of_dead_neurons):
    stripped = strip(chain_of_dead_neurons)
    assert description(stripped) == [
        [({0: 1.0, 1: -1.0}, 0.1)],
        [({0: 3.0}, 0.3)],
        [({0: 5.0}, 0.5)],
    ]


def test_readers_are_renumbered():
    model = network(
        2,
        [({0: 1.0}, 0.0), ({1: 2.0}, 0.0), ({0: 3.0}, 0.0), ({1: 4.0}, 0.0)],
        [({3: 5.0, 1: 6.0}, 0.0)],
    )
    for stripped in (strip(model), strip_deadneurons(model)):
        assert description(stripped) == [
            [({1: 2.0}, 0.0), ({1: 4.0}, 0.0)],
            [({1: 5.0, 0: 6.0}, 0.0)],
        ]
        assert stripped.layers[1].neurons[0].nin == 2
        assert list(stripped.layers[1].neurons[0].w) == [1, 0]  # in order of age, as before
        assert_same_function(stripped, model, SAMPLES)


def test_a_constant_is_folded_into_the_biases_of_all_its_readers():
    model = network(
        2,
        [({}, 2.0), ({0: 1.0, 1: 1.0}, 0.0)],
        [({0: 3.0, 1: 1.0}, 0.5), ({1: 2.0, 0: -1.0}, 0.25)],
        [({0: 1.0, 1: 1.0}, 0.0)],
    )
    stripped = strip(model)
    assert description(stripped) == [
        [({0: 1.0, 1: 1.0}, 0.0)],
        [({0: 1.0}, 6.5), ({0: 2.0}, -1.75)],
        [({0: 1.0, 1: 1.0}, 0.0)],
    ]
    assert_same_function(stripped, model, SAMPLES)


def test_a_relu_of_negative_bias_is_the_constant_zero():
    model = network(2, [({}, -2.0), ({0: 1.0}, 0.0)], [({0: 3.0, 1: 1.0}, 0.5)])
    assert description(strip(model)) == [[({0: 1.0}, 0.0)], [({0: 1.0}, 0.5)]]


def test_chains_of_constants_are_folded_to_the_end():
    model = network(
        2,
        [({}, 2.0), ({0: 1.0}, 0.0)],
        [({0: 3.0}, 1.0), ({1: 1.0}, 0.0)],  # 2_0 = relu(1 + 3 * 2) = 7
        [({0: -1.0}, 4.0), ({1: 1.0, 0: 1.0}, 0.0)],  # 3_0 = relu(4 - 7) = 0
        [({0: 9.0, 1: 1.0}, 0.5)],
    )
    stripped = strip(model)
    assert description(stripped) == [
        [({0: 1.0}, 0.0)],
        [({0: 1.0}, 0.0)],
        [({0: 1.0}, 7.0)],
        [({0: 1.0}, 0.5)],
    ]
    assert_same_function(stripped, model, SAMPLES)


def test_single_pass_drops_constants_without_their_bias():
    model = network(2, [({}, 2.0), ({0: 1.0}, 0.0)], [({0: 3.0, 1: 1.0}, 0.5)])
    assert description(strip_deadneurons(model)) == [[({0: 1.0}, 0.0)], [({0: 1.0}, 0.5)]]


def test_single_pass_sees_what_it_removed_in_front():
    # Without 1_0, neuron 2_0 has no inputs left; the pass comes to it later and takes it.
    model = network(
        1, [({}, 1.0), ({0: 1.0}, 0.0)], [({0: 1.0}, 0.0), ({1: 1.0}, 0.0)], [({0: 1.0, 1: 1.0}, 0)]
    )
    assert sizes(strip_deadneurons(model)) == [1, 1, 1]


def test_a_network_that_is_constant_altogether_keeps_its_outputs_only():
    model = network(2, [({}, 2.0), ({}, -1.0)], [({0: 3.0, 1: 1.0}, 0.5)], [({0: 2.0}, 1.0)])
    stripped = strip(model)
    assert description(stripped) == [[], [], [({}, 14.0)]]
    assert_same_function(stripped, model, SAMPLES)


def test_a_network_whose_output_reads_nothing_keeps_its_outputs_only():
    model = network(2, [({0: 1.0}, 2.0)], [({}, 0.5), ({}, -0.5)])
    stripped = strip(model)
    assert description(stripped) == [[], [({}, 0.5), ({}, -0.5)]]
    assert_same_function(stripped, model, SAMPLES)


def test_output_neurons_stay_whatever_they_read():
    model = network(2, [({0: 1.0}, 0.0)], [({0: 1.0}, 0.0), ({}, 3.0)])
    assert sizes(strip(model)) == sizes(strip_deadneurons(model)) == [1, 2]


def test_a_live_network_stays_as_it_is():
    model = SparseMLP(3, [4, 3, 2], [0, 0, 0], rng=random.Random(0))
    assert description(strip(model)) == description(model)
    assert description(strip_deadneurons(model)) == description(model)


def test_a_network_of_one_layer_stays_as_it_is():
    model = SparseMLP(3, [2], [0.5], rng=random.Random(0))
    assert description(strip(model)) == description(model)
    assert description(strip(model, [[1.0, 2.0, 3.0]])) == description(model)


# ---------------------------------------------------------------------- on random networks


@st.composite
def networks_with_dead_and_constant_neurons(draw):
    """Draw a network, each of whose neurons may be unread, fed by nothing, or both."""
    rng = random.Random(draw(st.integers(0, 100_000)))
    nin = draw(st.integers(1, 3))
    nouts = [*draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)), draw(st.integers(1, 2))]
    fates = st.sampled_from(["alive", "no inputs", "unread", "both"])
    fate = [[draw(fates) for _ in range(n)] for n in nouts]
    layers: list = []
    width = nin
    for k, n in enumerate(nouts):
        neurons = []
        for j in range(n):
            w = {i: rng.gauss(0, 1) for i in range(width) if rng.random() < 0.6}
            if k > 0:
                w = {i: x for i, x in w.items() if fate[k - 1][i] in ("alive", "no inputs")}
            if fate[k][j] in ("no inputs", "both"):
                w = {}
            neurons.append((dict(rng.sample(list(w.items()), len(w))), rng.uniform(-1, 1)))
        layers.append(neurons)
        width = n
    samples = [[rng.uniform(-3, 3) for _ in range(nin)] for _ in range(6)]
    return network(nin, *layers), samples


@given(networks_with_dead_and_constant_neurons())
def test_strip_keeps_the_function_of_any_network(drawn):
    model, samples = drawn
    assert_same_function(strip(model), model, samples)


@given(networks_with_dead_and_constant_neurons())
def test_strip_leaves_only_neurons_on_a_way_from_inputs_to_outputs(drawn):
    model, _ = drawn
    assert_every_hidden_neuron_is_on_a_way(strip(model))


@given(networks_with_dead_and_constant_neurons())
def test_strip_is_idempotent(drawn):
    model, samples = drawn
    once = strip(model)
    assert description(strip(once)) == description(once)
    on_data = strip(model, samples)
    assert description(strip(on_data, samples)) == description(on_data)


@given(networks_with_dead_and_constant_neurons())
def test_strip_with_data_keeps_the_function_on_that_data(drawn):
    model, samples = drawn
    stripped = strip(model, samples)
    assert_same_function(stripped, model, samples)
    assert sum(sizes(stripped)) <= sum(sizes(strip(model)))
    assert_every_hidden_neuron_is_on_a_way(stripped)


@given(networks_with_dead_and_constant_neurons())
def test_the_model_passed_in_is_left_untouched(drawn):
    model, samples = drawn
    for layer in model.layers:
        for neuron in layer.neurons:
            neuron.zero_ws = {99: Value(1)}
            for p in neuron.parameters():
                p.grad = 0.75
    before, parameters = description(model), model.parameters()
    objects = [(layer, layer.neurons, list(layer.neurons)) for layer in model.layers]
    for stripped in (strip(model), strip(model, samples), strip_deadneurons(model)):
        assert not set(stripped.parameters()) & set(parameters)
        for p in stripped.parameters():
            p.data = 1e6
    assert description(model) == before
    assert model.parameters() == parameters
    assert {p.grad for p in parameters} == {0.75}
    for layer, (same_layer, same_list, neurons) in zip(model.layers, objects, strict=True):
        assert layer is same_layer
        assert layer.neurons is same_list
        assert layer.neurons == neurons
        assert {tuple(neuron.zero_ws) for neuron in neurons} <= {(99,)}


@given(networks_with_dead_and_constant_neurons())
def test_single_pass_leaves_no_neuron_without_readers_or_inputs_behind_the_first(drawn):
    model, _ = drawn
    stripped = strip_deadneurons(model)
    assert sizes(stripped)[-1] == sizes(model)[-1]
    for layer in stripped.layers[:-1]:
        assert all(neuron.w for neuron in layer.neurons)


# ----------------------------------------------------------------------------- given data


@pytest.fixture
def sleeper():
    """1_1 = relu(x0 - 5) sleeps while x0 is below 5."""
    return network(2, [({0: 1.0, 1: 1.0}, 0.0), ({0: 1.0}, -5.0)], [({0: 1.0, 1: 2.0}, 0.5)])


def test_neurons_constant_on_the_data_go(sleeper):
    data = [[1.0, 2.0], [-1.0, 3.0], [4.0, 0.0]]
    stripped = strip(sleeper, data)
    assert description(stripped) == [[({0: 1.0, 1: 1.0}, 0.0)], [({0: 1.0}, 0.5)]]
    assert outputs(stripped, data) == outputs(sleeper, data)


def test_the_promise_is_about_that_data_only(sleeper):
    stripped = strip(sleeper, [[1.0, 2.0], [-1.0, 3.0]])
    assert outputs(sleeper, [[7.0, 0.0]]) == [[7 + 2 * 2 + 0.5]]
    assert outputs(stripped, [[7.0, 0.0]]) == [[7 + 0.5]]


def test_without_data_a_sleeping_neuron_stays(sleeper):
    assert description(strip(sleeper)) == description(sleeper)


def test_a_constant_other_than_zero_on_the_data_is_folded():
    model = network(2, [({0: 1.0}, 3.0), ({1: 1.0}, 0.0)], [({0: 2.0, 1: 1.0}, 0.5)])
    stripped = strip(model, [[1.0, 2.0], [1.0, 4.0]])
    assert description(stripped) == [[({1: 1.0}, 0.0)], [({0: 1.0}, 8.5)]]


def test_data_may_be_an_array(sleeper):
    data = [[1.0, 2.0], [-1.0, 3.0]]
    assert description(strip(sleeper, np.array(data))) == description(strip(sleeper, data))


def test_on_a_single_sample_everything_is_constant(sleeper):
    stripped = strip(sleeper, [[1.0, 2.0]])
    assert sizes(stripped) == [0, 1]
    assert_same_function(stripped, sleeper, [[1.0, 2.0]])


@pytest.mark.parametrize("width", [1, 3])
def test_data_of_the_wrong_width_is_an_error(sleeper, width):
    with pytest.raises(ValueError, match=rf"2 inputs.*got {width}"):
        strip(sleeper, [[1.0] * width, [2.0] * width])


def test_data_that_is_not_finite_is_an_error(sleeper):
    with pytest.raises(ValueError, match="finite"):
        strip(sleeper, [[1.0, float("nan")], [1.0, 2.0]])


# --------------------------------------------------------------------- models of other classes


class PlainNeuron:
    """A neuron with no more than what the post's has: no ``nin``."""

    def __init__(self, w, b, nonlin):
        self.w = {i: Value(x) for i, x in w.items()}
        self.b, self.nonlin, self.zero_ws = Value(b), nonlin, {}

    def __call__(self, x):
        act = sum((w * x[i] for i, w in self.w.items()), self.b)
        return act.relu() if self.nonlin else act


class PlainLayer:
    def __init__(self, neurons):
        self.neurons = neurons


class PlainNetwork:
    def __init__(self, *layers):
        self.layers = [
            PlainLayer([PlainNeuron(w, b, k < len(layers) - 1) for w, b in layer])
            for k, layer in enumerate(layers)
        ]

    def __call__(self, x):
        for layer in self.layers:
            x = [neuron(x) for neuron in layer.neurons]
        return x


@pytest.mark.parametrize("function", [strip, strip_deadneurons, lambda m: strip(m, SAMPLES)])
def test_models_of_other_classes_keep_their_classes(function):
    model = PlainNetwork(
        [({}, -2.0), ({0: 1.0, 1: 1.0}, 3.0), ({0: 1.0}, 0.0)], [({0: 3.0, 1: 2.0}, 0.5)]
    )
    stripped = function(model)
    assert type(stripped) is PlainNetwork
    assert {type(layer) for layer in stripped.layers} == {PlainLayer}
    assert {type(n) for layer in stripped.layers for n in layer.neurons} == {PlainNeuron}
    assert description(stripped) == [[({0: 1.0, 1: 1.0}, 3.0)], [({0: 2.0}, 0.5)]]
    assert_same_function(stripped, model, SAMPLES)
    assert not any(hasattr(n, "nin") for layer in stripped.layers for n in layer.neurons)


def test_a_stripped_network_can_be_used_on():
    model = network(2, [({}, 1.0), ({0: 1.0}, 0.0), ({1: 1.0}, 0.0)], [({0: 1.0, 2: 1.0}, 0.0)])
    stripped = strip(model)
    stripped([1.0, 2.0], dense_grad=True).backward()
    assert sizes(stripped) == [1, 1]
    assert stripped.layers[0].neurons[0].w[1].grad == 2.0
    assert list(stripped.layers[0].neurons[0].zero_ws) == [0]
