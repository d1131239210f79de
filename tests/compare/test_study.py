"""Whole studies: the same figures however they are made, and what remains of interrupted ones."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rewire
from rewire import methods
from rewire.compare import Failure, Trial, run_study, study_config
from rewire.compare.records import read_runs
from rewire.compare.trial import run_trial
from rewire.data import load
from rewire.experiment.build import make_schedule
from rewire.losses import Hinge
from rewire.methods import RigL
from rewire.schedules import Linear

METHODS = ("static", "rigl")


def figures(runs):
    """All of them but the time."""
    return [run._replace(seconds=0.0) for run in runs]


@pytest.fixture(scope="module")
def whole():
    """Two methods with three seeds."""
    return run_study(study_config("moons", total_steps=60), METHODS, range(3))


# ------------------------------------------------------------------------------------- one run


def test_a_run_is_what_fit_and_evaluate_give():
    data = load("moons", seed=5, dtype="float64")
    y, loss = data.signed()[0], Hinge(l2=1e-4)
    net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], dtype="float64", seed=5)
    rewire.fit(
        net,
        data.X,
        y,
        method=RigL(every=20),
        loss=loss,
        optimizer=rewire.optimizers.SGD(lr=1.0),
        total_steps=400,
        schedule=Linear(1, 0.1),
        seed=5,
    )
    run = run_trial(study_config("moons"), "rigl", 5)
    assert (run.method, run.seed) == ("rigl", 5)
    assert (run.loss, run.accuracy) == tuple(rewire.evaluate(net, data.X, y, loss))
    assert (run.connections, run.parameters) == (68, 101)
    assert run.seconds > 0


def test_held_out_samples_are_not_trained_on():
    config = study_config("iris", hidden=(100,), epochs=5)
    train, held_out = load("iris").split(0.2, seed=4)
    net = rewire.mlp([4, 100, 3], sparsity=0.9, distribution="erk", min_fan_in=3, seed=4)
    rewire.fit(
        net,
        train.X,
        train.y,
        method="static",
        optimizer=rewire.optimizers.SGD(0.1, 0.9, nesterov=True),
        epochs=5,
        schedule=make_schedule(config.recipe),
        seed=4,
    )
    run = run_trial(config, "static", 4)
    assert (run.loss, run.accuracy) == tuple(rewire.evaluate(net, held_out.X, held_out.y))


def test_the_test_part_is_measured_where_there_is_one(data_dir):
    config = study_config("madelon", hidden=(10,), total_steps=20, standardize=True)
    done = run_study(config, ["static"], [0])
    assert done.measured_on == "the test part, 600 samples"
    assert done.runs[0].accuracy * 600 == pytest.approx(round(done.runs[0].accuracy * 600))


def test_a_regression_is_measured_by_its_error_in_the_targets_unit():
    config = study_config("diabetes", hidden=20, sparsity=0.5, epochs=20, standardize=True)
    done = run_study(config, ["static"], [0])
    _, held_out = load("diabetes").split(0.2, seed=0)
    assert done.measure == "loss"
    assert np.isnan(done.runs[0].accuracy)
    # Better than the mean of the targets, and in its unit.
    assert 0.1 * held_out.y.var() < done.runs[0].loss < held_out.y.var()


@pytest.mark.slow
@pytest.mark.parametrize("name", list(methods.registry))
def test_all_methods_end_with_the_same_connections(name):
    assert run_trial(study_config("moons", total_steps=120), name, 1).connections == 68


@settings(max_examples=5)
@given(
    st.lists(st.integers(2, 24), min_size=1, max_size=2),
    st.floats(0.3, 0.9),
    st.sampled_from([name for name, make in methods.registry.items() if make().initial == "dense"]),
)
def test_methods_that_start_dense_end_as_sparse_as_the_others(hidden, sparsity, name):
    config = study_config("moons", hidden=tuple(hidden), sparsity=(sparsity,), total_steps=100)
    ends = {run_trial(config, method, 0).connections for method in ("static", name)}
    assert len(ends) == 1


# ------------------------------------------------------------------------------- whole studies


def test_runs_come_by_method_and_seed(whole):
    assert [(run.method, run.seed) for run in whole.runs] == [
        (method, seed) for method in METHODS for seed in range(3)
    ]
    assert len({run.loss for run in whole.runs}) == 6
    assert whole.total == 6
    assert whole.measured_on == "the 100 training samples themselves"


def test_what_is_there_is_not_trained_again(whole, tmp_path):
    run_study(whole.config, ["rigl"], [1], out=tmp_path)
    found, seen = [], []
    for _ in range(2):
        done = run_study(
            whole.config,
            METHODS,
            range(3),
            out=tmp_path,
            on_start=lambda begun: found.append(len(begun.runs)),
            on_run=lambda run: seen.append((run.method, run.seed)),
        )
        assert figures(done.runs) == figures(whole.runs)
    assert found == [1, 6]
    # seed by seed, so that an interrupted study has pairs
    assert seen == [("static", 0), ("rigl", 0), ("static", 1), ("static", 2), ("rigl", 2)]
    assert len(read_runs(tmp_path / "runs.csv")) == 6
    assert run_study(whole.config, ["static"], [2], out=tmp_path).runs == done.runs[2:3]


def test_a_failing_run_is_reported_and_the_others_go_on(fragile):
    config = study_config("fragile", imports=(fragile,), total_steps=60, every=20)
    seen = []
    done = run_study(config, ["static", "mine"], [0, 1, 3], on_run=seen.append)
    error = "ValueError: there are no such points"
    assert done.failures == [Failure("static", 1, error), Failure("mine", 1, error)]
    assert [(run.method, run.seed) for run in done.runs] == [
        ("static", 0),
        ("static", 3),
        ("mine", 0),
        ("mine", 3),
    ]
    assert len(seen) == 6


@pytest.mark.slow
def test_a_run_that_kills_its_process_is_a_failure_alone(fragile, tmp_path):
    config = study_config("fragile", imports=(fragile,), total_steps=60)
    done = run_study(config, ["static"], [0, 1, 2, 3, 4], jobs=2, out=tmp_path)
    assert [run.seed for run in done.runs] == [0, 3, 4]
    assert [failure.seed for failure in done.failures] == [1, 2]
    assert done.failures[1].error.startswith("its worker was lost 4 times, the last time by Broken")
    assert len(read_runs(tmp_path / "runs.csv")) == 3  # what failed is tried again


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"methods": []}, "methods must be at least one"),
        ({"methods": ["rigl", "rigl"]}, "all different; got .'rigl', 'rigl'"),
        ({"methods": ["static", "rgil"]}, "did you mean 'rigl'"),
        ({"seeds": []}, "seeds must be at least one"),
        ({"seeds": [1, 1]}, "all different"),
        ({"jobs": 0}, "jobs must be a whole number, at least 1; got 0"),
        ({"jobs": True}, "jobs must be a whole number"),
        ({"config": {"hidden": (3,)}}, "one for each of the 2 layers; got 3"),
        (
            {"config": {"total_steps": 20}},
            "method 'set' never rewires.*every=.*epochs=, total_steps=",
        ),
        ({"config": {"measure": "unseen", "validation": 0.0}}, "validation must be above 0"),
        ({"config": {"optimizer": "sdg"}}, "optimizer must be one of sgd"),
        ({"config": {"loss": "hnge"}}, "loss must be one of"),
    ],
)
def test_what_cannot_work_fails_before_anything_is_trained_or_written(change, message, tmp_path):
    folder = tmp_path / "new"
    given = {"total_steps": 60} | change.pop("config", {})
    plan = {"methods": ["static", "set"], "seeds": [0]} | change

    def begin():
        config = study_config("moons", **given)
        run_study(config, **plan, out=folder, on_start=lambda _: pytest.fail("it began"))

    with pytest.raises(ValueError, match=message):
        begin()
    assert not folder.exists()


def test_a_notebook_shows_the_means(whole):
    lines = repr(whole).splitlines()
    assert lines[0] == whole.description
    assert lines[1].endswith("; 6 of 6 runs")
    for line, (method, found) in zip(lines[2:], whole.statistics().items(), strict=True):
        assert line.split()[:3] == [method, "mean", f"{found.mean:.1%}"]
    assert "0 of 6 runs" in repr(replace(whole, runs=[]))


# --------------------------------------------------------------------------- interrupted studies

SCRIPT = """
import sys
from rewire.compare import study_config, run_study

