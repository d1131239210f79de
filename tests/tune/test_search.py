"""The search: reproducible, shared by a folder, and honest about what it tried."""

from dataclasses import replace

import pytest

from rewire.experiment import Recipe
from rewire.experiment.settings import settings_of
from rewire.tune import Tuned, tune
from rewire.tune.space import search_space

pytest.importorskip("optuna")

RECIPE = Recipe("iris", hidden=(8,), total_steps=30, validation=0.3)
FIXED = ("batch_size", "schedule", "fraction", "weight_decay")


def searched(out, **options):
    return tune(RECIPE, **{"trials": 8, "fixed": FIXED, "out": out} | options)


def test_the_same_seed_tries_the_same_and_another_one_other_settings(tmp_path):
    first = searched(tmp_path / "a")
    again = searched(tmp_path / "b")
    assert replace(again, seconds=0) == replace(first, seconds=0)
    assert searched(tmp_path / "c", seed=1).chosen != first.chosen


def test_a_search_goes_on_from_its_folder_to_the_same_end(tmp_path):
    whole, ended = searched(tmp_path / "a"), []
    searched(tmp_path / "b", trials=3)
    found = searched(tmp_path / "b", on_trial=ended.append)
    assert len(ended) == 5
    assert replace(found, seconds=0) == replace(whole, seconds=0)


def test_the_best_recipe_has_the_best_trials_settings(tmp_path):
    found = searched(tmp_path)
    assert set(found.chosen) == {"lr", "optimizer"}
    assert found.recipe == replace(RECIPE, **found.chosen)
    assert found.measure == "accuracy"
    assert found.value == max(found.values)
    assert len(found.values) + found.pruned + found.failed == 8


def test_losses_are_made_small(tmp_path):
    recipe = replace(RECIPE, monitor="loss")
    found = tune(recipe, trials=4, fixed=FIXED, out=tmp_path)
    assert found.value == min(found.values)


def test_a_folder_of_another_search_is_refused(tmp_path):
    searched(tmp_path, trials=1)
    with pytest.raises(ValueError, match="out must be a new folder or one of the same search"):
        tune(replace(RECIPE, total_steps=31), trials=1, fixed=FIXED, out=tmp_path)


def test_a_trial_that_diverges_is_counted_and_another_one_is_best(tmp_path, monkeypatch):
    from rewire.train import Training

    advance, calls = Training.advance, []

    def fails_at_first(training):
        calls.append(training)
        if len(calls) == 1:
            raise ValueError("diverged")
        return advance(training)

    monkeypatch.setattr(Training, "advance", fails_at_first)
    found = searched(tmp_path, trials=2)
    assert (found.failed, len(found.values)) == (1, 1)


def test_a_search_without_a_trial_to_the_end_says_why(tmp_path, monkeypatch):
    def fails(training):
        raise ValueError("it diverged")

    monkeypatch.setattr("rewire.train.Training.advance", fails)
    with pytest.raises(ValueError, match="got none \\(it diverged\\)"):
        searched(tmp_path, trials=2)


def test_trials_that_lag_behind_are_ended(tmp_path, monkeypatch):
    from rewire.tune import search

    monkeypatch.setattr(search, "UNPRUNED", 1)
    recipe = replace(RECIPE, total_steps=200)
    found = tune(recipe, trials=12, fixed=FIXED, out=tmp_path)
    assert found.pruned > 0


@pytest.mark.parametrize(
    ("problem", "recipe", "options"),
    [
        ("validation must leave samples", replace(RECIPE, validation=0), {}),
        ("trials must be a whole number, at least 1", RECIPE, {"trials": 0}),
        ("fixed must name settings of a recipe; got 'rate'", RECIPE, {"fixed": ["rate"]}),
        ("fixed must leave a setting", RECIPE, {"fixed": list(settings_of(Recipe))}),
    ],
)
def test_what_cannot_be_searched_is_refused(tmp_path, problem, recipe, options):
    with pytest.raises(ValueError, match=problem):
        tune(recipe, **{"trials": 1, "out": tmp_path} | options)


def test_every_range_lies_within_what_is_allowed():
    for name, one in search_space(Recipe("iris")).items():
        for value in one.choices or (one.low, one.high):
            Recipe("iris", **{name: value})


def test_settings_that_the_method_lacks_are_not_searched():
    assert "fraction" not in search_space(Recipe("iris", method="static"))


def test_the_expected_gain_is_that_of_more_draws():
    # Of two values 0 and 1 each as likely: the best of 4 is 15/16, that of 2 is 3/4.
    found = Tuned(RECIPE, "accuracy", 1.0, {}, [0.0, 1.0, 0.0, 1.0], 0, 0, 1.0)
    assert found.expected_gain() == pytest.approx(15 / 16 - 3 / 4)


def test_processes_share_the_trials_of_a_folder(tmp_path):
    """Between two trials of one search, another one of the same folder has some of its own."""

    def note(trial):
        ended.append(trial.number)
        if trial.number == 0:
            searched(tmp_path, trials=5)

    ended = []
    found = searched(tmp_path, on_trial=note)
    assert ended == [0, 5, 6, 7]
    assert len(found.values) + found.pruned + found.failed == 8
