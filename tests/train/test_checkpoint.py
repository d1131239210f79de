"""Checkpoints: a stopped training goes on to the same bits, and no broken file does harm."""

import dataclasses
import json
import struct
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

import rewire
from rewire.export import save_safetensors
from rewire.export.tensors import read_tensors, write_tensors
from rewire.methods import registry as methods
from rewire.schedules import Cosine, Linear
from rewire.train import EarlyStopping, load_checkpoint, read_history, save_checkpoint
from rewire.train.checkpoint import Throttle
from rewire.train.describe import describe, fingerprint

from .runs import METHODS, bits, finish, network, samples, training

OPTIMIZERS = {
    "momentum": lambda: rewire.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "adam": lambda: rewire.optimizers.Adam(0.01),
    "adamw": lambda: rewire.optimizers.AdamW(0.01),
}


def stop_and_go(make, path, reports=2):
    """Stop after some reports, save, and go on in a training made anew."""
    first = make()
    for _ in range(reports):
        first.advance()
    save_checkpoint(first, path)
    second = make()
    load_checkpoint(second, path)
    assert bits(second) == bits(first)
    return finish(second)


# --------------------------------------------------------------------------------- the same bits


@pytest.mark.parametrize("method", METHODS)
def test_every_method_goes_on_to_the_same_bits(method, tmp_path):
    for reports in (0, 1, 4):
        resumed = stop_and_go(lambda: training(method), tmp_path / "run.safetensors", reports)
        assert bits(resumed) == bits(finish(training(method)))
        resumed.net.check()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_goes_on_to_the_same_bits(optimizer, dtype, tmp_path):
    def make():
        return training(
            "rigl",
            net=network(dtype=dtype),
            data=samples(dtype=dtype),
            optimizer=OPTIMIZERS[optimizer](),
            schedule=Cosine(1, 1, 0.1),
        )

    assert bits(stop_and_go(make, tmp_path / "run.safetensors")) == bits(finish(make()))


def test_sparse_inputs_and_early_stopping_go_on_too(tmp_path):
    X, y = samples()

    def make():
        return training(
            "set",
            data=(csr_array(X), y),
            validation_data=samples(1),
            early_stopping=EarlyStopping(3),
            total_steps=400,
        )

    whole = finish(make())
    assert whole.stopped
    resumed = stop_and_go(make, tmp_path / "run.safetensors", len(whole.history) - 2)
    assert bits(resumed) == bits(whole)
    for done in (whole, resumed):
        done.finish()
    assert bits(resumed) == bits(whole)


def test_stopped_within_a_report(tmp_path):
    first = training("rigl")
    learn = first.trainer.learn

    def learn_and_interrupt(*arguments, **options):
        first.interrupted = first.done >= 13
        return learn(*arguments, **options)

    first.trainer.learn = learn_and_interrupt
    assert first.advance()
    assert not first.advance()
    assert first.done % 11
    save_checkpoint(first, tmp_path / "run.safetensors")
    second = training("rigl")
    load_checkpoint(second, tmp_path / "run.safetensors")
    assert bits(finish(second)) == bits(finish(training("rigl")))


def test_fit_goes_on_where_a_file_is(tmp_path):
    path = tmp_path / "run.safetensors"
    fit = partial(rewire.fit, X=samples()[0], y=samples()[1], method="set", batch_size=10, epochs=8)
    whole = network()
    history = fit(whole)

    class CrashError(Exception):
        pass

    def crash(training):
        if len(training.history) == 3:
            save_checkpoint(training, path)  # as if it had just been time to
            raise CrashError

    with pytest.raises(CrashError):
        fit(network(), checkpoint=path, callbacks=[crash])
    net = network()
    total_steps = []
    resumed = fit(
        net, checkpoint=path, callbacks=[lambda training: total_steps.append(training.step)]
    )
    assert total_steps == [20, 25, 30, 35, 40]
    assert net.connections.weight.tobytes() == whole.connections.weight.tobytes()
    assert resumed["loss"] == history["loss"]
    # A finished one is not trained any further, also when it starts from elsewhere.
    again = fit(network(), checkpoint=path)
    assert again["loss"] == history["loss"]
    assert read_history(path).rows == again.rows
    assert repr(read_history(path).rewirings) == repr(again.rewirings)
    assert [file.name for file in tmp_path.iterdir()] == ["run.safetensors"]


