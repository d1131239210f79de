"""The whole assessment: by hand where figures are small, against models of known quality."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from rewire.assess import Assessment, assess, parts
from rewire.assess.details import calibration, class_table, residuals
from rewire.assess.simpler import LINEAR, linear_model, without_inputs
from rewire.assess.verdicts import as_text, range_text

RANDOM = np.random.default_rng(0)


def task(samples=400, noise=1.0, seed=0):
    """Two classes on either side of a line, blurred."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(samples, 3))
    return X, (X[:, 0] - X[:, 1] + noise * random.normal(size=samples) > 0).astype(int)


def said(probability):
    return lambda X: np.column_stack([1 - probability(X), probability(X)])


def logistic(X):
    return 1 / (1 + np.exp(-2 * (X[:, 0] - X[:, 1])))


def assessed(answers=None, **given):
    parts = {"training": task(seed=1), "test": task(seed=2)}
    return assess(
        answers or said(logistic), parts, "classification", classes=("no", "yes"), **given
    )


def test_parts_are_kept_apart():
    found = assessed()
    assert [part.name for part in found.parts] == ["training", "test"]
    training, test = found.parts
    assert (training.seen, training.intervals, training.beside) == (True, {}, {})
    assert found.main is test
    most = max(("no", "yes"), key=lambda name: (task(seed=1)[1] == (name == "yes")).sum())
    assert set(test.beside) == {f"always {most}", LINEAR}
    for name, (low, high) in test.intervals.items():
        assert low <= test.scores[name] <= high


def test_the_linear_model_is_as_good_where_the_truth_is_linear():
    found = assessed()
    gain = found.main.gains["accuracy"]
    assert gain["difference"] == pytest.approx(
        found.main.scores["accuracy"] - found.main.beside[LINEAR]["accuracy"]
    )
    low, high = gain["interval"]
    assert low <= 0 <= high
    assert "cannot be told apart from the linear model" in found.verdict


def test_a_useless_model_is_called_one():
    found = assessed(said(lambda X: 1 - logistic(X)))
    assert any("the model is of no use as it is" in notice for notice in found.notices)
    assert "Worse than the linear model" in found.verdict
    assert found.main.scores["auc"] < 0.3


def test_no_better_than_the_majority_is_said_without_more_than_is_known():
    X, y = task(60)
    y = (np.arange(60) % 5 == 0).astype(int)
    answers = np.where(np.arange(60) % 6 == 0, 0.9, 0.1)
    found = assess(
        said(lambda X: answers[: len(X)]), {"training": (X, y), "test": (X, y)}, "classification"
    )
    assert found.main.scores["accuracy"] < found.main.beside["always 0"]["accuracy"] == 0.8
    assert "This is no better than answering always 0, which gets 80.0%." in found.notices


def test_a_model_that_knows_more_is_better():
    X, _ = task()
    y = (np.abs(X[:, 0]) > 0.7).astype(int)
    parts = {"training": (X[:200], y[:200]), "test": (X[200:], y[200:])}
    found = assess(said(lambda X: 1.0 * (np.abs(X[:, 0]) > 0.7)), parts, "classification")
    assert found.main.scores["accuracy"] == 1
    assert found.main.intervals["accuracy"].low == pytest.approx(0.981, abs=0.001)  # Wilson's
    assert found.verdict.endswith("Better than the linear model.")


def test_samples_that_were_learnt_say_so():
    found = assess(said(logistic), {"training": task()}, "classification")
    assert found.main.seen
    assert found.main.beside  # at least something to compare with
    assert any("learnt from" in notice for notice in found.notices)


def test_without_training_samples_there_is_nothing_beside():
    found = assess(said(logistic), {"all samples": task()}, "classification")
    assert (found.main.beside, found.main.gains) == ({}, {})
    assert found.main.intervals


def test_uneven_classes_are_pointed_out():
    X, y = task(300)
    y = np.where(np.arange(300) < 20, 1, 0)
    found = assess(said(logistic), {"test": (X, y)}, "classification", classes=("no", "yes"))
    [notice] = found.notices
    assert "280 samples of no and 20 of yes" in notice
    assert "class_weight='balanced'" in notice
    [notice] = assess(
        said(logistic), {"test": (X, y)}, "classification", class_weight="balanced"
    ).notices
    assert "class_weight" not in notice
    assert not any("uneven" in notice for notice in assessed().notices)


def test_numbers():
    X = RANDOM.normal(size=(300, 2))
    y = 1.7e9 + 5 * X[:, 0]
    parts = {"training": (X[:150], y[:150]), "validation": (X[150:], y[150:])}
    found = assess(lambda X: 1.7e9 + 5 * X[:, 0] + 0.5, parts, "regression")
    assert found.main.scores["mean_absolute_error"] == pytest.approx(0.5, abs=1e-6)
    assert found.main.beside["the mean"]["r2"] == pytest.approx(0, abs=0.05)
    assert found.main.beside[LINEAR]["r2"] > 0.999
    assert found.main.residuals["quantiles"]["0.5"] == pytest.approx(0.5, abs=1e-6)
    assert found.main.confusion is None


