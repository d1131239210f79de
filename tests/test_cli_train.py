"""``rewire train`` and what can be done with a trained network: output, files, exit status."""

import csv
import io
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from rewire.cli import app
from rewire.export import load as load_network
from rewire.runs import Folder, Model
from rewire.topology import methods

SHORT = ["--hidden", "16", "--steps", "40", "--method", "set"]


@pytest.fixture
def run():
    runner = CliRunner(env={"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"})

    def invoke(*arguments, status=0):
        result = runner.invoke(app, list(map(str, arguments)))
        assert result.exit_code == status, (result.output, result.exception)
        return result

    return invoke


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
    assert "Network 64-16-10: 132 connections" in result.output
    assert "update 39 of 40: loss " in result.output
    assert "stripped of dead neurons: 64-" in result.output
    assert set((tmp_path / "run").iterdir()) == set(Folder(tmp_path / "run").files)
    settings = json.loads((tmp_path / "run" / "settings.json").read_text())
    assert (settings["data"], settings["hidden"], settings["steps"]) == ("digits", [16], 40)


def test_json_for_machines(run, tmp_path):
    out = tmp_path / "run"
    result = run("train", "digits", "--out", out, "--json", *SHORT)
    found = json.loads(result.stdout)
    assert found == json.loads((out / "result.json").read_text())
    assert found["updates"] == 40
    assert found["network"] == {"ranks": [64, 16, 10], "connections": 132}
    assert set(found["scores"]) == {"training", "validation"}
    assert "update 39 of 40" in result.stderr  # people may look on
    shown = json.loads(run("show", out, "--json").stdout)
    assert (shown["connections"], shown["ranks"]) == (132, [64, 16, 10])
    assert set(json.loads(run("methods", "--json").stdout)) == set(methods)


def test_an_older_run_is_not_lost_unasked(run, tmp_path):
    run("train", "digits", "--out", tmp_path, *SHORT)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    result = run("train", "digits", "--out", tmp_path, *SHORT, "--seed", 1, status=2)
    assert "holds a run already: go on with it (--resume" in result.stderr
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    run("train", "digits", "--out", tmp_path, *SHORT, "--seed", 1, "--overwrite")
    assert (tmp_path / "model.safetensors").read_bytes() != before["model.safetensors"]


def test_resuming_a_finished_run_trains_no_further(run, tmp_path):
    run("train", "digits", "--out", tmp_path, *SHORT, "--early-stopping", 1, "--steps", 400)
    names = ("model.safetensors", "result.json", "history.csv")
    before = {name: (tmp_path / name).read_bytes() for name in names}
    result = run("train", "--resume", tmp_path)
    assert "update" not in result.output
    assert {name: (tmp_path / name).read_bytes() for name in names} == before


def test_early_stopping_measures_the_network_that_is_kept(run, tmp_path):
    arguments = ["--early-stopping", 2, "--validation", 0.4, "--lr", 0.5, "--seed", 2]
    run("train", "wine", "--standardize", "--out", tmp_path, *SHORT, "--steps", 400, *arguments)
    result = json.loads((tmp_path / "result.json").read_text())
    history = pd.read_csv(tmp_path / "history.csv")
    best = history["validation_loss"].argmin()
    assert best < len(history) - 1
    assert result["stopped"].startswith("validation loss not below")
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
    assert Model.load(tmp_path / "model.safetensors").network.ranks == (2, 16, 1)
    run("evaluate", tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "DATA must be a data set or a file; got none (or --resume FOLDER)"),
        (["digit"], "did you mean 'digits'"),
        (["nowhere.csv", "--target", "y"], "must be an existing file; got 'nowhere.csv'"),
        (["digits", "--hidden", "many"], "--hidden must be whole numbers with commas between"),
        (["digits", "--sparsity", "0.5,x"], "--sparsity must be a number, or numbers with commas"),
        (["digits", "--sparsity", "1.5"], "sparsity must be in [0, 1); got 1.5"),
        (["digits", "--sparsity", "0.5", "--density", "0.5"], "sparsity"),
        (["digits", "--sparsity", "0.5,0.5,0.5"], "sparsity"),
        (["digits", "--activation", "gelu"], "gelu"),
        (["digits", "--method", "rigel"], "did you mean 'rigl'"),
        (["digits", "--method", "static", "--every", "5"], "are: none; got every"),
        (["digits", "--method", "snfs", "--momentum", "0"], "needs"),
        (["digits", "--loss", "hinge"], "loss must be 'cross_entropy' for 10 classes"),
        (["digits", "--epochs", "1", "--steps", "1"], "either epochs or steps"),
        (["digits", "--epochs", "-1"], "epochs must be above 0"),
        (["digits", "--validation", "0", "--early-stopping", "3"], "needs validation_data"),
        (["digits", "--validation", "5000"], "validation: size must be a share"),
        (["digits", "--lr", "-1"], "lr must be in [0, inf); got -1.0"),
        (["digits", "--seed", "-1"], "--seed"),
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


