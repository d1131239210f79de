"""``rewire reproduce``: what it prints, what it leaves, and its exit status."""

import dataclasses
import json

import pytest
from typer.testing import CliRunner

from rewire.cli import reproduction as command
from rewire.cli.app import app
from rewire.reproduce import pictures, post, published


@pytest.fixture
def run():
    runner = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"})
    return lambda *arguments: runner.invoke(app, list(map(str, arguments)))


@pytest.fixture
def short_training(monkeypatch):
    monkeypatch.setattr(post, "STEPS", 22)


@pytest.fixture
def quick(short_training, monkeypatch):
    """Shorten both trainings to a few steps and leave out the pictures."""
    monkeypatch.setattr(pictures, "_figures", lambda reproduction: [])


@pytest.fixture
def quick_post(quick, monkeypatch):
    """Let the short run with the post's seed be compared with figures of its own.

    Call with the number of figures that shall differ, and whether the strippings agree.
    """

    def prepare(differing=0, stripped_once=True, stripped=True):
        left = [differing]

        def compare(done):
            rows = []
            for method in ("static", "rigl"):
                ours = getattr(done, method)
                for step in (0, 20):
                    loss, accuracy = ours.losses[step], 100 * ours.accuracies[step]
                    off = 0.25 if left[0] > 0 else 0.0
                    left[0] -= 1
                    rows.append(published.Row(method, step, loss, accuracy, loss + off, accuracy))
            left[0] = differing
            return published.Comparison(rows, stripped_once, stripped)

        monkeypatch.setattr(command, "compare_with_post", compare)
        monkeypatch.setattr("rewire.reproduce.results.compare_with_post", compare)

    return prepare


@pytest.fixture
def nothing_may_run(monkeypatch):
    def run_experiment(*_, **__):
        raise AssertionError("the experiment was run in vain")

    monkeypatch.setattr(command, "reproduce_post", run_experiment)


def test_help_of_reproduce_names_its_options_and_exit_statuses(run):
    result = run("reproduce", "--help")
    assert result.exit_code == 0
    for text in ("--engine", "--seed", "--out", "1337", "Exit status"):
        assert text in result.output


