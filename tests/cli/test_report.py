"""``rewire report``, and the reports that ``rewire train`` and ``rewire reproduce`` end with."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from rewire.cli import live
from rewire.cli.app import app
from rewire.experiment import RunDirectory
from rewire.report import read_recording
from rewire.train import Training


def run(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments])


MOONS = ("train", "moons", "--hidden", "16,16", "--sparsity", "0,0.9,0.8", "--total-steps", "300")


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for method in ("static", "rigl"):
        every = () if method == "static" else ("--every", "20")
        result = run(*MOONS, "--method", method, *every, "--out", folder / method)
        assert result.exit_code == 0, result.output
        assert f"report: {folder / method / 'report.html'}" in result.output
        assert (folder / method / "report.html").is_file()
    return folder


def test_two_runs_side_by_side(two_runs, tmp_path):
    result = run("report", two_runs / "static", two_runs / "rigl", "-o", tmp_path / "both.html")
    assert result.exit_code == 0, result.output
    assert f"report: {tmp_path / 'both.html'}" in result.output
    text = (tmp_path / "both.html").read_text()
    assert "Static wiring ends at" in text
    assert "RigL, moving" in text


def test_without_a_name_the_report_lies_in_the_first_runs_folder(two_runs, tmp_path):
    shutil.copytree(two_runs / "rigl", tmp_path / "rigl")
    (tmp_path / "rigl" / "report.html").unlink()
    assert run("report", tmp_path / "rigl").exit_code == 0
    assert (tmp_path / "rigl" / "report.html").is_file()


@pytest.mark.parametrize("missing", ["empty", "nowhere"])
def test_a_folder_without_a_run_is_an_error_that_says_what_to_do(tmp_path, missing):
    (tmp_path / "empty").mkdir()
    result = run("report", tmp_path / missing, "-o", tmp_path / "it.html")
    assert result.exit_code == 2
    assert "holds no recorded run" in result.output
    assert not (tmp_path / "it.html").exists()


def test_a_folder_for_the_report_must_exist(two_runs, tmp_path):
    result = run("report", two_runs / "rigl", "-o", tmp_path / "no" / "it.html")
    assert result.exit_code == 2
    assert "must lie in a folder that exists" in result.output


def test_machines_are_told_the_same_as_before(tmp_path):
    result = run(*MOONS, "--every", "20", "--out", tmp_path / "it", "--json")
    assert json.loads(result.stdout)["total_steps"] == 300
    assert (tmp_path / "it" / "report.html").is_file()


def test_a_run_that_is_interrupted_and_resumed_has_its_whole_history(tmp_path, monkeypatch):
    advance, calls = Training.advance, []

    def interrupted(training):
        calls.append(training.step)
        if len(calls) == 30:
            training.interrupted = True
        return advance(training)

    assert run(*MOONS, "--every", "20", "--out", tmp_path / "whole").exit_code == 0
    with monkeypatch.context() as patch:
        patch.setattr(Training, "advance", interrupted)
        assert run(*MOONS, "--every", "20", "--out", tmp_path / "it").exit_code == 130
    assert 0 < RunDirectory(tmp_path / "it").open().training.step < 300
    resume_and_compare(tmp_path)


@pytest.mark.parametrize("kills", [2, 7, 40])
def test_a_run_killed_between_its_two_files_has_its_whole_history(tmp_path, monkeypatch, kills):
    class Killed(BaseException):
        pass

    save, calls = RunDirectory.save, []

    def killed(folder, made):
        calls.append(made.training.step)
        if len(calls) == kills:
            raise Killed
        save(folder, made)

    assert run(*MOONS, "--every", "20", "--out", tmp_path / "whole").exit_code == 0
    with monkeypatch.context() as patch:
        patch.setattr(live, "Throttle", lambda save: lambda now=False: save())
        patch.setattr(RunDirectory, "save", killed)
        with pytest.raises(Killed):
            run(*MOONS, "--every", "20", "--out", tmp_path / "it")
    # The recording has what the checkpoint does not know of.
    assert read_recording(tmp_path / "it").rows[-1]["step"] == calls[-1] > calls[-2]
    assert RunDirectory(tmp_path / "it").open().training.step == calls[-2]
    resume_and_compare(tmp_path)


def resume_and_compare(tmp_path):
    assert run("train", "--resume", tmp_path / "it").exit_code == 0
    got, whole = read_recording(tmp_path / "it"), read_recording(tmp_path / "whole")
    moments = [[(frame.step, frame.kind) for frame in one.frames] for one in (got, whole)]
    assert moments[0] == moments[1]
    assert got.rewirings == whole.rewirings
    for a, b in zip(got.frames, whole.frames, strict=True):
        assert a.arrays["weight"].tobytes() == b.arrays["weight"].tobytes()


def test_overwriting_a_run_forgets_its_recording(two_runs, tmp_path):
    shutil.copytree(two_runs / "rigl", tmp_path / "it")
    folder = RunDirectory(tmp_path / "it")
    folder.begin(folder.open(), overwrite=True)
    assert not folder.recording.exists()
    assert not folder.report.exists()


def test_help_names_the_exit_statuses():
    result = run("report", "--help")
    assert result.exit_code == 0
    assert "Exit status" in result.output
