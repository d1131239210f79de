"""Trainings that are really killed, at random moments, many times, end with the same bits."""

import json
import os
import signal
import subprocess
import sys
from time import perf_counter

import numpy as np
import pytest

from rewire.experiment import RunDirectory
from rewire.io.tensors import read_tensors

pytestmark = [
    pytest.mark.fork,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork"),
]

# One process loads the library; each training is a process forked from it, which takes no time.
NURSERY = """
import json, os, sys
from functools import partial
import rewire
import rewire.cli.training
from rewire.cli.app import app
from rewire.data import load
from rewire import methods
from rewire.train import fitting, throttle

often = partial(throttle.Throttle, seconds=0, share=1)
fitting.Throttle = sys.modules["rewire.cli.live"].Throttle = often
# A line for each report: the test counts them.
sys.modules["rewire.cli.live"].Pace = partial(throttle.Pace, seconds=0)
rewire.set_num_threads(1)  # threads would not survive the fork
data = load("digits")
rows = slice(0, 300)


def say(*words):
    # In one piece, as several processes do so at once.
    os.write(1, (" ".join(map(str, words)) + chr(10)).encode())


def fit(path, total_steps=300):
    net = rewire.mlp([64, 20, 10], sparsity=[0.8, 0.5], seed=0)
    rewire.fit(
        net, data.X[rows], data.y[rows], total_steps=total_steps, report_every=1, seed=1,
        checkpoint=path,
        method=methods.get("set", every=5), optimizer=rewire.optimizers.Adam(0.01), batch_size=32,
        callbacks=[lambda training: say("report")],
    )


def command(*arguments):
    app(arguments, standalone_mode=False)


fit(None, 1)
say("ready")
for line in sys.stdin:
    what, *arguments = json.loads(line)
    child = os.fork()
    if child == 0:
        {"fit": fit, "command": command}[what](*arguments)
        os._exit(0)
    say("child", child)
    _, status = os.waitpid(child, 0)
    say("ended", status)
"""


class Nursery:
    """Starts trainings and kills them."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", NURSERY],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TERM": "dumb"},
        )
        self.wait_for("ready")

    def wait_for(self, beginning):
        for line in self.process.stdout:
            if line.startswith(beginning):
                return line.split()
        raise AssertionError(f"the process ended before it printed {beginning!r}")

    def run(self, *what, reports=None, seconds=0.0):
        """Run a training; with ``reports``, kill it so many reports and seconds after its start.

        Returns whether it was killed.
        """
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        child = int(self.wait_for("child")[1])
        if reports is not None:
            for _ in range(reports):
                self.wait_for(("report", "step"))
            begin = perf_counter()
            while perf_counter() < begin + seconds:
                pass
            os.kill(child, signal.SIGKILL)
        status = int(self.wait_for("ended")[1])
        assert status in (0, signal.SIGKILL)
        return status == signal.SIGKILL


@pytest.fixture(scope="module")
def nursery():
    made = Nursery()
    yield made
    made.process.stdin.close()
    made.process.wait()
    made.process.stdout.close()


def contents(path):
    """Everything in a checkpoint but the time it took."""
    tensors, header = read_tensors(path, kind="checkpoint")
    for row in (header["totals"], *header["rows"]):
        row["seconds"] = None
    return {name: array.tobytes() for name, array in tensors.items()}, header


def kills(nursery, most, random, first, then):
    """Kill a training again and again, or fewer times if it gets to its end before."""
    what = first
    for _ in range(most):
        reports, seconds = int(random.integers(1, 9)), random.uniform(0, 0.008)
        if not nursery.run(*what, reports=reports, seconds=seconds):
            return
        yield
        what = then


def test_fit_killed_at_random_moments(nursery, tmp_path):
    nursery.run("fit", str(tmp_path / "whole.safetensors"))
    path = tmp_path / "killed" / "run.safetensors"
    path.parent.mkdir()
    what = ("fit", str(path))
    while_writing, total_steps = 0, []
    for _ in kills(nursery, 30, np.random.default_rng(0), what, what):
        while_writing += any(path.parent.glob(".*.partial"))
        total_steps.append(contents(path)[1]["totals"]["step"])  # always whole
    assert total_steps == sorted(total_steps)
    assert len(total_steps) > 10
    assert while_writing > 0, "no writing was ever interrupted: the test has become too tame"
    nursery.run(*what)
    assert contents(path) == contents(tmp_path / "whole.safetensors")
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask()


def umask():
    now = os.umask(0)
    os.umask(now)
    return now


def test_the_command_killed_at_random_moments(nursery, tmp_path):
    settings = ["train", "digits", "--hidden", "20", "--sparsity", "0.8,0.5", "--method", "set"]
    settings += [
        "--every",
        "7",
        "--total-steps",
        "800",
        "--early-stopping",
        "15",
        "--validation",
        "0.3",
    ]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    nursery.run("command", *settings, "--out", str(whole))
    first = ("command", *settings, "--out", str(killed))
    then = ("command", "train", "--resume", str(killed))
    count = 0
    for _ in kills(nursery, 8, np.random.default_rng(1), first, then):
        contents(killed / "checkpoint.safetensors")
        count += 1
    assert count > 2
    nursery.run(*then)
    assert set(killed.iterdir()) == set(RunDirectory(killed).files)
    name = "checkpoint.safetensors"
    assert contents(killed / name) == contents(whole / name)
    assert (killed / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    results = [json.loads((folder / "result.json").read_text()) for folder in (whole, killed)]
    times = {"seconds": 0, "choosing_seconds": 0}
    assert results[0] | times == results[1] | times
