"""Recordings with a right checksum and contents that no page could be made of."""

from dataclasses import replace

import numpy as np
import pytest

from rewire.assess import assess
from rewire.report import read_recording, write_report
from rewire.report.page_data import features_of

from .recordings import recorded


@pytest.fixture(scope="module")
def small():
    recording = recorded((2, 5, 1), total_steps=40)
    answers, y = np.tile([[0.4, 0.6]], (4, 1)), np.array([0, 1, 1, 0])
    found = assess(lambda X: answers, {"training": (np.ones((4, 1)), y)}, "classification")
    recording.about["assessment"] = found.to_dict()
    return recording


@pytest.fixture
def recording(small, tmp_path):
    """One that may be damaged."""
    small.save(tmp_path / "it.safetensors")
    return read_recording(tmp_path / "it.safetensors")


def drawn(recording):
    """Return it as that of a network whose activations are not the library's."""
    frames = [
        replace(one, form="whole", arrays=dict(features_of(recording, one)))
        for one in recording.frames
    ]
    return replace(recording, frames=frames)


def with_array(frame, name, change):
    frame.arrays[name] = change(frame.arrays[name])


DAMAGE = {
    "lacks 'method'": lambda it: it.about.pop("method"),
    "lacks 'loss'": lambda it: it.about.pop("loss"),
    "must hold int; got str in about.total_steps": lambda it: it.about.update(total_steps="9"),
    "in about.activations": lambda it: it.about.update(activations=["relu", 3]),
    "activation must be one of": lambda it: it.about.update(activations=["relu", "odd"]),
    "a sequence of 2": lambda it: it.about.update(activations=["relu"]),
    "image_shape must have 2 pixels": lambda it: it.about.update(image_shape=[-1, -2]),
    "in about.assessment.task": lambda it: it.about["assessment"].update(task="odd"),
    "must assess one of training": lambda it: it.about["assessment"].update(main="test"),
    "must have 'accuracy'": lambda it: it.about["assessment"]["parts"]["training"].update(
        scores={}
    ),
    "in about.layers": lambda it: it.about.update(layers=3),
    "lacks 'chain'": lambda it: it.about.update(layers=[]),
    "lacks 'step' in rows": lambda it: it.rows[0].pop("step"),
    "in rows\\[0\\].loss": lambda it: it.rows[0].update(loss=[]),
    "lacks 'dropped'": lambda it: it.rewirings[0].pop("dropped"),
    "interval must be at least 1": lambda it: setattr(it, "interval", 0),
    "begin with that of moment 0": lambda it: it.frames.clear(),
    "a target for each": lambda it: setattr(it, "y", it.y[1:]),
    "X must hold finite": lambda it: it.X.fill(np.nan),
    "samples of 2 inputs": lambda it: setattr(it, "X", it.X[:, :1]),
    "lacks 'birth'": lambda it: it.frames[1].arrays.pop("birth"),
    "weight must have": lambda it: with_array(it.frames[0], "weight", lambda one: one[1:]),
    "source must be numbers": lambda it: with_array(
        it.frames[0], "source", lambda one: one.astype(float)
    ),
    "source must be in": lambda it: with_array(it.frames[0], "source", lambda one: one + 99),
    "indptr must go from 0": lambda it: with_array(it.frames[0], "indptr", lambda one: one[::-1]),
    "bias and indptr": lambda it: with_array(it.frames[0], "bias", lambda one: one[1:]),
}


@pytest.mark.parametrize("problem", DAMAGE)
def test_impossible_contents_are_refused_by_name_when_they_are_read(recording, tmp_path, problem):
    DAMAGE[problem](recording)
    recording.save(tmp_path / "it.safetensors")
    with pytest.raises(ValueError, match=rf"it\.safetensors': .*{problem}"):
        read_recording(tmp_path / "it.safetensors")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("totals", lambda one: one[:9]),
        ("boundary", lambda one: one[:, 1:]),
        ("neuron", lambda one: one + 1),
        ("target", lambda one: one - 99),
        ("fan_ins", lambda one: one[:, 1:]),
    ],
)
def test_so_are_features_of_other_networks(recording, tmp_path, name, change):
    recording = drawn(recording)
    recording.save(tmp_path / "it.safetensors")
    write_report(tmp_path / "it.safetensors", tmp_path / "it.html")
    with_array(recording.frames[-1], name, change)
    recording.save(tmp_path / "it.safetensors")
    with pytest.raises(ValueError, match=rf"it\.safetensors': frame \d+ is damaged: {name} must"):
        read_recording(tmp_path / "it.safetensors")
