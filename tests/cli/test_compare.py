"""``rewire compare``: what it prints, what it leaves, and its exit status."""

import csv
import json
import os
import signal
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from rewire.cli import comparing
from rewire.cli.app import app
from rewire.compare import Failure, Trial

SMALL = ["moons", "--methods", "static,rigl", "--seeds", "3", "--total-steps", "60"]


@pytest.fixture
def run():
    runner = CliRunner(env={"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"})
    return lambda *arguments: runner.invoke(app, ["compare", *map(str, arguments)])


def rows(folder):
    with (folder / "runs.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def joined(result):
    """Return what was printed without its line breaks."""
    return " ".join(result.output.split())


def cells(output, method, heading="mean (95%)"):
    """Return a method's line in the table with a heading, as words."""
    table = output.partition(f" {heading} ")[2]
    return next(line for line in table.splitlines() if line.split()[:1] == [method]).split()


def test_a_comparison_is_printed_and_kept(run, tmp_path):
    result = run(*SMALL, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert "2-16-16-1 with 68 of 304 connections; 60 steps of 100 samples" in joined(result)
    assert "accuracy on the 100 training samples themselves; 3 seeds each" in joined(result)
    lines = result.output.splitlines()
    assert max(map(len, lines[:-2])) <= 80
    assert lines[-2:] == [
        f"kept in {tmp_path}",
        f"report: {tmp_path / 'report.html'} (open it in a browser)",
    ]
    found = rows(tmp_path)
    assert list(found[0]) == [
        "method",
        "seed",
        "loss",
        "accuracy",
        "connections",
        "parameters",
        "seconds",
        "inputs",
        "possible",
        "flops",
        "training_flops",
        "bytes",
        "validation",
        "machine",
    ]
    assert sorted((row["method"], int(row["seed"])) for row in found) == [
        (method, seed) for method in ("rigl", "static") for seed in range(3)
    ]
    assert {(row["connections"], row["parameters"]) for row in found} == {("68", "101")}
    assert {path.name for path in tmp_path.iterdir()} == {
        "machines.json",
        "plan.json",
        "report.html",
        "runs.csv",
        "runs.png",
        "settings.json",
        "summary.json",
    }
    assert (tmp_path / "runs.png").read_bytes().startswith(b"\x89PNG")


def test_the_table_shows_the_figures_of_the_summary(run, tmp_path):
    result = run(*SMALL, "--out", tmp_path, "--reach", "0.85")
    summary = json.loads((tmp_path / "summary.json").read_text())
    accuracy = [float(row["accuracy"]) for row in rows(tmp_path) if row["method"] == "rigl"]
    rigl = summary["methods"]["rigl"]
    assert rigl["mean"] == pytest.approx(sum(accuracy) / 3)
    assert rigl["median"] == sorted(accuracy)[1]
    assert rigl["reached"]["runs"] == sum(value >= 0.85 for value in accuracy)
    assert "≥ 85% (95%)" in result.output
    shown = cells(result.output, "rigl")
    assert shown[1] == f"{100 * rigl['mean']:.1f}%"
    low, high = rigl["interval"]["low"], rigl["interval"]["high"]
    assert shown[2] == f"({100 * low:.1f}–{100 * high:.1f})"
    assert shown[3] == f"{100 * rigl['median']:.1f}%"
    shown = cells(result.output, "rigl", "less static")
    difference, [pair] = rigl["difference"], summary["pairs"]
    low, high = difference["interval"]["low"], difference["interval"]["high"]
    assert " ".join(shown[1:5]) == (
        f"{100 * difference['mean']:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
    )
    assert shown[5:] == [f"{difference['p']:.3f}", f"{pair['corrected']:.3f}"]
    assert cells(result.output, "static")[-1] == f"{summary['methods']['static']['seconds']:.2g}"


def test_json_alone_is_printed_for_machines(run, tmp_path):
    result = run(*SMALL, "--out", tmp_path, "--json")
    assert result.exit_code == 0
    summary = json.loads(result.stdout)
    assert summary == json.loads((tmp_path / "summary.json").read_text())
    assert summary["measured_on"] == "the 100 training samples themselves"
    assert (summary["compared_with"], summary["reach"]) == ("static", 0.99)
    assert summary["methods"]["static"]["difference"] is None
    assert summary["methods"]["rigl"]["optimizer"] == "sgd, lr 1, momentum 0"
    assert "grow=<GrowCriterion 'gradient'>" in summary["methods"]["rigl"]["composition"]
    assert summary["config"]["total_steps"] == 60
    assert summary["failures"] == []


def test_the_same_command_goes_on_and_more_seeds_and_methods_are_added(run, tmp_path):
    assert run(*SMALL, "--out", tmp_path).exit_code == 0
    kept = (tmp_path / "runs.csv").read_text()
    assert run(*SMALL, "--out", tmp_path).exit_code == 0
    assert (tmp_path / "runs.csv").read_text() == kept
    result = run(*SMALL, "--out", tmp_path, "--seeds", "2-4", "--methods", "static,rigl,post-rigl")
    assert result.exit_code == 0
    assert (tmp_path / "runs.csv").read_text().startswith(kept)
    assert len(rows(tmp_path)) == 6 + 2 * 2 + 3
    assert cells(result.output, "post")[:2] == ["post", "rigl"]


def test_two_jobs_give_the_figures_of_one(run, tmp_path):
    for jobs in (1, 2):
        assert run(*SMALL, "--out", tmp_path / str(jobs), "--jobs", jobs).exit_code == 0
    one, two = (
        sorted(list((row | {"seconds": ""}).items()) for row in rows(tmp_path / str(jobs)))
        for jobs in (1, 2)
    )
    assert one == two


def test_what_sets_a_method_apart_is_said(run, tmp_path):
    result = run(*SMALL, "--methods", "static,set,snfs", "--seeds", 1, "--out", tmp_path)
    said = " ".join(result.output.split())
    assert (
        "snfs needs momentum: it had sgd, lr 0.1, momentum 0.9, the others sgd, lr 1, momentum 0"
    ) in said
    assert "–" in cells(result.output, "set")  # one pair is too few for an interval
    other = run(
        *SMALL, "--methods", "static,snfs", "--momentum", 0.9, "--out", tmp_path / "with momentum"
    )
    assert other.exit_code == 0
    assert "needs momentum" not in other.output


def test_a_regression_is_compared_by_its_loss(run, tmp_path):
    result = run(
        *("diabetes", "--methods", "static,set", "--hidden", "20", "--epochs", "5"),
        *("--standardize", "--seeds", 2, "--every", 5, "--reach", 4000, "--out", tmp_path),
    )
    assert result.exit_code == 0, result.output
    assert "≤ 4000 (95%)" in result.output
    assert "loss on 89 samples held out, chosen by the seed; 2 seeds each" in joined(result)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["measure"] == "loss"
    assert {row["accuracy"] for row in rows(tmp_path)} == {"nan"}


def test_a_single_method_is_compared_with_nothing(run, tmp_path):
    result = run(*SMALL, "--methods", "rigl", "--out", tmp_path)
    assert result.exit_code == 0
    assert "less" not in result.output


def test_the_tables_fit_a_narrow_terminal_whole(run, tmp_path, monkeypatch):
    """Also with the longest names and figures that a comparison may have."""

    def attempt(config, method, seed, data_dir=None):
        loss = 1.2345e10 * (seed + 1) + len(method)
        return Trial(method, seed, loss, float("nan"), 68, 101, 1234.5)

    monkeypatch.setattr(sys.modules["rewire.compare.job"], "attempt", attempt)
    result = run(
        *("diabetes", "--methods", "lottery-ticket,reviving-rigl,static", "--seeds", 8),
        *("--every", 1, "--reach", 4e10, "--out", tmp_path),
    )
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()[:-2]
    assert max(map(len, lines)) <= 80
    assert "…" not in "".join(lines)
    for heading in ("mean (95%)", "median", "spread", "seconds", "p, Holm"):
        assert heading in result.output
    assert "lottery ticket" in result.output
    assert "5.555e+10" in cells(result.output, "static")
    assert "1.2e+03" in cells(result.output, "static")


def test_what_can_be_told_apart_is_said_as_in_the_report(run, tmp_path):
    result = run(*SMALL, "--out", tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["headline"].startswith(
        "3 seeds cannot tell 2 methods apart, at least 6 are needed; so far "
    )
    for sentence in (summary["headline"], summary["unresolved"]):
        assert sentence in joined(result)
    assert f"<title>{summary['headline']}</title>" in (tmp_path / "report.html").read_text()


def test_a_file_is_compared_by_the_column_that_train_would_take(run, tmp_path):
    lines = [f"{a},{b},{a + 2 * b + 0.5}" for a in range(10) for b in range(5)]
    (tmp_path / "houses.csv").write_text("\n".join(["a,b,price", *lines]))
    result = run(
        *(tmp_path / "houses.csv", "--target", "price", "--hidden", "5", "--epochs", 2),
        *("--methods", "static", "--seeds", 2, "--out", tmp_path / "out"),
    )
    assert result.exit_code == 0, result.output
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["measure"], summary["config"]["target"]) == ("loss", "price")


def test_a_failing_run_has_exit_status_1_and_is_named(run, tmp_path, monkeypatch):
    def attempt(config, method, seed, data_dir=None):
        if seed == 1:
            return Failure(method, seed, "ValueError: no [good]")
        return Trial(method, seed, 0.5, 0.9, 68, 101, 0.1)

    monkeypatch.setattr(sys.modules["rewire.compare.job"], "attempt", attempt)
    result = run(*SMALL, "--out", tmp_path)
    assert result.exit_code == 1
    assert "failed: rigl, seed 1: ValueError: no [good]" in result.stderr
    assert len(rows(tmp_path)) == 4
    assert len(json.loads((tmp_path / "summary.json").read_text())["failures"]) == 2


def test_no_run_at_all_leaves_a_table_without_lines(run, tmp_path, monkeypatch):
    monkeypatch.setattr(
        sys.modules["rewire.compare.job"],
        "attempt",
        lambda config, method, seed, data_dir=None: Failure(method, seed, "none"),
    )
    result = run(*SMALL, "--out", tmp_path)
    assert result.exit_code == 1
    assert result.stderr.count("failed:") == 6


def test_a_method_of_which_runs_fail_shows_its_number(run, tmp_path, monkeypatch):
    def attempt(config, method, seed, data_dir=None):
        if (method, seed) == ("rigl", 1):
            return Failure(method, seed, "none")
        return Trial(method, seed, float("inf"), 0.9, 68 + seed, 101, 0.1)

    monkeypatch.setattr(sys.modules["rewire.compare.job"], "attempt", attempt)
    result = run(*SMALL, "--out", tmp_path)
    assert "runs: static 3, rigl 2" in result.output
    assert "connections at the end differ: static 68–70, rigl 68–70" in result.output
    assert "static: the loss of 3 runs is not finite" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["moon"], "did you mean 'moons'"),
        (["moons", "--methods", "static,rgil"], "method must be one of static, set"),
        (["moons", "--methods", "static,,rigl"], "method must be one of static, set"),
        (["moons", "--seeds", "9-5"], "write 5-9"),
        (
            ["moons", "--every", "often"],
            "--every must be a whole number, at least 1 or 'epoch'; got often",
        ),
        (
            ["moons", "--sparsity", "high"],
            "--sparsity must be numbers in [0, 1), with commas between; got high",
        ),
        (
            ["moons", "--sparsity", "1.5"],
            "--sparsity must be numbers in [0, 1), with commas between; got 1.5",
        ),
        (["moons", "--init", "big"], "--init must be a number, above 0 or 'fan_in'; got big"),
        (["moons", "--epochs", "1", "--total-steps", "2"], "either epochs or total_steps"),
        (["moons", "--measure", "mine"], "--measure must be one of unseen, training"),
        (["moons", "--lr", "-1"], "--lr must be a number, above 0; got -1"),
        (["moons", "--target", "price"], "target is for files"),
        (["moons", "--import", "no_such_module"], "no_such_module"),
        (["moons", "--vary", "lr"], "--vary must be the name of a setting"),
        (["moons", "--vary", "lr=0.1,-1"], "--lr must be a number, above 0; got -1"),
        (["moons", "--vary", "speed=1"], "--vary must name settings among activation"),
        (["moons", "--vary", "lr=0.1", "--lr", "0.2"], "lr must be given or varied, not both"),
        (["moons", "--shard", "4/3"], "--shard must be a part of the whole such as 3/8; got '4/3'"),
        (["moons", "--on", "ray"], "--on must be dask://host:port, mpi, or slurm with its options"),
        (["moons", "--on", "slurm:time"], "--on must have a value for each option"),
        (["moons", "--on", "dask://"], "--on must name Dask's scheduler"),
        (["moons", "iris"], "DATA must be a single one; got moons, iris"),
        (["--merge", "no/such/folder"], "has no plan.json"),
    ],
)
def test_what_cannot_be_done_has_exit_status_2_and_writes_nothing(
    run, tmp_path, arguments, message
):
    result = run(*arguments, "--out", tmp_path / "new")
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "new").exists()


