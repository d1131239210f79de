"""Recordings of each form, of which the page is made as well."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

import rewire
import rewire.torch as rt
from rewire.assess import assess
from rewire.report import Recorder, Recording, read_recording
from rewire.report.page import render
from rewire.report.page_data import features_of

from .reader import Reader

__all__ = ["recordings"]

FILES = 21_000


def recordings(folder: Path) -> Iterable[Reader]:
    """Return the reader; what it takes must be fit for a page."""
    path, seeds = folder / "recording.safetensors", []
    small = _small()
    for one in (small, _features(small, "whole"), _features(small, "summary"), _layers()):
        one.save(path)
        seeds.append(path.read_bytes())
    yield Reader("recording", path.name, tuple(seeds), read_recording, _render, files=FILES)


def _render(recording: Recording) -> None:
    render([recording], [""])


def _small() -> Recording:
    recorder = Recorder(data="moons", feature_names=["a", "b"], image_shape=(1, 2))
    net = rewire.mlp([2, 5, 1], sparsity=[0, 0.2], seed=0)
    X, y = rewire.data.moons(n_samples=20, seed=0)
    method = rewire.methods.RigL(every=4)
    rewire.fit(net, X, y, method=method, total_steps=12, callbacks=[recorder], seed=0)

    def answers(X: np.ndarray) -> np.ndarray:
        second = net.predict(X) > 0
        return np.hstack([~second, second]).astype(float)

    parts = {"training": (X, (y > 0).astype(int))}
    found = assess(answers, parts, "classification", network=net, names=["a", "b"])
    recorder.recording.about["assessment"] = found.to_dict()
    return recorder.recording


def _features(recording: Recording, form: str) -> Recording:
    """Return it as that of a network with activations of a person's own, or of a large one."""
    frames = [
        replace(one, form=form, arrays=features_of(recording, one, whole=form == "whole"))
        for one in recording.frames
    ]
    return replace(recording, frames=frames)


def _layers() -> Recording:
    first = rt.Conv2d(1, 3, 3, density=0.5, seed=0)
    last = rt.Linear(3 * 4, 2, density=0.8, seed=1)
    model = torch.nn.Sequential(first, torch.nn.ReLU(), torch.nn.Flatten(), last)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    rewirer = rt.Rewirer(model, optimizer, steps=8, every=3, seed=0)
    recorder = Recorder(data="noise").follow(rewirer)
    for _ in range(8):
        optimizer.zero_grad()
        loss = model(torch.ones(2, 1, 4, 4)).square().sum()
        loss.backward()
        optimizer.step()
        rewirer.step()
        recorder.log(loss=loss)
    return recorder.recording
