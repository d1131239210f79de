"""``rewire train --log``: everything once, also of a run that was killed, and its files."""

import os
import signal
import subprocess
import sys
from collections import Counter

import pytest

from rewire.experiment import RunDirectory
from rewire.tracking import registry
from rewire.train import read_history

from ..tracking.event_files import read

SHORT = ["--hidden", "16", "--total-steps", "40", "--method", "set"]


def test_a_run_is_logged_with_what_is_measured_at_the_end(run, tmp_path):
    run("train", "digits", "--out", tmp_path, *SHORT, "--log", "tensorboard")
    found = read(RunDirectory(tmp_path).tracking)
    assert [step for step, _ in found["validation_accuracy"]] == [
        row["step"] for row in read_history(RunDirectory(tmp_path).checkpoint).rows
    ]
    assert found["final/network"] == [(40, 119)]
    assert {"final/validation/accuracy", "final/stripped"} < set(found)
    run("train", "--resume", tmp_path, "--log", "tensorboard")  # nothing is new
    assert read(RunDirectory(tmp_path).tracking) == found


def test_the_log_of_an_older_run_goes_with_it(run, tmp_path):
    for seed in (0, 1):
        run(
            *("train", "digits", "--out", tmp_path, *SHORT, "--seed", seed, "--overwrite"),
            *("--log", "tensorboard"),
        )
    assert len(read(RunDirectory(tmp_path).tracking)["final/network"]) == 1
    run("train", "digits", "--out", tmp_path, *SHORT, "--overwrite")
    assert not RunDirectory(tmp_path).tracking.exists()


def test_an_unknown_tracker_is_refused_before_anything_is_loaded(run, tmp_path):
    result = run("train", "digits", "--out", tmp_path / "run", "--log", "tensorbord", status=2)
    assert "--log must be one of mlflow, tensorboard, wandb; got 'tensorbord'" in " ".join(
        result.stderr.split()
    )
    assert not (tmp_path / "run").exists()


def test_help_names_the_trackers(run):
    shown = run("train", "--help").output
    assert all(name in shown for name in registry)


@pytest.mark.fork
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_steps_before_a_kill_are_not_logged_twice(run, tmp_path):
    """Reports come in faster than checkpoints, so that some steps are trained again."""
    length = ["--total-steps", "30000", "--hidden", "16"]
    command = [sys.executable, "-m", "rewire", "train", "digits", "--out", str(tmp_path), *length]
    with subprocess.Popen(
        [*command, "--log", "tensorboard"], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        for line in process.stdout:
            if line.startswith("step "):
                process.send_signal(signal.SIGKILL)
                break
    folder = RunDirectory(tmp_path)
    before = {step for step, _ in read(folder.tracking)["loss"]}
    assert before
    run("train", "--resume", tmp_path, "--log", "tensorboard")
    rows = [row["step"] for row in read_history(folder.checkpoint).rows]
    assert before < set(rows)
    assert Counter(step for step, _ in read(folder.tracking)["loss"]) == Counter(rows)
