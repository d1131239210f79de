"""Whatever trains: the same figures to the bit, and what becomes of lost and foreign workers."""

import json
import multiprocessing
import os
import signal
from concurrent.futures import Future, ThreadPoolExecutor
from unittest import mock

import pytest

from rewire.compare import Failure, Trial, job, run_study, study_config
from rewire.compare.job import TrialJob
from rewire.compare.records import read_runs
from rewire.compare.report.writing import summary_of
from rewire.executors import driver, worker
from rewire.executors.driver import run_jobs
from rewire.executors.lanes import lanes_of
from rewire.executors.machines import Machine, this_machine
from rewire.executors.slurm import SlurmExecutor
from rewire.io import sole_writer

from .pretended import Breaking, Far, Losing, Own, Restarted

METHODS, SEEDS = ("static", "rigl"), range(3)


def figures(study):
    return [run._replace(seconds=0.0) for run in study.runs]


@pytest.fixture(scope="module")
def whole():
    """Two methods with three seeds, made in this process."""
    return run_study(study_config("moons", total_steps=60), METHODS, SEEDS)


@pytest.fixture(scope="module")
def iris():
    """The same on data that all seeds share."""
    config = study_config("iris", hidden=5, sparsity=0.5, epochs=2, every=1)
    return run_study(config, METHODS, SEEDS)


def again(study, **options):
    return run_study(study.config, METHODS, SEEDS, **options)


# ---------------------------------------------------------------------------------- the contract


def executors(folder):
    return {
        "threads": lambda: ThreadPoolExecutor(2),
        "an object with submit": Own,
        "submitit": lambda: SlurmExecutor(folder, 2, cluster="debug", poll=0.01),
    }


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of submitit's own log files
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", ["threads", "an object with submit", "submitit"])
@pytest.mark.parametrize("made", [True, False], ids=["made for it", "given"])
def test_figures_are_the_same_bits(whole, iris, tmp_path, name, made):
    if name == "submitit":
        pytest.importorskip("submitit")
    make = executors(tmp_path)[name]
    for study in (whole, iris):
        executor = make if made else make()
        assert figures(again(study, executor=executor)) == figures(study)
        if not made and hasattr(executor, "shutdown"):
            executor.submit(len, ()).result(timeout=30)  # left to whoever gave it
            executor.shutdown()


def test_two_batches_are_under_way_for_each_worker():
    executor = Own()
    executor.is_last = lambda: len(executor.batches) > 36
    config = study_config("moons", total_steps=60)
    done = run_study(config, ["static"], range(40), executor=executor)
    assert len(done.runs) == 40
    assert executor.most == 4


def test_tiny_jobs_travel_together(monkeypatch):
    monkeypatch.setattr(job, "attempt", lambda c, m, seed, d=None: made_up(m, seed))
    executor = Own()
    config = study_config("moons")
    jobs = [TrialJob(config, "static", seed) for seed in range(10_000)]
    outcomes = [outcome for outcome, _ in run_jobs(jobs, lanes_of(executor, None))]
    assert sorted(run.seed for run in outcomes) == list(range(10_000))
    assert len(executor.batches) < 400
    assert max(len(batch.jobs) for batch in executor.batches) == 256


def made_up(method, seed):
    return Trial(method, seed, 0.5, 0.9, 68, 101, 0.1)


@pytest.mark.parametrize("executor", [3, "dask"])
def test_what_is_no_executor_is_refused(whole, executor):
    with pytest.raises(TypeError, match="executor must have a method submit"):
        again(whole, executor=executor)


# ------------------------------------------------------------------------------------ lost workers


@pytest.mark.parametrize("times", [1, 3])
def test_a_lost_worker_is_made_up_for(whole, times):
    executor = Losing({("rigl", 1, ()): times})
    assert figures(again(whole, executor=executor)) == figures(whole)


def test_a_job_that_loses_four_workers_is_a_failure_and_the_others_go_on(whole, tmp_path):
    executor = Losing({("rigl", 1, ()): 4, ("static", 2, ()): 2})
    done = again(whole, executor=executor, out=tmp_path)
    said = "its worker was lost 4 times, the last time by OSError: the node is gone"
    assert done.failures == [Failure("rigl", 1, said)]
    assert figures(done) == [run for run in figures(whole) if run[:2] != ("rigl", 1)]
    assert len(read_runs(tmp_path / "runs.csv")) == 5
    assert figures(again(whole, out=tmp_path)) == figures(whole)


def test_dask_has_tried_again_itself(whole):
    killed = type("KilledWorker", (Exception,), {})
    done = again(whole, executor=Losing({("rigl", 1, ()): 1}, killed("four workers died")))
    assert [failure.seed for failure in done.failures] == [1]


def test_what_a_scheduler_forgot_that_was_begun_again_is_done_by_the_new_one(whole, monkeypatch):
    monkeypatch.setattr(driver, "WAIT", 0.01)
    executor = Restarted(forgotten=4)
    assert figures(again(whole, executor=executor)) == figures(whole)
    sent = [job.key for batch in executor.batches for job in batch.jobs]
    assert len(sent) == len(set(sent)) + sum(len(batch.jobs) for batch in executor.batches[:4])


