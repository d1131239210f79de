"""The method that `fit` uses by default, on the post's task."""

import numpy as np
import pytest

import rewire
from rewire.data import moons
from rewire.defaults import METHOD as DEFAULT_METHOD
from rewire.methods import RevivingRigL
from rewire.schedules import Every, Linear
from rewire.topology import Rewirer


def train(seed, dtype):
    X, y = moons(n_samples=100, noise=0.1, seed=seed)
    net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], dtype=dtype, seed=seed)
    history = rewire.fit(
        net,
        X,
        y,
        loss=rewire.losses.Hinge(l2=1e-4),
        optimizer=rewire.optimizers.SGD(1.0),
        schedule=Linear(1, 0.1),
        total_steps=400,
        report_every=400,
        seed=seed,
    )
    assert len(net.connections) + sum(net.ranks[1:]) == 101
    assert net.ranks == (2, 16, 16, 1)
    return float(((net.predict(X)[:, 0] > 0) == (y > 0)).mean()), history


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_101_parameters_learn_the_moons(dtype):
    assert RevivingRigL().name == DEFAULT_METHOD
    found = np.array([train(seed, dtype)[0] for seed in range(100)])
    assert (found >= 0.99 - 1e-9).sum() >= 97


def test_short_trainings_are_rewired_as_often_as_long_ones():
    for total_steps, interval in [(400, 20), (100, 5), (20, 1), (10_000, 100)]:
        net = rewire.mlp([2, 4, 1], seed=0)
        due = Rewirer("reviving rigl", net, total_steps=total_steps).due_steps
        assert due[0] == interval
        assert (np.diff(due) == interval).all()
        assert due[-1] < 0.75 * total_steps


@pytest.mark.parametrize(
    ("schedule", "total", "expected"),
    [
        (Every(100, periods=4), 40, [10, 20, 30]),
        (Every(100, periods=4), 43, [10, 20, 30, 40]),
        (Every(5, periods=4), 21, [5, 10, 15, 20]),
        (Every("epoch", begin=0.5, periods=2), 40, [20, 30]),
        (Every(100, periods=50), 4, [1, 2, 3]),
    ],
)
def test_periods_shorten_the_interval(schedule, total, expected):
    assert schedule.steps(total, steps_per_epoch=40).tolist() == expected


def test_periods_out_of_range_are_refused():
    with pytest.raises(ValueError, match=r"periods must be at least 1; got 0"):
        Every(10, periods=0)


def test_a_batch_of_all_samples_is_looked_at_once(monkeypatch):
    seen = []
    original = Rewirer.rewire

    def spy(self, step, signals=(), **options):
        seen.append(len(signals()))
        return original(self, step, signals, **options)

    monkeypatch.setattr(Rewirer, "rewire", spy)
    train(0, "float32")
    assert set(seen) == {1}
    X, y = moons(n_samples=100, seed=0)
    rewire.fit(rewire.mlp([2, 8, 1], seed=0), X, y, batch_size=25, total_steps=40, report_every=40)
    assert set(seen[-20:]) >= {4}
