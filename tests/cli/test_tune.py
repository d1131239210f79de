"""``rewire tune``: trials, the best of them trained on everything, and what more would cost."""

import json

import pytest

from rewire.experiment import RunDirectory

pytest.importorskip("optuna")


def test_it_trains_the_best_settings_on_everything_and_says_what_more_costs(run, tmp_path):
    arguments = ["tune", "iris", "--hidden", 8, "--total-steps", 20, "--out", tmp_path, "--lr", 0.1]
    result = run(*arguments, "--trials", 2)
    assert "best of 2 trials" in result.output
    assert "as many trials again" in result.output
    assert "hidden layers twice as wide" in result.output
    kept = json.loads((tmp_path / "best" / "settings.json").read_text())
    assert (kept["validation"], kept["lr"]) == (0, 0.1)
    again = run(*arguments, "--trials", 3)
    assert "trial 3:" in again.output
    assert "trial 2:" not in again.output


def test_the_columns_of_a_table_are_shown_once_before_the_search(run, tmp_path):
    path = tmp_path / "houses.csv"
    path.write_text("area,price\n" + "".join(f"{i}.5,{3 * i}.25\n" for i in range(30)))
    arguments = ["--hidden", 8, "--total-steps", 5, "--trials", 1, "--out", tmp_path / "search"]
    said = run("tune", path, "--target", "price", *arguments).output
    assert said.count("target, number") == 1
    assert said.index("target, number") < said.index("trial 1:")


def test_a_search_without_validation_is_refused(run, tmp_path):
    result = run("tune", "iris", "--validation", 0, "--out", tmp_path, status=2)
    assert "--validation must leave samples" in result.output


def test_one_process_trains_the_best_and_another_one_says_so(run, tmp_path):
    arguments = ["tune", "iris", "--hidden", 8, "--total-steps", 20, "--trials", 1]
    (tmp_path / "best").mkdir()
    with RunDirectory(tmp_path / "best").claimed():
        result = run(*arguments, "--out", tmp_path)
    said = "".join(result.output.split())
    assert "isbeingwrittenbyanothertraining" in said
    assert not RunDirectory(tmp_path / "best").result.exists()
    again = run(*arguments, "--out", tmp_path)
    assert "to do better" in again.output
    assert "trial 1:" not in again.output


def test_an_unknown_engine_is_refused(run, tmp_path):
    result = run("tune", "iris", "--on", "here", "--out", tmp_path, status=2)
    assert "--on must be dask://host:port, mpi, or slurm" in result.output
