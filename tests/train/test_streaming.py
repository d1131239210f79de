"""Streams: every sample once an epoch, the bits of arrays in memory, and little memory."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire.data import Standardizer, Stream
from rewire.report import Recorder
from rewire.report.page_data import run_data
from rewire.train import load_checkpoint, save_checkpoint
from rewire.train.batches import Batches
from rewire.train.windows import WindowedBatches
from rewire.web import Packer

from .runs import bits, finish, fit, network, samples, training


def stream(buffer, seed=0, count=45):
    X, y = samples(seed, count)
    return Stream.from_arrays(X, y, buffer=buffer)


def streamed(buffer=20, **settings):
    return training(data=(stream(buffer), None), **settings)


@st.composite
def windowed(draw):
    bounds = np.cumsum([0, *draw(st.lists(st.integers(1, 9), min_size=1, max_size=12))])
    size = draw(st.integers(1, 12))
    buffer = draw(st.integers(size, 40))
    source = SimpleNamespace(buffer=buffer, bounds=bounds)
    return WindowedBatches(source, size, draw(st.integers(0, 2**32)))


def numbers(batches, step):
    """Return the samples of a step by their numbers in the whole."""
    window = np.concatenate([np.arange(*ends) for ends in batches.ranges(step)])
    assert len(window) <= batches.window
    return window[batches.rows(step)]


@given(windowed(), st.integers(0, 5))
def test_every_epoch_has_each_sample_once_in_full_batches(batches, epoch):
    first = epoch * batches.per_epoch
    found = [numbers(batches, first + i) for i in range(batches.per_epoch)]
    assert {len(part) for part in found[:-1]} <= {batches.size}
    assert sorted(np.concatenate(found)) == list(range(batches.samples))


@given(windowed(), st.integers(0, 40), st.integers(1, 60))
def test_stretches_are_the_steps_of_one_window_after_the_other(batches, first, length):
    done, last = first, first + length
    while done < last:
        part = batches.stretch(done, last)
        assert part.ndim == 2
        assert 1 <= len(part) <= last - done
        window = batches.ranges(done)
        for rows in part:
            assert batches.ranges(done) == window
            np.testing.assert_array_equal(rows[rows >= 0], batches.rows(done))
            done += 1


def test_epochs_and_windows_have_orders_of_their_own():
    batches = WindowedBatches(stream(buffer=20), 10, 0)
    found = [numbers(batches, step).tolist() for step in range(2 * batches.per_epoch)]
    assert len({tuple(part) for part in found}) == len(found)
    assert WindowedBatches(stream(buffer=20), 10, 1).ranges(0) != batches.ranges(0)


def test_a_buffer_for_everything_gives_the_order_in_memory():
    ours, theirs = WindowedBatches(stream(buffer=45), 10, 7), Batches(45, 10, 7)
    for step in range(12):
        np.testing.assert_array_equal(numbers(ours, step), theirs.rows(step))


@pytest.mark.parametrize("method", ["rigl", "snfs", "snip"])
def test_a_buffer_for_everything_gives_the_bits_of_arrays(method):
    assert bits(finish(streamed(100, method=method))) == bits(finish(training(method)))


def test_arrays_of_the_whole_and_inputs_left_out_are_the_same_too():
    for settings in ({"batch_size": 45}, {"input_dropout": 0.3}):
        assert bits(finish(streamed(45, **settings))) == bits(finish(training(**settings)))


def test_the_same_buffer_gives_the_same_bits_and_another_one_others():
    first = bits(finish(streamed(20)))
    assert bits(finish(streamed(20))) == first
    assert bits(finish(streamed(30))) != first


@pytest.mark.parametrize("stop", [1, 3, 5])
def test_a_stream_resumes_to_the_same_bits(tmp_path, stop):
    path = tmp_path / "it.safetensors"
    cut = streamed(20)
    for _ in range(stop):
        cut.advance()
    save_checkpoint(cut, path)
    resumed = streamed(20)
    load_checkpoint(resumed, path)
    assert bits(finish(resumed)) == bits(finish(streamed(20)))


def test_a_checkpoint_of_another_buffer_is_refused(tmp_path):
    save_checkpoint(streamed(20), tmp_path / "it.safetensors")
    with pytest.raises(ValueError, match="buffer"):
        load_checkpoint(streamed(30), tmp_path / "it.safetensors")


def test_files_are_the_arrays_in_them(tmp_path):
    X, y = samples()
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", y)
    files = Stream.from_arrays(tmp_path / "X.npy", tmp_path / "y.npy", buffer=20)
    ours = finish(training(data=(files, None)))
    assert bits(ours) == bits(finish(streamed(20)))


def test_a_folder_of_parquet_files_is_the_arrays_in_it(tmp_path):
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    X, y = samples()
    for number, rows in enumerate((slice(0, 17), slice(17, 45))):
        columns = {f"x{k}": X[rows, k] for k in range(8)} | {"y": y[rows]}
        parquet.write_table(pa.table(columns), tmp_path / f"{number}.parquet", row_group_size=6)
    found = Stream.from_parquet(tmp_path, "y", task="classification", buffer=100)
    assert np.diff(found.bounds).tolist() == [6, 6, 5, 6, 6, 6, 6, 4]
    assert bits(finish(training(data=(found, None)))) == bits(finish(training()))
    with pytest.raises(ValueError, match=r"target must name a column, .*got 'z'"):
        Stream.from_parquet(tmp_path, "z", buffer=100)


@pytest.mark.parametrize("weight", ["balanced", {0: 2.0}])
def test_classes_are_weighted_as_in_memory(weight):
    ours = finish(streamed(100, class_weight=weight))
    assert bits(ours) == bits(finish(training(class_weight=weight)))


def test_a_stream_validates_as_its_arrays_do():
    X, y = samples(1, 30)
    held_out = Stream.from_arrays(X, y, buffer=12)
    given = {"early_stopping": 2, "class_weight": "balanced"}
    ours = finish(training(validation_data=held_out, **given))
    theirs = finish(training(validation_data=(X, y), **given))
    for name in ("validation_loss", "validation_accuracy"):
        np.testing.assert_allclose(ours.history[name], theirs.history[name], rtol=1e-5)
    assert bits(ours)[0] == bits(theirs)[0]


def test_a_stream_to_validate_on_is_checked():
    X, y = samples()
    X[3, 1] = np.inf
    with pytest.raises(ValueError, match=r"^validation_data: samples 3 to 3: X must hold finite"):
        training(validation_data=Stream.from_arrays(X, y, buffer=16))


def test_samples_of_a_report_come_from_everywhere():
    X, y = samples(count=600)
    recorder = Recorder(data="a stream")
    net = network("set")
    stream_ = Stream.from_arrays(X, y, buffer=100)
    fit(net, (stream_, None), callbacks=[recorder], epochs=1)
    recording = recorder.recording
    np.testing.assert_array_equal(recording.X, X[::3])
    np.testing.assert_array_equal(recording.y, y[::3])
    told = "measured on at most 200 of 600 training samples, evenly spaced"
    assert told in run_data(recording, Packer())["measured_on"]


def test_a_standardizer_of_one_pass_is_that_of_the_whole():
    X, y = samples(count=200)
    source = Stream.from_arrays(X * 50 + 3, y, buffer=32)
    ours, theirs = source.fit_standardizer(), Standardizer.fit(np.asarray(X * 50 + 3))
    np.testing.assert_allclose(ours.mean, theirs.mean, rtol=1e-6)
    np.testing.assert_allclose(ours.scale, theirs.scale, rtol=1e-6)
    inputs, _ = source.standardized(ours).read(0, 2)
    np.testing.assert_allclose(inputs, ours.transform(X[:2] * 50 + 3), rtol=1e-6)


def test_bad_samples_are_refused_by_their_place():
    X, y = samples()
    X[30, 2] = np.nan
    with pytest.raises(ValueError, match=r"^samples 30 to 31: X must hold finite"):
        fit(data=(Stream.from_arrays(X, y, buffer=32), None))


@pytest.mark.parametrize(
    ("problem", "how"),
    [
        (r"buffer must hold at least a batch of 10 samples; got 9", {"data": (stream(9), None)}),
        (r"y must be None for a stream", {"data": (stream(20), samples()[1])}),
        (r"y must hold the targets of X; got None", {"data": (samples()[0], None)}),
    ],
)  # fmt: skip
def test_what_does_not_fit_a_stream_is_refused(problem, how):
    with pytest.raises(ValueError, match=problem):
        fit(**how)


@pytest.mark.parametrize("buffer", ["500", "0 MB", "1.2.3 MB", "10 bananas", ""])
def test_a_buffer_that_is_no_size_is_refused(buffer):
    with pytest.raises(ValueError, match=r"buffer must be a number of samples, or the size"):
        stream(buffer)


def test_a_buffer_may_be_said_in_bytes():
    assert stream("4 kB").buffer == 4000 // (8 * 4 + 8)


MEMORY = r"""
import re, sys
import numpy as np
import rewire
from rewire.data import Stream
folder, whole = sys.argv[1], sys.argv[2] == "whole"
net = rewire.mlp([256, 4, 1], density=0.1, seed=0)
def learn(X, y=None):
    rewire.fit(net, X, y, method=None, total_steps=400, batch_size=64, optimizer="adam")
    # Of this program alone; ru_maxrss begins with that of the process which started it.
    return int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1])
small = np.ones((128, 256), np.float32), np.zeros(128)
before = learn(*small)  # imports and compilation
path = folder + "/X.npy"
y = np.zeros(60_000)
if whole:
    print(learn(np.load(path).astype(np.float32), y) - before)
else:
    print(learn(Stream.from_arrays(path, y, buffer=4096)) - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_follows_the_buffer_and_not_the_data(tmp_path):
    X = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", np.float64, (60_000, 256))
    for first in range(0, len(X), 6000):
        X[first : first + 6000] = np.random.default_rng(first).normal(size=(6000, 256))
    X.flush()
    grown = {}
    for how in ("whole", "stream"):
        command = [sys.executable, "-c", MEMORY, str(tmp_path), how]
        grown[how] = int(subprocess.run(command, capture_output=True, check=True).stdout)
    assert grown["whole"] > 100_000  # kB; the arrays
    assert grown["stream"] < grown["whole"] / 3
