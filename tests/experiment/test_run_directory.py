"""The folder that keeps a run."""

from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

from rewire.experiment import Recipe, RunDirectory, prepare_experiment, run_directory
from rewire.io import read_json

from .recipes import short


def test_a_folder_keeps_a_run(tmp_path):
    folder = RunDirectory(tmp_path / "new" / "run")
    run = prepare_experiment(short(method="set"))
    run.choosing_seconds = 2.5
    folder.begin(run)
    assert [file.name for file in folder.path.iterdir()] == ["settings.json"]
    assert folder.open().training.step == 0  # nothing but settings yet
    run.training.advance()
    folder.save(run)
    again = folder.open()
    assert again.choosing_seconds == 2.5
    assert again.training.step == run.training.step
    assert again.training.history.rows == run.training.history.rows
    table = pd.read_csv(folder.history)
    assert table["step"].tolist() == run.training.history["step"]
    assert table["loss"].tolist() == run.training.history["loss"]


@pytest.mark.parametrize("name", ["settings.json", "model.safetensors", "checkpoint.safetensors"])
def test_what_lies_in_a_folder_is_not_lost_unasked(name, tmp_path):
    (tmp_path / name).write_text("precious")
    run = prepare_experiment(short(method="static"))
    with pytest.raises(FileExistsError, match="holds a run already: resume it"):
        RunDirectory(tmp_path).begin(run)
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "precious"
    (tmp_path / "notes.txt").write_text("mine")
    RunDirectory(tmp_path).begin(run, overwrite=True)
    assert {file.name for file in tmp_path.iterdir()} == {"settings.json", "notes.txt"}


def test_leftovers_of_a_killed_writer_go_when_it_is_opened(tmp_path):
    folder = RunDirectory(tmp_path)
    folder.begin(prepare_experiment(short(method="static")))
    (tmp_path / ".checkpoint.safetensors.00ff00ff.partial").write_text("half")
    folder.open()
    assert [file.name for file in tmp_path.iterdir()] == ["settings.json"]


def test_folders_without_a_run_and_damaged_settings_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"holds no run: there is no settings.json in it"):
        RunDirectory(tmp_path).open()
    (tmp_path / "settings.json").write_text('{"data": "dig')
    with pytest.raises(ValueError, match=r"cannot read '.*settings.json'"):
        RunDirectory(tmp_path).open()
    (tmp_path / "settings.json").write_text("{}")
    with pytest.raises(ValueError, match=r"cannot read '.*settings.json'.*data"):
        RunDirectory(tmp_path).open()


@pytest.mark.parametrize("kill", range(1, 9))
def test_killed_while_it_replaces_a_run_there_is_still_one_to_resume(kill, tmp_path, monkeypatch):
    run, folder = prepare_experiment(short(method="static")), RunDirectory(tmp_path)
    folder.begin(run)
    folder.save(run)
    for file in folder.files[3:]:
        file.write_text("old")
    calls = []

    def unlink(path, missing_ok=False, original=Path.unlink):
        calls.append(path)
        if len(calls) == kill:
            raise KeyboardInterrupt
        original(path, missing_ok)

    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(Path, "unlink", unlink)
        folder.begin(run, overwrite=True)
    assert folder.open().recipe == run.recipe
    folder.begin(run, overwrite=True)
    assert [file.name for file in tmp_path.iterdir()] == ["settings.json"]


def test_of_a_wide_table_result_json_has_the_first_columns_and_a_csv_file_all(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(run_directory, "MOST_INPUTS", 2)
    rows = [
        {
            "column": name,
            "inputs": 1,
            "kept": kept,
            "strength": 0.1,
            "importance": importance,
            "deviation": importance,
        }
        for name, kept, importance in [("a, b", 1, 0.5), ("'c", 1, None), ("=cmd|x", 0, 0.0)]
    ]
    folder = RunDirectory(tmp_path)
    folder.finish(
        prepare_experiment(Recipe("iris")), {"assessment": {"verdict": "good", "inputs": rows}}
    )
    assert read_json(folder.result)["assessment"]["inputs"] == rows[:2]
    assert folder.read_assessment() == {"verdict": "good", "inputs": rows}
    assert "\n'=cmd|x," in folder.inputs.read_text()  # to a spreadsheet, a text and no formula
    folder.begin(prepare_experiment(Recipe("iris")), overwrite=True)
    assert folder.read_assessment() is None
    assert not folder.inputs.exists()
