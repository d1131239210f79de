"""The page as text: what it holds, what it may weigh, and that nothing is fetched."""

import base64
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

import rewire
from rewire.assess import assess
from rewire.data import load, moons
from rewire.report import Recorder, read_recording, write_report
from rewire.report import page as page_module

X, y = moons(seed=0)


def recorded(method="rigl", name=None, total_steps=1000, **options):
    net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    recorder = Recorder(name, **{"data": "moons", **options})
    rewire.fit(
        net,
        X,
        y,
        loss="hinge",
        method=method,
        total_steps=total_steps,
        seed=0,
        callbacks=[recorder],
    )
    return recorder.recording


@pytest.fixture(scope="module")
def rigl():
    return recorded()


@pytest.fixture(scope="module")
def static():
    return recorded("static")


def contents(path):
    """Return the page's data, and a function that unpacks its arrays."""
    text = path.read_text(encoding="utf-8")
    data = json.loads(re.search(r'<script id="data"[^>]*>(.*?)</script>', text, re.S)[1])
    packed = base64.b64decode(re.search(r'<script id="arrays"[^>]*>(.*?)</script>', text, re.S)[1])

    def unpacked(where):
        kind, first, length = where
        dtype = np.dtype(kind.removesuffix("Array").lower()).newbyteorder("<")
        assert first % dtype.itemsize == 0  # or JavaScript refuses
        return np.frombuffer(packed, dtype, length, first)

    return data, unpacked


def test_every_frame_of_the_page_is_the_wiring_of_that_moment(rigl, tmp_path):
    data, unpacked = contents(write_report(rigl, tmp_path / "it.html"))
    (run,) = data["runs"]
    assert len(run["frames"]) == len(rigl.frames)
    for shown, frame in zip(run["frames"], rigl.frames, strict=True):
        assert (shown["step"], shown["kind"]) == (frame.step, frame.kind)
        arrays = {name: unpacked(where) for name, where in shown["arrays"].items()}
        target = np.repeat(np.arange(35), np.diff(frame.arrays["indptr"]))
        np.testing.assert_array_equal(arrays["source"], frame.arrays["source"])
        np.testing.assert_array_equal(arrays["target"], target)
        np.testing.assert_array_equal(arrays["weight"], frame.arrays["weight"])
        np.testing.assert_array_equal(arrays["fan_in"], np.diff(frame.arrays["indptr"]))


def test_connections_marked_as_moved_are_those_that_the_rewirings_moved(rigl, tmp_path):
    data, unpacked = contents(write_report(rigl, tmp_path / "it.html"))
    records = {record["step"]: record for record in rigl.rewirings}
    assert any(sum(record["grown"]) for record in records.values())
    for shown in data["runs"][0]["frames"]:
        record = records.get(shown["step"], {"grown": [], "dropped": []})
        assert unpacked(shown["arrays"]["grown"]).sum() == sum(record["grown"])
        assert len(unpacked(shown["arrays"]["dropped"])) == sum(record["dropped"])
        if sum(record["grown"]):
            n = sum(record["grown"])
            assert f"{n} connections dropped, {n} grown" in shown["caption"]


def test_the_moved_connections_are_named(rigl, tmp_path):
    data, unpacked = contents(write_report(rigl, tmp_path / "it.html"))
    before = None
    for shown in data["runs"][0]["frames"]:
        arrays = {name: unpacked(where).tolist() for name, where in shown["arrays"].items()}
        pairs = list(zip(arrays["source"], arrays["target"], strict=True))
        if before is not None:
            gone = {before[i] for i in arrays["dropped"]}
            new = {p for p, grown in zip(pairs, arrays["grown"], strict=True) if grown}
            assert set(pairs) == (set(before) - gone) | new
        before = pairs


