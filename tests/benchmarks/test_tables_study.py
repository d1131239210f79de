"""The study of docs/results-tables.md: what it measures, counts and says."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import rewire
from rewire.sklearn import SparseMLPClassifier

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module", autouse=True)
def benchmarks():
    sys.path.insert(0, str(BENCHMARKS))
    yield
    sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def study(benchmarks):
    return pytest.importorskip("tables_study")


@pytest.fixture(scope="module")
def page(benchmarks):
    return pytest.importorskip("tables_page")


def test_twenty_tables_half_of_them_with_classes(study):
    tasks = [one.task for one in study.STUDY.values()]
    assert tasks.count("classification") == tasks.count("regression") == 10
    assert not set(study.STUDY) & set(study.DEVELOPMENT)


@pytest.mark.parametrize("name", ["iris", "wine", "diabetes"])
def test_a_target_is_no_input(study, name):
    X, y = study.STUDY[name].data()
    assert "target" not in X
    assert len(X) == len(y) > 100
    assert not y.isna().any()


def test_parts_of_dates_come_round(study):
    days = pd.to_datetime(["2001-01-01", "2001-07-02 12:00", "2002-01-01"], format="ISO8601")
    parts = study.date_parts(pd.DataFrame({"when": days}))
    assert parts["when elapsed"].diff().tolist()[1:] == [182.5, 182.5]
    cosine = parts["when year cosine"]
    assert cosine[0] == cosine[2] == 1
    assert cosine[1] == pytest.approx(-1, abs=1e-3)
    assert parts["when day cosine"].tolist() == pytest.approx([1, -1, 1])


def test_bytes_by_hand(study):
    X, y = np.eye(4), ["a", "b", "a", "b"]
    net = rewire.Network.from_connections([4, 2, 1], [0, 1, 4], [4, 4, 6], [1.0, 2.0, 3.0])
    model = SparseMLPClassifier(method="static", max_iter=1).fit(X, y)
    model.network_ = net  # its second hidden neuron is dead
    # 3 weights and 2 biases of four bytes; 3 sources and 2 numbers of inputs of one byte.
    assert study.size_of("rewire", model) == (3 * 4 + 2 * 4 + 3 + 2, 3, 2)
    linear = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    assert study.size_of("linear", linear) == (4 * 5, 4, 4)
    dense = make_pipeline(StandardScaler(), MLPClassifier(3, max_iter=2000, tol=0.1)).fit(X, y)
    assert study.size_of("MLP", dense) == (4 * (4 * 3 + 3 + 3 + 1), 15, 4)


def test_a_model_is_measured_fold_by_fold(study):
    found = study.measure(study.STUDY["iris"], "linear", study.linear_model, (0,))
    assert len(found["score"]) == len(found["error"]) == 5
    assert np.mean(found["score"]) > 0.9
    assert found["connections"] == 12


def one(score, size=10):
    return {"score": score, "bytes": size, "seconds": 1.0}


def test_verdicts_by_hand(page):
    found = {
        "rewire": one([0.5, 0.7]),
        "MLP": one([0.6, 0.6], 100),  # the same mean
        "linear": one([0.6, 0.9]),  # 0.15 better, with a standard error of 0.05
        "boosting": one([0.5, 0.8]),  # 0.05 better, with a standard error of 0.05
    }
    assert page.as_good(found, "MLP")
    assert not page.as_good(found, "linear")
    assert page.lead(found, "linear") == pytest.approx((-0.15, 0.05))
    assert not page.within_error(found, "linear")
    assert page.ahead(found, "linear")
    assert page.share_of_size({"a": found}).tolist() == [0.1]


def test_the_page_says_what_was_measured(page):
    """Its figures are those of the file beside it."""
    results = page.complete()
    text = page.PAGE.read_text()
    assert page.headline(results) in text
    assert page.score_table(results, "regression") in text