def test_exit_status_is_0_where_all_figures_agree(run, quick_post, tmp_path):
    quick_post()
    result = run("reproduce", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert "4 of 4 as in the post" in result.output
    assert "agrees  the post's stripping: 10-4-1" in result.output
    assert "agrees  exact stripping: 7-4-1" in result.output
    assert "differs" not in result.output.replace("differs by", "")
    assert result.output.count("✓") == 4
    assert json.loads((tmp_path / "summary.json").read_text())["post"]["agrees"] is True


def test_exit_status_is_1_where_a_figure_differs(run, quick_post, tmp_path):
    quick_post(differing=1)
    result = run("reproduce", "--out", tmp_path)
    assert result.exit_code == 1
    assert "differs  printed lines: 3 of 4 as in the post" in result.output
    assert (result.output.count("✓"), result.output.count("✗")) == (3, 1)
    assert "-2.5e-01" in result.output
    assert json.loads((tmp_path / "summary.json").read_text())["post"]["agrees"] is False


@pytest.mark.parametrize(
    ("agreeing", "line"),
    [
        ({"stripped_once": False}, "differs  the post's stripping"),
        ({"stripped": False}, "differs  exact stripping"),
    ],
)
def test_exit_status_is_1_where_a_stripping_differs(run, quick_post, tmp_path, agreeing, line):
    quick_post(**agreeing)
    result = run("reproduce", "--out", tmp_path)
    assert result.exit_code == 1
    assert line in result.output


def test_table_shows_both_figures_in_full_and_their_difference(run, quick_post, tmp_path):
    quick_post(differing=1)
    output = run("reproduce", "--out", tmp_path).output
    loss = json.loads((tmp_path / "summary.json").read_text())
    first = (tmp_path / "static.csv").read_text().splitlines()[1].split(",")[1]
    assert first in output
    assert repr(float(first) + 0.25) in output
    assert loss["static"]["layers"] == "16-16-1"


def test_other_seeds_run_without_a_comparison(run, quick, monkeypatch, tmp_path):
    def compare(*_):
        raise AssertionError("compared with the post")

    monkeypatch.setattr(command, "compare_with_post", compare)
    monkeypatch.setattr("rewire.reproduce.results.compare_with_post", compare)
    result = run("reproduce", "--seed", 5, "--engine", "scalar", "--out", tmp_path / "new" / "one")
    assert result.exit_code == 0, result.output
    assert "beside the post" not in result.output
    summary = json.loads((tmp_path / "new" / "one" / "summary.json").read_text())
    assert summary["seed"] == 5
    assert "post" not in summary
    page = tmp_path / "new" / "one" / "report.html"
    assert f"report: {page}" in result.output
    assert "RigL, moving" in page.read_text()


def test_results_and_files_are_named(run, short_training, tmp_path):
    result = run("reproduce", "--seed", 5, "--out", tmp_path)
    for text in ("static wiring", "RigL", "16-16-1", f"16 files in {tmp_path}"):
        assert text in result.output
    for path in tmp_path.glob("*.png"):
        assert path.name in result.output
    assert len(list(tmp_path.glob("*.png"))) == 6
    assert len(list(tmp_path.iterdir())) == 16
    assert f"report: {tmp_path / 'report.html'}" in result.output
    page = (tmp_path / "report.html").read_text()
    assert "Static wiring ends at" in page
    assert "RigL, moving" in page


def test_default_folder_is_below_the_current_one(run, quick, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert run("reproduce", "--seed", 5).exit_code == 0
    assert (tmp_path / "runs" / "post" / "summary.json").is_file()


def test_unwritable_folder_is_an_error_before_anything_is_computed(run, nothing_may_run, tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("mine")
    result = run("reproduce", "--out", taken)
    assert result.exit_code == 2
    assert "error: out must be a folder that can be written to" in result.stderr
    assert str(taken) in result.stderr
    assert "choose another one" in result.stderr
    assert taken.read_text() == "mine"


def test_a_bad_folder_is_shown_as_it_was_given(run, nothing_may_run, tmp_path):
    taken = tmp_path / "[bold]taken"
    taken.write_text("mine")
    result = run("reproduce", "--out", taken)
    assert result.exit_code == 2
    assert str(taken) in result.stderr


def test_the_folder_is_shown_as_it_was_given(run, quick, tmp_path):
    folder = tmp_path / "[bold]new"
    result = run("reproduce", "--seed", 5, "--out", folder)
    assert result.exit_code == 0
    assert (folder / "summary.json").is_file()
    assert f"files in {folder}" in result.output


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["--seed", "-1"], "seed"),
        (["--seed", 2**32], "seed"),
        (["--seed", "many"], "seed"),
        (["--engine", "steam"], "engine"),
    ],
)
def test_unusable_options_are_errors_that_name_them(
    run, nothing_may_run, tmp_path, arguments, name
):
    result = run("reproduce", "--out", tmp_path, *arguments)
    assert result.exit_code == 2
    assert f"--{name}" in result.stderr


def test_a_failure_while_writing_has_exit_status_2(run, quick, monkeypatch, tmp_path):
    def fail(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(command, "write_results", fail)
    result = run("reproduce", "--seed", 5, "--out", tmp_path)
    assert result.exit_code == 2
    assert "error: No space left on device" in result.stderr


def test_progress_follows_every_step_of_both_runs(run, monkeypatch, tmp_path, quick):
    steps = []
    original = command.reproduce_post

    def spy(seed, engine, on_step):
        def both(*step):
            steps.append(step[:2])
            on_step(*step)

        return original(seed, engine, both)

    monkeypatch.setattr(command, "reproduce_post", spy)
    assert run("reproduce", "--seed", 5, "--out", tmp_path).exit_code == 0
    assert steps == [(method, k) for method in ("static", "rigl") for k in range(22)]


def test_rows_of_the_comparison_cannot_be_changed():
    row = published.Row("static", 0, 0.5, 50.0, 0.5, 50.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        row.loss = 0.0
