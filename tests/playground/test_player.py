"""What runs a session: steps that are due, and nothing that grows."""

import threading

import pytest

from rewire.playground import film as film_module
from rewire.playground import player as player_module
from rewire.playground.commands import CommandError
from rewire.playground.exports import export
from rewire.playground.links import link_of_commands
from rewire.playground.player import Player

from .sessions import SMALL, begin, bits


@pytest.fixture
def player():
    return Player(begin(), speed=40)


def test_it_makes_the_steps_that_are_due_while_it_runs(player):
    player.tick(1.0)
    assert player.session.step == 0
    player.send({"do": "run"})
    for _ in range(40):
        player.tick(0.05)
    assert player.session.step == 80
    player.send({"do": "speed", "value": 5})
    for _ in range(40):
        player.tick(0.05)
    assert player.session.step in (90, 91)  # a step may be due from before
    player.send({"do": "pause"})
    player.tick(1.0)
    assert player.session.step in (90, 91)


def test_running_and_stepping_give_the_same_bits(player):
    player.send({"do": "run"})
    for _ in range(30):
        player.tick(0.05)
    stepped = begin()
    stepped.do({"do": "step", "steps": player.session.step})
    assert bits(player.session) == bits(stepped)


def test_a_running_session_records_one_command(player):
    before = len(player.session.record.done)
    player.send({"do": "run"})
    for _ in range(30):
        player.tick(0.05)
    assert len(player.session.record.done) == before + 1


def test_a_problem_stops_it_and_is_told(player, monkeypatch):
    player.send({"do": "run"})

    def diverge(command):
        raise CommandError("the network has diverged")

    monkeypatch.setattr(player.session, "do", diverge)
    player.tick(1.0)
    assert (player.running, player.problem) == (False, "the network has diverged")
    player.send({"do": "pause"})
    assert player.frame()["problem"] is None


def test_frames_wait_for_changes(player):
    seen = player.frame()["frame"]
    assert not player.wait(seen, timeout=0.0)
    player.send({"do": "step"})
    assert player.wait(seen, timeout=0.0)


@pytest.mark.parametrize(
    "command", [{"do": "speed"}, {"do": "speed", "value": 0}, {"do": "speed", "value": True}, 7]
)
def test_what_it_does_not_take_is_refused(player, command):
    with pytest.raises(CommandError):
        player.send(command)


def elsewhere(do):
    """Return what another thread gets, which would wait for ever if the session were held."""
    found = []
    thread = threading.Thread(target=lambda: found.append(do()), daemon=True)
    thread.start()
    thread.join(20)
    return found[0]


def test_between_parts_of_steps_others_are_answered_and_a_pause_ends_them(player, monkeypatch):
    seen = []

    def between(seconds):
        seen.append(elsewhere(lambda: player.frame()["step"]))
        if len(seen) == 3:
            elsewhere(lambda: player.send({"do": "pause"}))

    monkeypatch.setattr(player._closed, "wait", between)
    player.send({"do": "step", "steps": 100_000})
    assert 0 < seen[0] < seen[1] < seen[2] == player.session.step < 100_000
    stepped = begin()
    stepped.do({"do": "step", "steps": seen[2]})
    assert bits(player.session) == bits(stepped)
    assert player.session.record.done == stepped.record.done


@pytest.fixture
def parts(monkeypatch):
    """Have long work done in parts of fifty steps, however long they take."""
    monkeypatch.setattr(player_module, "PART", 0)


@pytest.fixture(params=["rewind", "open"])
def replacing(request, player):
    """A command that takes a while, for a player at step 300, and what it leads to."""
    player.send({"do": "step", "steps": 120})
    link = export(player.session, "link")[2].decode()
    expected = bits(player.session)
    player.send({"do": "step", "steps": 180})
    player.session._snapshots.forget_after(player.session.record.moment(0, None))
    if request.param == "open":
        return {"do": "open", "link": link}, expected, 120
    return {"do": "rewind", "step": 120}, expected, 300


def test_others_are_answered_while_another_moment_is_computed(player, parts, replacing):
    command, expected, end = replacing
    seen = []
    for _ in player.work(command):
        frame = elsewhere(player.frame)
        seen.append((frame["step"], frame["working"]))
    assert len(seen) > 2
    assert set(seen) == {(300, True)}
    assert bits(player.session) == expected
    frame = player.frame()
    assert (frame["end"], frame["working"]) == (end, False)


@pytest.mark.parametrize("other", [{"do": "pause"}, {"do": "rewind", "step": 300}])
def test_another_moment_that_takes_long_can_be_stopped(player, parts, replacing, other):
    before = bits(player.session)
    work = player.work(replacing[0])
    next(work)
    elsewhere(lambda: player.send(other))
    with pytest.raises(CommandError, match="was stopped; the session is as it was"):
        next(work)
    assert (player.session.step, player.frame()["working"]) == (300, False)
    assert bits(player.session) == before
    player.send(replacing[0])
    assert bits(player.session) == replacing[1]


def test_what_is_done_meanwhile_is_not_lost_to_a_rewinding(player, parts, replacing):
    work = player.work(replacing[0])
    next(work)
    elsewhere(lambda: player.send({"do": "prune", "density": 0.1}))
    with pytest.raises(CommandError, match="gone on meanwhile"):
        list(work)
    assert (player.session.step, player.session.record.done[-1]["do"]) == (300, "prune")


def test_a_session_of_more_steps_than_one_command_may_have_is_opened_again(player):
    link = link_of_commands([*SMALL, {"do": "step", "steps": 100_001}])
    player.send({"do": "open", "link": link})
    assert player.session.step == 100_001


def test_a_film_shows_steps_and_needs_some(monkeypatch):
    monkeypatch.setattr(film_module, "SECONDS", 0.3)
    session = begin()
    with pytest.raises(CommandError, match="a film must show some steps"):
        export(session, "film")
    session.do({"do": "step", "steps": 6})
    session.do({"do": "add_neuron", "rank": 1})
    session.do({"do": "step", "steps": 6})
    name, kind, content = export(session, "film")
    assert (name, kind, content[:4], content[8:12]) == ("film.webp", "image/webp", b"RIFF", b"WEBP")


def test_a_network_file_holds_the_network(tmp_path):
    import rewire

    session = begin()
    session.do({"do": "freeze", "neuron": 3})
    path = tmp_path / "network.safetensors"
    path.write_bytes(export(session, "network", lane=1)[2])
    net = rewire.load(path)
    assert (net.predict([[0.5, 1]]) == session.lanes[1].net.predict([[0.5, 1]])).all()
    assert "frozen" not in net.neurons