if __name__ == "__main__":
    run_study(
        study_config("moons", total_steps=60), ["static", "rigl"], range(10_000), out=sys.argv[1],
        jobs=int(sys.argv[2]), on_run=lambda run: print(run.method, run.seed, flush=True),
    )
"""


def interrupted(tmp_path, jobs, number):
    """Begin a long study, stop it by a signal after five runs; return the exit code."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "out"), str(jobs)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        for _ in range(5):
            assert process.stdout.readline()
        # A terminal's Ctrl-C reaches the whole group; kill -9 only who is named.
        if number == signal.SIGINT:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        # Ends only when all processes have: they share this pipe.
        process.communicate(timeout=120)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return process.returncode


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("jobs", "number", "code"),
    [(1, signal.SIGKILL, -9), (2, signal.SIGKILL, -9), (2, signal.SIGINT, -2)],
)
def test_an_interrupted_study_keeps_what_is_done_and_goes_on(whole, tmp_path, jobs, number, code):
    assert interrupted(tmp_path, jobs, number) == code
    kept = read_runs(tmp_path / "out" / "runs.csv")
    assert len(kept) >= 5
    missing = max(run.seed for run in kept) + 1
    seen = []
    done = run_study(
        whole.config, METHODS, [0, 1, 2, missing], out=tmp_path / "out", on_run=seen.append
    )
    assert figures(run for run in done.runs if run.seed < 3) == figures(whole.runs)
    assert {(run.method, run.seed) for run in seen}.isdisjoint(
        {(run.method, run.seed) for run in kept}
    )
    assert {run.method for run in seen if run.seed == missing} == set(METHODS)


@pytest.mark.slow
def test_a_script_without_a_guard_is_told_so(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.replace('if __name__ == "__main__":', "if True:"))
    process = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "out"), "2"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert process.returncode == 1
    assert "under 'if __name__ == \"__main__\":'" in process.stderr


def test_ctrl_c_leaves_what_is_done(whole, tmp_path):
    def stop(run: Trial) -> None:
        if run.seed == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_study(whole.config, METHODS, range(3), out=tmp_path, on_run=stop)
    assert len(read_runs(tmp_path / "runs.csv")) == 3
