"""A network as a picture: every neuron, every connection, and which of them are dead."""

import numpy as np
import pytest
from matplotlib.patches import Circle, PathPatch

import rewire
from rewire.export import to_scalar
from rewire.plot import plot_topology
from rewire.plot.network import as_network
from rewire.plot.style import plain
from rewire.scalar import MLP, SparseMLP, Value


def circles(ax):
    return [patch for patch in ax.patches if isinstance(patch, Circle)]


def curves(ax):
    return [patch for patch in ax.patches if isinstance(patch, PathPatch)]


def network(nin, *layers):
    """Build a network from the weights {input: weight} of every neuron, layer by layer."""
    model = SparseMLP(nin, [len(layer) for layer in layers], [0] * len(layers))
    for layer, neurons in zip(model.layers, layers, strict=True):
        for neuron, w in zip(layer.neurons, neurons, strict=True):
            neuron.w = {i: Value(weight) for i, weight in w.items()}
    return model


def dead_labels(model):
    """Return the names of the neurons that are drawn dashed."""
    ax = plot_topology(model)
    drawn = zip(ax.texts, circles(ax), strict=True)
    return {text.get_text() for text, circle in drawn if circle.get_linestyle() != "-"}


@pytest.mark.parametrize("rankdir", ["TB", "LR"])
def test_every_neuron_and_every_connection_is_drawn(model, rankdir):
    ax = plot_topology(model, rankdir=rankdir)
    assert len(circles(ax)) == 6
    assert len(curves(ax)) == 5
    assert [text.get_text() for text in ax.texts] == ["0_0", "0_1", "0_2", "1_0", "1_1", "2_0"]


def test_lines_are_the_wider_the_larger_the_weight(model):
    del model.layers[0].neurons[1].w[1]  # only living connections
    wide = [curve.get_linewidth() for curve in curves(plot_topology(model))]
    assert wide == sorted(wide)  # drawn in this order: 0.5, 1, -1.5, -2
    assert len(set(wide)) == 4


def test_colour_tells_the_sign_of_a_weight(model):
    *_, minus_two = curves(plot_topology(model))
    red, _, blue, _ = minus_two.get_edgecolor()
    assert red > blue
    for layer in model.layers:
        for p in layer.parameters():
            p.data = abs(p.data)
    *_, plus_two = curves(plot_topology(model))
    red, _, blue, _ = plus_two.get_edgecolor()
    assert blue > red


def test_dead_neurons_and_their_connections_are_dashed(model):
    ax = plot_topology(model)
    dashed = [circle.get_linestyle() not in ("-", "solid") for circle in circles(ax)]
    assert dashed == [False, False, False, False, True, False]
    dashed = [curve.get_linestyle() not in ("-", "solid") for curve in curves(ax)]
    assert dashed == [True, False, False, False, False]  # of weight 0.25, the smallest
    assert circles(ax)[4].get_edgecolor() != circles(ax)[3].get_edgecolor()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["dead neuron"]


def test_there_is_no_legend_where_nothing_is_dead():
    assert plot_topology(MLP(2, [2, 1])).get_legend() is None


@pytest.mark.parametrize(("rankdir", "along", "sign"), [("TB", 1, -1), ("LR", 0, 1)])
def test_ranks_follow_each_other_in_the_direction_asked_for(model, rankdir, along, sign):
    centres = [circle.center for circle in circles(plot_topology(model, rankdir=rankdir))]
    depths = [sign * centre[along] for centre in centres]
    assert depths[0] == depths[1] == depths[2] < depths[3] == depths[4] < depths[5]
    across = [-sign * centre[1 - along] for centre in centres]
    assert across[0] < across[1] < across[2]


def test_neurons_do_not_overlap():
    centres = np.array([c.center for c in circles(plot_topology(MLP(5, [16, 3, 1])))])
    radius = circles(plot_topology(MLP(1, [1])))[0].radius
    distances = np.linalg.norm(centres[:, None] - centres[None], axis=-1)
    assert distances[~np.eye(len(centres), dtype=bool)].min() > 2 * radius


@pytest.mark.parametrize("nin", [1, 2, 7])
def test_networks_with_any_number_of_inputs_are_drawn(nin):
    ax = plot_topology(MLP(nin, [3, 1]))
    assert (len(circles(ax)), len(curves(ax))) == (nin + 4, 3 * nin + 3)


