"""What a session computes equals the same commands in Python, to the bit, also after rewinding."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rewire
from rewire.losses import Hinge
from rewire.optimizers import SGD
from rewire.playground import ArrayEngine, Session
from rewire.playground.commands import CommandError
from rewire.playground.points import draw_points
from rewire.playground.starts import START
from rewire.topology import Rewirer

from .sessions import COMMANDS, SMALL, attempt, begin, bits


def by_hand(name, steps):
    """Train the network of START as one would in Python."""
    points = np.array(draw_points("moons", 100, 0.1, 1))
    X, y = np.ascontiguousarray(points[:, :2]), 2 * points[:, 2] - 1
    net = rewire.mlp([2, 16, 16, 1], density=[1, 0.1, 0.2], dtype="float64", seed=19)
    trainer = rewire.Trainer(net, Hinge(l2=1e-4), SGD(lr=0.3))
    options = {"fraction": 0.3, "every": 20, "end": 1.0} if name == "rigl" else {}
    method = rewire.methods.get(name, **options)
    rewirer = Rewirer(method, net, total_steps=400, optimizer=trainer.optimizer, seed=0)
    losses = []
    for step in range(1, steps + 1):
        losses.append(trainer.step(X, y))
        if rewirer.due(step):
            rewirer.rewire(step, [net.signals(X, y, trainer.loss)], learning_rate=0.3)
    return net, losses


@pytest.mark.parametrize(("lane", "name"), [(0, "static"), (1, "rigl")])
def test_a_session_computes_what_the_same_steps_in_python_do(lane, name):
    session = begin(START)
    for steps in (1, 30, 69, 20):
        session.do({"do": "step", "steps": steps})
    net, losses = by_hand(name, 120)
    found = session.lanes[lane].net
    for column, values in net.connections.data.items():
        assert np.array_equal(found.connections[column], values)
    assert np.array_equal(found.connections.indptr, net.connections.indptr)
    assert np.array_equal(found.bias, net.bias)
    curve = [row[1 + 2 * lane] for row in session.frame()["curve"]["rows"]]
    assert curve == pytest.approx(losses, rel=1e-5)


def test_the_first_session_leads_where_its_guide_says():
    session = begin(START)
    session.do({"do": "step", "steps": 400})
    static, rigl = session.frame()["lanes"]
    assert static["accuracy"] < 0.92
    assert rigl["accuracy"] == 1
    session.do({"do": "draw", "source": 8, "target": 29, "lane": 0})
    session.do({"do": "draw", "source": 8, "target": 34, "lane": 0})
    session.do({"do": "step", "steps": 300})
    assert session.frame()["lanes"][0]["accuracy"] == 1
    session.do({"do": "strip", "lane": 0})
    stripped = session.frame()["lanes"][0]
    assert stripped["accuracy"] == 1
    assert stripped["ranks"] == [2, 7, 4, 1]


@settings(max_examples=15, deadline=None)
@given(st.lists(COMMANDS, max_size=12), st.data())
def test_a_record_replays_and_rewinds_to_the_same_bits(commands, data):
    session = begin()
    known = {}
    for command in commands:
        if attempt(session, command):
            for lane in session.lanes:
                lane.net.check()
            known[len(session.record.done)] = bits(session)
    again = begin(session.record.done)
    assert bits(again) == bits(session)
    end = len(session.record.done)
    assert json.loads(json.dumps(session.frame(), allow_nan=False))["command"] == end
    for _ in range(3):
        at = data.draw(st.sampled_from(sorted(known) or [end]))
        session.do({"do": "rewind", "command": at})
        assert bits(session) == known.get(at, bits(session))
        assert session.frame()["command"] == at
    session.do({"do": "rewind", "command": end})
    assert bits(session) == bits(again)


@pytest.mark.parametrize("step", [0, 1, 37, 59, 60, 61, 130])
def test_rewinding_to_a_step_and_running_again_gives_the_same_figures(step):
    session = begin()
    session.do({"do": "step", "steps": 60})
    session.do({"do": "prune", "density": 0.2})
    session.do({"do": "step", "steps": 70})
    end, curve = bits(session), session.frame()["curve"]["rows"]
    session.do({"do": "rewind", "step": step})
    assert session.frame()["step"] == step
    assert session.frame()["curve"]["rows"] == curve[:step]
    session.do({"do": "rewind", "step": 130})
    assert bits(session) == end
    assert session.frame()["curve"]["rows"] == curve


def test_a_rewinding_within_steps_goes_on_to_the_same_bits():
    session = begin()
    session.do({"do": "step", "steps": 100})
    end = bits(session)
    session.do({"do": "rewind", "step": 33})
    session.do({"do": "step", "steps": 67})
    assert bits(session) == end
    assert [command["do"] for command in session.record.done[len(SMALL) :]] == ["step"]


def test_a_command_after_rewinding_forgets_what_came_later():
    session = begin()
    session.do({"do": "step", "steps": 20})
    session.do({"do": "rewind", "step": 10})
    assert session.frame()["end"] == 20
    session.do({"do": "rewire"})
    assert session.frame()["end"] == 10
    with pytest.raises(CommandError, match=r"step must be in \[0, 10\]"):
        session.do({"do": "rewind", "step": 15})


def test_a_frozen_neuron_keeps_its_weights_and_connections():
    session = begin()
    session.do({"do": "step", "steps": 5})
    net = session.lanes[1].net
    number = int(net["2_1"].number)
    session.do({"do": "freeze", "neuron": number})
    before = net["2_1"].sources.tolist(), net["2_1"].weights.tolist(), net["2_1"].bias
    others = net["1_0"].weights.tolist()
    count = len(net.connections)
    session.do({"do": "step", "steps": 40})
    session.do({"do": "rewire"})
    after = net["2_1"].sources.tolist(), net["2_1"].weights.tolist(), net["2_1"].bias
    assert after == before
    assert net["1_0"].weights.tolist() != others
    assert len(net.connections) == count
    session.do({"do": "freeze", "neuron": number, "frozen": False})
    session.do({"do": "step", "steps": 5})
    assert net["2_1"].bias != before[2] or net["2_1"].weights.tolist() != before[1]


def test_freezing_leaves_the_steps_of_other_neurons_as_they_would_be():
    """One step from the same weights: what is not frozen moves as without freezing."""
    free, frozen = begin(), begin()
    frozen.do({"do": "freeze", "neuron": 8})
    for session in (free, frozen):
        session.do({"do": "step"})
    rows = free.lanes[1].net.connections.target != 8
    assert np.array_equal(
        free.lanes[1].net.connections.weight[rows], frozen.lanes[1].net.connections.weight[rows]
    )


def test_stripping_and_reviving_keep_what_is_computed():
    session = begin(START)
    session.do({"do": "step", "steps": 50})
    for command in ("revive", "strip"):
        before = session.lanes[0].net.predict(session.lanes[0].samples.X)
        session.do({"do": command, "lane": 0})
        after = session.lanes[0].net.predict(session.lanes[0].samples.X)
        assert after == pytest.approx(before, abs=1e-12)


def test_a_diverging_training_is_refused_and_changes_nothing():
    X = np.random.default_rng(0).normal(size=(30, 2))
    engine = ArrayEngine(rewire.mlp([2, 8, 1], seed=0), X, X[:, 0] + 0.5)
    session = Session(engine, [{"do": "given"}, {"do": "learning_rate", "value": 50}])
    before = bits(session)
    with pytest.raises(CommandError, match="learning_rate must be lower"):
        session.do({"do": "step", "steps": 5000})
    assert bits(session) == before


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ({"do": "cut", "source": 0, "target": 1}, "not connected"),
        ({"do": "draw", "source": 8, "target": 3}, "target"),
        ({"do": "draw", "source": 0, "target": 99}, r"neuron must be in \[0, 12\)"),
        ({"do": "remove_neuron", "neuron": 0}, "rank must be a hidden one"),
        (
            {"do": "network", "layers": [4096, 4096], "density": 0.5},
            "network must have at most 200,000 connections for 2,000 samples .* got 8,394,752",
        ),
        (
            {"do": "network", "layers": [4096, 4096], "density": 1e-4},
            "network must have at most 5,000,000 possible .* got 16,789,504: take fewer neurons",
        ),
        ({"do": "freeze", "neuron": 1}, "neuron must not be an input"),
        ({"do": "rewire", "lane": 0}, "method must be one that rewires"),
        ({"do": "method", "name": "snfs"}, "needs"),
        ({"do": "network", "density": [1, 1]}, "density must be one number or 3"),
        ({"do": "data", "formula": "x.y"}, "formula must"),
        ({"do": "given"}, "given needs a session"),
        ({"do": "learning_rate", "value": 1, "optimizer": "adam", "momentum": 0.1}, "momentum"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(command, message):
    session = begin()
    before = bits(session), list(session.record.done)
    with pytest.raises(CommandError, match=message):
        session.do(command)
    assert (bits(session), session.record.done) == before


def test_a_network_of_ones_own_may_be_larger_but_not_without_end():
    X = np.random.default_rng(0).normal(size=(2000, 2))
    own = rewire.mlp([2, 2400, 2400, 1], density=0.001, seed=0)
    assert ArrayEngine(own, X, X[:, 0] > 0).net.ranks == own.ranks
    more = rewire.mlp([2, 8000, 7000, 1], density=0.0001, seed=0)
    with pytest.raises(ValueError, match=r"at most 50,000,000 possible .* got 56,023,000: take"):
        ArrayEngine(more, X, X[:, 0] > 0)


# ------------------------------------------------------------------------------- frames


def test_a_frame_holds_what_has_changed_since_the_one_before():
    session = begin()
    session.do({"do": "step", "steps": 7})
    whole = session.frame()
    assert len(whole["data"]["points"]) == 20
    assert [row[0] for row in whole["curve"]["rows"]] == list(range(7))
    session.do({"do": "step", "steps": 2})
    later = session.frame(whole["cursor"])
    assert "data" not in later
    assert [row[0] for row in later["curve"]["rows"]] == [7, 8]
    session.do({"do": "point", "x": 0, "y": 0, "label": 1})
    assert len(session.frame(later["cursor"])["data"]["points"]) == 21
    session.do({"do": "rewind", "step": 4})
    back = session.frame(later["cursor"])
    assert back["curve"]["from"] == 0
    assert len(back["data"]["points"]) == 20


def test_frames_show_what_a_rewiring_dropped_and_grew():
    session = begin()
    keys = []
    for _ in range(2):
        table = session.lanes[1].net.connections
        keys.append(set(zip(table.source.tolist(), table.target.tolist(), strict=True)))
        if len(keys) == 1:
            session.do({"do": "rewire"})
    lane = session.frame()["lanes"][1]
    assert set(map(tuple, lane["dropped"])) == keys[0] - keys[1] != set()
    assert set(map(tuple, lane["grown"])) == keys[1] - keys[0]
    session.do({"do": "step", "steps": 3})
    ages = {(s, t): age for s, t, _, age in session.frame()["lanes"][1]["connections"]}
    assert all(ages[pair] == 3 for pair in keys[1] - keys[0])


def test_a_large_network_is_shown_by_densities_and_its_strongest_paths():
    commands = [SMALL[0], {"do": "network", "layers": [200, 200], "density": 0.2}]
    lane = begin(commands).frame()["lanes"][0]
    assert lane["n_connections"] == 8240
    assert not lane["whole"]
    assert len(lane["connections"]) < 200
    assert [(b["source_rank"], b["target_rank"]) for b in lane["blocks"]] == [
        (0, 1),
        (1, 2),
        (2, 3),
    ]
    assert "tiles" not in lane


def test_the_curve_never_takes_more_than_so_many_rows():
    session = begin()
    session.do({"do": "step", "steps": 5000})
    rows = session.frame()["curve"]["rows"]
    assert 500 <= len(rows) <= 1000
    assert rows[1][0] == 8


# ------------------------------------------------------------------------ given networks


def test_a_given_network_learns_as_it_would_with_a_trainer():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 5)).astype(np.float32), rng.integers(3, size=30)
    net = rewire.mlp([5, 8, 3], density=0.5, seed=0)
    engine = ArrayEngine(net, X, y, inputs=list("abcde"))
    session = Session(engine, [{"do": "given"}, {"do": "learning_rate", "value": 0.1}])
    session.do({"do": "step", "steps": 9})
    rewire.Trainer(net, "cross_entropy", SGD(lr=0.1)).steps(X, y, 9)
    assert np.array_equal(session.lanes[0].net.connections.weight, net.connections.weight)
    frame = session.frame()
    assert frame["data"]["inputs"] == list("abcde")
    assert frame["data"]["points"] == ()
    assert "boundary" not in frame["lanes"][0]
    with pytest.raises(CommandError, match="two inputs; got one with 5"):
        session.do({"do": "data", "name": "moons"})
    session.do({"do": "network", "layers": [4], "density": 1})
    assert session.lanes[0].net.ranks == (5, 4, 3)


def test_many_given_samples_are_learnt_in_batches():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 2)).astype(np.float32)
    y = (X[:, 0] > 0).astype(int)
    net = rewire.mlp([2, 4, 1], seed=0)
    commands = [{"do": "given"}, {"do": "method", "name": "rigl", "interval": 5}]
    session = Session(ArrayEngine(net, X, y), commands)
    session.do({"do": "step", "steps": 60})
    again = Session(ArrayEngine(net, X, y), [*commands, *({"do": "step"} for _ in range(60))])
    assert bits(session) == bits(again)
    assert session.frame()["lanes"][0]["accuracy"] > 0.9
    assert len(session.frame()["data"]["points"]) == 1500
