"""A study's folder: what is kept, what is told apart, and what a killed process leaves."""

import json
import math
import os

import pytest

from rewire.compare import Trial, study_config
from rewire.compare.records import append, open_folder

KIND = "02e0033c"
RUNS = [
    Trial("static", 0, 0.1 + 0.2, 0.87, 68, 101, 0.012, "0-2,5", 304, 171, 1200.0, 4000, 0.5, KIND),
    Trial("post rigl", 4294967295, 1 / 3, 1.0, 68, 101, 0.5),
    Trial("rigl", 7, 5e-324, 0.07, 1234567, 7654321, 1234.5, validation=0.25),
]


@pytest.fixture
def folder(tmp_path, short):
    """A folder with three runs."""
    assert open_folder(tmp_path, short, overwrite=False) == ([], {})
    for run in RUNS:
        append(tmp_path, run)
    return tmp_path


def test_what_was_written_is_read_to_the_bit(folder, short):
    assert open_folder(folder, short, overwrite=False)[0] == RUNS


def test_numbers_that_are_none_are_kept(tmp_path, short):
    open_folder(tmp_path, short, overwrite=False)
    append(tmp_path, Trial("static", 0, math.inf, math.nan, 1, 2, 0.0))
    [run], _ = open_folder(tmp_path, short, overwrite=False)
    assert run.loss == math.inf
    assert math.isnan(run.accuracy)


def test_the_columns_are_those_that_are_documented(folder):
    lines = (folder / "runs.csv").read_text().splitlines()
    assert lines[0] == (
        "method,seed,loss,accuracy,connections,parameters,seconds,inputs,possible,flops,"
        "training_flops,bytes,validation,machine"
    )
    assert lines[1] == (
        'static,0,0.30000000000000004,0.87,68,101,0.012,"0-2,5",304,171,1200.0,4000,0.5,02e0033c'
    )


def test_a_last_line_cut_anywhere_costs_that_run_alone(folder, short):
    path = folder / "runs.csv"
    whole = path.read_bytes()
    last = whole.rfind(b"\n", 0, -1) + 1
    for end in range(last, len(whole)):
        path.write_bytes(whole[:end])
        assert open_folder(folder, short, overwrite=False)[0] == RUNS[:2]
        append(folder, RUNS[2])
        assert path.read_bytes() == whole


def test_a_header_cut_anywhere_is_written_anew(tmp_path, short):
    path = tmp_path / "runs.csv"
    open_folder(tmp_path, short, overwrite=False)
    header = path.read_bytes()
    for end in range(len(header)):
        path.write_bytes(header[:end])
        assert open_folder(tmp_path, short, overwrite=False) == ([], {})
        assert path.read_bytes() == header


@pytest.mark.parametrize(
    "line", ["static,0,0.5,0.5,68,101", "static,x,0.5,0.5,68,101,1.0", "", "a,b,c,d,e,f,g", "\xff"]
)
def test_other_damage_is_refused_with_its_place(folder, short, line):
    path = folder / "runs.csv"
    lines = path.read_text().splitlines()
    lines[2] = line
    damaged = "\n".join(lines) + "\n"
    path.write_text(damaged)
    with pytest.raises(ValueError, match=r"runs.csv is damaged in line 3.*overwrite="):
        open_folder(folder, short, overwrite=False)
    assert path.read_text() == damaged


def test_a_table_of_another_kind_is_refused(folder, short):
    (folder / "runs.csv").write_text("time,place\n1,2\n")
    with pytest.raises(ValueError, match=r"must have the columns method, seed, .*got .'time'"):
        open_folder(folder, short, overwrite=False)


def test_other_settings_are_refused_and_named_and_nothing_is_changed(folder, short):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(
        ValueError, match=r"total_steps=60, and this one has total_steps=400: .*overwrite="
    ):
        open_folder(folder, study_config("moons"), overwrite=False)
    with pytest.raises(ValueError, match=r"measure='training'.*measure='unseen'"):
        open_folder(
            folder, study_config("moons", total_steps=60, measure="unseen"), overwrite=False
        )
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_another_version_is_refused(folder, short):
    path = folder / "settings.json"
    values = json.loads(path.read_text()) | {"rewire": "0.0.1"}
    path.write_text(json.dumps(values))
    with pytest.raises(ValueError, match=r"rewire='0\.0\.1'"):
        open_folder(folder, short, overwrite=False)


@pytest.mark.parametrize("content", ["", "{", "[]", "\x00"])
def test_damaged_settings_are_refused(folder, short, content):
    (folder / "settings.json").write_text(content)
    with pytest.raises(ValueError, match=r"settings.json': .*overwrite="):
        open_folder(folder, short, overwrite=False)


def test_runs_without_their_settings_are_refused(folder, short):
    (folder / "settings.json").unlink()
    with pytest.raises(ValueError, match=r"runs.csv without its settings.json"):
        open_folder(folder, short, overwrite=False)


def test_overwrite_removes_the_study_and_nothing_else(folder, short):
    (folder / "notes.txt").write_text("mine")
    (folder / "settings.json").write_text("{")
    assert open_folder(folder, short, overwrite=True) == ([], {})
    assert (folder / "notes.txt").read_text() == "mine"
    assert open_folder(folder, short, overwrite=False) == ([], {})


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path, short):
    tmp_path.chmod(0o500)
    with pytest.raises(OSError, match="choose another one"):
        open_folder(tmp_path, short, overwrite=False)
