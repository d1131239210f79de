"""Recordings of short trainings."""

import rewire
from rewire.data import moons
from rewire.methods import RigL
from rewire.report import Recorder
from rewire.report.snapshots import restore

X, y = moons(seed=0)


def recorded(ranks=(2, 16, 16, 1), total_steps=100, X=X, y=y, **options):
    net = rewire.mlp(list(ranks), sparsity=[0, *[0.85] * (len(ranks) - 2)], seed=0)
    recorder = Recorder(data="moons")
    options = {"loss": "hinge", "method": RigL(every=20), "seed": 0} | options
    rewire.fit(net, X, y, total_steps=total_steps, callbacks=[recorder], **options)
    return recorder.recording


def networks(recording):
    return [restore(one.arrays, recording.about["activations"]) for one in recording.frames]
