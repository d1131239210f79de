"""``rewire predict``: tables in, answers out, whatever the rows are like."""

import csv
import gzip
import io
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from rewire.cli.app import app
from rewire.experiment import Predictor, reading

SHORT = ["--hidden", "16", "--total-steps", "200", "--method", "static", "--density", "0.7"]


def houses(count=120, seed=0):
    random = np.random.default_rng(seed)
    area, town = random.uniform(30, 200, count), random.choice(["Aachen", "Bonn", "Celle"], count)
    rooms = random.integers(1, 7, count) + 0.5
    price = 3000 * area + 50_000.5 * (town == "Bonn") + 10_000 * rooms
    return pd.DataFrame({"area": area, "town": town, "rooms": rooms, "price": price})


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A regression and a classifier of houses, trained once."""
    folder = tmp_path_factory.mktemp("trained")
    houses().to_csv(folder / "houses.csv", index=False)
    for target in ("price", "town"):
        arguments = ["train", folder / "houses.csv", "--target", target, "--out", folder / target]
        result = CliRunner().invoke(app, [*map(str, arguments), *SHORT])
        assert result.exit_code == 0, result.output
    return folder


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def column(text, name="prediction"):
    return [row[name] for row in rows(text)]


def test_the_answers_are_the_models_with_columns_in_any_order(run, trained, tmp_path):
    frame = houses(10, seed=2)
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame[["town", "rooms", "area"]].assign(more="x").to_csv(tmp_path / "b.csv", index=False)
    first, second = (
        run("predict", trained / "price", tmp_path / name).stdout for name in ("a.csv", "b.csv")
    )
    assert first == second
    model = Predictor.load(trained / "price" / "model.safetensors")
    expected = model.predict(frame)
    np.testing.assert_allclose(np.array(column(first), float), expected, rtol=1e-6)
    np.testing.assert_allclose(expected, frame["price"], rtol=0.5)


def test_the_digits_are_those_that_the_network_tells(run, trained, tmp_path):
    houses(10, seed=2).to_csv(tmp_path / "a.csv", index=False)
    for answer in column(run("predict", trained / "price", tmp_path / "a.csv").stdout):
        assert len(answer.replace(".", "").replace("-", "").rstrip("0")) <= 9


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".tsv", ".parquet"])
def test_the_ending_says_what_is_written(ending, run, trained, tmp_path):
    out = tmp_path / f"out{ending}"
    run("predict", trained / "price", trained / "houses.csv", "--out", out)
    text = run("predict", trained / "price", trained / "houses.csv").stdout
    frame = (
        pd.read_parquet(out)
        if ending == ".parquet"
        else pd.read_csv(out, sep="\t" if ending == ".tsv" else ",")
    )
    assert frame["prediction"].tolist() == [float(answer) for answer in column(text)]
    if ending == ".csv.gz":
        assert gzip.decompress(out.read_bytes()).decode() == text


def test_other_endings_are_refused(run, trained, tmp_path):
    out = tmp_path / "out.onnx"
    result = run("predict", trained / "price", trained / "houses.csv", "--out", out, status=2)
    assert "out must end in .csv, .csv.gz, .tsv, .parquet; got" in result.stderr
    assert not out.exists()


def test_standard_input_is_read(run, trained):
    text = (trained / "houses.csv").read_text()
    piped = run("predict", trained / "price", "-", input=text).stdout
    assert piped == run("predict", trained / "price", trained / "houses.csv").stdout


def test_classes_and_their_probabilities(run, trained):
    text = run("predict", trained / "town", trained / "houses.csv", "--probabilities").stdout
    found = rows(text)
    assert len(found) == 120
    for row in found:
        shares = {town: row[f"probability of {town}"] for town in ("Aachen", "Bonn", "Celle")}
        assert all(len(share.replace("0.", "").lstrip("0")) <= 8 for share in shares.values())
        shares = {town: float(share) for town, share in shares.items()}
        assert sum(shares.values()) == pytest.approx(1, abs=1e-3)
        assert shares[row["prediction"]] == max(shares.values())


# ------------------------------------------------------------------------- what is not as usual


def test_missing_and_unseen_values_are_answered_as_learnt(run, trained, tmp_path):
    frame = houses(4, seed=2)
    frame.loc[0, "town"], frame.loc[1, "town"], frame.loc[2, "area"] = "Dortmund", None, np.nan
    frame.to_csv(tmp_path / "new.csv", index=False)
    result = run("predict", trained / "price", tmp_path / "new.csv")
    assert all(np.isfinite(float(answer)) for answer in column(result.stdout))
    assert result.stderr == ""
    # The median in the place of a missing number.
    frame.loc[2, "area"] = houses()["area"].iloc[training_rows(trained)].median()
    frame.to_csv(tmp_path / "new.csv", index=False)
    again = run("predict", trained / "price", tmp_path / "new.csv")
    assert column(again.stdout) == column(result.stdout)


def training_rows(trained):
    from rewire.experiment import RunDirectory
    from rewire.experiment.parts import load_dataset, split_parts

    recipe = RunDirectory(trained / "price").read_recipe()
    part, _ = split_parts(recipe, load_dataset(recipe))
    return np.flatnonzero(np.isin(houses()["area"], part.table.values["area"]))


def test_a_row_that_cannot_be_read_has_an_empty_answer(run, trained, tmp_path):
    frame = houses(5, seed=2).astype({"area": object})
    frame.loc[3, "area"] = "large"
    frame.to_csv(tmp_path / "new.csv", index=False)
    result = run("predict", trained / "price", tmp_path / "new.csv")
    answers = column(result.stdout)
    assert [answer == "" for answer in answers] == [False, False, False, True, False]
    assert "1 of 5 rows have no answer" in result.stderr
    assert "'large' in column 'area', row 4" in result.stderr
    probabilities = run("predict", trained / "town", tmp_path / "new.csv", "--probabilities").stdout
    assert set(rows(probabilities)[3].values()) == {""}


def test_a_number_beyond_all_bounds_leaves_the_other_answers(run, trained, tmp_path):
    """Standardized inputs have a limit; the single precision of others has one too."""
    frame = houses(5, seed=2)
    frame.to_csv(tmp_path / "usual.csv", index=False)
    frame.loc[1, "area"] = 1e300
    frame.to_csv(tmp_path / "new.csv", index=False)
    usual, new = (
        column(run("predict", trained / "price", tmp_path / name).stdout)
        for name in ("usual.csv", "new.csv")
    )
    assert np.isfinite(float(new[1]))
    assert [*new[:1], *new[2:]] == [*usual[:1], *usual[2:]]
    data, out = trained / "houses.csv", tmp_path / "run"
    run("train", data, "--target", "price", "--no-standardize", "--out", out, "--total-steps", 5)
    result = run("predict", out, tmp_path / "new.csv")
    assert [answer == "" for answer in column(result.stdout)] == [False, True, *[False] * 3]
    assert "numbers too large" in result.stderr


def test_strict_refuses_such_a_file(run, trained, tmp_path):
    frame = houses(5, seed=2).astype({"area": object})
    frame.loc[3, "area"] = "large"
    frame.to_csv(tmp_path / "new.csv", index=False)
    out = tmp_path / "out.csv"
    arguments = ["predict", trained / "price", tmp_path / "new.csv", "--strict", "--out", out]
    result = run(*arguments, status=2)
    assert "'large' in column 'area', row 4" in result.stderr
    assert not out.exists()


def test_columns_that_are_not_there_are_all_named(run, trained, tmp_path):
    houses(5)[["price", "town"]].to_csv(tmp_path / "new.csv", index=False)
    result = run("predict", trained / "price", tmp_path / "new.csv", status=2)
    assert "'area'" in result.stderr
    assert "'rooms'" in result.stderr


def test_columns_are_carried_over_as_they_are_written(run, trained, tmp_path):
    frame = houses(3, seed=2).assign(code=["01", "007", "a,b"], note=["", "x", "y"])
    frame.to_csv(tmp_path / "new.csv", index=False)
    text = run("predict", trained / "price", tmp_path / "new.csv", "--keep", "note,code").stdout
    assert list(rows(text)[0]) == ["note", "code", "prediction"]
    assert column(text, "code") == ["01", "007", "a,b"]
    arguments = ["predict", trained / "price", tmp_path / "new.csv", "--keep", "name"]
    result = run(*arguments, status=2)
    assert "keep must name columns of the samples" in result.stderr


def test_the_answers_of_a_file_go_to_a_pipe_without_other_words(run, trained, tmp_path):
    """Standard output is the table alone, whatever is said beside it."""
    frame = houses(3, seed=2).astype({"area": object})
    frame.loc[0, "area"] = "large"
    frame.to_csv(tmp_path / "new.csv", index=False)
    text = run("predict", trained / "price", tmp_path / "new.csv").stdout
    assert text.splitlines()[0] == "prediction"
    assert len(text.splitlines()) == 4


def test_columns_of_a_table_without_names_are_told_apart_by_their_order(run, tmp_path):
    whole, new, narrow = (tmp_path / name for name in ("whole.csv", "new.csv", "narrow.csv"))
    options = {"index": False, "header": False}
    houses().to_csv(whole, **options)
    houses().drop(columns="town").to_csv(new, **options)
    houses()[["area"]].to_csv(narrow, **options)
    folder = tmp_path / "run"
    run("train", whole, "--no-header", "--target", "1", "--out", folder, *SHORT)
    first, second = (run("predict", folder, file).stdout for file in (whole, new))
    assert first == second
    assert len(column(first)) == len(houses())
    result = run("predict", folder, narrow, status=2)
    assert "must have 4 columns, as in training, or 3 without column_2; got 1" in result.stderr
    found = json.loads(run("evaluate", folder, whole, "--json").stdout)
    assert sum(part["samples"] for part in found["parts"].values()) == len(houses())
    run("export", folder, tmp_path / "towns.py")
    for file in (whole, new):
        program = [sys.executable, tmp_path / "towns.py", file]
        assert subprocess.run(program, capture_output=True, text=True).stdout == first


def test_an_encoding_is_that_of_training_unless_another_is_given(run, tmp_path):
    frame = pd.DataFrame({"город": ["Бор", "Уфа"] * 40, "y": ["a", "b"] * 40})
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    frame.to_csv(old, index=False, encoding="cp1251")
    frame.to_csv(new, index=False)
    folder = tmp_path / "run"
    run("train", old, "--target", "y", "--encoding", "cp1251", "--out", folder, *SHORT)
    first = run("predict", folder, old).stdout
    assert column(first)[:2] == ["a", "b"]
    assert run("predict", folder, new, "--encoding", "utf-8").stdout == first


# ------------------------------------------------------------------------- more than memory holds


@pytest.fixture
def few_at_a_time(monkeypatch):
    """Have three samples read at a time."""
    monkeypatch.setattr(reading, "MOST_ROWS", 3)


def parts(frame, folder):
    """Write a frame as Parquet files of two row groups each, some of which lack values."""
    folder.mkdir()
    for number, part in enumerate((frame[:7], frame[7:])):
        part.to_parquet(folder / f"{number}.parquet", row_group_size=4, index=False)
    return folder


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_parquet_files_are_answered_piece_by_piece_as_a_whole(
    ending, run, trained, tmp_path, few_at_a_time
):
    frame = (
        houses(12, seed=2).astype({"area": object}).assign(area=lambda one: one["area"].map(str))
    )
    frame.loc[[8, 9], "area"] = "large"
    frame.loc[:3, "town"] = None
    frame.to_json(tmp_path / "whole.json", orient="records")
    arguments = ["--keep", "town,area", "--probabilities", "--out", tmp_path / f"out.{ending}"]
    found = []
    for source in (tmp_path / "whole.json", parts(frame, tmp_path / "parts")):
        said = run("predict", trained / "town", source, *arguments).stderr
        assert "2 of 12 rows have no answer" in said
        assert "'large' in column 'area', row 9" in said
        found.append((tmp_path / f"out.{ending}").read_bytes())
    assert ending != "csv" or found[0] == found[1]
    table = pd.read_parquet if ending == "parquet" else pd.read_csv
    assert table(tmp_path / f"out.{ending}")["prediction"].isna().sum() == 2
    run("predict", trained / "town", tmp_path / "parts", *arguments, "--strict", status=2)


def test_parquet_files_are_measured_piece_by_piece_as_a_whole(
    run, trained, tmp_path, few_at_a_time
):
    frame = houses(12, seed=2)
    frame.loc[[1, 11], "price"] = np.nan
    frame.to_csv(tmp_path / "whole.csv", index=False)
    pieces = parts(frame, tmp_path / "parts")
    results = [
        run("evaluate", trained / "price", source, "--json")
        for source in (tmp_path / "whole.csv", pieces)
    ]
    assert results[0].stdout == results[1].stdout
    assert all("2 of 12 rows left out" in one.stderr for one in results)


def test_arrays_are_answered_piece_by_piece(run, tmp_path, few_at_a_time):
    X = np.random.default_rng(0).normal(size=(40, 3))
    np.savez(tmp_path / "data.npz", X=X, y=X[:, 0])
    run("train", tmp_path / "data.npz", "--out", tmp_path / "run", *SHORT[2:], "--hidden", 4)
    np.save(tmp_path / "new.npy", X)
    np.savez(tmp_path / "new.npz", X=X)
    answers = [
        column(run("predict", tmp_path / "run", tmp_path / name).stdout)
        for name in ("new.npy", "new.npz")
    ]
    model = Predictor.load(tmp_path / "run" / "model.safetensors")
    np.testing.assert_allclose(np.array(answers[0], float), model.predict(X), rtol=1e-4, atol=1e-5)
    assert answers[0] == answers[1]
    X[20, 1] = np.nan
    np.save(tmp_path / "new.npy", X)
    result = run("predict", tmp_path / "run", tmp_path / "new.npy", status=2)
    assert "in sample 20, column 1" in result.stderr
