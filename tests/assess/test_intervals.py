"""Intervals: reproducible, within what is possible, and as often right as they promise."""

import numpy as np
import pytest

from rewire.assess.intervals import _resamples, bootstrap, interval_of, share_interval
from rewire.assess.scores import weighted_scores


def accuracies(right):
    return {"model": lambda w: {"accuracy": w @ right / len(right)}}


@pytest.mark.parametrize(("samples", "resamples"), [(3, 1000), (7000, 714), (50_000, 200)])
def test_a_resample_has_as_many_samples_as_there_are(samples, resamples):
    weights = np.concatenate(list(_resamples(samples, seed=0)))
    assert weights.shape == (resamples, samples)
    assert (weights.sum(axis=1) == samples).all()
    assert (weights == weights.round()).all()
    assert weights.mean(axis=0).std() < 5 / np.sqrt(resamples)


def test_the_same_seed_draws_the_same():
    right = np.random.default_rng(1).random(50) < 0.8
    first, again, other = (
        bootstrap(accuracies(right.astype(float)), 50, seed)["model"]["accuracy"]
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_the_spread_is_that_of_the_binomial():
    right = np.repeat([1.0, 0.0], [320, 80])
    drawn = bootstrap(accuracies(right), 400)["model"]["accuracy"]
    assert drawn.std() == pytest.approx(np.sqrt(0.8 * 0.2 / 400), rel=0.1)
    low, high = interval_of(drawn)
    assert low == pytest.approx(0.8 - 1.96 * 0.02, abs=0.006)
    assert high == pytest.approx(0.8 + 1.96 * 0.02, abs=0.006)


def test_the_truth_is_within_about_95_of_100_intervals():
    """The accuracy of 0.7 that samples are drawn with, over 200 draws of 60."""
    random = np.random.default_rng(0)
    hits = 0
    for seed in range(200):
        right = (random.random(60) < 0.7).astype(float)
        low, high = interval_of(bootstrap(accuracies(right), 60, seed)["model"]["accuracy"])
        hits += low <= 0.7 <= high
    assert 180 <= hits <= 198


def test_two_models_are_compared_on_the_same_resamples():
    """A model that is right once more than another is never worse on any resample."""
    weaker = np.repeat([1.0, 0.0], [30, 20])
    stronger = weaker.copy()
    stronger[-1] = 1
    drawn = bootstrap(
        {"a": accuracies(stronger)["model"], "b": accuracies(weaker)["model"]}, samples=50
    )
    between = drawn["a"]["accuracy"] - drawn["b"]["accuracy"]
    assert between.min() >= 0
    assert between.max() > 0


def test_resamples_that_say_nothing_are_left_out():
    """Of one positive and one negative, half of the resamples have no ROC curve."""
    y, answers = np.array([0, 1]), np.array([[0.8, 0.2], [0.3, 0.7]])
    drawn = bootstrap({"model": lambda w: weighted_scores(y, answers, w, "classification")}, 2)
    assert 0.4 < np.isnan(drawn["model"]["auc"]).mean() < 0.6
    assert interval_of(drawn["model"]["auc"]) == (1, 1)
    assert interval_of(np.array([np.nan])) is None


def test_all_right_is_not_certainty():
    low, high = share_interval(10, 10)
    assert low == pytest.approx(0.722, abs=0.001)  # Wilson's, as in Brown, Cai, DasGupta 2001
    assert high == 1