def test_early_stopping_of_a_finished_run_brings_back_the_best_again(tmp_path):
    path = tmp_path / "run.safetensors"
    nets = [network(), network()]
    for net in nets:
        rewire.fit(
            net,
            *samples(),
            method="set",
            batch_size=10,
            epochs=60,
            validation_data=samples(1),
            early_stopping=4,
            checkpoint=path,
        )
    assert nets[0].connections.weight.tobytes() == nets[1].connections.weight.tobytes()


# ---------------------------------------------------------------------------- what is refused


@pytest.fixture
def saved(tmp_path):
    first = fresh_training()
    first.advance()
    save_checkpoint(first, tmp_path / "run.safetensors")
    return tmp_path / "run.safetensors"


def fresh_training():
    return training("rigl", validation_data=samples(1))


def refuses(path, match, make=fresh_training):
    """The file is refused, and the training can do without it as if nothing had been."""
    fresh = make()
    before, version = bits(fresh), fresh.net.version
    with pytest.raises(ValueError, match=match):
        load_checkpoint(fresh, path)
    assert bits(fresh) == before
    assert fresh.net.version == version


def test_a_file_cut_short_at_any_length_is_refused(saved):
    whole = saved.read_bytes()
    lengths = {0, 1, 7, 8, 9, 100, len(whole) // 2, len(whole) - 1}
    lengths |= set(np.random.default_rng(0).integers(0, len(whole), 60).tolist())
    for length in sorted(lengths):
        saved.write_bytes(whole[:length])
        refuses(saved, "cannot read '.*run.safetensors'")
    assert [file.name for file in saved.parent.iterdir()] == [saved.name]


def test_a_flipped_bit_anywhere_is_refused(saved):
    whole = bytearray(saved.read_bytes())
    random = np.random.default_rng(0)
    for place in random.integers(0, len(whole), 150):
        bit = 1 << int(random.integers(8))
        whole[place] ^= bit
        saved.write_bytes(whole)
        refuses(saved, "cannot read '.*run.safetensors'")
        whole[place] ^= bit


def test_something_else_is_refused(saved):
    save_safetensors(network(), saved)
    refuses(saved, "it must be a checkpoint; got a network")
    saved.write_bytes(b"PK\x03\x04 an archive of something")
    refuses(saved, "cannot read '.*run.safetensors'")
    header = json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    saved.write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))
    refuses(saved, "a safetensors file, but not one that rewire wrote")


def test_a_newer_version_is_refused(saved, monkeypatch):
    tensors, header = read_tensors(saved, kind="checkpoint")
    monkeypatch.setattr("rewire.export.tensors.VERSION", 2)
    write_tensors(saved, tensors, header, kind="checkpoint")
    monkeypatch.undo()
    refuses(saved, "its version must be at most 1; got 2: update rewire")


@pytest.mark.parametrize("lost", ["settings", "network", "method", "totals", "since", "rows"])
def test_a_file_that_lacks_something_is_refused(lost, saved):
    tensors, header = read_tensors(saved, kind="checkpoint")
    del header[lost]
    write_tensors(saved, tensors, header, kind="checkpoint")
    refuses(saved, f"cannot read '.*run.safetensors': it lacks '{lost}'")