def test_several_numbers_at_once():
    X = RANDOM.normal(size=(60, 2))
    found = assess(
        lambda X: X, {"training": (X[:30], X[:30]), "test": (X[30:], X[30:])}, "regression"
    )
    assert found.main.scores["r2"] == 1
    assert found.main.residuals is None


def test_json_holds_all_of_it_and_the_same_seed_gives_the_same():
    first, again = (json.dumps(assessed(seed=3).to_dict(), allow_nan=False) for _ in range(2))
    assert first == again
    found = json.loads(first)
    assert found["main"] == "test"
    assert found["parts"]["test"]["confusion"][0][0] > 0
    assert str(assessed()).startswith("Accuracy ")


def test_answers_that_overflow_are_wrong_and_no_error():
    X = np.arange(20.0).reshape(10, 2)
    off = np.where(np.arange(10) == 3, np.inf, 0)
    found = assess(lambda X: X[:, 0] + off, {"test": (X, X[:, 0])}, "regression")
    assert found.main.scores["r2"] is None
    assert found.main.scores["median_absolute_error"] == 0
    assert len(found.main.residuals["residual"]) == 9
    json.dumps(found.to_dict(), allow_nan=False)
    nothing = np.full((10, 2), np.nan)
    found = assess(lambda X: nothing, {"test": (X, np.arange(10) % 2)}, "classification")
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.main.scores["accuracy"] == 0.5


@pytest.mark.parametrize("samples", [1, 2])
def test_very_few_samples(samples):
    X = np.zeros((samples, 1))
    found = assess(lambda X: np.zeros(len(X)), {"training": (X, X[:, 0])}, "regression")
    assert found.main.scores["r2"] is None
    assert "undefined" in found.verdict
    y = np.zeros(samples, int)
    found = assess(said(lambda X: X[:, 0]), {"test": (X, y)}, "classification")
    assert found.main.scores["accuracy"] == 1
    json.dumps(found.to_dict(), allow_nan=False)


def test_lists_and_frames_will_do():
    frame = pd.DataFrame({"a": [0.0, 1.0, 0.0, 1.0]})
    one = assess(lambda X: np.asarray(X)[:, 0], {"training": (frame, [0, 1, 0, 2])}, "regression")
    other = assess(
        lambda X: np.asarray(X)[:, 0],
        {"training": ([[0], [1], [0], [1]], [0, 1, 0, 2])},
        "regression",
    )
    assert one.to_dict() == other.to_dict()


def test_no_parts_are_refused():
    with pytest.raises(ValueError, match="parts must hold at least one part"):
        assess(said(logistic), {}, "classification")


def test_the_main_part_is_the_last_that_was_not_learnt():
    parts = {"test": task(20), "validation": task(20), "training": task(20)}
    assert assess(said(logistic), parts, "classification").main.name == "validation"
    assert isinstance(assess(said(logistic), parts, "classification"), Assessment)


# -------------------------------------------------------------------------------- in detail


def test_classes_one_by_one():
    y = np.array([0, 0, 0, 1, 1])
    answers = np.eye(3)[[0, 0, 1, 1, 1]]
    rows = class_table(y, answers, ("a", "b", "c"))
    assert [row["recall"] for row in rows] == [2 / 3, 1, None]
    assert [row["precision"] for row in rows] == [1, 2 / 3, None]
    assert [row["samples"] for row in rows] == [3, 2, 0]
    assert rows[2]["recall_interval"] is None


def test_calibration_of_a_calibrated_model():
    p = RANDOM.random(20_000)
    y = (RANDOM.random(20_000) < p).astype(int)
    found = calibration(y, np.column_stack([1 - p, p]))
    assert found["samples"] == [2000] * 10
    np.testing.assert_allclose(found["predicted"], found["observed"], atol=0.04)
    for share, (low, high) in zip(found["observed"], found["intervals"], strict=True):
        assert low <= share <= high


def test_calibration_of_several_classes_is_that_of_the_answer():
    found = calibration(np.array([0, 1, 2, 2, 0]), np.tile([0.5, 0.3, 0.2], (5, 1)))
    assert found["predicted"] == [0.5]
    assert found["observed"] == [2 / 5]
    assert found["of"] == "answer"


def test_pictures_of_residuals_are_thinned():
    y = RANDOM.normal(size=(1000, 1))
    found = residuals(y, y + 1)
    assert len(found["residual"]) == len(found["predicted"]) == 334
    assert found["quantiles"]["0.5"] == pytest.approx(1)


