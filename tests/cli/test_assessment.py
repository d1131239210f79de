"""What train, evaluate and show say of a model: beside simpler ones, class by class, by inputs."""

import json
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from rewire.assess import assess
from rewire.assess.verdicts import score_table
from rewire.cli.assessment import print_assessment

SHORT = ["--hidden", "8", "--total-steps", "200", "--density", "0.5"]


def table(path, rows=200, seed=0):
    """Write a table in which one in ten is bad, and one column tells which."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({"smell": random.normal(size=rows), "noise": random.normal(size=rows)})
    frame["state"] = np.where(np.argsort(np.argsort(frame["smell"])) >= 0.9 * rows, "bad", "good")
    frame.to_csv(path, index=False)
    return frame


@pytest.fixture
def trained(run, tmp_path):
    table(tmp_path / "table.csv")
    arguments = ["--target", "state", "--validation", "0.3", *SHORT, "--out", tmp_path / "run"]
    return tmp_path / "run", run("train", tmp_path / "table.csv", *arguments).output


def printed(found, full=True, width=80):
    console = Console(record=True, width=width, file=StringIO())
    print_assessment(console, found, full=full)
    return console.export_text()


def test_training_ends_with_what_the_network_is_worth(trained):
    _, output = trained
    words = " ".join(output.split())
    assert "on 60 validation samples; always good: 90.0%, a linear model: " in words
    assert "The classes are uneven, 54 samples of good and 6 of bad," in words
    assert "in training (rewire train --class-weight balanced)" in words
    assert output.index("recall") < output.index("balanced")  # class by class first
    assert words.index("smell") < words.index("noise")
    assert max(map(len, output.splitlines()[-30:-4])) <= 80


def test_uneven_classes_that_have_weights_are_advised_none(run, tmp_path):
    table(tmp_path / "table.csv")
    arguments = ["--target", "state", "--out", tmp_path / "run", *SHORT]
    text = run("train", tmp_path / "table.csv", "--class-weight", "balanced", *arguments).output
    for output in (text, run("evaluate", tmp_path / "run").output):
        assert "the accuracy says little" in " ".join(output.split())
        assert "--class-weight" not in output


def test_show_and_the_report_repeat_it(run, trained):
    folder, _ = trained
    found = json.loads((folder / "result.json").read_text())["assessment"]
    assert json.loads(run("show", folder, "--json").stdout)["assessment"] == found
    assert " ".join(found["verdict"].split()) in " ".join(run("show", folder).output.split())
    assert found["verdict"] in (folder / "report.html").read_text()
    run("report", folder, "--out", folder.parent / "again.html")
    assert found["verdict"] in (folder.parent / "again.html").read_text()
    assert (
        json.loads(run("show", folder / "model.safetensors", "--json").stdout)["assessment"] is None
    )


def test_other_data_stand_beside_models_of_the_training_part(run, trained, tmp_path):
    folder, _ = trained
    table(tmp_path / "other.csv", seed=1)
    found = json.loads(run("evaluate", folder, tmp_path / "other.csv", "--json").stdout)
    assert list(found["parts"]) == ["all samples"]
    beside = found["parts"]["all samples"]["beside"]
    assert beside["always good"]["accuracy"] == 0.9
    assert beside["a linear model"]["accuracy"] > 0.9
    (tmp_path / "table.csv").unlink()  # then there is nothing that they could learn from
    found = json.loads(run("evaluate", folder, tmp_path / "other.csv", "--json").stdout)
    assert found["parts"]["all samples"]["beside"] == {}
    assert found["parts"]["all samples"]["intervals"]


def test_a_copy_of_the_training_file_is_noticed(run, trained, tmp_path):
    folder, _ = trained
    (tmp_path / "copy.csv").write_bytes((tmp_path / "table.csv").read_bytes())
    said = " ".join(run("evaluate", folder, tmp_path / "copy.csv").stderr.split())
    assert "140 of 200 rows are the same as rows of the training: if they are these rows" in said
    table(tmp_path / "other.csv", seed=1)
    assert "rows of the training" not in run("evaluate", folder, tmp_path / "other.csv").stderr


def test_classes_may_be_weighted(run, trained, tmp_path):
    arguments = ["--target", "state", "--class-weight", "balanced", *SHORT, "--out", tmp_path / "b"]
    run("train", tmp_path / "table.csv", *arguments)
    assert json.loads((tmp_path / "b" / "settings.json").read_text())["class_weight"] == "balanced"
    run("train", "--resume", tmp_path / "b")


def test_inputs_that_are_not_used_are_named():
    found = assess(
        lambda X: np.eye(2)[[0, 1]], {"test": (np.eye(2), np.array([0, 1]))}, "classification"
    )
    row = {"inputs": 1, "strength": 0.5, "importance": 0.25, "deviation": 0.0}
    rows = [
        {"column": "[bold]a", "kept": 1, **row},
        {"column": "b", "kept": 0, **row},
        {"column": "c", "kept": 1, **row, "importance": None},
    ]
    text = printed({**found.to_dict(), "inputs": rows})
    assert "[bold]a" in text
    assert "25.0 ± 0.0%" in text
    assert "1 of 3 inputs are not used at all: b" in text
    many = [{"column": f"c{i}", "kept": 1, **row} for i in range(50)]
    text = printed({**found.to_dict(), "inputs": [*many, *rows[2:] * 20]})
    assert "more; only the 50 with the strongest paths were shuffled" in text


def test_confusions_are_printed_for_few_classes_only():
    X, y = np.zeros((26, 1)), np.arange(26) % 13
    many = assess(lambda X: np.eye(13)[y], {"test": (X, y)}, "classification").to_dict()
    assert "is, answered as" in printed({**many, "classes": list("abcdefghijkl")})
    assert "is, answered as" not in printed({**many, "classes": list("abcdefghijklm")})
    assert "recall" not in printed(many, full=False)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_no_figure_of_the_scores_is_broken_in_a_narrow_terminal(task):
    random = np.random.default_rng(0)
    X = random.normal(size=(200, 2))
    y = 1e5 * X[:, 0] if task == "regression" else (X[:, 0] > 0).astype(int)
    classes = ["Lower Saxony", "Bavaria"] if task == "classification" else ()

    def answers(X):
        return 9e4 * X[:, 0] if task == "regression" else np.eye(2)[(X[:, 0] > 0.1).astype(int)]

    parts = {"training": (X[:100], y[:100]), "validation": (X[100:], y[100:])}
    found = assess(answers, parts, task, classes=classes).to_dict()
    headings, rows = score_table(found)
    for width, columns in (80, headings[:3]), (200, headings):
        text = printed(found, width=width)
        assert max(map(len, text.splitlines())) <= width
        assert all(heading.split()[0] in text for heading in columns if heading)
        figures = [row[headings.index(heading)] for row in rows for heading in columns[1:]]
        assert all(figure in text for figure in figures)
    assert "less" not in printed(found)
