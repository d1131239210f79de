"""``rewire train`` and what can be done with a trained network: output, files, exit status."""

import csv
import io
import json
import multiprocessing
import os
import re
import shutil
import signal
import sys
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import onnxruntime
import pandas as pd
import pytest
import scipy.sparse
from typer.testing import CliRunner

from rewire import methods
from rewire.cli.app import app
from rewire.cli.common import run_folders
from rewire.experiment import Predictor, RunDirectory
from rewire.export import load as load_network
from rewire.report.recording import read_recording

SHORT = ["--hidden", "16", "--total-steps", "40", "--method", "set"]


def scores_in(result):
    """Return the scores of each part in the JSON of ``rewire evaluate``."""
    return {name: part["scores"] for name, part in json.loads(result.stdout)["parts"].items()}


def houses(count=120, seed=0):
    random = np.random.default_rng(seed)
    area, town = random.uniform(30, 200, count), random.choice(["Aachen", "Bonn", "Celle"], count)
    rooms = random.integers(1, 7, count)
    price = 3000 * area + 50_000.5 * (town == "Bonn") + 10_000 * rooms
    return pd.DataFrame({"area": area, "town": town, "rooms": rooms, "price": price})


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A classifier and a regression, trained once."""
    folder = tmp_path_factory.mktemp("trained")
    houses().to_csv(folder / "houses.csv", index=False)
    runner = CliRunner()
    settings = ["--hidden", "20", "--density", "0.7", "--method", "static"]
    houses_ = [folder / "houses.csv", "--target", "price"]
    for data, out in (["digits", "--epochs", 15], "digits"), (houses_, "houses"):
        arguments = ["train", *data, "--out", folder / out, *settings]
        result = runner.invoke(app, list(map(str, arguments)))
        assert result.exit_code == 0, result.output
    return folder


# ---------------------------------------------------------------------------------------- train


def test_train_keeps_everything_in_a_folder(run, tmp_path):
    result = run("train", "digits", "--out", tmp_path / "run", *SHORT)
    assert "<Dataset digits: 1797 samples, 64 inputs, 10 classes>" in result.output
    assert "Network 64-16-10: 119 connections" in result.output
    assert "step 40 of 40: loss " in result.output
    assert "stripped of dead neurons: 64-" in result.output
    assert set((tmp_path / "run").iterdir()) == set(RunDirectory(tmp_path / "run").files)
    settings = json.loads((tmp_path / "run" / "settings.json").read_text())
    assert (settings["data"], settings["hidden"], settings["total_steps"]) == ("digits", [16], 40)


def test_json_for_machines(run, tmp_path):
    out = tmp_path / "run"
    result = run("train", "digits", "--out", out, "--json", *SHORT)
    found = json.loads(result.stdout)
    assert found == json.loads((out / "result.json").read_text())
    assert found["total_steps"] == 40
    assert found["network"] == {"ranks": [64, 16, 10], "connections": 119}
    assert set(found["scores"]) == {"training", "validation"}
    assert "step 40 of 40" in result.stderr  # people may look on
    shown = json.loads(run("show", out, "--json").stdout)
    assert (shown["connections"], shown["ranks"]) == (119, [64, 16, 10])
    assert set(json.loads(run("methods", "--json").stdout)) == set(methods.registry)


def test_the_seconds_are_those_of_the_choice_and_of_the_training(run, tmp_path):
    houses().to_csv(tmp_path / "houses.csv", index=False)
    arguments = ["--target", "price", "--epochs", "2", "--out", tmp_path / "run"]
    output = " ".join(run("train", tmp_path / "houses.csv", *arguments).output.split())
    assert "s of it for the choice of the weight decay" in output
    found = json.loads((tmp_path / "run" / "result.json").read_text())
    assert 0 < found["choosing_seconds"] < found["seconds"]
    arguments = [*arguments, "--weight-decay", "0.1", "--overwrite"]
    assert "choice" not in run("train", tmp_path / "houses.csv", *arguments).output


def test_an_older_run_is_not_lost_unasked(run, tmp_path):
    run("train", "digits", "--out", tmp_path, *SHORT)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    result = run("train", "digits", "--out", tmp_path, *SHORT, "--seed", 1, status=2)
    assert "holds a run already: resume it ('rewire train --resume" in result.stderr
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    run("train", "digits", "--out", tmp_path, *SHORT, "--seed", 1, "--overwrite")
    assert (tmp_path / "model.safetensors").read_bytes() != before["model.safetensors"]


def test_the_folder_is_looked_at_before_the_data_are_loaded(run, tmp_path):
    run("train", "digits", "--out", tmp_path / "old", *SHORT)
    (tmp_path / "one.csv").write_text("x,y\n1,2\n")
    for out, said in {"old": "holds a run already", "model.onnx": "must be a folder"}.items():
        result = run("train", tmp_path / "one.csv", "--out", tmp_path / out, status=2)
        assert said in result.stderr
    run("train", tmp_path / "one.csv", "--out", tmp_path / "new", status=2)
    assert not (tmp_path / "new").exists()


def test_resuming_a_finished_run_trains_no_further(run, tmp_path):
    run("train", "digits", "--out", tmp_path, *SHORT, "--early-stopping", 1, "--total-steps", 400)
    names = ("model.safetensors", "result.json", "history.csv")
    before = {name: (tmp_path / name).read_bytes() for name in names}
    result = run("train", "--resume", tmp_path)
    assert "\nstep" not in result.output
    assert {name: (tmp_path / name).read_bytes() for name in names} == before


def test_early_stopping_measures_the_network_that_is_kept(run, tmp_path):
    arguments = ["--early-stopping", 2, "--validation", 0.4, "--lr", 0.5, "--seed", 2]
    run(
        "train",
        "wine",
        "--standardize",
        "--out",
        tmp_path,
        *SHORT,
        "--total-steps",
        400,
        *arguments,
    )
    result = json.loads((tmp_path / "result.json").read_text())
    history = pd.read_csv(tmp_path / "history.csv")
    best = history["validation_accuracy"].argmax()
    assert best < len(history) - 1
    assert result["stopped"].startswith("validation accuracy not above")
    assert result["scores"]["validation"]["accuracy"] == pytest.approx(
        history["validation_accuracy"][best]
    )


def test_a_schedule_and_an_optimizer_of_ones_choice(run, tmp_path):
    run("train", "iris", "--out", tmp_path, *SHORT, "--optimizer", "adam", "--schedule", "linear")
    rates = pd.read_csv(tmp_path / "history.csv")["learning_rate"]
    assert rates.iloc[0] == pytest.approx(0.001 * (1 - 0.99 / 40))
    assert rates.is_monotonic_decreasing


@pytest.mark.parametrize("loss", ["hinge", "binary_cross_entropy"])
def test_two_classes_with_one_output(loss, run, tmp_path):
    run("train", "moons", "--loss", loss, "--out", tmp_path, *SHORT, "--sparsity", "0.3")
    assert Predictor.load(tmp_path / "model.safetensors").network.ranks == (2, 16, 1)
    run("evaluate", tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "DATA must be a data set or a file; got none (or --resume FOLDER)"),
        (["digit"], "did you mean 'digits'"),
        (["nowhere.csv", "--target", "y"], "must be an existing file; got 'nowhere.csv'"),
        (
            ["digits", "--hidden", "many"],
            "--hidden must be whole numbers, at least 1, with commas between; got many",
        ),
        (
            ["digits", "--sparsity", "0.5,x"],
            "--sparsity must be numbers in [0, 1), with commas between",
        ),
        (
            ["digits", "--sparsity", "1.5"],
            "--sparsity must be numbers in [0, 1), with commas between; got 1.5",
        ),
        (["digits", "--sparsity", "0.5", "--density", "0.5"], "sparsity"),
        (["digits", "--sparsity", "0.5,0.5,0.5"], "sparsity"),
        (["digits", "--activation", "gelu"], "gelu"),
        (
            ["digits", "--class-weight", "even"],
            "--class-weight must be one of balanced; got 'even'",
        ),
        (
            ["diabetes", "--class-weight", "balanced"],
            "--class-weight must be None for a regression",
        ),
        (["digits", "--method", "rigel"], "did you mean 'rigl'"),
        (["digits", "--method", "reviving-rigel"], "did you mean 'reviving rigl'"),
        (["digits", "--out", "/dev/null"], "out must be a folder that can be written to"),
        (["digits", "--out", "/dev/null/run"], "out must be a folder that can be written to"),
        (["digits", "--ignore", "id"], "ignore is for files"),
        (["digits", "--method", "static", "--every", "5"], "are: none; got every"),
        (["digits", "--method", "snfs", "--momentum", "0"], "needs"),
        (["digits", "--loss", "hinge"], "loss must be 'cross_entropy' for 10 classes"),
        (["digits", "--epochs", "1", "--total-steps", "1"], "either epochs or total_steps"),
        (["digits", "--epochs", "-1"], "--epochs must be a number, above 0; got -1"),
        (
            ["digits", "--validation", "0", "--early-stopping", "3"],
            "--early-stopping needs samples to validate on",
        ),
        (["digits", "--validation", "5000"], "validation: size must be a share"),
        (["digits", "--lr", "-1"], "--lr must be a number, above 0; got -1"),
        (["digits", "--seed", "-1"], "--seed must be a whole number, at least 0; got -1"),
        (["digits", "--task", "regression"], "task is for files"),
        (["--resume", "nowhere"], "nowhere holds no run"),
        (
            ["digits", "--resume", "nowhere"],
            "goes on with the settings kept in the folder; got data",
        ),
        (["--resume", "nowhere", "--lr", "1"], "got --lr too"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(arguments, message, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("train", *arguments, status=2)
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.output
    assert not list(tmp_path.iterdir())


def test_a_resumed_run_with_other_data_is_refused(run, tmp_path):
    houses().to_csv(tmp_path / "houses.csv", index=False)
    out = tmp_path / "run"
    run("train", tmp_path / "houses.csv", "--target", "price", "--out", out, *SHORT)
    before = (out / "checkpoint.safetensors").read_bytes()
    houses(seed=1).to_csv(tmp_path / "houses.csv", index=False)
    result = run("train", "--resume", out, status=2)
    assert "it was made with X = " in result.stderr
    (out / "checkpoint.safetensors").write_bytes(before[:500])
    result = run("train", "--resume", out, status=2)
    assert "checkpoint.safetensors'" in " ".join(result.stderr.split())


def test_columns_are_left_out_also_when_going_on(run, tmp_path):
    frame = houses()
    frame["id"] = [f"H{i}" for i in range(len(frame))]
    frame.to_csv(tmp_path / "houses.csv", index=False)
    arguments = ["train", tmp_path / "houses.csv", "--target", "price", "--out", tmp_path / "run"]
    run(*arguments, *SHORT, "--ignore", "id,town")
    model = Predictor.load(tmp_path / "run" / "model.safetensors")
    assert model.feature_names == ("area", "rooms")
    run("train", "--resume", tmp_path / "run")
    run("evaluate", tmp_path / "run")


def test_a_target_that_does_not_vary_is_refused(run, tmp_path):
    houses().assign(price=5.5).to_csv(tmp_path / "houses.csv", index=False)
    out = tmp_path / "run"
    result = run("train", tmp_path / "houses.csv", "--target", "price", "--out", out, status=2)
    assert "target must vary" in result.stderr
    assert "got 5.5 in all 108 training samples" in result.stderr
    assert not out.exists()


def test_whole_numbers_may_be_a_regression(run, tmp_path):
    """Of few different ones it is asked; of many it is said."""
    frame = houses(200)
    frame["price"] = frame["price"].round(-5).astype(int)
    frame.to_csv(tmp_path / "few.csv", index=False)
    arguments = ["--target", "price", *SHORT, "--density", 0.7]
    result = run("train", tmp_path / "few.csv", *arguments, "--out", tmp_path / "a", status=2)
    assert "may be classes or quantities" in result.stderr
    assert "--task" in result.stderr
    out = ["--out", tmp_path / "a", "--total-steps", 1000]
    run("train", tmp_path / "few.csv", *arguments, *out, "--task", "regression")
    result = run("evaluate", tmp_path / "a", tmp_path / "few.csv", "--json")
    assert scores_in(result)["validation"]["r2"] > 0.8
    houses(200).round().astype({"price": int}).to_csv(tmp_path / "many.csv", index=False)
    output = run("train", tmp_path / "many.csv", *arguments, "--out", tmp_path / "b").output
    assert "quantities" in " ".join(output.split())


@pytest.mark.filterwarnings("always")
def test_a_warning_is_a_line(run, tmp_path):
    result = run("train", "iris", "--method", "rigl", "--total-steps", 5, "--out", tmp_path / "run")
    line, note = result.stderr.splitlines()
    assert note.startswith("note: 11 hidden neurons instead of 80, so that each reads at least 3 ")
    assert line.startswith("warning: method 'rigl' never rewires")
    about = read_recording(RunDirectory(tmp_path / "run").recording).about
    assert note.removeprefix("note: ") in about["assessment"]["notices"]  # in the report too


# ------------------------------------------------------------------------------- after training


@pytest.mark.parametrize("data", [[], ["houses.csv"], ["houses.csv", "--target", "price"]])
def test_evaluate_measures_what_training_measured(data, run, trained):
    """On its own data, what it learnt and what it has not seen are told apart, to the last bit."""
    result = json.loads((trained / "houses" / "result.json").read_text())
    if data:
        data = [trained / data[0], *data[1:]]
    found = json.loads(run("evaluate", trained / "houses", *data, "--json").stdout)
    assert found == result["assessment"]
    assert list(found["parts"]) == ["training", "validation"]
    assert [part["samples"] for part in found["parts"].values()] == [108, 12]
    assert found["parts"]["validation"]["scores"]["r2"] > 0.9
    assert result["scores"]["training"] == found["parts"]["training"]["scores"]


def test_errors_are_those_of_numpy_where_targets_are_large(run, tmp_path):
    """Seconds since 1970: float32 knows no less than two minutes."""
    random = np.random.default_rng(0)
    z = random.normal(size=300).round(3)
    frame = pd.DataFrame({"z": z, "when": 1.7e9 + 100 * z})
    frame.to_csv(tmp_path / "when.csv", index=False)
    out = tmp_path / "run"
    run("train", tmp_path / "when.csv", "--target", "when", "--out", out, *SHORT)
    result = json.loads((out / "result.json").read_text())["scores"]
    frame.to_csv(tmp_path / "again.csv", index=False)
    found = scores_in(run("evaluate", out, tmp_path / "again.csv", "--json"))["all samples"]
    mean = (270 * result["training"]["mean_absolute_error"]) + (
        30 * result["validation"]["mean_absolute_error"]
    )
    assert found["mean_absolute_error"] == pytest.approx(mean / 300, rel=1e-9)
    answers = predicted(run("predict", out, tmp_path / "again.csv").stdout)
    error = np.array([float(row["prediction"]) for row in answers]) - frame["when"]
    assert found["mean_absolute_error"] == pytest.approx(np.abs(error).mean(), rel=1e-6)
    assert found["r2"] == pytest.approx(1 - (error**2).mean() / frame["when"].var(ddof=0), rel=1e-6)


def test_evaluate_on_columns_in_another_order(run, trained, tmp_path):
    frame = houses(30, seed=1)
    frame[frame["town"] != "Celle"].to_csv(tmp_path / "a.csv", index=False)
    frame[frame["town"] != "Celle"][["price", "town", "rooms", "area"]].to_csv(
        tmp_path / "b.csv", index=False
    )
    outputs = [
        scores_in(run("evaluate", trained / "houses", tmp_path / name, "--json"))
        for name in ("a.csv", "b.csv")
    ]
    assert outputs[0] == outputs[1]
    assert outputs[0]["all samples"]["r2"] > 0.9


def test_evaluate_other_data_by_name(run, trained):
    scores = scores_in(run("evaluate", trained / "digits", "digits", "--json"))
    assert scores["validation"]["accuracy"] > 0.7
    other = scores_in(run("evaluate", trained / "digits" / "model.safetensors", "digits", "--json"))
    mean = (1617 * scores["training"]["accuracy"] + 180 * scores["validation"]["accuracy"]) / 1797
    assert other["all samples"]["accuracy"] == pytest.approx(mean)
    result = run("evaluate", trained / "digits", "iris", status=2)
    assert "the data must have 64 inputs" in result.stderr


def test_evaluate_looks_only_at_what_the_model_knows(run, trained, tmp_path):
    """Dates, identifiers, gaps in other columns and a single class do no harm."""
    frame = houses(30, seed=1)
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame["id"] = [f"H{i}" for i in range(30)]
    frame["note"] = [None, *"x" * 29]
    frame["sold"] = pd.date_range("2020-01-01", periods=30)
    frame.to_parquet(tmp_path / "b.parquet")
    first, second = (
        scores_in(run("evaluate", trained / "houses", tmp_path / name, "--json"))["all samples"]
        for name in ("a.csv", "b.parquet")
    )
    assert first == pytest.approx(second)
    frame = houses()
    frame.to_csv(tmp_path / "all.csv", index=False)
    run("train", tmp_path / "all.csv", "--target", "town", "--out", tmp_path / "run", *SHORT)
    frame[frame["town"] == "Bonn"].to_csv(tmp_path / "bonn.csv", index=False)
    scores = scores_in(run("evaluate", tmp_path / "run", tmp_path / "bonn.csv", "--json"))
    answers = predicted(run("predict", tmp_path / "run", tmp_path / "bonn.csv").stdout)
    right = np.mean([row["prediction"] == "Bonn" for row in answers])
    assert scores["all samples"]["accuracy"] == right
    frame.assign(town="Dortmund").to_csv(tmp_path / "other.csv", index=False)
    result = run("evaluate", tmp_path / "run", tmp_path / "other.csv", status=2)
    assert "classes must be among Aachen, Bonn, Celle" in result.stderr
    assert "got 'Dortmund'" in result.stderr


def test_arrays_are_trained_on_and_predicted(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    X = scipy.sparse.csr_array(scipy.sparse.random(200, 50, 0.1, random_state=random))
    y = np.where(X.sum(axis=1) > 2.5, "many", "few")
    np.savez("dense.npz", X=X.toarray(), y=y)
    scipy.sparse.save_npz("sparse.npz", X)
    np.save("labels.npy", y)
    answers = []
    for name, *target in ("dense.npz",), ("sparse.npz", "--target", "labels.npy"):
        arguments = ["--total-steps", 300, "--sparsity", 0.5, "--no-standardize"]
        run("train", name, *target, "--out", f"run-{Path(name).stem}", *arguments)
        answers.append(run("predict", f"run-{Path(name).stem}", name).stdout)
        answers.append(run("predict", f"run-{Path(name).stem}", "sparse.npz").stdout)
        (tmp_path / "elsewhere").mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / "elsewhere")  # a run finds its data from anywhere
        run("evaluate", tmp_path / f"run-{Path(name).stem}")
        run("train", "--resume", tmp_path / f"run-{Path(name).stem}")
        monkeypatch.chdir(tmp_path)
    assert len(set(answers)) == 1
    right = [
        row["prediction"] == label for row, label in zip(predicted(answers[0]), y, strict=True)
    ]
    assert np.mean(right) > 0.9
    np.savez("wrong.npz", X=X.toarray()[:, 1:])
    result = run("predict", "run-dense", "wrong.npz", status=2)
    assert "wrong.npz cannot be loaded: X must have shape (samples, 50)" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "run", "houses.csv", "--out", "houses.csv"],
        ["predict", "run", "houses.csv", "--out", "run/model.safetensors"],
        ["predict", "run/model.safetensors", "houses.csv", "--out", "run/../run/history.csv"],
        ["strip", "run", "--out", "run/checkpoint.safetensors"],
        ["strip", "alone.safetensors", "--out", "alone.safetensors"],
        ["show", "run", "--picture", "run/report.html"],
        ["show", "run", "--curves", "run/result.json"],
        ["export", "run", "run/settings.json"],
        ["export", "run", "net.json", "--picture", "run/recording.safetensors"],
    ],
)
def test_nothing_is_written_over_what_is_read_or_belongs_to_a_run(
    arguments, run, trained, tmp_path, monkeypatch
):
    shutil.copytree(trained / "houses", tmp_path / "run")
    shutil.copy(trained / "houses.csv", tmp_path)
    shutil.copy(trained / "houses" / "model.safetensors", tmp_path / "alone.safetensors")
    monkeypatch.chdir(tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    result = run(*arguments, status=2)
    assert "must not be one that is read or belongs to a run; got" in result.stderr
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


def test_evaluate_prints_a_table(run, trained):
    output = run("evaluate", trained / "digits").output
    assert "accuracy" in output
    assert max(map(len, output.splitlines())) <= 80


def predicted(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_a_regression_has_no_probabilities(run, trained):
    arguments = ("predict", trained / "houses", trained / "houses.csv", "--probabilities")
    assert "this model predicts numbers" in run(*arguments, status=2).stderr


def test_strip_computes_the_same(run, trained, tmp_path):
    output = run("strip", trained / "houses", "--out", tmp_path / "small.safetensors").output
    assert output.startswith("5-20-1 with ")
    whole, small = (
        run("predict", model, trained / "houses.csv").stdout
        for model in (trained / "houses", tmp_path / "small.safetensors")
    )
    a, b = ([float(row["prediction"]) for row in predicted(text)] for text in (whole, small))
    np.testing.assert_allclose(a, b, rtol=1e-4)


def test_show_describes_and_draws(run, trained, tmp_path):
    wiring, curves = tmp_path / "wiring.png", tmp_path / "curves.svg"
    output = run("show", trained / "digits", "--picture", wiring, "--curves", curves).output
    assert "1,036 of 1,480 connections" in output
    assert max(map(len, output.splitlines())) <= 80
    assert wiring.read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in curves.read_bytes()
    result = run("show", trained / "digits", "--picture", tmp_path / "wiring.xyz", status=2)
    assert "xyz" in result.stderr
    assert sorted(file.name for file in tmp_path.iterdir()) == ["curves.svg", "wiring.png"]
    model = trained / "digits" / "model.safetensors"
    result = run("show", model, "--curves", tmp_path / "c.png", status=2)
    assert "curves are of a run's folder" in result.stderr


@pytest.mark.parametrize("option", ["--strip", "--no-strip"])
def test_what_export_says_is_of_the_network_that_it_writes(run, trained, tmp_path, option):
    made = run("export", trained / "digits", tmp_path / "net.npz", option, "--json").stdout
    said, net = json.loads(made), load_network(tmp_path / "net.npz")
    summary = net.summary()
    assert said["ranks"] == list(net.ranks)
    assert said["density"] == net.density
    for name in ("connections", "parameters", "dead", "flops"):
        assert said[name] == getattr(summary, name)


@pytest.mark.parametrize(
    ("arguments", "option", "advice"),
    [
        (["strip", "digits", "--out", "small.onnx"], "--out", "by 'rewire export', which strips"),
        (["show", "digits", "--picture", "wiring.html"], "--picture", "choose another name"),
        (["show", "digits", "--curves", "curves.csv"], "--curves", "choose another name"),
        (["predict", "houses", "houses.csv", "--out", "answers.txt"], "--out", ".csv"),
        (["export", "digits", "net.pdf"], "OUT", "onnx (.onnx)"),
        (["export", "digits", "net.onnx", "--format", "c"], "OUT", "the format 'c'"),
        (["report", "digits", "--out", "digits.pdf"], "--out", ".html"),
        (["train", "houses.csv", "--target", "town", "--out", "run.onnx"], "--out", "'run'"),
    ],
)
def test_a_file_has_the_format_of_its_ending_or_is_not_written(
    arguments, option, advice, run, trained, tmp_path, monkeypatch
):
    for name in ("digits", "houses"):
        shutil.copytree(trained / name, tmp_path / name)
    shutil.copy(trained / "houses.csv", tmp_path)
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    said = " ".join(run(*arguments, status=2).stderr.split())
    assert said.startswith(f"error: {option} must ")
    assert advice in said
    assert sorted(tmp_path.rglob("*")) == before


def test_pictures_are_legible_whatever_the_network(run, trained, tmp_path, monkeypatch):
    monkeypatch.setattr("rewire.plot.network.MOST_CONNECTIONS", 100)
    run("show", trained / "digits", "--picture", tmp_path / "w.png")
    height, width, _ = plt.imread(tmp_path / "w.png").shape
    assert max(height, width) < 1500


def test_show_prints_what_the_exported_network_needs(run, trained, tmp_path):
    """Anyone can compute the answers from the exported network and these numbers."""
    said = json.loads(run("show", trained / "houses", "--json").stdout)
    made = json.loads(run("export", trained / "houses", tmp_path / "net.npz", "--json").stdout)
    frame = houses(10, seed=2)
    assert said["inputs"] == ["area", "town=Aachen", "town=Bonn", "town=Celle", "rooms"]
    columns = [frame["area"], *(frame["town"] == town for town in ("Aachen", "Bonn", "Celle"))]
    X = (np.column_stack([*columns, frame["rooms"]]) - said["input_mean"]) / said["input_scale"]
    net = load_network(tmp_path / "net.npz")
    assert (made["ranks"], made["connections"]) == (list(net.ranks), len(net.connections))
    frame.to_csv(tmp_path / "new.csv", index=False)
    text = run("predict", trained / "houses", tmp_path / "new.csv").stdout
    np.testing.assert_allclose(
        net.predict(X) * said["output_scale"] + said["output_mean"],
        [[float(row["prediction"])] for row in predicted(text)],
        rtol=1e-4,
    )


def test_export_for_other_programs(run, trained, tmp_path):
    output = run("export", trained / "houses", tmp_path / "net.npz").output
    assert "made of the columns area, town, rooms and standardized" in output
    assert "1 output, standardized" in output
    model = Predictor.load(trained / "houses" / "model.safetensors")
    net = load_network(tmp_path / "net.npz")
    assert net.ranks == model.network.strip().ranks
    run("export", trained / "houses", tmp_path / "all.npz", "--no-strip")
    assert load_network(tmp_path / "all.npz").ranks == model.network.ranks
    run("export", trained / "houses", tmp_path / "net.xyz", status=2)
    run("export", trained / "houses", tmp_path / "net.c", "--picture", tmp_path / "net.png")
    assert (tmp_path / "net.png").read_bytes().startswith(b"\x89PNG")
    stripped = json.loads(
        run("strip", trained / "houses", "--out", tmp_path / "s.safetensors", "--json").stdout
    )
    assert stripped["after"] == {"ranks": list(net.ranks), "connections": len(net.connections)}
    assert stripped["before"]["ranks"] == list(model.network.ranks)
    result = run("show", trained / "houses", "--picture", tmp_path / "net.xyz", status=2)
    assert "--picture must end in" in result.stderr


def test_what_is_no_trained_network_is_refused(run, tmp_path):
    assert "there is no trained model" in run("show", tmp_path, status=2).stderr
    (tmp_path / "checkpoint.safetensors").write_text("")
    hint = run("show", tmp_path, status=2).stderr
    assert "its training is not finished; 'rewire train --resume" in " ".join(hint.split())
    (tmp_path / "model.safetensors").write_text("something else")
    assert "model.safetensors'" in run("evaluate", tmp_path, "digits", status=2).stderr


def test_methods_are_listed_for_people(run):
    output = run("methods").output
    assert "rigl (default)" in output
    assert "\\" not in output
    assert max(map(len, output.splitlines())) <= 80


@pytest.mark.parametrize("command", ["train", "evaluate", "predict", "strip", "show", "export"])
def test_help_fits_and_tells(command, run):
    output = run(command, "--help").output
    assert max(map(len, output.splitlines())) <= 80
    example = {"export": "Write the model"}.get(command, f"rewire {command} ")
    assert example in output


# -------------------------------------------------------------------------------- the shell


# Python 3.12 warns of every fork of a process that has threads; this one's are idle.
in_forks = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")


def begin_command(*arguments, largest_file=None):
    """Begin the command in a fork, which has imported all; return it, its output and errors."""
    pipes = {1: os.pipe(), 2: os.pipe()}

    def job():
        for number, (_, end) in pipes.items():
            os.dup2(end, number)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1) for number in pipes)
        os.environ.update(COLUMNS="80", TERM="dumb")
        if largest_file is not None:
            import resource  # Windows has none

            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))
        app(list(map(str, arguments)), prog_name="rewire")

    process = multiprocessing.get_context("fork").Process(target=job, daemon=True)
    process.start()
    for _, end in pipes.values():
        os.close(end)
    return process, *(os.fdopen(start) for start, _ in pipes.values())


@in_forks
@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_asked_to_stop_it_saves_and_says_how_to_go_on(number, status, run, tmp_path):
    long = ["digits", "--hidden", "30", "--method", "set", "--total-steps", 6000, "--seed", 4]
    process, output, errors = begin_command("train", *long, "--out", tmp_path / "run")
    with output, errors:
        assert any(line.startswith("step") for line in output)
        os.kill(process.pid, number)
        rest = output.read()
        process.join(60)
        assert process.exitcode == status, errors.read()
    assert "all is kept. Go on with:" in rest
    assert f"rewire train --resume {tmp_path / 'run'}" in rest
    assert not (tmp_path / "run" / "model.safetensors").exists()
    run("train", "--resume", tmp_path / "run")
    run("train", *long, "--out", tmp_path / "whole")
    models = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("run", "whole")]
    assert models[0] == models[1]


def test_a_second_ctrl_c_does_not_wait(run, tmp_path, monkeypatch):
    """Whatever it interrupts, the last checkpoint is whole and is said to be kept."""
    real = RunDirectory.save

    def save(folder, kept):
        real(folder, kept)
        if kept.training.step:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            time.monotonic()  # where Python looks at signals at the latest
            pytest.fail("still there")

    monkeypatch.setattr(RunDirectory, "save", save)
    result = run("train", "digits", "--out", tmp_path, *SHORT, status=130)
    assert "the last checkpoint is kept. Go on with:" in result.output
    monkeypatch.undo()
    run("train", "--resume", tmp_path)


@in_forks
@pytest.mark.slow
def test_a_full_disk_is_said_and_there_is_a_way_on(run, tmp_path):
    """No file may be larger than some bytes, by the kernel's word: writers fail in the middle."""
    settings = ["digits", "--hidden", "16", "--total-steps", 400, "--method", "set"]
    run("train", *settings, "--out", tmp_path / "whole")
    sizes = [file.stat().st_size for file in (tmp_path / "whole").iterdir()]
    for limit in (0, 100, 8000, max(sizes) * 9 // 10):
        out = tmp_path / str(limit)
        process, output, errors = begin_command(
            "train", *settings, "--out", out, largest_file=limit
        )
        with output, errors:
            _, said = output.read(), errors.read()
        process.join(60)
        assert process.exitcode == 2, said
        last = said.splitlines()[-1]
        assert re.match(rf"error: {out}/\S+ could not be written \(File too large\)", last)
        assert not list(out.glob(".*"))
        if (out / "settings.json").exists():
            assert f"then go on with: rewire train --resume {out}" in last
            run("train", "--resume", out)
            models = [(folder / "model.safetensors") for folder in (tmp_path / "whole", out)]
            assert models[0].read_bytes() == models[1].read_bytes()
    assert limit > 8000
    assert out.exists()


def test_the_shell_completes_folders_of_runs(tmp_path, monkeypatch):
    for folder in ("runs/a", "runs/b/c", "other"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "settings.json").write_text("{}")
    (tmp_path / "runs" / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    assert run_folders("") == ["other", "runs/a", "runs/b/c"]
    assert run_folders("ru") == run_folders("runs/") == ["runs/a", "runs/b/c"]
    assert run_folders("runs/a") == ["runs/a"]
    assert run_folders("nowhere/") == []


def written_houses(path, count, seed, *, priced=True):
    """Write houses as people write them: units, gaps, dates, currencies; return them as numbers."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({"area": random.integers(40, 200, count).astype(float)})
    frame["heating"] = random.choice(["gas", "oil", "heat pump"], count)
    frame["sold"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(
        random.integers(0, 366, count), "D"
    )
    frame["price"] = 2500 * frame["area"] + 40_000 * (frame["heating"] == "heat pump") + 90_000
    frame.loc[7::100, "area"] = np.nan
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["house", "area", "heating", "sold", *(["price"] if priced else [])])
        for i, row in enumerate(frame.itertuples()):
            area = "?" if np.isnan(row.area) else f"{row.area:.0f} m²"
            price = [f"${row.price:,.0f}"] if priced else []
            rows.writerow([f"H-{i:03}", area, row.heating, f"{row.sold:%d/%m/%Y}", *price])
    return frame


def test_the_commands_of_the_readme(run, tmp_path, monkeypatch):
    """A new user's own table: all commands of that section, as they stand, one after the other."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    section = readme.partition("### Train on your own table")[2].partition("\n### ")[0]
    [commands] = re.findall(r"(?:^    .+\n)+", section, re.M)
    [shown] = re.findall(r"^```text\n(.+?)^```", section, re.M | re.S)
    install, *lines = commands.splitlines()
    assert install.strip() == "pip install '.[data,export]'"
    assert len(lines) == 6
    monkeypatch.chdir(tmp_path)
    written_houses(Path("houses.csv"), 400, 0)
    new = written_houses(Path("new-houses.csv"), 20, 1, priced=False)
    printed = {}
    for line in lines:
        words = line.split()
        assert words[0] == "rewire"
        printed[words[1]] = run(*words[1:]).output
    made = {"houses.onnx", "prices.csv", "wiring.png", "curves.png", "runs"}
    assert {path.name for path in tmp_path.iterdir()} == made | {"houses.csv", "new-houses.csv"}
    inspected = " ".join(printed["inspect"].split())
    assert all(word in inspected for line in shown.splitlines() for word in line.split())
    prices = np.array(
        [float(row["prediction"]) for row in predicted(Path("prices.csv").read_text())]
    )
    known = new["area"].notna()
    np.testing.assert_allclose(prices[known], new["price"][known], rtol=0.3)
    feed = {
        "area": new[["area"]].to_numpy(),
        "heating": new[["heating"]].to_numpy(object),
        "sold": (new[["sold"]] - pd.Timestamp(0)).to_numpy() / np.timedelta64(1, "s"),
    }
    [answers] = onnxruntime.InferenceSession("houses.onnx").run(None, feed)
    np.testing.assert_allclose(answers.ravel(), prices, rtol=1e-4)


# ------------------------------------------------------------------------------------- columns


def test_what_became_of_each_column_is_printed_before_training(run, tmp_path):
    frame = houses().assign(same=1, sold=pd.date_range("2020-01-01", periods=120))
    frame.loc[::4, "area"] = np.nan
    frame.to_csv(tmp_path / "houses.csv", index=False)
    arguments = [tmp_path / "houses.csv", "--target", "price", "--out", tmp_path / "run", *SHORT]
    output = run("train", *arguments).output
    table, _, rest = output.partition("<Dataset")
    assert "step" in rest
    lines = {line.split()[0]: line.split() for line in table.splitlines() if line.strip()}
    assert lines["area"][1:4] == ["number", "30", "2"]
    assert lines["town"][1:3] == ["category", "3"]
    assert lines["sold"][1:3] == ["date", "3"]
    assert lines["same"][1:4] == ["constant,", "left", "out"]
    assert lines["price"][1:3] == ["target,", "number"]
    model = Predictor.load(tmp_path / "run" / "model.safetensors")
    assert model.network.ranks[0] == 2 + 3 + 3 + 1


def test_many_columns_share_lines(run, tmp_path):
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(60, 30)), columns=[f"x{i}" for i in range(30)])
    frame["label"] = np.where(frame["x0"] > 0, "up", "down")
    frame.to_csv(tmp_path / "wide.csv", index=False)
    arguments = [tmp_path / "wide.csv", "--target", "label", "--out", tmp_path / "run", *SHORT]
    output = " ".join(run("train", *arguments).output.split())
    assert "x0 … x29 (30) number 30" in output
    assert "label target, classes" in output


