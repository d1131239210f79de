"""The scalar engine: its steps are the teaching core's, its frames those of the array engine."""

import base64
import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewire.export import from_scalar
from rewire.playground import Session, array_frames
from rewire.playground.commands import CommandError
from rewire.playground.points import draw_points
from rewire.playground.scalar_engine import ScalarEngine
from rewire.scalar import SparseMLP, loss, rigl_update

SMALL = (
    {"do": "data", "name": "moons", "samples": 16},
    {"do": "network", "layers": [5, 4], "density": 0.5, "seed": 3},
    {"do": "learning_rate", "value": 0.5},
    {"do": "method", "name": "rigl", "interval": 4, "until": 20},
)
# Numbers of neurons: inputs 0 and 1, layers 2 to 6 and 7 to 10, output 11.


def begin(commands=SMALL):
    return Session(ScalarEngine(), commands)


def weights(model):
    return [
        (list(n.w), [w.data for w in n.w.values()], n.b.data)
        for layer in model.layers
        for n in layer.neurons
    ]


@pytest.mark.parametrize(("lane", "name"), [(0, "static"), (1, "rigl")])
def test_steps_and_rewirings_are_those_of_the_teaching_core(lane, name):
    session = begin()
    session.do({"do": "step", "steps": 11})
    model = SparseMLP(2, [5, 4, 1], [0.5] * 3, rng=random.Random(3))
    points = draw_points("moons", 16, 0.1, 0)
    X, y = [[a, b] for a, b, _ in points], [2 * label - 1 for *_, label in points]

    def on_points(model, dense_grad=False):
        return loss(model, X, y, dense_grad=dense_grad)

    losses = []
    for step in range(1, 12):
        total, _ = on_points(model)
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= 0.5 * p.grad
        losses.append(total.data)
        if name == "rigl" and step % 4 == 0:
            rigl_update(model, on_points, 0.15 * (1 + math.cos(math.pi * step / 20)))
    assert weights(session.lanes[lane].model) == weights(model)
    curve = [row[1 + 2 * lane] for row in session.frame()["curve"]["rows"]]
    assert curve == pytest.approx(losses, rel=1e-5)


def test_a_frame_tells_what_one_of_the_array_engine_does():
    session = begin()
    session.do({"do": "step", "steps": 4})
    session.do({"do": "cut", "source": int(_pair(session)[0]), "target": 11})
    session.do({"do": "add_neuron", "rank": 1})
    lane, frame = session.lanes[1], session.frame()["lanes"][1]
    net = from_scalar(lane.model)
    frozen = np.zeros(net.size, bool)
    oracle = array_frames.show(net, np.array(lane.X), frozen, array_frames.Changes(net), 4)
    told = ("ranks", "n_connections", "possible", "flops", "dense_flops", "dead", "whole")
    assert {key: frame[key] for key in told} == {key: oracle[key] for key in told}
    rows = sorted(row[:3] for row in frame["connections"])
    assert rows == sorted(row[:3] for row in oracle["connections"])
    for mine, other in zip(frame["neurons"], oracle["neurons"], strict=True):
        assert mine == pytest.approx(other, rel=1e-3)
    scores = net.predict(np.array(lane.X))[:, 0]
    assert frame["accuracy"] == np.mean((scores > 0) == (np.array(lane.y) > 0))


def _pair(session):
    """Return a connection into the output of the right lane."""
    return next(row for row in session.frame()["lanes"][1]["connections"] if row[1] == 11)


def test_the_boundary_is_the_output_over_the_plane():
    session = begin()
    frame = session.frame()
    picture = frame["lanes"][0]["boundary"]
    shades = np.frombuffer(base64.b64decode(picture["values"]), np.uint8).astype(float)
    left, right, bottom, top = frame["data"]["extent"]
    across, down = np.meshgrid(
        np.linspace(left, right, picture["size"]), np.linspace(top, bottom, picture["size"])
    )
    net = from_scalar(session.lanes[0].model)
    scores = net.predict(np.column_stack([across.ravel(), down.ravel()]))[:, 0]
    assert shades == pytest.approx(np.clip(128 + 127.5 * np.clip(scores / 2, -1, 1), 0, 255), abs=1)