def test_runs_on_different_data_are_told_apart_by_them(rigl, tmp_path):
    other = recorded(data="a circle")
    text = write_report([rigl, other], tmp_path / "it.html").read_text()
    data, _ = contents(tmp_path / "it.html")
    assert [run["name"] for run in data["runs"]] == ["RigL on moons", "RigL on a circle"]
    assert data["lede"][0].startswith(
        "Sparse networks learn on different data, “moons” and “a circle”."
    )
    assert "RigL on a circle, moving" in re.search("<title>(.*?)</title>", text)[1]
    write_report([rigl, rigl], tmp_path / "same.html")
    same, _ = contents(tmp_path / "same.html")
    assert same["lede"][0].startswith("A sparse network learns on the data “moons”.")


def test_the_title_says_how_the_runs_ended(static, rigl, tmp_path):
    text = write_report([static, rigl], tmp_path / "it.html").read_text()
    title = re.search("<title>(.*?)</title>", text)[1]
    moved = sum(sum(record["grown"]) for record in rigl.rewirings)
    share = 100 * rigl.rows[-1]["accuracy"]
    assert re.match(
        rf"Static wiring ends at \d+% accuracy with \d+ of its 33 neurons in use; RigL, "
        rf"moving connections {moved} times, ends at {share:.3g}% accuracy with "
        r"\d+ of its 33 neurons in use",
        title,
    )


