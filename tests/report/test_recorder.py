"""The recorder against what the training itself had at those moments."""

import json

import numpy as np
import pytest

import rewire
from rewire import methods
from rewire.data import load, moons
from rewire.report import Recorder, read_recording, taking, write_report
from rewire.report.recording import thin
from rewire.report.snapshots import restore
from rewire.train import Training, load_checkpoint, save_checkpoint
from rewire.train import training as training_module

X, y = moons(seed=0)


def training_of(method="rigl", total_steps=400, every=20, **options):
    net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    method = method and methods.get(method, **({} if method == "static" else {"every": every}))
    return Training(
        net, X, y, method=method, loss="hinge", total_steps=total_steps, seed=0, **options
    )


def run(training, recorder=None):
    recorder = recorder or Recorder()
    recorder.begin(training)
    go_on(training, recorder)
    return recorder.recording


def go_on(training, recorder):
    while not training.finished:
        training.advance()
        recorder(training)


def moments(recording):
    return [(frame.step, frame.kind) for frame in recording.frames]


def same(a, b):
    assert moments(a) == moments(b)
    assert (a.moments, a.interval, a.about) == (b.moments, b.interval, b.about)
    assert json.dumps(a.rewirings) == json.dumps(b.rewirings)
    for one, other in zip(a.frames, b.frames, strict=True):
        assert one.arrays.keys() == other.arrays.keys()
        for name, array in one.arrays.items():
            np.testing.assert_array_equal(array, other.arrays[name])


def test_every_rewiring_and_both_ends_have_a_frame_that_is_the_network_of_that_moment():
    training, recorder, seen = training_of(), Recorder(), {}
    seen[0] = training.net.copy()
    recorder.begin(training)
    follow = training.on_rewiring

    def watch(training):
        seen[training.step] = training.net.copy()
        follow(training)

    training.on_rewiring = watch
    go_on(training, recorder)
    seen[training.step] = training.net.copy()
    frames = {frame.step: frame for frame in recorder.recording.frames}
    assert len(seen) == 2 + len(training.history.rewirings) > 10
    for step, net in seen.items():
        got = restore(frames[step].arrays, recorder.recording.about["activations"])
        got.check()
        for name in ("source", "weight", "birth"):
            np.testing.assert_array_equal(got.connections[name], net.connections[name])
        np.testing.assert_array_equal(got.connections.indptr, net.connections.indptr)
        np.testing.assert_array_equal(got.bias, net.bias)
        np.testing.assert_allclose(got.predict(X), net.predict(X), rtol=1e-5, atol=1e-6)


def test_a_wiring_that_stays_is_looked_at_now_and_then():
    recording = run(training_of("static", report_every=5))
    assert [frame.step for frame in recording.frames] == [*range(0, 401, 10)]


@pytest.mark.parametrize("method", ["rigl", "static"])
def test_recording_changes_nothing_of_the_training(method):
    plain, watched = training_of(method), training_of(method)
    while not plain.finished:
        plain.advance()
    run(watched)
    np.testing.assert_array_equal(plain.net.connections.weight, watched.net.connections.weight)
    np.testing.assert_array_equal(plain.net.connections.source, watched.net.connections.source)
    assert plain.history["loss"] == watched.history["loss"]


