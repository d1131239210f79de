"""Checkpoints: a stopped training goes on to the same bits, and no broken file does harm."""

import dataclasses
import json
import struct
from functools import partial

import numpy as np
import pytest
from scipy.sparse import csr_array

import rewire
from rewire import methods
from rewire.io.tensors import read_tensors, write_tensors
from rewire.schedules import Cosine, Linear
from rewire.train import EarlyStopping, load_checkpoint, read_history, save_checkpoint

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
        first.interrupted = first.step >= 13
        return learn(*arguments, **options)

    first.trainer.learn = learn_and_interrupt
    assert first.advance()
    assert not first.advance()
    assert first.step % 11
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
    network().save(saved)
    refuses(saved, "it must be a checkpoint; got a network")
    saved.write_bytes(b"PK\x03\x04 an archive of something")
    refuses(saved, "cannot read '.*run.safetensors'")
    header = json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    saved.write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))
    refuses(saved, "a safetensors file, but not one that rewire wrote")


def test_a_newer_version_is_refused(saved, monkeypatch):
    tensors, header = read_tensors(saved, kind="checkpoint")
    monkeypatch.setattr("rewire.io.tensors.VERSION", 2)
    write_tensors(saved, tensors, header, kind="checkpoint")
    monkeypatch.undo()
    refuses(saved, "its version must be at most 1; got 2: update rewire")


@pytest.mark.parametrize("lost", ["fingerprint", "network", "method", "totals", "running", "rows"])
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
    "method ": {"method": methods.get("rigl", every=8), "net": network("rigl")},
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


def test_a_checkpoint_describes_what_was_at_first():
    first = training("gmp", schedule=Linear(1, 0.1))
    before = dict(training("gmp", schedule=Linear(1, 0.1)).fingerprint)
    finish(first)
    assert first.fingerprint == before
    assert dataclasses.replace(first.trainer.optimizer).lr == 0.05


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda header: header["optimizer"].update(lr="x"), r"must hold float.*optimizer\.lr"),
        (lambda header: header["totals"].update(step=1.5), r"must hold int.*totals\.step"),
        (lambda header: header["method"].update(generator={"bit_generator": "x"}), "PCG64"),
        (lambda header: header["method"].update(history=[{}]), "cannot read"),
        (lambda header: header["method"].update(threshold=None), "cannot read"),
    ],
)
def test_impossible_contents_with_a_valid_checksum_change_nothing(change, message, saved):
    tensors, header = read_tensors(saved, kind="checkpoint")
    change(header)
    write_tensors(saved, tensors, header, kind="checkpoint")
    refuses(saved, message)
