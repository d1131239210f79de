"""What a comparison says in words, for results of every kind."""

import numpy as np
import pytest

from rewire.compare import Failure, pairwise, rank_methods
from rewire.compare.analysis.verdicts import headline, ranking_sentences
from rewire.compare.report.writing import summary_of

from .studies import made_up

RANDOM = np.random.default_rng(0)
A = RANDOM.uniform(0.5, 0.6, 12).tolist()
LIKE_A = RANDOM.uniform(0.5, 0.6, 12).tolist()
BETTER = RANDOM.uniform(0.8, 0.9, 12).tolist()
FLAT = [0.25] * 12


def said(values, measure="accuracy"):
    study = made_up(values, measure)
    return headline(study, study.statistics(), pairwise(study.runs, measure))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"one": [0.25, 0.75]}, "one has a mean accuracy of 50.0% over 2 seeds"),
        ({"one": [1.0]}, "one has a mean accuracy of 100.0% over 1 seed"),
        (
            {"a": FLAT, "b": A, "c": [1.0] * 12},
            "c has the highest mean accuracy, 100.0% over 12 seeds, and can be told apart from a "
            "and b",
        ),
        (
            {"a": FLAT, "b": [v + 0.001 for v in LIKE_A], "c": LIKE_A[::-1]},
            "b has the highest mean accuracy, {b:.1%} over 12 seeds; it can be told apart from a, "
            "but not from c",
        ),
        (
            {"a": FLAT, "b": FLAT, "c": FLAT},
            "a has the highest mean accuracy, 25.0% over 12 seeds, and cannot be told apart from "
            "b or c",
        ),
        (
            {"a": [0.5] * 6, "b": [0.75] * 6, "c": [0.6] * 6},
            "6 seeds cannot tell 3 methods apart, at least 7 are needed; so far b has the highest "
            "mean accuracy, 75.0%",
        ),
        (
            {"a": [0.5], "b": [0.75]},
            "1 seed cannot tell 2 methods apart, at least 6 are needed; so far b has the highest "
            "mean accuracy, 75.0%",
        ),
        (
            {"a": [0.5] * 12, "b": [0.75] * 11 + [None]},
            "b has the highest mean accuracy, 75.0% over 11–12 seeds, and can be told apart from a",
        ),
    ],
)
def test_the_headline_names_the_best_and_what_it_can_be_told_apart_from(values, expected):
    means = {name: np.mean([v for v in own if v is not None]) for name, own in values.items()}
    assert said(values) == expected.format(**means)


def test_of_losses_the_lowest_is_the_best_and_those_not_finite_are_none():
    values = {"a": [3.0] * 8, "b": [1.0] * 7 + [float("inf")], "c": [2.0] * 8}
    assert said(values, "loss").startswith("c has the lowest mean loss, 2 over 8 seeds")
    lost = {"a": [float("nan")] * 8, "b": [float("inf")] * 8}
    assert said(lost, "loss") == "No method has a mean loss that is a finite number"


def test_pairs_that_cannot_be_told_apart_are_named_or_counted():
    assert summary_of(made_up({"a": [0.5]}))["unresolved"] == ""
    everything = summary_of(made_up({"a": FLAT, "b": A, "c": [1.0] * 12}))
    assert everything["unresolved"] == "All methods can be told apart from each other."
    some = summary_of(made_up({"a": FLAT, "b": FLAT, "c": BETTER}))
    assert some["unresolved"].startswith("Cannot be told apart: a and b. That does not make them")
    many = summary_of(made_up(dict.fromkeys("abcdefg", FLAT)))
    assert many["unresolved"].startswith("Cannot be told apart: 21 of 21 pairs.")


def ranked(values):
    runs = made_up(values).runs
    ranking, pairs = rank_methods(runs), pairwise(runs)
    return ranking, " ".join(ranking_sentences(ranking, pairs))


def test_ranks_that_agree_with_the_pairs_are_said_to():
    ranking, text = ranked({"a": FLAT, "b": A, "c": BETTER, "d": BETTER[::-1]})
    assert "over 12 seeds finds that the methods differ (χ² = " in text
    assert f"at least {ranking.critical_difference:.2f} apart" in text
    _, text = ranked({"a": FLAT, "b": FLAT, "c": FLAT})
    assert "finds no difference between the methods (χ² = 0, p = 1)" in text
    assert text.endswith("It agrees with the bars on every pair.")


def test_pairs_on_which_nemenyis_test_differs_are_named():
    step = RANDOM.uniform(0.001, 0.002, 12)
    values = {"a": A, "b": (np.array(A) + step).tolist()}
    values |= {name: RANDOM.uniform(0.8, 0.9, 12).tolist() for name in "cde"}
    ranking, text = ranked(values)
    assert ranking.close("a", "b")
    assert "It would not tell apart: a and b" in text
    # The other way round: a little worse with most seeds, and much better with the others.
    both = [*A, *LIKE_A]
    values = {
        "a": both,
        "mixed": [v - 0.01 if n % 3 else v + 0.3 for n, v in enumerate(both)],
        "middle": [v - 0.005 for v in both],
    }
    _, text = ranked(values)
    assert text.endswith("It would also tell apart: a and mixed.")


def test_too_few_for_ranks_say_why():
    [text] = summary_of(made_up({"a": FLAT, "b": A}))["ranking_says"]
    assert text == (
        "Not shown: runs must be of at least 3 methods with 5 common seeds to be ranked; got 2 "
        "with 12: compare their differences instead."
    )


def test_failed_runs_are_no_runs():
    summary = summary_of(made_up({"a": A, "b": [None] * 12}, failures=[Failure("b", 0, "why")]))
    assert summary["headline"].startswith("a has a mean accuracy of")
    assert summary["failures"] == [{"method": "b", "seed": 0, "error": "why", "settings": []}]


def test_no_run_at_all_makes_no_claim():
    summary = summary_of(made_up({"a": [None], "b": [None]}))
    assert summary["headline"] == "No method has a mean accuracy that is a finite number"
    assert summary["methods"] == {}