def test_another_setting_in_the_folder_is_refused_with_the_remedy(run, tmp_path):
    assert run(*SMALL, "--out", tmp_path).exit_code == 0
    result = run(*SMALL, "--lr", 0.5, "--out", tmp_path)
    assert result.exit_code == 2
    for text in ("lr=1.0", "lr=0.5", "--out", "--overwrite"):
        assert text in result.stderr
    assert run(*SMALL, "--lr", 0.5, "--out", tmp_path, "--overwrite").exit_code == 0
    assert len(rows(tmp_path)) == 6


def test_the_default_folder_is_named_after_the_data(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("moons", "--methods", "static", "--seeds", 1, "--total-steps", 5).exit_code == 0
    assert (tmp_path / "runs" / "compare" / "moons" / "summary.json").is_file()


def test_help_teaches(run):
    output = " ".join(run("--help").output.replace("│", " ").split())
    for text in (
        "rewire compare moons --methods static,set,rigl --seeds 100 --jobs 2",
        "rewire compare mnist --hidden 300,100 --sparsity 0.99,0.89,0 --epochs 5 --seeds 3",
        "Exit status",
        "(1 - momentum for sgd, 0.001 for adam and adamw;",
    ):
        assert text in output


def test_ctrl_c_while_training_has_exit_status_130(run, tmp_path, monkeypatch):
    run_study = comparing.run_study

    def stopped(*arguments, on_run, **named):
        def stop(outcome):
            on_run(outcome)
            if outcome.seed == 1:
                raise KeyboardInterrupt

        return run_study(*arguments, on_run=stop, **named)

    monkeypatch.setattr(comparing, "run_study", stopped)
    result = run(*SMALL, "--out", tmp_path)
    assert result.exit_code == 130
    assert f"3 of 6 runs are kept in {tmp_path}" in result.stderr
    assert "The same command goes on" in result.stderr
    assert len(rows(tmp_path)) == 3


def test_a_grid_is_printed_as_it_is_kept(run, tmp_path):
    grid = ("--vary", "density=0.2,0.4", "--vary", "lr=0.5,1")
    result = run(*SMALL, *grid, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert max(map(len, result.output.splitlines()[:-2])) <= 80
    said = joined(result)
    for sentence in (summary["headline"], *summary["notes"]):
        assert sentence in said
    first = summary["curves"][0]["points"][0]
    shown = cells(result.output, "static")
    assert shown[:3] == ["static", "0.2", first["chosen"]["lr"]]
    assert shown[3] == f"{100 * first['statistics']['mean']:.1f}%"
    assert len(rows(tmp_path)) == 2 * 3 * 4
    assert (tmp_path / "tradeoff.png").read_bytes().startswith(b"\x89PNG")


def test_shards_are_kept_apart_and_merged_into_the_whole(run, tmp_path):
    for k in (1, 2):
        result = run(*SMALL, "--shard", f"{k}/2", "--out", tmp_path)
        assert result.exit_code == 0, result.output
        assert f"3 of 3 runs of shard {k}/2 are kept in" in joined(result)
    folders = [tmp_path / f"shard-{k}-of-2" for k in (1, 2)]
    partial = run("--merge", folders[0], "--out", tmp_path / "part")
    assert partial.exit_code == 1
    assert "missing: 3 of 6 runs are in none" in partial.stderr
    merged = run("--merge", *folders)
    assert merged.exit_code == 0, merged.output
    assert run(*SMALL, "--out", tmp_path / "whole").exit_code == 0
    whole, found = (
        sorted(tuple((row | {"seconds": ""}).items()) for row in rows(folder))
        for folder in (tmp_path / "whole", tmp_path)
    )
    assert found == whole
    assert (tmp_path / "report.html").is_file()


SCRIPT = """
from rewire.cli import comparing
from rewire.cli.app import app
from rewire.cli.comparison import Board

add = Board.add

def told(board, outcome):
    add(board, outcome)
    print("done", flush=True)

if __name__ == "__main__":
    Board.add = told
    app()
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_real_ctrl_c_keeps_what_is_done_and_leaves_no_process(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    arguments = ["compare", *SMALL, "--seeds", "10000", "--jobs", "2", "--out", "out"]
    process = subprocess.Popen(
        [sys.executable, str(script), *arguments],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        while process.stdout.readline() != "done\n":
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        # Ends only when all processes have: they share these pipes.
        _, errors = process.communicate(timeout=120)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    assert process.returncode == 130
    assert "of 20000 runs are kept in out. The same command goes on" in errors
    assert "Traceback" not in errors
    assert len(rows(tmp_path / "out")) >= 1


def test_the_columns_of_a_table_are_shown_first(run, tmp_path):
    path = tmp_path / "houses.csv"
    path.write_text(
        "code,area,sold\n"
        + "".join(f"H-{i:02},{i}.5,{'no' if i % 3 else 'yes'}\n" for i in range(30))
    )
    options = ["--target", "sold", "--methods", "static", "--seeds", 1, "--total-steps", 5]
    said = run(path, *options, "--out", tmp_path / "a")
    assert said.exit_code == 0, said.output
    words = joined(said)
    assert words.count("target, classes") == 1
    assert words.index("(--categorical)") < words.index("mean (95%)")
    told = run(path, *options, "--out", tmp_path / "b", "--json")
    assert "target, classes" in told.stderr
    assert json.loads(told.stdout)
