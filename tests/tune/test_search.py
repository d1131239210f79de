"""The search: reproducible, shared by a folder, and honest about what it tried."""

import multiprocessing
import os
import signal
import sys
from dataclasses import replace

import pytest

from rewire.experiment import Recipe
from rewire.experiment.settings import settings_of
from rewire.tune import Tuned, tune
from rewire.tune import trials as kept
from rewire.tune.space import search_space

from ..executors.pretended import Backwards, Losing, Own

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
    with pytest.raises(ValueError, match="got none \\(ValueError: it diverged\\)"):
        searched(tmp_path, trials=2)


def test_trials_that_lag_behind_are_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "UNPRUNED", 1)
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
    # Of 0 and 1/2, each as likely: the best of 4 is 15/32 on average, that of 2 is 3/8.
    found = Tuned(RECIPE, "accuracy", 0.5, {}, [0.0, 0.5, 0.0, 0.5], 0, 0, 1.0)
    assert found.expected_gain() == pytest.approx(15 / 32 - 3 / 8)


def test_no_more_is_expected_than_there_is_room_for():
    for measure, value, values in (("accuracy", 0.95, [0.1] * 7), ("loss", 0.05, [0.9] * 7)):
        found = Tuned(RECIPE, measure, value, {}, [*values, value], 0, 0, 1.0)
        assert found.expected_gain() == pytest.approx(0.05)


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


# --------------------------------------------------------------------------------- side by side


def outcome(found):
    return replace(found, seconds=0)


def test_the_same_best_is_found_whichever_trial_ends_first(tmp_path):
    first = searched(tmp_path / "a", trials=9, jobs=3, executor=Own())
    last = searched(tmp_path / "b", trials=9, jobs=3, executor=Backwards(3))
    assert outcome(last) == outcome(first)


def test_a_lost_worker_is_made_up_for_and_a_trial_that_loses_four_has_failed(tmp_path):
    whole = searched(tmp_path / "a", jobs=2, executor=Own())
    again = searched(tmp_path / "b", jobs=2, executor=Losing({3: 3}))
    assert outcome(again) == outcome(whole)
    ended = []
    found = searched(tmp_path / "c", jobs=2, executor=Losing({3: 4}), on_trial=ended.append)
    assert found.failed == 1
    assert "its worker was lost 4 times" in ended[3].user_attrs["error"]


def test_trials_of_a_call_that_was_interrupted_do_not_count(tmp_path):
    def stop(trial):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        searched(tmp_path, jobs=3, executor=Own(), on_trial=stop)
    ended = []
    found = searched(tmp_path, on_trial=ended.append)
    assert len(found.values) + found.pruned + found.failed == 8
    assert len(ended) == 7


@pytest.mark.skipif(sys.platform == "win32", reason="Optuna's own lock serves on Windows")
def test_a_part_of_a_line_is_cut_off_and_no_lock_outlives_its_process(tmp_path):
    whole, log = searched(tmp_path / "a", trials=3), tmp_path / "b" / "trials.log"
    searched(tmp_path / "b", trials=2)
    log.write_bytes(log.read_bytes() + b'{"op_code":6,"tri')
    log.with_name("trials.log.lock").symlink_to(log)  # of a killed process, by Optuna's own lock
    assert replace(searched(tmp_path / "b", trials=3), seconds=0) == replace(whole, seconds=0)


def test_a_damaged_log_is_refused_by_name(tmp_path):
    searched(tmp_path, trials=1)
    log = tmp_path / "trials.log"
    log.write_bytes(log.read_bytes().replace(b'"op_code":4', b'"op_code":', 1))
    with pytest.raises(ValueError, match=r"trials\.log"):
        searched(tmp_path, trials=2)


@pytest.mark.parametrize("executor", [3, {}])
def test_what_is_no_executor_is_refused(tmp_path, executor):
    with pytest.raises(TypeError, match="executor must have a method submit"):
        searched(tmp_path, executor=executor)


@pytest.mark.fork
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_processes_find_the_same_best_though_one_is_killed(tmp_path):
    killed = []

    def kill(trial):
        if not killed:
            killed.append(multiprocessing.active_children()[0])
            os.kill(killed[0].pid, signal.SIGKILL)

    found = searched(tmp_path / "a", jobs=2, on_trial=kill)
    assert killed
    assert outcome(found) == outcome(searched(tmp_path / "b", jobs=2, executor=Own()))


def drive(connection, folder):
    """Search in a process; wait at the first trial until told to go on, so that two meet."""
    ended = []

    def met(trial):
        if not ended:
            connection.send("met")
            connection.recv()
        ended.append(trial.number)

    searched(folder, on_trial=met)
    connection.send(ended)


# Python 3.12 warns of every fork of a process that has threads; this one's are idle.
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
@pytest.mark.fork
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_two_drivers_share_the_trials_of_a_folder(tmp_path):
    context, drivers = multiprocessing.get_context("fork"), []
    for _ in range(2):
        ours, theirs = context.Pipe()
        process = context.Process(target=drive, args=(theirs, tmp_path), daemon=True)
        process.start()
        theirs.close()
        drivers.append((process, ours))
    for _, driver in drivers:
        assert driver.poll(60)
        assert driver.recv() == "met"
    for _, driver in drivers:
        driver.send("go on")
    ended = [driver.recv() for _, driver in drivers]
    for process, _ in drivers:
        process.join(60)
    numbers = sorted(number for own in ended for number in own)
    assert numbers == list(range(len(numbers)))  # each was made once
    assert len(numbers) in (8, 9)
    found = searched(tmp_path)
    assert len(found.values) + found.pruned + found.failed == len(numbers)
