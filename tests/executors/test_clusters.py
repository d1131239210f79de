"""Real clusters on this computer: Dask's, loky's, MPI's and submitit's, their workers killed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack

import pytest

from rewire.compare import run_study, study_config
from rewire.compare.records import read_runs
from rewire.data.registry import loaders
from rewire.executors.engines import engine
from rewire.executors.slurm import SlurmExecutor

METHODS, SEEDS = ("static", "rigl"), range(4)

# Those of scikit-learn would have every process import it, for half of the time of these tests.
DATA = """
import numpy as np
from rewire.data import Dataset, register

@register("quarters")
def quarters():
    X = np.random.default_rng(0).uniform(-1, 1, size=(80, 2))
    return Dataset.from_arrays(X, (X[:, 0] > 0) ^ (X[:, 1] > 0))
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.fork,
    # What these packages leave behind or find deprecated is not ours to mend.
    pytest.mark.filterwarnings("ignore"),
]


def figures(runs):
    return [run._replace(seconds=0.0) for run in runs]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A file that registers data which all seeds share; they are forgotten afterwards."""
    file = tmp_path_factory.mktemp("data") / "quarters.py"
    file.write_text(DATA)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loaders, "_parts", dict(loaders._load()))
        yield str(file)


@pytest.fixture(scope="module")
def whole(data):
    """Two methods with four seeds, made in this process."""
    settings = {"hidden": 5, "sparsity": 0.5, "epochs": 2, "every": 1, "measure": "training"}
    return run_study(study_config("quarters", imports=(data,), **settings), METHODS, SEEDS)


@pytest.fixture(scope="module")
def cluster():
    """Two workers of Dask."""
    distributed = pytest.importorskip("distributed")
    shape = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**shape) as made:
        yield made


def test_dask_gives_the_same_bits_though_a_worker_is_killed(whole, cluster, tmp_path):
    killed = []

    def kill(run):
        if not killed:
            killed.append(next(iter(cluster.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    address = cluster.scheduler_address.removeprefix("tcp:")
    with engine(f"dask:{address}") as executor:
        done = run_study(whole.config, METHODS, SEEDS, executor=executor, out=tmp_path, on_run=kill)
    assert killed
    assert not done.failures
    assert figures(done.runs) == figures(whole.runs)


def test_a_worker_of_dask_with_another_version_is_refused(whole, cluster):
    def change(version):
        import rewire

        rewire.__version__ = version

    import rewire

    with engine(f"dask:{cluster.scheduler_address.removeprefix('tcp:')}") as executor:
        executor._client.wait_for_workers(2, timeout=60)
        executor._client.run(change, "0.0.1")
        try:
            with pytest.raises(RuntimeError, match=r"has rewire 0\.0\.1, and this process"):
                run_study(whole.config, METHODS, SEEDS, executor=executor)
        finally:
            executor._client.run(change, rewire.__version__)


def test_a_scheduler_that_is_begun_again_costs_time_alone(data):
    distributed = pytest.importorskip("distributed")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = str(found.getsockname()[1])
    address = f"tcp://127.0.0.1:{port}"
    settings = {"total_steps": 60, "every": 20, "measure": "training"}
    config = study_config("quarters", imports=(data,), **settings)
    with ExitStack() as stack:

        def begin(*words):
            process = subprocess.Popen(
                [sys.executable, "-m", *words], stderr=subprocess.DEVNULL, env=dict(os.environ)
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        def cluster():
            place = ["--host", "127.0.0.1", "--port", port, "--no-dashboard"]
            scheduler = begin("distributed.cli.dask_scheduler", *place)
            begin("distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny")
            return scheduler

        schedulers = [cluster()]

        def restart(run):
            if len(schedulers) == 1:
                schedulers[0].kill()
                schedulers[0].wait()
                schedulers.append(cluster())

        with distributed.Client(address, timeout=60) as client:
            executor = client.get_executor(pure=False)
            done = run_study(config, METHODS, range(30), executor=executor, on_run=restart)
    assert len(schedulers) == 2
    assert not done.failures
    assert figures(done.runs) == figures(run_study(config, METHODS, range(30)).runs)


def test_loky_is_made_again_where_it_breaks(whole):
    loky = pytest.importorskip("loky")
    made, killed = [], []

    def make():
        made.append(loky.ProcessPoolExecutor(1))
        return made[-1]

    def kill(run):
        if not killed:
            killed.extend(list(made[0]._processes)[:1])
            os.kill(killed[0], signal.SIGKILL)

    done = run_study(whole.config, METHODS, SEEDS, executor=make, on_run=kill)
    assert killed
    assert not done.failures
    assert figures(done.runs) == figures(whole.runs)


def test_submitit_runs_jobs_of_its_own(whole, tmp_path):
    pytest.importorskip("submitit")
    with SlurmExecutor(tmp_path, 2, cluster="local", poll=0.1, timeout_min=5) as executor:
        executor.batch_seconds = 60
        done = run_study(whole.config, ["rigl"], [0, 1, 2], executor=executor)
    expected = [run for run in figures(whole.runs) if run.method == "rigl" and run.seed < 3]
    assert figures(done.runs) == expected


def test_mpi_gives_the_same_bits(whole, data, tmp_path):
    pytest.importorskip("mpi4py", reason="needs mpi4py and an MPI, the extra mpi")
    launcher = shutil.which(
        "mpiexec", path=os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    )
    if launcher is None:
        pytest.skip("no MPI is installed")
    command = (
        "-m mpi4py.futures -m rewire compare quarters --hidden 5 --sparsity 0.5 --epochs 2 "
        "--every 1 --measure training --methods static,rigl --seeds 4 --on mpi"
    )
    files = ["--import", data, "--out", str(tmp_path)]
    subprocess.run(
        [launcher, "-n", "3", sys.executable, *command.split(), *files],
        check=True,
        timeout=300,
        stdout=subprocess.DEVNULL,
    )
    done = run_study(whole.config, METHODS, SEEDS, out=tmp_path)
    assert len(read_runs(tmp_path / "runs.csv")) == 8  # nothing was left to train
    assert figures(done.runs) == figures(whole.runs)