def test_rows_without_an_answer_are_counted(run, tmp_path):
    frame = houses()
    frame.loc[:9, "price"] = np.nan
    frame.to_csv(tmp_path / "houses.csv", index=False)
    arguments = [tmp_path / "houses.csv", "--target", "price", "--out", tmp_path / "run", *SHORT]
    output = run("train", *arguments).output
    assert "10 rows without a value in 'price' left out" in output
    result = run("evaluate", tmp_path / "run" / "model.safetensors", tmp_path / "houses.csv")
    assert "10 of 120 rows left out: they have no answer in the target column" in result.stderr


def test_columns_are_read_as_the_command_says(run, tmp_path):
    frame = houses().assign(code=[f"{i % 3}" for i in range(120)], when="03/04/2020")
    frame["when"] = [f"{1 + i % 12:02}/{1 + i % 11:02}/2020" for i in range(120)]
    frame.to_csv(tmp_path / "houses.csv", index=False)
    arguments = [tmp_path / "houses.csv", "--target", "price", *SHORT]
    options = ["--categorical", "code", "--ignore", "town", "--date", "when=DD/MM/YYYY"]
    run("train", *arguments, *options, "--out", tmp_path / "run")
    encoder = Predictor.load(tmp_path / "run" / "model.safetensors").encoder
    assert encoder.inputs_of("code") == ("code=0", "code=1", "code=2")
    assert encoder.inputs_of("town") == ()
    assert encoder.schema["when"].kind == "date"
    run("evaluate", tmp_path / "run")
    frame.loc[0, "area"] = np.nan
    frame.to_csv(tmp_path / "houses.csv", index=False)
    refused = run("train", *arguments, *options, "--missing", "none", status=2)
    assert "'area' has 1 missing values" in refused.stderr


def test_standard_input_is_trained_on(trained, tmp_path):
    text = (trained / "houses.csv").read_text()
    arguments = ["train", "-", "--target", "price", "--out", str(tmp_path / "run"), *SHORT]
    result = CliRunner().invoke(app, arguments, input=text)
    assert result.exit_code == 0, result.output
    assert Predictor.load(tmp_path / "run" / "model.safetensors").encoder is not None