NEURON, LANE = st.integers(0, 13), st.integers(0, 1)
COMMANDS = st.one_of(
    st.builds(lambda n: {"do": "step", "steps": n}, st.integers(1, 4)),
    st.builds(lambda lane: {"do": "rewire", "lane": lane}, LANE),
    st.builds(
        lambda s, t, w, lane: {"do": "draw", "source": s, "target": t, "weight": w, "lane": lane},
        *(NEURON, NEURON, st.floats(-1, 1), LANE),
    ),
    st.builds(lambda s, t: {"do": "cut", "source": s, "target": t, "lane": 1}, NEURON, NEURON),
    st.builds(lambda r: {"do": "add_neuron", "rank": r}, st.integers(1, 3)),
    st.builds(lambda n, lane: {"do": "remove_neuron", "neuron": n, "lane": lane}, NEURON, LANE),
    st.builds(lambda n: {"do": "freeze", "neuron": n}, NEURON),
    st.builds(lambda d: {"do": "prune", "density": d}, st.floats(0, 1)),
    st.builds(lambda on: {"do": "strip", "on_data": on}, st.booleans()),
    st.builds(lambda v: {"do": "learning_rate", "value": v}, st.floats(0, 0.5)),
)


def bits(session):
    return [lane.state() for lane in session.lanes]


@settings(max_examples=15, deadline=None)
@given(st.lists(COMMANDS, max_size=8))
def test_a_record_replays_and_rewinds_to_the_same_bits(commands):
    session, known = begin(), {}
    for command in commands:
        before, record = bits(session), list(session.record.done)
        try:
            session.do(command)
        except CommandError:
            assert (bits(session), session.record.done) == (before, record)
        else:
            known[len(session.record.done)] = bits(session)
            session.frame()
    end = len(session.record.done)
    assert bits(begin(session.record.done)) == bits(session)
    for at in list(known)[:3]:
        session.do({"do": "rewind", "command": at})
        assert bits(session) == known[at]
    session.do({"do": "rewind", "command": end})
    assert bits(session) == known.get(end, bits(session))


def test_stripping_keeps_what_is_computed_and_pruning_the_density():
    session = begin()
    session.do({"do": "step", "steps": 3})
    lane = session.lanes[0]
    before = [lane.model(x).data for x in lane.X]
    session.do({"do": "strip", "lane": 0})
    assert [lane.model(x).data for x in lane.X] == pytest.approx(before, abs=1e-12)
    session.do({"do": "prune", "density": 0.2, "lane": 1})
    frame = session.frame()["lanes"][1]
    assert frame["n_connections"] == round(0.2 * frame["possible"])


def test_a_frozen_neuron_keeps_its_weights_and_connections():
    session = begin()
    model = session.lanes[1].model
    session.do({"do": "freeze", "neuron": 8})
    before, others = weights(model)[6], weights(model)[:6]
    session.do({"do": "step", "steps": 9})
    assert weights(session.lanes[1].model)[6] == before
    assert weights(session.lanes[1].model)[:6] != others
    assert [n["frozen"] for n in session.frame()["lanes"][1]["neurons"]] == [
        number == 8 for number in range(12)
    ]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ({"do": "cut", "source": 0, "target": 1}, "target must be in the layer after"),
        ({"do": "draw", "source": 0, "target": 11}, "target must be in the layer after"),
        ({"do": "draw", "source": 0, "target": 99}, r"neuron must be in \[0, 12\)"),
        ({"do": "freeze", "neuron": 1}, "neuron must not be an input"),
        ({"do": "rewire", "lane": 0}, "method must be one that rewires"),
        ({"do": "method", "name": "set"}, "name must be one of static, rigl, post rigl"),
        ({"do": "network", "density": [1, 1]}, "density must be one number or 3"),
        ({"do": "network", "activation": "tanh"}, "activation must be 'relu'"),
        ({"do": "learning_rate", "value": 1, "momentum": 0.9}, "momentum must be 0"),
        ({"do": "learning_rate", "value": 1, "optimizer": "adam"}, "optimizer must be 'sgd'"),
        ({"do": "revive"}, "revive needs the array engine"),
        ({"do": "given"}, "given needs"),
        (
            {"do": "network", "layers": [4096, 4096], "density": 1e-5},
            "at most 1,000,000 possible connections for 1 samples at a time; got 16,789,504: take",
        ),
        (
            {"do": "network", "layers": [200, 200], "density": 0.5},
            "at most 12,500 connections for 16 samples at a time; got 20,",
        ),
    ],
)
def test_what_the_teaching_core_cannot_do_is_refused_and_changes_nothing(command, message):
    session = begin()
    before = bits(session), list(session.record.done)
    with pytest.raises(CommandError, match=message):
        session.do(command)
    assert (bits(session), session.record.done) == before
