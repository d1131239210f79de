"""A network as a Graphviz graph, with and without Graphviz's programs."""

import re
import xml.etree.ElementTree as ElementTree

import graphviz
import matplotlib.pyplot as plt
import pytest

from rewire.plot import draw_topology, plot_topology
from rewire.scalar import MLP

PNG = b"\x89PNG\r\n\x1a\n"
SVG = "{http://www.w3.org/2000/svg}svg"


@pytest.fixture
def without_dot(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(graphviz.ExecutableNotFound):
        graphviz.Digraph().pipe("svg")


def labels_of(model):
    sizes = [model.nin, *(len(layer.neurons) for layer in model.layers)]
    return [f"{rank}_{i}" for rank, size in enumerate(sizes) for i in range(size)]


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
    assert [name for name, _ in nodes_of(graph)] == labels_of(model)
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
    for label in labels_of(model):
        assert label in texts


def test_a_copy_of_the_graph_is_drawn_without_dot_too(model, without_dot):
    assert ElementTree.fromstring(draw_topology(model).copy().pipe()).tag == SVG


def test_a_format_that_nothing_here_can_write_leaves_no_figure_open(model, without_dot):
    with pytest.raises(ValueError, match="gv"):
        draw_topology(model).pipe("gv")
    assert plt.get_fignums() == []