def test_whole_numbers_may_be_a_regression(run, tmp_path):
    frame = houses(200)
    frame["price"] = frame["price"].round().astype(int)
    frame.to_csv(tmp_path / "houses.csv", index=False)
    arguments = ["train", tmp_path / "houses.csv", "--target", "price", *SHORT, "--density", 0.7]
    assert "task='regression'" in run(*arguments, "--out", tmp_path / "a", status=2).stderr
    run(*arguments, "--out", tmp_path / "a", "--task", "regression", "--steps", 1000)
    result = run("evaluate", tmp_path / "a", tmp_path / "houses.csv", "--json")
    assert json.loads(result.stdout)["all samples"]["r2"] > 0.9


@pytest.mark.filterwarnings("always")
def test_a_warning_is_a_line(run, tmp_path):
    result = run("train", "iris", "--method", "rigl", "--steps", 5, "--out", tmp_path / "run")
    [line] = result.stderr.splitlines()
    assert line.startswith("warning: method 'rigl' never rewires")


# ------------------------------------------------------------------------------- after training


def test_evaluate_measures_what_training_measured(run, trained):
    result = json.loads((trained / "houses" / "result.json").read_text())
    scores = json.loads(run("evaluate", trained / "houses", "--json").stdout)["all samples"]
    assert scores["r2"] > 0.9
    parts = result["scores"]
    mean = (108 * parts["training"]["mean_squared_error"]) + (
        12 * parts["validation"]["mean_squared_error"]
    )
    assert scores["mean_squared_error"] == pytest.approx(mean / 120, rel=1e-5)
    again = run("evaluate", trained / "houses", trained / "houses.csv", "--json").stdout
    assert json.loads(again)["all samples"] == pytest.approx(scores, rel=1e-5)


def test_evaluate_on_columns_in_another_order(run, trained, tmp_path):
    frame = houses(30, seed=1)
    frame[frame["town"] != "Celle"].to_csv(tmp_path / "a.csv", index=False)
    frame[frame["town"] != "Celle"][["price", "town", "rooms", "area"]].to_csv(
        tmp_path / "b.csv", index=False
    )
    outputs = [
        json.loads(run("evaluate", trained / "houses", tmp_path / name, "--json").stdout)
        for name in ("a.csv", "b.csv")
    ]
    assert outputs[0] == outputs[1]
    assert outputs[0]["all samples"]["r2"] > 0.9


def test_evaluate_other_data_by_name(run, trained):
    scores = json.loads(run("evaluate", trained / "digits", "digits", "--json").stdout)
    assert scores["all samples"]["accuracy"] > 0.7
    result = run("evaluate", trained / "digits", "iris", status=2)
    assert "the data must have 64 inputs" in result.stderr


def test_evaluate_prints_a_table(run, trained):
    output = run("evaluate", trained / "digits").output
    assert "accuracy" in output
    assert max(map(len, output.splitlines())) <= 80


