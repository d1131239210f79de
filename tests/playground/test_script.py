"""Scripts, links and files of sessions compute the same bits again."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rewire
from rewire.playground import ArrayEngine, Session
from rewire.playground.commands import CommandError
from rewire.playground.links import commands_of_link, link_of_commands
from rewire.playground.saving import read_session, session_document
from rewire.playground.script import write_script

from .sessions import COMMANDS, SMALL, attempt, begin, bits


def run(script):
    names = {}
    exec(compile(script, "session.py", "exec"), names)
    return names["static"], names["rewired"]


def assert_same(net, other):
    assert np.array_equal(net.connections.indptr, other.connections.indptr)
    assert np.array_equal(net.bias, other.bias)
    for name in ("source", "weight", "birth"):
        assert np.array_equal(net.connections[name], other.connections[name])


@settings(max_examples=15, deadline=None)
@given(st.lists(COMMANDS, max_size=10))
def test_a_script_computes_the_same_bits_and_so_does_a_link(commands):
    session = begin()
    for command in commands:
        attempt(session, command)
    for net, lane in zip(run(write_script(session.record.done)), session.lanes, strict=True):
        assert_same(net, lane.net)
    link = link_of_commands(session.record.done)
    assert commands_of_link(f"http://127.0.0.1:1/x/#{link}") == session.record.done


def test_a_script_of_points_and_tables_computes_the_same():
    points = [[0.1 * i, (i * 7 % 5) / 5, i % 2] for i in range(12)]
    text = "a,b,c\n" + "".join(f"{x},{y},{['no', 'yes'][c]}\n" for x, y, c in points)
    for data in (
        {"do": "data", "points": points},
        {"do": "table", "text": text, "x": "a", "y": "b", "label": "c"},
    ):
        session = begin([data, *SMALL[1:], {"do": "step", "steps": 9}])
        assert_same(run(write_script(session.record.done))[1], session.lanes[1].net)


def test_a_script_without_settings_uses_those_of_a_session():
    session = begin([SMALL[0], {"do": "network"}, {"do": "step", "steps": 3}])
    assert_same(run(write_script(session.record.done))[0], session.lanes[0].net)


def test_a_script_has_no_given_network():
    with pytest.raises(CommandError, match="save the session instead"):
        write_script([{"do": "given"}])


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("", "damaged"),
        ("play1.", "damaged"),
        ("play1.eNqLVkrJV7JSKi5J", "damaged"),
        ("play1.é", "damaged"),
        (link_of_commands([]) + "AAAA", "more"),
        (link_of_commands([{"do": "step", "steps": 10**7}]), r"steps must be .*1000000"),
        (link_of_commands([{"do": "step", "steps": 10**6}] * 2), "steps must be at most"),
        (link_of_commands([{"do": "step"}] * 5001), "at most 5000"),
        (link_of_commands([{"do": "data", "formula": "1" * 3_000_000}]), "at most 2000000"),
    ],
)
def test_damaged_and_overlong_links_are_refused(link, message):
    with pytest.raises(CommandError, match=message):
        commands_of_link(link)


# ---------------------------------------------------------------------------------- files


def saved(session, tmp_path):
    path = tmp_path / "a.session.json"
    path.write_text(json.dumps(session_document(session), allow_nan=False))
    return path


def test_a_file_opens_at_the_same_bits(tmp_path):
    session = begin()
    session.do({"do": "step", "steps": 30})
    session.do({"do": "rewind", "step": 20})
    assert bits(read_session(saved(session, tmp_path))) == bits(session)


@pytest.mark.parametrize("loss", ["cross_entropy", "mean_squared_error"])
def test_a_file_holds_the_network_and_the_data_of_ones_own(tmp_path, loss):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 4)), rng.integers(3, size=20)
    y = y if loss == "cross_entropy" else rng.normal(size=(20, 3))
    net = rewire.mlp([4, 6, 3], density=0.5, seed=0)
    commands = [{"do": "given"}, {"do": "step", "steps": 5}]
    session = Session(ArrayEngine(net, X, y, name="mine", inputs=list("abcd")), commands)
    again = read_session(saved(session, tmp_path))
    assert bits(again) == bits(session)
    assert again.frame()["data"] == session.frame()["data"]
    again.do({"do": "step", "steps": 5})
    session.do({"do": "step", "steps": 5})
    assert bits(again) == bits(session)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "other"}, "it must be a rewire session of version 1"),
        ({"version": 2}, "version 2"),
        ({"commands": [{"do": "fly"}]}, "do must be one of"),
        ({"commands": {}}, "it must hold array; got object in commands"),
        ({"given": {"X": 1}}, "it lacks|it must hold"),
        ({"commands": [{"do": "step"}]}, "network must come before step"),
    ],
)
def test_other_files_are_refused_with_their_name(tmp_path, change, message):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(session_document(begin()) | change))
    with pytest.raises(ValueError, match=rf"a\.json': .*({message})"):
        read_session(path)