OTHERS = {
    "network": {"net": rewire.mlp([8, 15, 10, 3], density=[0.4, 0.5, 0.8], seed=3)},
    "network ": {"net": rewire.mlp([8, 14, 10, 3], density=[0.6, 0.5, 0.8], seed=3)},
    "network  ": {
        "net": rewire.mlp([8, 14, 10, 3], density=[0.4, 0.5, 0.8], seed=3, activation="tanh")
    },
    "method": {"method": "set", "net": network("rigl")},
    "method ": {"method": methods["rigl"](every=8), "net": network("rigl")},
    "optimizer": {"optimizer": rewire.optimizers.SGD(0.06, momentum=0.9)},
    "optimizer ": {"optimizer": rewire.optimizers.Adam(0.05)},
    "loss": {"loss": rewire.losses.CrossEntropy(l2=0.1)},
    "total_steps": {"total_steps": 61},
    "batch_size": {"batch_size": 11},
    "schedule": {"schedule": Linear(1, 0.5)},
    "report_every": {"report_every": 12},
    "seed": {"seed": 6},
    "early_stopping": {"early_stopping": 3},
    "X": {"data": (samples()[0] + np.float32(1e-6), samples()[1])},
    "y": {"data": (samples()[0], samples()[1][::-1].copy())},
    "validation_data": {"validation_data": samples(2)},
    "validation_data ": {"validation_data": None},
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_settings_are_refused_by_name(name, saved):
    make = partial(training, **{"validation_data": samples(1), "method": "rigl"} | OTHERS[name])
    refuses(saved, f"run.safetensors': it was made with {name.strip()} = ", make)


def test_nothing_is_left_behind_where_writing_fails(saved, monkeypatch):
    before = saved.read_bytes()
    first = fresh_training()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)  # all is written by then, under the temporary name
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(first, saved)
    assert saved.read_bytes() == before
    assert [file.name for file in saved.parent.iterdir()] == [saved.name]


# -------------------------------------------------------------------------------- descriptions


DESCRIBE = """
from rewire.methods import registry as methods
from rewire.train.describe import describe
from rewire.schedules import Linear
for name, make in methods.items():
    print(describe(make()))
print(describe(Linear(1, 0.1)))
"""


def test_descriptions_are_the_same_in_every_process():
    # Addresses and the order of sets differ from process to process.
    outputs = {
        subprocess.run(
            [sys.executable, "-c", DESCRIBE],
            env={**__import__("os").environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    [output] = outputs
    lines = output.splitlines()
    assert lines[:-1] == [describe(make()) for _, make in methods.items()]
    assert len(set(lines)) == len(methods) + 1


def test_descriptions_tell_options_apart():
    assert describe(methods["srigl"](ablate_below=0.3)) != describe(
        methods["srigl"](ablate_below=0.2)
    )
    assert describe(methods["mest"](balance=1)) != describe(methods["mest"](balance=2))
    assert describe(partial(max, 1)) != describe(partial(max, 2))
    assert describe(max) != describe(min)


@given(st.lists(st.floats(-1, 1, width=32), max_size=8), st.integers(0, 7))
@settings(max_examples=50)
def test_a_fingerprint_knows_every_number(numbers, place):
    array = np.array(numbers, np.float32)
    assert fingerprint(array) == fingerprint(array.copy())
    assert fingerprint(array) != fingerprint(array.astype(np.float64))
    assert fingerprint(array) != fingerprint(array[None])
    if place < len(array):
        other = array.copy()
        other[place] = 2
        assert fingerprint(array) != fingerprint(other)
        other = csr_array(array[None])
        other.resize(1, len(array) + 1)
        assert fingerprint(other) != fingerprint(csr_array(array[None]))


def test_a_checkpoint_describes_what_was_at_first():
    first = training("gmp", schedule=Linear(1, 0.1))
    before = dict(training("gmp", schedule=Linear(1, 0.1)).settings)
    finish(first)
    assert first.settings == before
    assert dataclasses.replace(first.trainer.optimizer).lr == 0.05


# ------------------------------------------------------------------------------- not too often


def test_saves_now_and_then(monkeypatch):
    clock, saves = [0.0], []

    def save():
        saves.append(clock[0])
        clock[0] += 2.0  # what it takes

    monkeypatch.setattr("rewire.train.checkpoint.monotonic", lambda: clock[0])
    now_and_then = Throttle(save, seconds=5, share=0.1)
    for second in range(60):
        clock[0] = max(clock[0], second)
        now_and_then()
    assert saves == [5, 27, 49]  # two seconds of twenty
    now_and_then(now=True)
    assert len(saves) == 4