def predicted(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_predict_is_what_the_model_says(run, trained, tmp_path):
    frame = houses(10, seed=2)
    frame.to_csv(tmp_path / "a.csv", index=False)
    shuffled = frame.drop(columns="price")[["town", "rooms", "area"]].assign(id=range(10))
    shuffled.to_csv(tmp_path / "b.csv", index=False)
    answers = [
        run("predict", trained / "houses", tmp_path / name).stdout for name in ("a.csv", "b.csv")
    ]
    assert answers[0] == answers[1]
    numbers = [float(row["prediction"]) for row in predicted(answers[0])]
    np.testing.assert_allclose(numbers, frame["price"], rtol=0.3)
    run(
        "predict",
        trained / "houses" / "model.safetensors",
        tmp_path / "a.csv",
        "--out",
        tmp_path / "c.csv",
    )
    assert (tmp_path / "c.csv").read_text() == answers[0]


def test_predict_classes_and_their_probabilities(run, tmp_path):
    houses().to_csv(tmp_path / "houses.csv", index=False)
    run("train", tmp_path / "houses.csv", "--target", "town", "--out", tmp_path / "run", *SHORT)
    text = run("predict", tmp_path / "run", tmp_path / "houses.csv", "--probabilities").stdout
    rows = predicted(text)
    assert len(rows) == 120
    for row in rows:
        shares = {
            town: float(row[f"probability of {town}"]) for town in ("Aachen", "Bonn", "Celle")
        }
        assert sum(shares.values()) == pytest.approx(1)
        assert row["prediction"] == max(shares, key=shares.get)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop(columns="rooms"), "'rooms' is missing"),
        (lambda frame: frame.assign(town="Dortmund"), "got 'Dortmund'"),
        (lambda frame: frame.assign(area="large"), "column 'area' must hold numbers"),
    ],
)
def test_predict_refuses_what_the_model_does_not_know(change, message, run, trained, tmp_path):
    change(houses(5)).to_csv(tmp_path / "new.csv", index=False)
    result = run(
        "predict", trained / "houses", tmp_path / "new.csv", "--out", tmp_path / "out.csv", status=2
    )
    assert message in result.stderr
    assert not (tmp_path / "out.csv").exists()


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
    assert "1,040 of 1,480 connections" in output
    assert max(map(len, output.splitlines())) <= 80
    assert wiring.read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in curves.read_bytes()
    result = run("show", trained / "digits", "--picture", tmp_path / "wiring.xyz", status=2)
    assert "xyz" in result.stderr
    assert sorted(file.name for file in tmp_path.iterdir()) == ["curves.svg", "wiring.png"]
    model = trained / "digits" / "model.safetensors"
    result = run("show", model, "--curves", tmp_path / "c.png", status=2)
    assert "curves are of a run's folder" in result.stderr


def test_too_many_connections_are_not_drawn(run, trained, tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["rewire.cli.models"], "DRAWABLE", 1039)
    result = run("show", trained / "digits", "--picture", tmp_path / "w.png", status=2)
    assert "at most 1,039 connections" in result.stderr


def test_export_for_other_programs(run, trained, tmp_path):
    output = run("export", trained / "houses", tmp_path / "net.npz").output
    assert "Its inputs and outputs are standardized" in output
    model = Model.load(trained / "houses" / "model.safetensors")
    net = load_network(tmp_path / "net.npz")
    assert net.ranks == model.network.strip().ranks
    run("export", trained / "houses", tmp_path / "all.npz", "--no-strip")
    assert load_network(tmp_path / "all.npz").ranks == model.network.ranks
    run("export", trained / "houses", tmp_path / "net.xyz", status=2)


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
    example = {"export": "Write the network"}.get(command, f"rewire {command} ")
    assert example in output


# -------------------------------------------------------------------------------- the shell


def rewire_command(*arguments, **options):
    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from rewire.cli import app; app(prog_name='rewire')",
            *map(str, arguments),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "80", "TERM": "dumb", **options},
    )


def test_ctrl_c_saves_and_says_how_to_go_on(run, tmp_path):
    long = ["digits", "--hidden", "30", "--method", "set", "--steps", 6000, "--seed", 4]
    process = rewire_command("train", *long, "--out", tmp_path / "run")
    for line in process.stdout:
        if line.startswith("update"):
            break
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "all is kept. Go on with:" in output
    assert f"rewire train --resume {tmp_path / 'run'}" in output
    assert not (tmp_path / "run" / "model.safetensors").exists()
    run("train", "--resume", tmp_path / "run")
    run("train", *long, "--out", tmp_path / "whole")
    models = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("run", "whole")]
    assert models[0] == models[1]


def test_the_shell_completes_what_there_is():
    def complete(words):
        process = rewire_command(
            _REWIRE_COMPLETE="complete_bash",
            COMP_WORDS=words,
            COMP_CWORD=str(len(words.split()) - 1),
        )
        return set(process.communicate(timeout=60)[0].split())

    assert complete("rewire tr") == {"train"}
    assert complete("rewire train --optimizer a") == {"adam", "adamw"}
    assert "digits" in complete("rewire train di")
