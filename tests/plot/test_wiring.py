"""Wiring: what a picture of a network knows about it."""

import numpy as np
import pytest

import rewire
from rewire.export import to_scalar
from rewire.plot import Wiring
from rewire.scalar import MLP, SparseMLP, Value


def network(nin, *layers):
    """Build a network from the weights {input: weight} of every neuron, layer by layer."""
    model = SparseMLP(nin, [len(layer) for layer in layers], [0] * len(layers))
    for layer, neurons in zip(model.layers, layers, strict=True):
        for neuron, w in zip(layer.neurons, neurons, strict=True):
            neuron.w = {i: Value(weight) for i, weight in w.items()}
    return model


def dead_labels(wiring):
    return {label for label, alive in zip(wiring.labels, wiring.alive, strict=True) if not alive}


def test_wiring_by_hand():
    wiring = Wiring.of(network(3, [{2: 0.5, 0: -1.0}, {1: 2.0}], [{1: 3.0}]))
    assert wiring.sizes == (3, 2, 1)
    assert wiring.labels == ["0_0", "0_1", "0_2", "1_0", "1_1", "2_0"]
    assert wiring.source.tolist() == [2, 0, 1, 4]
    assert wiring.target.tolist() == [3, 3, 4, 5]
    assert wiring.weight.tolist() == [0.5, -1.0, 2.0, 3.0]


def test_neurons_without_readers_or_inputs_are_dead():
    # 1_0 is read by nobody, 1_2 reads nothing.
    model = network(2, [{0: 1.0}, {1: 1.0}, {}], [{1: 1.0, 2: 1.0}])
    assert dead_labels(Wiring.of(model)) == {"1_0", "1_2"}


def test_death_spreads_along_whole_chains():
    model = network(
        2,
        [{0: 1.0}, {0: 1.0}, {}],  # 1_1 feeds only 2_1, which nobody reads
        [{0: 1.0}, {1: 1.0}, {2: 1.0}],  # 2_2 reads only 1_2, which reads nothing
        [{0: 1.0, 2: 1.0}],
    )
    assert dead_labels(Wiring.of(model)) == {"1_1", "1_2", "2_1", "2_2"}


def test_inputs_and_outputs_count_as_alive_in_any_case():
    model = network(2, [{}], [{}, {}])
    assert dead_labels(Wiring.of(model)) == {"1_0"}


def test_order_of_connections_does_not_matter_for_life():
    wiring = Wiring.of(MLP(2, [3, 3, 1]))
    backwards = Wiring(wiring.sizes, wiring.source[::-1], wiring.target[::-1], wiring.weight[::-1])
    assert wiring.alive.all()
    assert backwards.alive.all()


@pytest.mark.parametrize("nin", [1, 2, 5, 12])
def test_any_number_of_inputs(nin):
    wiring = Wiring.of(MLP(nin, [3, 2]))
    assert wiring.sizes == (nin, 3, 2)
    assert len(wiring.weight) == 3 * nin + 6
    assert wiring.labels[nin - 1] == f"0_{nin - 1}"


def test_inputs_that_nobody_reads_are_counted():
    assert Wiring.of(network(7, [{1: 1.0}])).sizes == (7, 1)


def test_inputs_are_counted_by_the_connections_where_the_model_does_not_know():
    model = network(7, [{1: 1.0}, {4: 1.0}], [{0: 1.0}])
    del model.nin
    assert Wiring.of(model).sizes == (5, 2, 1)


def test_a_network_without_connections_has_empty_arrays():
    wiring = Wiring.of(network(2, [{}], [{}]))
    assert (len(wiring.source), len(wiring.target), len(wiring.weight)) == (0, 0, 0)
    assert np.issubdtype(wiring.source.dtype, np.integer)
    assert wiring.labels == ["0_0", "0_1", "1_0", "2_0"]


def test_a_network_is_drawn_like_its_scalar_twin():
    net = rewire.mlp([3, 4, 2], density=0.5, seed=0)
    ours, theirs = Wiring.of(net), Wiring.of(to_scalar(net))
    assert ours.sizes == theirs.sizes
    order = np.lexsort((theirs.source, theirs.target))
    assert ours.source.tolist() == theirs.source[order].tolist()
    assert ours.target.tolist() == theirs.target[order].tolist()
    np.testing.assert_allclose(ours.weight, theirs.weight[order])
    assert ours.alive.tolist() == theirs.alive.tolist()