def test_what_recording_takes_does_not_count_as_training(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(training_module, "perf_counter", lambda: clock[0])
    training = training_of()

    def slow(training):
        clock[0] += 1000

    training.on_rewiring = slow
    while not training.finished:
        training.advance()
    assert clock[0] > 1000
    assert training.seconds == 0


@pytest.mark.parametrize("rewirings", [127, 128, 300, 1000])
def test_frames_are_thinned_to_equal_distances(rewirings):
    net = rewire.mlp([2, 3, 1], seed=0)
    recorder = Recorder()
    recorder.start(net, X, y, method="rigl", loss="hinge", total_steps=10 * rewirings)
    for number in range(1, rewirings + 1):
        recorder.take(net, 10 * number, "rewiring")
        assert len(recorder.recording.frames) <= taking.MAX_FRAMES
    recorder.take(net, 10 * rewirings + 5, "end")
    frames = recorder.recording.frames
    assert moments(recorder.recording)[0] == (0, "start")
    assert frames[-1].kind == "end"
    assert set(np.diff(recorder.recording.moments).tolist()) == {10}
    distances = np.diff([frame.step for frame in frames[:-1]])
    assert set(distances.tolist()) == {10 * recorder.recording.interval}
    assert len(frames) > 64


def test_thinning_keeps_start_and_end():
    recording = run(training_of())
    few = thin(recording.frames, 1024)
    assert few[0].kind == "start"
    assert few[-1].kind in ("start", "end")


def test_a_recording_is_read_back_as_it_was(tmp_path):
    recorder = Recorder("mine", data="moons", classes=("a", 1), feature_names=["x", "y"])
    recording = run(training_of(validation_data=(X, y)), recorder)
    recorder.save(tmp_path / "recording.safetensors")
    for place in (tmp_path, tmp_path / "recording.safetensors"):
        got = read_recording(place)
        same(got, recording)
        assert got.rows == recording.rows
        np.testing.assert_array_equal(got.X, recording.X)
        np.testing.assert_array_equal(got.y, recording.y)


@pytest.mark.parametrize(("at", "ahead"), [(1, 0), (7, 0), (7, 3), (12, 30), (40, 0), (55, 5)])
def test_a_run_killed_after_the_recording_and_before_the_checkpoint_has_its_whole_history(
    tmp_path, at, ahead
):
    options = {"total_steps": 1200, "every": 5, "report_every": 20}
    whole = run(training_of(**options))
    assert whole.interval > 1
    killed, recorder = training_of(**options), Recorder()
    recorder.begin(killed)
    for report in range(at + ahead):
        killed.advance()
        recorder(killed)
        if report == at - 1:
            save_checkpoint(killed, tmp_path / "checkpoint.safetensors")
    recorder.save(tmp_path / "recording.safetensors")

    resumed, again = training_of(**options), Recorder()
    load_checkpoint(resumed, tmp_path / "checkpoint.safetensors")
    again.begin(resumed, tmp_path / "recording.safetensors")
    assert all(frame.step <= resumed.step for frame in again.recording.frames)
    go_on(resumed, again)
    same(again.recording, whole)


def test_a_finished_run_that_is_taken_up_again_has_one_end(tmp_path):
    training, recorder = training_of(total_steps=390), Recorder()
    recording = run(training, recorder)
    assert recording.frames[-1].step == 390
    save_checkpoint(training, tmp_path / "checkpoint.safetensors")
    recorder.save(tmp_path / "recording.safetensors")
    again, new = training_of(total_steps=390), Recorder()
    load_checkpoint(again, tmp_path / "checkpoint.safetensors")
    new.begin(again, tmp_path / "recording.safetensors")
    new.finish()
    new.finish()
    same(new.recording, recording)


def test_a_resumed_run_without_a_recording_begins_one_where_it_is(tmp_path):
    training = training_of()
    training.advance()
    recorder = Recorder()
    recorder.begin(training, tmp_path / "recording.safetensors")
    assert moments(recorder.recording) == [(training.step, "start")]


def test_the_network_that_early_stopping_keeps_has_the_last_frame():
    net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    recorder = Recorder()
    rewire.fit(
        net, X, y, loss="hinge", total_steps=4000, callbacks=[recorder], seed=0,
        validation_data=(X, -y), early_stopping=3, report_every=10,
    )  # fmt: skip
    last = recorder.recording.frames[-1]
    assert last.kind == "kept"
    assert last.step < 4000
    np.testing.assert_array_equal(last.arrays["weight"], net.connections.weight)
    assert not np.array_equal(recorder.recording.frames[-2].arrays["weight"], last.arrays["weight"])


def test_fit_records_by_a_callback():
    net = rewire.mlp([2, 8, 1], sparsity=[0, 0.5], seed=0)
    recorder = Recorder("mine")
    rewire.fit(net, X, y, loss="hinge", total_steps=200, callbacks=[recorder], seed=0)
    assert recorder.recording.about["name"] == "mine"
    assert recorder.recording.rows[-1]["step"] == 200


def test_a_custom_activation_is_looked_at_on_the_way(tmp_path):
    def square(x):
        return x * x

    custom = rewire.activations.Activation("square", square, lambda x: 2 * x)
    net = rewire.mlp([2, 4, 1], sparsity=[0, 0.5], activation=custom, seed=0, backend="numpy")
    recorder = Recorder()
    recorder.start(net, X, y, method="static", loss="hinge", total_steps=10)
    assert recorder.recording.frames[0].form == "whole"
    recorder.save(tmp_path / "it.safetensors")
    assert len(read_recording(tmp_path / "it.safetensors").frames) == 1


def test_a_network_that_diverged_has_a_report_that_says_so(tmp_path):
    net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    recorder, settings = Recorder(), {"loss": "mean_squared_error", "method": "static"}
    training = Training(net, X, y, total_steps=100, report_every=50, seed=0, **settings)
    recorder.begin(training)
    for _ in range(2):
        training.advance()
        recorder(training)
    net.connections.weight[:] = np.inf
    training.history.rows[-1]["loss"] = np.nan
    recorder.begin(training)
    recorder(training)
    text = write_report(recorder.recording, tmp_path / "it.html").read_text()
    assert "the training has diverged" in text
    assert "ends at a loss that is not finite" in text


# -------------------------------------------------------------------------------- large networks


@pytest.fixture(scope="module")
def digits():
    return load("digits")


@pytest.mark.parametrize(("share", "all_of_them"), [(0.0, False), (np.inf, True)])
def test_large_networks_are_summarised_as_far_as_time_allows(
    monkeypatch, digits, share, all_of_them
):
    monkeypatch.setattr(taking, "MAX_SHARE", share)
    net = rewire.mlp([64, 200, 10], sparsity=[0.7, 0.5], seed=0)
    recorder = Recorder(image_shape=digits.image_shape)
    history = rewire.fit(net, digits.X, digits.y, total_steps=400, seed=0, callbacks=[recorder])
    frames = recorder.recording.frames
    assert {frame.form for frame in frames} == {"summary"}
    kinds = [frame.kind for frame in frames]
    assert kinds.count("rewiring") == (len(history.rewirings) if all_of_them else 0)
    assert (kinds[0], frames[-1].step) == ("start", 400)
    assert frames[-1].arrays["totals"][0] == len(net.connections)


# ---------------------------------------------------------------------------------- what goes wrong


def test_a_folder_without_a_recording_is_refused_by_name(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"holds no recorded run: there is no recording"):
        read_recording(tmp_path)


@pytest.mark.parametrize("damage", ["cut", "flip"])
def test_a_damaged_recording_is_refused_by_name(tmp_path, damage):
    file = tmp_path / "recording.safetensors"
    recorder = Recorder()
    run(training_of(), recorder)
    recorder.save(file)
    content = bytearray(file.read_bytes())
    if damage == "cut":
        content = content[:-20]
    else:
        content[-7] ^= 1
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"recording.safetensors"):
        read_recording(tmp_path)


# --------------------------------------------------------------------------------- in a notebook


def test_a_recording_shows_itself_in_a_few_lines():
    recording = run(training_of())
    first, *others = repr(recording).splitlines()
    assert first == "<Recording of 'rigl', 2-16-16-1, steps 0 to 400 of 400"
    moved = sum(sum(record["grown"]) for record in recording.rewirings)
    assert others[0] == f"  frames      {len(recording.frames)}"
    assert (
        others[1] == f"  rewirings   {len(recording.rewirings)}, moving connections {moved} times"
    )
    assert others[2].startswith("  at the end  loss ")
    assert repr(recording.frames[0]) == "Frame(step=0, kind='start', form='snapshot', moment=0)"
