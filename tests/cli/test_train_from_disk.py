"""``rewire train --buffer``: a folder on disk is learnt, and its run is one like any other."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from rewire.cli.app import app
from rewire.report.recording import read_recording


def houses(count=3000, seed=0):
    random = np.random.default_rng(seed)
    area, town = random.uniform(30, 200, count), random.choice(["Aachen", "Bonn", None], count)
    price = 3000 * area + 50_000.5 * (town == "Bonn")
    return pd.DataFrame(
        {"house": count * seed + np.arange(count), "area": area, "town": town, "price": price}
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder of Parquet files and a run that has learnt it from disk."""
    folder = tmp_path_factory.mktemp("disk")
    (folder / "houses").mkdir()
    for number in range(2):
        path = folder / "houses" / f"{number}.parquet"
        houses(seed=number).to_parquet(path, row_group_size=1000, index=False)
    settings = ["--hidden", 8, "--density", 0.8, "--epochs", 1, "--out", folder / "run"]
    given = [folder / "houses", "--target", "price", "--buffer", "40 kB", *settings]
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["train", *map(str, given)])
    assert result.exit_code == 0, result.output
    (folder / "output.txt").write_text(result.output)
    return folder


def test_it_is_said_what_was_understood_and_from_how_many_rows(trained):
    said = (trained / "output.txt").read_text()
    kept = json.loads((trained / "run" / "result.json").read_text())
    learnt = kept["assessment"]["parts"]["training"]["samples"]
    assert (
        f"<Stream houses: 5,400 samples, 4 inputs, 1,666 at a time, understood from {learnt}>"
        in said
    )
    notice = (
        f"columns are understood, encoded and scaled by what {learnt} of 5,400 training samples "
        "say, drawn by the seed; the final scores are measured on these and on 600 of 600 held out"
    )
    assert notice in kept["notices"]
    report = (trained / "run" / "report.html").read_text()
    assert "measured on at most 246 of 5,400 training samples, evenly spaced" in report
    assert notice in report
    assert len(read_recording(trained / "run").X) == 246


def test_a_run_is_evaluated_on_the_same_samples_again(trained, run):
    kept = json.loads((trained / "run" / "result.json").read_text())["assessment"]
    found = json.loads(run("evaluate", trained / "run", "--json").stdout)
    assert found["parts"] == kept["parts"]
    assert found["parts"]["validation"]["scores"]["r2"] > 0.9
    other = json.loads(
        run("evaluate", trained / "run", trained / "houses" / "0.parquet", "--json").stdout
    )
    assert other["parts"]["all samples"]["samples"] == 3000


def test_it_answers_a_folder_and_is_shown_and_exported(trained, run, tmp_path):
    run("predict", trained / "run", trained / "houses", "--out", tmp_path / "answers.csv")
    answers = pd.read_csv(tmp_path / "answers.csv")
    prices = pd.concat([houses(), houses(seed=1)])["price"].to_numpy()
    assert np.corrcoef(answers["prediction"], prices)[0, 1] > 0.95
    shown = json.loads(run("show", trained / "run", "--json").stdout)
    assert shown["inputs"] == ["area", "town=Aachen", "town=Bonn", "town is missing"]
    run("export", trained / "run", tmp_path / "model.py")
    assert "town" in (tmp_path / "model.py").read_text()


def test_a_finished_run_goes_on_to_nothing(trained, run):
    before = (trained / "run" / "model.safetensors").read_bytes()
    run("train", "--resume", trained / "run")
    assert (trained / "run" / "model.safetensors").read_bytes() == before


def test_a_folder_is_learnt_in_memory_without_a_buffer(trained, run, tmp_path):
    settings = ["--hidden", 8, "--density", 0.8, "--epochs", 1]
    given = [trained / "houses", "--target", "price", "--out", tmp_path / "run", *settings]
    assert "<Dataset houses: 6000 samples, 4 inputs" in run("train", *given).output


def test_arrays_are_learnt_and_answered(run, tmp_path):
    X = np.random.default_rng(0).normal(size=(1500, 3))
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", np.where(X[:, 0] > 0, "up", "down"))
    given = ["--target", tmp_path / "y.npy", "--total-steps", 200, "--hidden", 6]
    for more, part in (["--buffer", "9 kB"], "Stream X"), ([], "Dataset X"):
        out = tmp_path / part.split()[0]
        assert f"<{part}: " in run("train", tmp_path / "X.npy", *given, *more, "--out", out).output
    run("predict", tmp_path / "Stream", tmp_path / "X.npy", "--out", tmp_path / "answers.csv")
    answers = pd.read_csv(tmp_path / "answers.csv")["prediction"]
    assert (answers == np.where(X[:, 0] > 0, "up", "down")).mean() > 0.9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["digits", "--buffer", "1 MB"], "--buffer is for data on disk: a Parquet file, a folder"),
        (["X.npy", "--buffer", "1 MB"], "--target must be a .npy file with the targets of X.npy"),
        ([".", "--target", "y"], "a folder must hold .parquet files"),
        (["compare", "iris", "--buffer", "1 MB"], "No such option"),
    ],
)
def test_what_cannot_be_done_is_said(arguments, message, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("X.npy", np.zeros((3, 2)))
    command = arguments if arguments[0] == "compare" else ["train", *arguments]
    assert message in " ".join(run(*command, status=2).stderr.split())
