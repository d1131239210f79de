"""``rewire export``: what is written, and what is said of it."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from rewire.cli.app import app
from rewire.experiment import Predictor
from rewire.export import export
from rewire.export import load as load_network


def homes(count=80, seed=0):
    random = np.random.default_rng(seed)
    area = random.uniform(30, 200, count).round(1)
    heating = random.choice(["gas", "oil", "wood"], count)
    sold = np.where(area + 40 * (heating == "gas") > 130, "yes", "no")
    frame = pd.DataFrame({"area (m²)": area, "heating": heating, "sold": sold})
    frame.loc[::9, "area (m²)"] = np.nan
    return frame


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A model of a table, and one of arrays."""
    folder = tmp_path_factory.mktemp("exported")
    homes().to_csv(folder / "homes.csv", index=False)
    for data, out in ([folder / "homes.csv", "--target", "sold"], "homes"), (["digits"], "digits"):
        arguments = ["train", *data, "--out", folder / out, "--hidden", 12, "--total-steps", 40]
        result = CliRunner().invoke(app, list(map(str, [*arguments, "--method", "set"])))
        assert result.exit_code == 0, result.output
    return folder


def test_a_picture_names_inputs_and_classes(run, runs, tmp_path):
    run("show", runs / "homes", "--picture", tmp_path / "homes.svg")
    picture = (tmp_path / "homes.svg").read_text()
    for name in ("area (m²)", "area (m²) is missing", "heating=oil", "yes"):
        assert f"<!-- {name} -->" in picture  # before the outlines of its letters


@pytest.mark.parametrize("ending", ["c", "onnx", "py"])
def test_a_model_of_a_table_is_written_whole(ending, run, runs, tmp_path):
    out = tmp_path / f"homes.{ending}"
    said = run("export", runs / "homes", out).output
    model = Predictor.load(runs / "homes" / "model.safetensors").stripped()
    (tmp_path / "same").mkdir()
    model.export(tmp_path / "same" / out.name)
    assert out.read_bytes() == (tmp_path / "same" / out.name).read_bytes()
    assert "homes." + ending + ": the whole model" in said
    assert "reads   columns as they are: area (m²) (number), heating (category)" in said
    assert "answers no, yes, with probabilities" in said
    assert repr(model.network) in said
    assert "To call it:" in said


@pytest.mark.parametrize("ending", ["onnx", "py"])
def test_what_is_said_can_be_run(ending, run, runs, tmp_path):
    said = run("export", runs / "homes", tmp_path / f"homes.{ending}").output
    program = said.partition("To call it:\n")[2]
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "yes" in ran.stdout or "no" in ran.stdout


def test_of_arrays_it_says_how_many_numbers(run, runs, tmp_path):
    said = run("export", runs / "digits", tmp_path / "digits.c").output
    assert "reads   64 numbers as in the training data\n" in said
    assert "answers 0, 1, 2, 3, 4, 5, 6, 7 and 2 more, with probabilities" in said
    assert "double row[64]" in said


@pytest.mark.parametrize("ending", ["npz", "json", "safetensors"])
def test_other_formats_hold_the_network_alone_and_say_so(ending, run, runs, tmp_path):
    said = run("export", runs / "homes", tmp_path / f"net.{ending}").output
    assert f"net.{ending}: the network alone" in said
    assert "made of the columns area (m²), heating and standardized" in said
    assert "answers 1 output: the log odds of yes" in said
    assert "To call it" not in said
    said = run("export", runs / "digits", tmp_path / f"digits.{ending}", "--network-only").output
    assert "answers 10 outputs, one for each class before softmax" in said


def test_the_network_alone_if_wanted(run, runs, tmp_path):
    said = run("export", runs / "homes", tmp_path / "net.c", "--network-only").output
    model = Predictor.load(runs / "homes" / "model.safetensors").stripped()
    export(model.network, tmp_path / "same.c")
    assert (tmp_path / "net.c").read_bytes() == (tmp_path / "same.c").read_bytes()
    assert "the network alone" in said


@pytest.mark.parametrize("strip", [True, False])
def test_json_describes_the_network_in_the_file(strip, run, runs, tmp_path):
    option = [] if strip else ["--no-strip"]
    out = tmp_path / "net.npz"
    found = json.loads(run("export", runs / "homes", out, "--json", *option).stdout)
    net = load_network(out)
    assert found["stripped"] is strip
    assert (found["ranks"], found["connections"]) == (list(net.ranks), len(net.connections))
    assert (found["density"], found["dead"]) == (net.density, net.summary().dead)
    assert found["flops"] == net.summary().flops
    assert found["whole"] is False
    assert "example" not in found


def test_json_describes_a_whole_model(run, runs, tmp_path):
    found = json.loads(run("export", runs / "homes", tmp_path / "m.c", "--json").stdout)
    assert found["whole"] is True
    assert found["columns"] == [
        {"name": "area (m²)", "kind": "number"},
        {"name": "heating", "kind": "category"},
    ]
    assert '#include "m.c"' in found["example"]
