"""Pictures show what they should, with or without Graphviz's programs."""

import re
import xml.etree.ElementTree as ElementTree

import graphviz
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.patches import Circle, PathPatch

import rewire
from rewire.export import to_scalar
from rewire.plot import Wiring, boundary, draw_topology, plot_losses, plot_topology
from rewire.scalar import MLP, SparseMLP, Value
from rewire.sklearn import SparseMLPClassifier

PNG = b"\x89PNG\r\n\x1a\n"
SVG = "{http://www.w3.org/2000/svg}svg"


@pytest.fixture(autouse=True)
def figures_closed():
    plt.close("all")
    yield
    plt.close("all")


@pytest.fixture
def model():
    """Three inputs, 1_1 dead because nobody reads it."""
    model = SparseMLP(3, [2, 1], [0, 0])
    for neuron, w in zip(
        [*model.layers[0].neurons, *model.layers[1].neurons],
        [{0: 0.5, 2: -2.0, 1: 1.0}, {1: 0.25}, {0: -1.5}],
        strict=True,
    ):
        neuron.w = {i: Value(weight) for i, weight in w.items()}
    return model


@pytest.fixture
def without_dot(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(graphviz.ExecutableNotFound):
        graphviz.Digraph().pipe("svg")


def circles(ax):
    return [patch for patch in ax.patches if isinstance(patch, Circle)]


def curves(ax):
    return [patch for patch in ax.patches if isinstance(patch, PathPatch)]


# --------------------------------------------------------------------------------- the wiring


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


def test_a_wiring_is_drawn_like_its_model(model):
    assert len(curves(plot_topology(Wiring.of(model)))) == 5


# -------------------------------------------------------------------------------- given axes


X = np.array([[0.0, 1.0], [1.0, 0.0], [0.5, 2.0]])
Y = np.array([1, -1, 1])
PLOTS = {
    "topology": lambda **options: plot_topology(MLP(2, [2, 1]), **options),
    "boundary": lambda **options: boundary(lambda p: p[:, 1] - p[:, 0], X, Y, **options),
    "losses": lambda **options: plot_losses({"a": [1.0, 0.5]}, **options),
}


@pytest.mark.parametrize("name", PLOTS)
def test_plots_take_and_return_axes(name):
    figure, (left, right) = plt.subplots(1, 2)
    assert PLOTS[name](ax=right, title="what it shows") is right
    assert plt.get_fignums() == [figure.number]
    assert right.get_title(loc="left") == "what it shows"
    assert not left.has_data()


@pytest.mark.parametrize("name", PLOTS)
def test_plots_make_one_new_figure_where_no_axes_are_given(name):
    ax = PLOTS[name]()
    assert plt.get_fignums() == [ax.figure.number]


# --------------------------------------------------------------------- boundaries and losses


def test_boundary_shows_every_point_by_its_class():
    ax = boundary(lambda points: points[:, 1] - points[:, 0], X, Y)
    negative, positive = ax.collections[-2:]
    assert negative.get_offsets().tolist() == [[1.0, 0.0]]
    assert positive.get_offsets().tolist() == [[0.0, 1.0], [0.5, 2.0]]
    assert tuple(negative.get_facecolor()[0]) != tuple(positive.get_facecolor()[0])


def test_boundary_asks_the_model_all_around_the_data():
    asked = []

    def score(points):
        asked.append(points)
        return points[:, 0]

    ax = boundary(score, X, Y, step=0.25)
    (points,) = asked
    assert points.shape == (12 * 16, 2)
    assert points.min(axis=0).tolist() == [-1.0, -1.0]
    assert points.max(axis=0).tolist() == [1.75, 2.75]
    assert len(ax.collections) == 4  # filled, the line, two classes


def test_boundary_line_lies_where_the_score_changes_sign():
    ax = boundary(lambda points: points[:, 0] - 0.3, X, Y)
    (line,) = [
        c for c in ax.collections if np.array_equal(np.asarray(getattr(c, "levels", [])), [0])
    ]
    vertices = np.concatenate([path.vertices for path in line.get_paths()])
    np.testing.assert_allclose(vertices[:, 0], 0.3, atol=1e-9)


@pytest.mark.parametrize("constant", [-3.0, 0.0, 3.0])
def test_a_model_that_never_changes_its_mind_has_no_line(constant):
    ax = boundary(lambda points: np.full(len(points), constant), X, Y)
    assert len(ax.collections) == 3


def test_boundary_asks_every_kind_of_model_in_its_own_way():
    net = rewire.mlp([2, 4, 1], seed=0, dtype="float64")
    two = rewire.mlp([2, 4, 2], seed=0, dtype="float64")
    scalar, labels = to_scalar(net), np.where(Y > 0, "yes", "no")
    estimator = SparseMLPClassifier(hidden_layer_sizes=(4,), max_epochs=1, random_state=0)
    estimator.set_params(method="static").fit(X, labels)
    for model, answers in [
        (net, lambda points: net.predict(points)[:, 0]),
        (two, lambda points: np.diff(two.predict(points), axis=1)[:, 0]),
        (scalar, lambda points: np.array([scalar(point).data for point in points.tolist()])),
        (estimator, estimator.decision_function),
    ]:
        ours, theirs = (boundary(one, X, Y, step=0.5) for one in (model, answers))
        assert len(ours.collections) == len(theirs.collections)
        for drawn, expected in zip(ours.collections[:-2], theirs.collections[:-2], strict=True):
            for one, other in zip(drawn.get_paths(), expected.get_paths(), strict=True):
                assert one.vertices == pytest.approx(other.vertices)


def test_boundary_between_more_than_two_classes_is_an_error():
    with pytest.raises(ValueError, match=r"one output, or two, .* got 3 outputs"):
        boundary(rewire.mlp([2, 4, 3], seed=0), X, Y)


@pytest.mark.parametrize("shape", [(4,), (4, 3), (4, 1)])
def test_boundary_of_data_that_are_not_two_dimensional_is_an_error(shape):
    with pytest.raises(
        ValueError, match=re.escape(f"X must have shape (samples, 2) to be drawn; got {shape}")
    ):
        boundary(lambda points: points[:, 0], np.zeros(shape), np.ones(4))


def test_losses_draw_every_curve_and_every_rewiring():
    curves_by_name = {"static": [1.0, 0.5, 0.25], "RigL": [1.0, 0.4, 0.1]}
    ax = plot_losses(curves_by_name, rewirings=[1, 2])
    rewirings, drawn = ax.lines[:2], ax.lines[2:]
    assert [line.get_xdata()[0] for line in rewirings] == [1, 2]
    for line, (name, curve) in zip(drawn, curves_by_name.items(), strict=True):
        assert line.get_label() == name
        assert line.get_xdata().tolist() == [0, 1, 2]
        assert line.get_ydata().tolist() == curve
    assert ax.get_yscale() == "log"
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["rewiring", "static", "RigL"]
    assert len({to_rgba(line.get_color()) for line in drawn}) == 2


# -------------------------------------------------------------------------- as Graphviz's graph


def edges_of(graph):
    """Return {(from, to): attributes} of a graph's source."""
    found = re.findall(r'"?(\d+_\d+)"? -> "?(\d+_\d+)"? \[(.*)\]', graph.source)
    return {(a, b): dict(re.findall(r'(\w+)=("[^"]*"|\S+)', rest)) for a, b, rest in found}


def nodes_of(graph):
    return re.findall(r'^\s*"?(\d+_\d+)"?(?: \[(.*)\])?$', graph.source, re.M)


@pytest.mark.parametrize("nin", [1, 2, 5])
@pytest.mark.parametrize("rankdir", ["LR", "TB"])
def test_graph_has_every_neuron_and_every_connection(nin, rankdir):
    model = MLP(nin, [3, 2])
    graph = draw_topology(model, rankdir=rankdir)
    assert isinstance(graph, graphviz.Digraph)
    assert [name for name, _ in nodes_of(graph)] == Wiring.of(model).labels
    expected = {(f"0_{i}", f"1_{j}") for i in range(nin) for j in range(3)}
    expected |= {(f"1_{i}", f"2_{j}") for i in range(3) for j in range(2)}
    assert set(edges_of(graph)) == expected
    assert graph.source.count("->") == len(expected)
    assert f"rankdir={rankdir}" in graph.source


def test_graph_takes_its_arguments_as_the_post_gives_them(model):
    assert draw_topology(model).format == "svg"
    assert "rankdir=LR" in draw_topology(model).source
    by_position = draw_topology(model, "png", "TB")
    by_name = draw_topology(model, format="png", rankdir="TB")
    assert by_position.format == by_name.format == "png"
    assert by_position.source == by_name.source


def test_graph_shows_weights_by_width_and_colour_and_dead_neurons_dashed(model):
    graph = draw_topology(model)
    edges = edges_of(graph)
    order = [("0_0", "1_0"), ("0_1", "1_0"), ("1_0", "2_0"), ("0_2", "1_0")]  # by |weight|
    widths = [float(edges[edge]["penwidth"].strip('"')) for edge in order]
    assert widths == sorted(widths)
    assert len(set(widths)) == 4
    assert edges[order[0]]["color"] != edges[order[3]]["color"]
    assert {name for name, look in nodes_of(graph) if "dashed" in look} == {"1_1"}


def test_unknown_rankdir_is_an_error(model):
    for draw in (draw_topology, plot_topology):
        with pytest.raises(ValueError, match=r"rankdir must be .*; got 'up'"):
            draw(model, rankdir="up")


def test_unknown_format_is_an_error(model):
    with pytest.raises(ValueError, match="hologram"):
        draw_topology(model, format="hologram")


# -------------------------------------------------------------------------- without dot at hand


@pytest.mark.parametrize("rankdir", ["LR", "TB"])
def test_render_without_dot_writes_a_picture(model, without_dot, tmp_path, rankdir):
    for kind in ("svg", "png"):
        graph = draw_topology(model, format=kind, rankdir=rankdir)
        path = graph.render("wiring", directory=tmp_path, cleanup=True)
        assert path == str(tmp_path / f"wiring.{kind}")
    assert ElementTree.parse(tmp_path / "wiring.svg").getroot().tag == SVG
    assert (tmp_path / "wiring.png").read_bytes().startswith(PNG)
    assert {path.name for path in tmp_path.iterdir()} == {"wiring.svg", "wiring.png"}
    assert plt.get_fignums() == []


def test_render_without_dot_keeps_the_source_unless_told_otherwise(model, without_dot, tmp_path):
    graph = draw_topology(model)
    graph.render("wiring", directory=tmp_path)
    assert (tmp_path / "wiring").read_text() == graph.source
    assert (tmp_path / "wiring.svg").is_file()


def test_render_without_dot_takes_format_and_outfile(model, without_dot, tmp_path):
    graph = draw_topology(model)
    assert graph.render(tmp_path / "a", format="png") == str(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(PNG)
    assert graph.render(outfile=tmp_path / "b.png", cleanup=True) == str(tmp_path / "b.png")
    assert (tmp_path / "b.png").read_bytes().startswith(PNG)


def test_pipe_without_dot_returns_a_picture(model, without_dot):
    graph = draw_topology(model)
    assert ElementTree.fromstring(graph.pipe()).tag == SVG
    assert ElementTree.fromstring(graph.pipe(encoding="utf-8")).tag == SVG
    assert graph.pipe("png").startswith(PNG)
    assert graph.pipe(format="png").startswith(PNG)
    assert plt.get_fignums() == []


def test_notebooks_show_the_graph_without_dot(model, without_dot):
    bundle = draw_topology(model)._repr_mimebundle_()
    assert ElementTree.fromstring(bundle["image/svg+xml"]).tag == SVG
    assert plt.get_fignums() == []


def test_picture_without_dot_has_the_labels_of_all_neurons(model, without_dot):
    with plt.rc_context({"svg.fonttype": "none"}):
        texts = "".join(ElementTree.fromstring(draw_topology(model).pipe()).itertext())
    for label in Wiring.of(model).labels:
        assert label in texts


def test_a_copy_of_the_graph_is_drawn_without_dot_too(model, without_dot):
    assert ElementTree.fromstring(draw_topology(model).copy().pipe()).tag == SVG


def test_a_format_that_nothing_here_can_write_leaves_no_figure_open(model, without_dot):
    with pytest.raises(ValueError, match="gv"):
        draw_topology(model).pipe("gv")
    assert plt.get_fignums() == []


def test_a_network_draws_itself_and_shows_itself_in_a_notebook():
    net = rewire.mlp([2, 5, 3], density=0.5, seed=0)
    ax = net.draw(title="small")
    assert ax.get_title(loc="left") == "small" or ax.get_title() == "small"
    html = net._repr_html_()
    assert html.count("<svg") == 1
    assert "dead neurons" in html
    assert ElementTree.fromstring(net._repr_svg_()).tag == SVG
    large = rewire.mlp([100, 100, 10], density=0.5, seed=0)
    assert large._repr_svg_() is None
    assert "<svg" not in large._repr_html_()
    assert "5,500 of 11,000 connections" in large._repr_html_()