def test_a_cancelled_batch_is_done_again(whole):
    class Cancelling(Own):
        cancelled = 0

        def submit(self, function, *arguments):
            if self.cancelled < 2:
                self.cancelled += 1
                future = Future()
                future.cancel()
                future.set_running_or_notify_cancel()
                return future
            return super().submit(function, *arguments)

    assert figures(again(whole, executor=Cancelling())) == figures(whole)


def test_who_broke_a_pool_is_found_and_the_others_are_not_blamed(whole):
    Breaking.made = 0
    done = again(whole, executor=lambda: Breaking(("rigl", 1, ())))
    assert [(one.method, one.seed) for one in done.failures] == [("rigl", 1)]
    assert "lost 4 times" in done.failures[0].error
    assert figures(done) == [run for run in figures(whole) if run[:2] != ("rigl", 1)]
    assert Breaking.made == 6  # the first, one after it broke with others in it, four alone


def test_a_pool_that_was_given_and_breaks_ends_the_study_which_goes_on_from_there(whole, tmp_path):
    with pytest.raises(RuntimeError, match=r"it has broken .*executor=.*jobs=.*out="):
        again(whole, executor=Breaking(("rigl", 1, ())), out=tmp_path)
    assert figures(again(whole, out=tmp_path)) == figures(whole)


def test_an_executor_that_takes_no_more_ends_the_study(whole):
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(RuntimeError, match=r"refuses them .*after shutdown"):
        again(whole, executor=pool)


# ------------------------------------------------------------------- other versions and processors


def test_a_worker_with_another_version_is_refused_by_name(whole, tmp_path):
    class Other(Own):
        def call(self, function, batch):
            old = tuple((name, "0.1" if name == "NumPy" else v) for name, v in batch.versions)
            with mock.patch.object(worker, "versions", return_value=old):
                return super().call(function, batch)

    place = this_machine().worker
    with pytest.raises(RuntimeError, match=f"{place} has NumPy 0.1, and this process"):
        again(whole, executor=Other(), out=tmp_path)
    assert read_runs(tmp_path / "runs.csv") == []


def test_another_kind_of_processor_is_kept_and_said(whole, tmp_path):
    other = Machine("0123abcd", "power11", "+vsx", "far away, process 1")
    there = []

    class Mixed(Own):
        def call(self, function, batch):
            if all(job.seed != 1 for job in batch.jobs):
                return super().call(function, batch)
            there.extend((job.method, job.seed) for job in batch.jobs)
            with (
                mock.patch.object(worker, "this_machine", return_value=other),
                mock.patch.object(job, "this_machine", return_value=other),
            ):
                return super().call(function, batch)

    done = again(whole, executor=Mixed(), out=tmp_path)
    found = [(run.method, run.seed) for run in done.runs if run.machine == other.kind]
    assert sorted(found) == sorted(there)
    assert 0 < len(there) < len(done.runs)
    kept = json.loads((tmp_path / "machines.json").read_text())
    assert kept[other.kind] == {"cpu": "power11", "features": "+vsx"}
    found = summary_of(again(whole, out=tmp_path))  # as it is read again
    assert found["machines"][other.kind]["runs"] == len(there)
    assert any("2 kinds of processors" in note for note in found["notes"])
    assert not summary_of(whole)["notes"]


# --------------------------------------------------------------------------------------- the data


def test_data_are_sent_to_a_worker_and_not_with_every_job(iris):
    far = Far()
    assert figures(again(iris, executor=far)) == figures(iris)
    sent = [batch for batch in far.batches if batch.data]
    assert 1 <= len(sent) <= 2  # those that were under way when it said so
    assert len(far.batches) > 2 + len(sent)
    assert list(far.memory)


def test_generated_data_are_never_sent(whole):
    far = Far()
    assert figures(again(whole, executor=far)) == figures(whole)
    assert not any(batch.data for batch in far.batches)


def test_other_content_under_the_same_name_is_another_study(tmp_path):
    path = tmp_path / "houses.csv"
    lines = [f"{a},{b},{a + 2 * b + 0.5}" for a in range(10) for b in range(5)]
    path.write_text("\n".join(["a,b,price", *lines]))
    config = study_config(str(path), target="price", hidden=4, epochs=1, weight_decay=0.0)
    run_study(config, ["static"], [0], out=tmp_path / "out")
    path.write_text("\n".join(["a,b,price", *lines[::-1]]))
    with pytest.raises(ValueError, match="holds a study with source="):
        run_study(config, ["static"], [1], out=tmp_path / "out")


# -------------------------------------------------------------------------------------- one driver


def test_a_folder_has_one_driver_at_a_time(whole, tmp_path):
    with (
        sole_writer(tmp_path / "runs.csv"),
        pytest.raises(BlockingIOError, match=r"another comparison .*another folder \(out=\)"),
    ):
        again(whole, out=tmp_path)
    assert figures(again(whole, out=tmp_path)) == figures(whole)


# ---------------------------------------------------------------------------------- real processes


@pytest.mark.fork
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_figures_are_the_same_bits_side_by_side_though_a_worker_is_killed(iris, tmp_path):
    killed = []

    def kill(run):
        if not killed:
            process = multiprocessing.active_children()[0]
            os.kill(process.pid, signal.SIGKILL)
            killed.append(process)

    done = again(iris, jobs=2, out=tmp_path, on_run=kill)
    assert killed
    assert not done.failures
    assert figures(done) == figures(iris)
    assert sorted(read_runs(tmp_path / "runs.csv")) == sorted(done.runs)