# ---------------------------------------------------------------------------- simpler models


def test_the_model_without_inputs():
    trivial = without_inputs(np.array([1, 1, 0, 2]), "classification", 3, ("a", "b", "c"))
    assert trivial.name == "always b"
    assert trivial.answers(np.zeros((2, 5))).tolist() == [[0.25, 0.5, 0.25]] * 2
    mean = without_inputs(np.array([[1.0, 10], [3.0, 30]]), "regression", 0, ())
    assert mean.answers(np.zeros((1, 5))).tolist() == [[2, 20]]


@pytest.mark.parametrize("convert", [np.asarray, csr_array])
def test_linear_models_take_sparse_inputs(convert):
    X, y = task(200, noise=0.1)
    X = np.where(np.abs(X) > 0.3, X, 0)
    model = linear_model(convert(X), y, "classification", 3)
    answers = model.answers(convert(X))
    assert answers.shape == (200, 3)  # also for a class that never occurs
    assert (answers.argmax(axis=1) == y).mean() > 0.9
    assert (answers[:, 2] == 0).all()


@pytest.mark.parametrize("weight", [None, "balanced", {"rare": 9}, {"rare": 9, "frequent": 1}])
def test_the_linear_model_has_the_networks_class_weights(weight):
    """No sample is more likely rare than not, so that only weights have any answered so."""
    random = np.random.default_rng(0)
    X = random.normal(size=(400, 2))
    y = (random.random(400) < np.where(X[:, 0] > 0, 0.2, 0)).astype(int)
    options = {"classes": ("frequent", "rare"), "training": (X, y), "class_weight": weight}
    found = assess(
        lambda X: np.full((len(X), 2), 0.5), {"test": (X, y)}, "classification", **options
    )
    balanced = found.main.beside[LINEAR]["balanced_accuracy"]
    assert balanced == pytest.approx(0.5 if weight is None else 0.7, abs=0.05)


def test_where_there_is_nothing_to_fit():
    X, _ = task(10)
    assert linear_model(X, np.zeros(10, int), "classification", 2) is None
    assert linear_model(X[:1], np.array([1.0]), "regression", 0) is None


def test_linear_models_learn_a_part_of_large_data(monkeypatch):
    monkeypatch.setattr("rewire.assess.simpler.MOST_NUMBERS", 300)
    X, y = task(400, noise=0.1)
    model = linear_model(X, y, "classification", 2)
    assert model.samples == 100
    assert (model.answers(X).argmax(axis=1) == y).mean() > 0.9


# -------------------------------------------------------------------------------- in words


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "100%"), (0.99999, "99.9%"), (0.0001, "0.1%"), (0.0, "0%"), (0.5, "50.0%"), (None, "–")],
)
def test_only_everything_is_all(value, text):
    assert as_text("accuracy", value, "classification") == text


def test_intervals_in_words():
    assert range_text("accuracy", (-0.05, 0.1), "classification", "+") == "-5.0 to +10.0"
    assert range_text("r2", (0.9997, 1.0), "regression") == "0.9997 to 1"


@pytest.mark.parametrize(
    ("value", "text"), [(19_504.3, "19,500"), (1234.5, "1,234"), (3e12, "3e+12"), (2e-7, "2e-07")]
)
def test_errors_are_written_out_in_the_unit_of_the_target(value, text):
    assert as_text("mean_absolute_error", value, "regression") == text


def test_large_intervals_have_commas_and_signs():
    assert range_text("mean_absolute_error", (-336.2, 8631), "regression", "+") == "-336 to +8,630"


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_intervals_of_many_samples_are_as_wide_as_if_all_were_drawn_from(kind, monkeypatch):
    random = np.random.default_rng(0)
    X = random.normal(size=(4000, 2))
    y = X[:, 0] + random.normal(size=4000)
    if kind == "classification":
        y = (y > 0).astype(int)

    def answers(X):
        share = 1 / (1 + np.exp(-X[:, :1]))
        return np.hstack([1 - share, share]) if kind == "classification" else X[:, :1]

    def measured():
        return assess(answers, {"test": (X, y)}, kind, training=(X, y)).main

    whole = measured()
    monkeypatch.setattr(parts, "MOST_DRAWN", 1000)
    some = measured()
    assert some.scores == whole.scores
    for name, (low, high) in whole.intervals.items():
        assert np.ptp(some.intervals[name]) == pytest.approx(high - low, rel=0.35)
        assert some.intervals[name].low < whole.scores[name] < some.intervals[name].high
        ends, other = (one.gains[name]["interval"] for one in (whole, some))
        assert np.ptp(other) == pytest.approx(np.ptp(ends), rel=0.35)
