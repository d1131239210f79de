"""Scores against scikit-learn's, which knows the same definitions one resample at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from rewire.assess import score
from rewire.assess.scores import check_answers, weighted_scores

RANDOM = np.random.default_rng(0)


def classes_of(kinds, samples=80, seed=0):
    random = np.random.default_rng(seed)
    answers = random.dirichlet(np.ones(kinds), samples).round(2)  # with ties
    answers /= answers.sum(axis=1, keepdims=True)
    return random.integers(0, kinds, samples), answers


def sklearn_classes(y, answers, weight):
    kinds, given = answers.shape[1], {"sample_weight": weight}
    said = answers.argmax(axis=1)
    onehot = np.eye(kinds)[y]
    if kinds == 2:
        auc = metrics.roc_auc_score(y, answers[:, 1], **given)
        brier = metrics.brier_score_loss(y, answers[:, 1], **given)
    else:
        auc = np.mean([metrics.roc_auc_score(onehot[:, k], answers[:, k], **given) for k in set(y)])
        brier = np.average(((answers - onehot) ** 2).sum(axis=1), weights=weight)
    return {
        "accuracy": metrics.accuracy_score(y, said, **given),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, said, **given),
        "auc": auc,
        "log_loss": metrics.log_loss(y, answers, labels=range(kinds), **given),
        "brier": brier,
    }


def sklearn_numbers(y, answers, weight):
    given = {"sample_weight": weight}
    rows = np.repeat(np.arange(len(y)), weight.astype(int))
    return {
        "r2": metrics.r2_score(y, answers, **given),
        "mean_absolute_error": metrics.mean_absolute_error(y, answers, **given),
        "root_mean_squared_error": metrics.root_mean_squared_error(y, answers, **given),
        "median_absolute_error": metrics.median_absolute_error(y[rows], answers[rows]),
        "mean_squared_error": metrics.mean_squared_error(y, answers, **given),
    }


@pytest.mark.parametrize("kinds", [2, 3, 7])
def test_classes_are_scored_as_scikit_learn_scores_them(kinds):
    y, answers = classes_of(kinds)
    assert score(y, answers, "classification") == pytest.approx(
        sklearn_classes(y, answers, np.ones(len(y)))
    )


@pytest.mark.parametrize("outputs", [1, 3])
def test_numbers_are_scored_as_scikit_learn_scores_them(outputs):
    y = RANDOM.normal(3, 10, (81, outputs))
    answers = y + RANDOM.normal(size=y.shape)
    expected = sklearn_numbers(y, answers, np.ones(len(y)))
    assert score(y, answers, "regression") == pytest.approx(expected)
    if outputs == 1:
        assert score(y[:, 0], answers[:, 0], "regression") == pytest.approx(expected)


@pytest.mark.parametrize("kinds", [2, 4])
def test_each_resample_is_scored_as_scikit_learn_scores_it(kinds):
    y, answers = classes_of(kinds)
    weights = RANDOM.multinomial(len(y), np.ones(len(y)) / len(y), size=5).astype(float)
    found = weighted_scores(y, answers, weights, "classification")
    for row, weight in enumerate(weights):
        assert {name: v[row] for name, v in found.items()} == pytest.approx(
            sklearn_classes(y, answers, weight)
        )


def test_each_resample_of_numbers_is_scored_as_scikit_learn_scores_it():
    y, answers = RANDOM.normal(size=(2, 40, 2))
    weights = RANDOM.multinomial(40, np.ones(40) / 40, size=5).astype(float)
    found = weighted_scores(y, answers, weights, "regression")
    for row, weight in enumerate(weights):
        assert {name: v[row] for name, v in found.items()} == pytest.approx(
            sklearn_numbers(y, answers, weight)
        )


@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(1, 30))
def test_scores_stay_within_what_is_possible(seed, kinds, samples):
    y, answers = classes_of(kinds, samples, seed)
    found = score(y, answers, "classification")
    for name in ("accuracy", "balanced_accuracy", "auc"):
        assert found[name] is None or 0 <= found[name] <= 1
    assert found["log_loss"] >= 0
    assert 0 <= found["brier"] <= 2


def test_large_numbers_lose_nothing():
    """Seconds since 1970, where float32 knows steps of 128."""
    truth = 1.7e9 + RANDOM.normal(0, 5, 200)
    found = score(truth, truth + 0.25, "regression")
    assert found["mean_absolute_error"] == pytest.approx(0.25, abs=1e-6)
    assert found["r2"] == pytest.approx(1 - 0.0625 / truth.var(), rel=1e-6)


def test_what_is_undefined_is_none():
    assert score([1.5, 1.5], [1.0, 2.0], "regression")["r2"] is None
    one_class = score([0, 0], [[0.9, 0.1], [0.2, 0.8]], "classification")
    assert one_class["auc"] is None
    assert one_class["balanced_accuracy"] == one_class["accuracy"] == 0.5


def test_classes_that_do_not_occur_are_left_out():
    y, answers = np.array([0, 1, 1]), np.array([[0.8, 0.1, 0.1], [0.1, 0.6, 0.3], [0.5, 0.2, 0.3]])
    assert score(y, answers, "classification")["balanced_accuracy"] == 0.75


def test_a_probability_of_zero_is_a_large_loss_not_an_infinite_one():
    assert 30 < score([0, 1], [[0.0, 1.0], [0.0, 1.0]], "classification")["log_loss"] * 2 < 40


def test_scores_without_probabilities():
    found = score([0, 1], [[0.0, -3.0], [0.0, 2.0]], "classification", probabilistic=False)
    assert found == {"accuracy": 1.0, "balanced_accuracy": 1.0, "auc": 1.0}


@pytest.mark.parametrize(
    ("y", "answers", "task", "message"),
    [
        ([], [], "regression", "y must hold at least one sample; got none"),
        ([0, 1], [0.5, 0.5], "classification", r"answers must have shape \(2, classes\)"),
        ([0, 2], [[1, 0], [0, 1]], "classification", r"y must hold class numbers in \[0, 2\)"),
        ([0.5, 1], [[1, 0], [0, 1]], "classification", "y must hold class numbers"),
        ([1.0], [[1.0, 2.0]], "regression", r"targets, shape \(1, 1\); got \(1, 2\)"),
        ([1.0], [1.0], "ranking", "task must be one of classification, regression; got 'ranking'"),
    ],
)
def test_what_does_not_fit_is_refused(y, answers, task, message):
    with pytest.raises(ValueError, match=message):
        check_answers(y, answers, task)
