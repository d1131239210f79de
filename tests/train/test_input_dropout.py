"""Learning without a random share of the inputs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse import csr_array

import rewire
from rewire.methods import RigL
from rewire.optimizers import SGD
from rewire.train import Training, load_checkpoint, save_checkpoint

SAMPLES, INPUTS = 50, 40


def training(X, share: float, total_steps: int = 30, method=RigL(every=5), **options):  # noqa: B008
    net = rewire.mlp([INPUTS, 8, 2], density=[0.3, 1], seed=0)
    return Training(
        net,
        X,
        np.arange(SAMPLES) % 2,
        method=method,
        optimizer=SGD(lr=0.1, momentum=0.9),
        total_steps=total_steps,
        batch_size=20,
        report_every=10,
        input_dropout=share,
        seed=3,
        **options,
    )


@pytest.fixture(name="X")
def inputs() -> np.ndarray:
    return np.random.default_rng(0).uniform(1, 2, (SAMPLES, INPUTS)).astype(np.float32)


def learnt_from(run) -> list[np.ndarray]:
    """Return the inputs of every step, in place of learning them."""
    seen: list[np.ndarray] = []
    learn = run.trainer.learn

    def record(X, y, samples, rates, **options):
        seen.extend(X[rows[rows >= 0]] for rows in samples)
        return learn(X, y, samples, rates, **options)

    run.trainer.learn = record
    while not run.finished:
        run.advance()
    return seen


def test_a_share_is_left_out_and_the_others_are_scaled_up(X):
    run = training(X, 0.25, total_steps=200, method="static")
    given = [X[run.batches.rows(step)] for step in range(200)]
    ratio = np.concatenate(learnt_from(run)) / np.concatenate(given)
    kept = ratio != 0
    np.testing.assert_allclose(ratio[kept], 1 / 0.75, rtol=1e-6)
    # 134,000 draws: four standard deviations of a share are 0.005.
    assert abs(kept.mean() - 0.75) < 0.005
    assert abs(kept.mean(axis=0) - 0.75).max() < 0.04


def test_every_update_leaves_out_others(X):
    masks = [batch[:10] == 0 for batch in learnt_from(training(X, 0.5))]
    assert all((a != b).any() for a, b in pairwise(masks))


def test_sparse_inputs_learn_the_same_as_dense_ones(X):
    nets = []
    for inputs in (X, csr_array(X)):
        run = training(inputs, 0.3)
        while not run.finished:
            run.advance()
        nets.append(run.net)
    np.testing.assert_array_equal(nets[0].connections.source, nets[1].connections.source)
    np.testing.assert_allclose(
        nets[0].connections.weight, nets[1].connections.weight, rtol=1e-4, atol=1e-6
    )


def test_a_resumed_training_leaves_out_the_same(X, tmp_path):
    whole, first, second = training(X, 0.3), training(X, 0.3), training(X, 0.3)
    while not whole.finished:
        whole.advance()
    first.advance()
    save_checkpoint(first, tmp_path / "run.safetensors")
    load_checkpoint(second, tmp_path / "run.safetensors")
    while not second.finished:
        second.advance()
    np.testing.assert_array_equal(whole.net.connections.weight, second.net.connections.weight)


def test_the_data_stay_as_they_are(X):
    before = X.copy()
    run = training(X, 0.5)
    while not run.finished:
        run.advance()
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_a_share_outside_the_range_is_refused(X, share):
    with pytest.raises(ValueError, match=r"input_dropout must be a number in \[0, 1\); got"):
        training(X, share)


def test_a_checkpoint_of_another_share_is_refused(X, tmp_path):
    save_checkpoint(training(X, 0.3), tmp_path / "run.safetensors")
    with pytest.raises(ValueError, match="input_dropout"):
        load_checkpoint(training(X, 0.2), tmp_path / "run.safetensors")