def test_runs_of_one_method_are_told_apart(rigl, tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        rigl.save(tmp_path / name / "recording.safetensors")
    data, _ = contents(write_report([tmp_path / "first", tmp_path / "second"], tmp_path / "a.html"))
    assert [run["name"] for run in data["runs"]] == ["RigL (first)", "RigL (second)"]
    data, _ = contents(write_report([rigl, rigl], tmp_path / "b.html"))
    assert [run["name"] for run in data["runs"]] == ["RigL (1)", "RigL (2)"]


class References(HTMLParser):
    """Everything that a browser would fetch."""

    def __init__(self):
        super().__init__()
        self.found, self.policy = [], ""

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"]
        self.found += [given[key] for key in ("src", "srcset", "data", "poster") if key in given]
        if tag == "link":
            self.found.append(given.get("href"))


def test_nothing_is_fetched_and_nothing_may_be(rigl, tmp_path):
    parser = References()
    parser.feed(write_report(rigl, tmp_path / "it.html").read_text())
    assert parser.found == []
    assert "default-src 'none'" in parser.policy


def test_the_licence_of_the_library_is_in_the_page(rigl, tmp_path):
    text = write_report(rigl, tmp_path / "it.html").read_text()
    assert "Permission to use, copy, modify, and/or distribute this software" in text
    assert "https://d3js.org v7.9.0 Copyright 2010-2023 Mike Bostock" in text


def test_names_cannot_break_out_of_the_page(tmp_path):
    evil = "</script><img src=x onerror=alert(1)>{{arrays}}"
    path = write_report(recorded(name=evil, feature_names=[evil, "b"]), tmp_path / "it.html")
    data, _ = contents(path)
    assert data["runs"][0]["name"] == evil
    parser = References()
    parser.feed(path.read_text())
    assert parser.found == []


@pytest.mark.parametrize("budget", [450_000, 420_000])
def test_a_page_too_heavy_leaves_out_frames_but_not_the_ends(rigl, tmp_path, monkeypatch, budget):
    monkeypatch.setattr(page_module, "MAX_BYTES", budget)
    path = write_report([rigl], tmp_path / "it.html")
    data, _ = contents(path)
    total_steps = [frame["step"] for frame in data["runs"][0]["frames"]]
    assert path.stat().st_size <= budget
    assert 2 <= len(total_steps) < len(rigl.frames)
    assert total_steps[0] == 0


def test_the_most_that_is_drawn_stays_below_ten_megabytes(tmp_path):
    net = rewire.mlp([50, 300, 50, 10], density=0.09, seed=0)
    assert 2500 < len(net.connections) <= 3000
    random = np.random.default_rng(0)
    recorder = Recorder()
    recorder.start(
        net, random.normal(size=(300, 50)), np.arange(300) % 10,
        method="rigl", loss="cross_entropy", total_steps=127,
    )  # fmt: skip
    for step in range(1, 128):
        net.connections.weight[:] = random.normal(size=len(net.connections))
        gone = random.choice(len(net.connections), 100, replace=False)
        net.connections.replace(gone, [], [])
        net.version += 1
        absent = np.setdiff1d(np.arange(50 * 300), _keys(net))[:100]
        net.connections.replace([], absent % 50, 50 + absent // 50)
        net.version += 1
        recorder.take(net, step, "rewiring")
    recordings = [recorder.recording] * 3
    assert len(recorder.recording.frames) == 128
    path = write_report(recordings, tmp_path / "it.html")
    assert path.stat().st_size < 10_000_000


def _keys(net):
    target = net.connections.target
    first = target < 350
    return (target[first] - 50) * 50 + net.connections.source[first]


def test_numbers_that_json_does_not_know_become_gaps(tmp_path):
    data = load("diabetes")
    recorder = Recorder()
    net = rewire.mlp([10, 20, 1], sparsity=[0.5, 0], seed=0)
    rewire.fit(
        net, data.X, (data.y - data.y.mean()) / data.y.std(), epochs=5, seed=0,
        method="static", callbacks=[recorder],
    )  # fmt: skip
    shown, _ = contents(write_report(recorder.recording, tmp_path / "it.html"))
    run = shown["runs"][0]
    assert set(run["rows"]["accuracy"]) == {None}
    assert run["classifies"] is False
    assert "ends at loss" in shown["title"]


def test_a_page_that_cannot_be_written_leaves_the_one_before(rigl, tmp_path):
    path = write_report(rigl, tmp_path / "it.html")
    before = path.read_bytes()
    with pytest.raises(FileNotFoundError, match="recorded run"):
        write_report([rigl, tmp_path / "nothing"], path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["it.html"]


def test_no_runs_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"runs must hold at least one run; got none"):
        write_report([], tmp_path / "it.html")


def test_the_same_recording_gives_the_same_page(rigl, tmp_path):
    rigl.save(tmp_path / "recording.safetensors")
    again = read_recording(tmp_path)
    one, other = (write_report(r, tmp_path / f"{r is again}.html") for r in (rigl, again))
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("sparsity", [0.5, 0.99])  # many connections, and few
def test_a_page_does_not_grow_with_a_name_and_a_row_for_each_input(tmp_path, sparsity):
    inputs = 4000
    X = np.random.default_rng(0).normal(size=(20, inputs)).astype(np.float32)
    names = [f"a long name of input {i}" for i in range(inputs)]
    recorder = Recorder(data="wide", feature_names=names)
    net = rewire.mlp([inputs, 10, 1], sparsity=[sparsity, 0], seed=0)
    rewire.fit(net, X, np.sign(X[:, 0]), total_steps=3, callbacks=[recorder], seed=0)
    rows = [
        {"column": name, "inputs": 1, "kept": i % 2 == 0, "strength": 0.0}
        | {"importance": 0.1 if i < 50 else None, "deviation": 0.0}
        for i, name in enumerate(names)
    ]
    answers = np.column_stack([1 - (y := np.arange(20) % 2), y]).astype(float)
    found = assess(lambda _: answers, {"training": (X, y)}, "classification").to_dict()
    recorder.recording.about["assessment"] = {**found, "inputs": rows}
    path = write_report(recorder.recording, tmp_path / "it.html")
    (run,) = contents(path)[0]["runs"]
    shown = run["assessment"]["inputs"]
    assert [shown[name] for name in ("all", "used", "shuffled")] == [inputs, inputs // 2, 25]
    assert (len(shown["shown"]), len(shown["unused"])) == (20, 30)
    drawn = run["feature_names"]
    assert 0 < len(drawn) < 300  # of the strongest paths, in any of the frames
    assert all(name == names[int(number)] for number, name in drawn.items())
    assert path.read_text().count("a long name") < 400
