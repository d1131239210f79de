"""The widget speaks the protocol of Jupyter's widgets: messages of a comm, in both directions."""

import threading

import comm
import numpy as np
import pytest
from comm.base_comm import BaseComm
from scipy.sparse import csr_array

import rewire
from rewire.playground import widget as widget_module
from rewire.playground.commands import CommandError
from rewire.playground.watching import Watch
from rewire.train import Training

from .sessions import bits


class Kernel(BaseComm):
    """What a widget sends to its views."""

    def __init__(self, *args, **kwargs):
        self.sent, self.arrived = [], threading.Condition()
        super().__init__(*args, **kwargs)

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        with self.arrived:
            self.sent.append((msg_type, data))
            self.arrived.notify_all()

    def wait_for(self, fits):
        """Return the first message that fits, which may be yet to come."""

        def found():
            return next((m for m in self.messages() if fits(m)), None)

        with self.arrived:
            assert self.arrived.wait_for(found, timeout=20)
            return found()

    def messages(self):
        return [data["content"] for _, data in self.sent if data.get("method") == "custom"]


@pytest.fixture
def opened(monkeypatch):
    monkeypatch.setattr(comm, "create_comm", Kernel)
    made = []

    def open_(widget):
        made.append(widget)
        return widget

    yield open_
    for widget in made:
        widget.close()


def say(widget, **content):
    """Send a message as a view does."""
    data = {"method": "custom", "content": content}
    widget._handle_msg({"content": {"data": data}, "buffers": []})


def test_it_brings_its_module_and_style(opened):
    widget = opened(rewire.play())
    [(kind, data)] = [sent for sent in widget.comm.sent if sent[0] == "comm_open"]
    assert kind == "comm_open"
    assert data["state"]["_model_module"] == "anywidget"
    assert "export default" in data["state"]["_esm"]
    assert "mount" in data["state"]["_esm"]


def test_views_get_frames_send_commands_and_are_told_refusals(opened):
    widget = opened(rewire.play())
    say(widget, open=True)
    first = widget.comm.wait_for(lambda m: "frame" in m)["frame"]
    assert len(first["data"]["points"]) == 100
    say(widget, seen=first["frame"])
    say(widget, id=1, command={"do": "step", "steps": 7})
    assert widget.comm.wait_for(lambda m: m.get("id") == 1) == {"id": 1, "result": None}
    later = widget.comm.wait_for(lambda m: m.get("frame", {}).get("step") == 7)["frame"]
    assert "data" not in later
    say(widget, id=2, command={"do": "cut", "source": 0, "target": 1})
    assert "not connected" in widget.comm.wait_for(lambda m: m.get("id") == 2)["error"]
    say(widget, id=3, export="script")
    assert widget.comm.wait_for(lambda m: m.get("id") == 3)["result"]["name"] == "session.py"
    say(widget, id=4, export="poem")
    assert "kind must be one of" in widget.comm.wait_for(lambda m: m.get("id") == 4)["error"]


@pytest.mark.parametrize(
    "content", [{}, {"command": 7, "id": 9}, {"id": 1}, {"export": 3, "id": 9}]
)
def test_nonsense_changes_nothing(opened, content):
    widget = opened(rewire.play())
    before = bits(widget.player.session)
    say(widget, **content)
    assert bits(widget.player.session) == before


def test_it_shows_a_network_and_data_of_ones_own(opened):
    X = np.random.default_rng(0).normal(size=(20, 4))
    net = rewire.mlp([4, 5, 3], seed=0)
    widget = opened(rewire.play(net, X, np.arange(20) % 3, inputs=list("abcd")))
    say(widget, open=True)
    frame = widget.comm.wait_for(lambda m: "frame" in m)["frame"]
    assert frame["data"]["inputs"] == list("abcd")
    assert frame["lanes"][0]["ranks"] == [4, 5, 3]


def test_what_nobody_looks_at_pauses(opened, monkeypatch):
    monkeypatch.setattr(widget_module, "PATIENCE", -1.0)
    widget = opened(rewire.play())
    say(widget, open=True)
    widget.player.send({"do": "run"})
    with widget.player._changed:
        assert widget.player._changed.wait_for(lambda: not widget.player.running, timeout=20)


def test_without_anywidget_the_extra_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "rewire.playground.widget")
    with pytest.raises(ImportError, match=r"rewire-nn\[notebook\]"):
        rewire.play()


# ------------------------------------------------------------------------------ watching


def watched(method="set", as_given=np.asarray):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 2))
    net = rewire.mlp([2, 8, 1], density=0.5, seed=0)
    method = rewire.methods.get(method, every=10)
    y = (X[:, 0] > 0).astype(int)
    return Training(net, as_given(X), y, method=method, total_steps=60, report_every=20)


def test_a_training_is_watched_and_then_operated_on():
    training, watch = watched(), Watch("mine")
    watch._next = -1.0
    watch.begin(training)
    first = watch.frame()
    assert (first["step"], first["watching"], first["end"]) == (0, True, 60)
    assert len(first["data"]["points"]) == 40
    with pytest.raises(CommandError, match="until the training"):
        watch.send({"do": "step"})
    while not training.finished:
        training.advance()
        watch(training)
    last = watch.frame(first["cursor"])
    assert last["step"] == 60
    assert [row[0] for row in last["curve"]["rows"]] == [20, 40, 60]
    assert len(last["lanes"][0]["grown"]) == training.rewirer.history[-1].moved > 0
    assert "data" not in last
    watch.finish(training)
    frame = watch.frame(last["cursor"])
    assert len(frame["lanes"]) == 2
    assert len(frame["data"]["points"]) == 40
    watch.send({"do": "step", "steps": 3})
    assert watch.frame()["step"] == 3
    assert watch.export("session")[0] == "session.json"
    watch.close()


def test_a_training_of_sparse_data_is_watched_and_stays_as_it_was_last():
    training, watch = watched(as_given=csr_array), Watch()
    watch.begin(training)
    watch.finish(training)
    frame = watch.frame()
    assert (frame["step"], frame["running"]) == (0, False)
    assert "X must be a dense array" in frame["problem"]
    with pytest.raises(CommandError, match="cannot be had here: X must be a dense array"):
        watch.send({"do": "step"})


def test_watching_changes_nothing_of_what_is_learnt():
    alone, seen = watched("rigl"), watched("rigl")
    watch = Watch()
    watch.begin(seen)
    for training in (alone, seen):
        while not training.finished:
            training.advance()
    assert np.array_equal(alone.net.connections.weight, seen.net.connections.weight)
    assert np.array_equal(alone.net.connections.source, seen.net.connections.source)


def test_fit_shows_a_widget_that_follows_it(opened, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    X = np.random.default_rng(0).normal(size=(40, 2))
    net = rewire.mlp([2, 8, 1], density=0.5, seed=0)
    rewire.fit(net, X, (X[:, 0] > 0).astype(int), total_steps=30, progress="widget")
    [widget] = map(opened, shown)
    assert widget.player.frame()["lanes"][0]["ranks"] == [2, 8, 1]
    session = widget.player.frame()
    assert session["settings"]["data"] == {"do": "given"}
