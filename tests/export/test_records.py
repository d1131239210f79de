"""JSON, NetworkX and GraphML tell the graph, and the graph returns from them."""

import json
import os

import networkx
import numpy as np
import pytest
from hypothesis import given

from rewire import Network
from rewire.export import from_networkx, to_networkx
from rewire.export.graph_json import load_json, save_json
from rewire.export.networkx_graph import load_graphml, save_graphml

from .graphs import any_networks, assert_same_graph

# Two inputs, an empty rank, one hidden neuron, one output that also sees the second input.
SMALL = Network.from_connections(
    [2, 0, 1, 1],
    [0, 1, 2, 1],
    [2, 2, 3, 3],
    [1, -1, 2, 0.1],
    bias=[0, 0, 0.5, -1],
    activation=["sigmoid", "relu", "tanh"],
)
DOCUMENT = {
    "format": "rewire-graph",
    "version": 1,
    "directed": True,
    "multigraph": False,
    "graph": {"dtype": "float32", "activations": ["sigmoid", "relu", "tanh"]},
    "neurons": [
        {"id": 0, "label": "0_0", "rank": 0},
        {"id": 1, "label": "0_1", "rank": 0},
        {"id": 2, "label": "2_0", "rank": 2, "bias": 0.5, "activation": "relu"},
        {"id": 3, "label": "3_0", "rank": 3, "bias": -1.0, "activation": "tanh"},
    ],
    "connections": [
        {"source": 0, "target": 2, "weight": 1.0},
        {"source": 1, "target": 2, "weight": -1.0},
        {"source": 1, "target": 3, "weight": float(np.float32(0.1))},
        {"source": 2, "target": 3, "weight": 2.0},
    ],
}


def test_json_says_this(tmp_path):
    save_json(SMALL, tmp_path / "net.json")
    assert json.loads((tmp_path / "net.json").read_text()) == DOCUMENT


@pytest.mark.parametrize(
    ("save", "load"),
    [(save_json, load_json), (save_graphml, load_graphml)],
    ids=["json", "graphml"],
)
class TestFiles:
    @given(net=any_networks())
    def test_the_graph_returns(self, save, load, tmp_path_factory, net):
        path = tmp_path_factory.mktemp("net") / "net"
        save(net, path)
        loaded = load(path)
        assert_same_graph(loaded, net)
        np.testing.assert_array_equal(loaded.connections.birth, np.arange(len(net.connections)))

    def test_networkx_reads_the_file(self, save, load, tmp_path):
        path = tmp_path / "net"
        save(SMALL, path)
        if save is save_json:
            pytest.importorskip("networkx", minversion="3.4")  # takes the names of the lists since
            document = json.loads(path.read_text())
            graph = networkx.node_link_graph(document, nodes="neurons", edges="connections")
        else:
            graph = networkx.read_graphml(path, node_type=int)
        assert isinstance(graph, networkx.DiGraph)
        expected = to_networkx(SMALL)
        assert graph.nodes(data=True) == expected.nodes(data=True)
        assert list(graph.edges(data=True)) == list(expected.edges(data=True))
        assert_same_graph(from_networkx(graph), SMALL)


def test_networkx_has_the_attributes():
    graph = to_networkx(SMALL)
    assert graph.nodes[0] == {"label": "0_0", "rank": 0}
    assert graph.nodes[3] == {"label": "3_0", "rank": 3, "bias": -1.0, "activation": "tanh"}
    assert graph.edges[2, 3] == {"weight": 2.0}
    assert networkx.is_directed_acyclic_graph(graph)


def test_networks_may_be_changed_in_networkx():
    graph = to_networkx(SMALL)
    graph.add_node("new", rank=1, bias=0.25)
    graph.add_edge(0, "new", weight=3.0)
    graph.add_edge("new", 3, weight=4.0)
    graph.remove_edge(1, 3)
    net = from_networkx(graph)
    assert net.ranks == (2, 1, 1, 1)
    assert net["1_0"].bias == 0.25
    assert net["3_0"].sources.tolist() == [2, 3]
    assert net["3_0"].weights.tolist() == [4.0, 2.0]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["format"], "other", "format must be 'rewire-graph'; got 'other'"),
        (["version"], 2, "at most 1; got 2: update rewire"),
        (["neurons", 1, "id"], 0, "id of its own"),
        (["neurons", 1, "rank"], -1, "from 0 to 3, as there are"),
        (["connections", 0, "target"], 7, "lacks 7"),
        (["connections", 0, "target"], 1, "later rank"),
        (
            ["connections", 0, "weight"],
            "heavy",
            r"it must hold float; got str in connections\[0\].weight",
        ),
        (["connections", 0], {"source": 1, "target": 2, "weight": 1}, "1 to 2 twice"),
        (["graph", "activations"], ["relu"], "from 0 to 1, as there are"),
        (["graph", "dtype"], "float16", "dtype must be"),
        (["neurons"], 3, "it must hold array; got int in neurons"),
    ],
)
def test_json_of_something_else_is_refused(path, value, message, tmp_path):
    document = json.loads(json.dumps(DOCUMENT))
    *way, last = path
    place = document
    for step in way:
        place = place[step]
    place[last] = value
    file = tmp_path / "net.json"
    file.write_text(json.dumps(document))
    with pytest.raises(ValueError, match=rf"cannot read '.*net.json'.*{message}"):
        load_json(file)


@pytest.mark.parametrize("key", ["graph", "neurons", "connections", "version"])
def test_json_that_lacks_something_is_refused_by_its_name(key, tmp_path):
    document = {name: value for name, value in DOCUMENT.items() if name != key}
    (tmp_path / "net.json").write_text(json.dumps(document))
    with pytest.raises(ValueError, match=f"lacks '{key}'"):
        load_json(tmp_path / "net.json")


def test_json_refuses_what_it_cannot_say(tmp_path):
    net = SMALL.copy()
    net.connections.weight[0] = np.nan
    with pytest.raises(ValueError, match="not JSON compliant"):
        save_json(net, tmp_path / "net.json")
    assert os.listdir(tmp_path) == []