def test_networks_without_connections_or_of_zero_weights_are_drawn():
    empty = MLP(2, [2, 1])
    for layer in empty.layers:
        for neuron in layer.neurons:
            neuron.w = {}
    assert len(circles(plot_topology(empty))) == 5
    zero = MLP(2, [2, 1])
    for p in zero.parameters():
        p.data = 0.0
    assert len(curves(plot_topology(zero))) == 6


# ------------------------------------------------------------------------------ dead neurons


def test_neurons_without_inputs_or_outgoing_connections_are_dead():
    # 1_0 feeds nothing, 1_2 has no inputs.
    assert dead_labels(network(2, [{0: 1.0}, {1: 1.0}, {}], [{1: 1.0, 2: 1.0}])) == {"1_0", "1_2"}


def test_death_spreads_along_whole_chains():
    model = network(
        2,
        [{0: 1.0}, {0: 1.0}, {}],  # 1_1 feeds only 2_1, which feeds nothing
        [{0: 1.0}, {1: 1.0}, {2: 1.0}],  # 2_2 is fed only by 1_2, which has no inputs
        [{0: 1.0, 2: 1.0}],
    )
    assert dead_labels(model) == {"1_1", "1_2", "2_1", "2_2"}


def test_inputs_and_outputs_count_as_alive_in_any_case():
    assert dead_labels(network(2, [{}], [{}, {}])) == {"1_0"}


# ----------------------------------------------------------- models of scalar neurons converted


def test_a_network_is_drawn_as_it_is():
    net = rewire.mlp([3, 4, 2], density=0.5, seed=0)
    assert as_network(net) is net


def test_a_scalar_model_is_drawn_like_its_network():
    net = rewire.mlp([3, 4, 2], density=0.5, seed=0)
    converted = as_network(to_scalar(net))
    assert converted.ranks == net.ranks
    for name in ("source", "target", "weight"):
        ours, theirs = (getattr(one.connections, name).tolist() for one in (converted, net))
        assert ours == theirs


@pytest.mark.parametrize("nin", [1, 2, 5, 12])
def test_any_number_of_inputs(nin):
    converted = as_network(MLP(nin, [3, 2]))
    assert converted.ranks == (nin, 3, 2)
    assert len(converted.connections) == 3 * nin + 6


def test_unconnected_inputs_are_counted():
    assert as_network(network(7, [{1: 1.0}])).ranks == (7, 1)


def test_inputs_are_counted_by_the_connections_if_the_model_does_not_know():
    model = network(7, [{1: 1.0}, {4: 1.0}], [{0: 1.0}])
    del model.nin
    assert as_network(model).ranks == (5, 2, 1)
    assert not hasattr(model, "nin")


@pytest.mark.parametrize("rankdir", ["TB", "LR"])
def test_inputs_and_outputs_have_their_names_beside_them(rankdir):
    net = rewire.mlp([3, 4, 2], density=0.8, seed=0)
    names = ["area $m^2$", "x" * 50, "garden"]
    ax = plot_topology(net, rankdir=rankdir, input_names=names, output_names=["no", "yes"])
    ax.figure.canvas.draw()  # where a $ would begin a formula
    shown = [
        text for text in ax.texts if text.get_text() in {plain(names[0]), "garden", "no", "yes"}
    ]
    assert len(shown) == 4
    assert any(text.get_text() == "x" * 27 + "…" for text in ax.texts)
    boxes = [text.get_window_extent() for text in ax.texts]
    circled = [circle.get_window_extent() for circle in circles(ax)]
    page = ax.figure.bbox
    for i, one in enumerate(boxes):
        assert page.x0 <= one.x0 < one.x1 <= page.x1
        assert page.y0 <= one.y0 < one.y1 <= page.y1
        assert not any(one.overlaps(other) for other in boxes[:i])
    beside = [text.get_window_extent() for text in shown]
    assert not any(one.overlaps(circle) for one in beside for circle in circled)


def test_names_must_be_one_for_each():
    net = rewire.mlp([3, 4, 2], density=0.8, seed=0)
    with pytest.raises(ValueError, match="input_names must hold one name for each of 3 neurons"):
        plot_topology(net, input_names=["a"])
    wide = rewire.mlp([200, 4, 2], density=0.2, seed=0)
    named = plot_topology(wide, input_names=[f"g{i}" for i in range(200)], output_names=["a", "b"])
    assert {text.get_text() for text in named.texts} == {"a", "b"}
