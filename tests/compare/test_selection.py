"""Which inputs are kept: by hand, against the definition, and beside what is known of the data."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rewire.compare import Trial, run_study, study_config
from rewire.compare.analysis.selection import as_text, from_text, select, selection_of, stability
from rewire.compare.report.writing import summary_of
from rewire.data import load
from rewire.data.madelon import INFORMATIVE

from .studies import made_up


@given(arrays(bool, st.integers(1, 40)))
def test_what_is_written_is_read(kept):
    np.testing.assert_array_equal(from_text(as_text(kept), len(kept)), kept)


@pytest.mark.parametrize("text", ["5", "3-1", "0-9", "-1", "a", ""])
def test_what_is_no_input_is_refused(text):
    with pytest.raises(ValueError, match=r"inputs must be numbers|invalid literal"):
        from_text(text, 5)


def nogueira(kept):
    """The definition, with the unbiased variance of each input."""
    inputs = kept.shape[1]
    variance = kept.astype(float).var(axis=0, ddof=1)
    share = kept.sum(axis=1).mean() / inputs
    return 1 - variance.mean() / (share * (1 - share))


@given(st.integers(0, 10_000), st.integers(2, 8), st.integers(3, 30))
def test_stability_is_what_its_authors_define(seed, runs, inputs):
    kept = np.random.default_rng(seed).random((runs, inputs)) < 0.4
    if 0 < kept.mean() < 1:
        assert stability(kept) == pytest.approx(nogueira(kept))
        assert stability(kept) <= 1 + 1e-12


def test_stability_of_the_same_of_chance_and_of_everything():
    row = np.arange(50) < 10
    assert stability(np.tile(row, (5, 1))) == 1
    random = np.random.default_rng(0)
    assert abs(stability(np.array([random.permutation(row) for _ in range(200)]))) < 0.02
    assert math.isnan(stability(np.ones((3, 4), bool)))
    assert math.isnan(stability(row[None]))


def test_runs_without_a_record_are_left_out():
    runs = [Trial("set", 0, 0.5, 0.9, 9, 12, 0.1), Trial("set", 1, 0.5, 0.9, 9, 12, 0.1, "0,2")]
    found = select(runs, 4, informative=[0, 1])["set"]
    assert (found.runs, found.kept, found.informative) == (1, [1, 0, 1, 0], 1)
    assert selection_of(made_up({"static": [0.5, 0.6]})) is None


def test_a_study_counts_what_its_networks_keep():
    config = study_config("wine", hidden=(6,), density=(0.15,), total_steps=60, standardize=True)
    study = run_study(config, ["static", "set"], range(3))
    assert len(study.inputs) == 13
    found = summary_of(study)["selection"]
    assert found["names"] == list(study.inputs)
    for method, own in found["methods"].items():
        rows = [from_text(run.inputs, 13) for run in study.runs if run.method == method]
        assert own["kept"] == pytest.approx(np.mean(rows, axis=0).tolist())
        assert 0 < own["mean"] < 13
    assert found["says"][0].startswith("static keeps ")


def test_the_informative_columns_of_madelon_are_those_that_go_together(data_dir):
    """Five of them decide, fifteen are combinations of these; noise goes with nothing."""
    data = load("madelon", data_dir=data_dir)
    together = np.abs(np.corrcoef(np.concatenate([data.X, data.X_test]).T))
    np.fill_diagonal(together, 0)
    strongest = together.max(axis=1)
    assert set(np.argsort(-strongest)[:20]) == set(INFORMATIVE)
    assert strongest[list(INFORMATIVE)].min() > 0.6
    assert np.delete(strongest, INFORMATIVE).max() < 0.1


def test_madelon_is_measured_beside_what_is_known():
    study = made_up({"set": [0.5]})
    study.data, study.inputs = "madelon", tuple(map(str, range(500)))
    study.runs = [study.runs[0]._replace(inputs=as_text(np.isin(range(500), [0, 28, 48])))]
    found = selection_of(study)
    assert found["methods"]["set"]["informative"] == 2
    assert "2 of the 20 that are informative and 1 of the 480 that are not" in found["says"][0]
