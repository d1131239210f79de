"""Worker processes of this computer."""

import os
import signal
import sys
from multiprocessing import forkserver

import numpy as np
import pytest

from rewire.executors import local

pytestmark = pytest.mark.fork


def draw_and_tell():
    shared = np.random.random()  # noqa: NPY002 the generator that forks would share
    return shared, os.environ.get("REWIRE_TOLD"), os.environ.get("PYTHONSAFEPATH")


def test_workers_have_the_environment_of_the_moment_and_random_numbers_of_their_own(monkeypatch):
    before = os.environ.get("PYTHONSAFEPATH")
    found = []
    for told in ("a", "b", None):
        if told is None:
            monkeypatch.delenv("REWIRE_TOLD")
        else:
            monkeypatch.setenv("REWIRE_TOLD", told)
        worker = local.WorkerProcess()
        with worker:
            found.append(worker.submit(draw_and_tell).result(timeout=60))
    drawn, told, safe = zip(*found, strict=True)
    assert len(set(drawn)) == 3
    assert told == ("a", "b", None)
    assert set(safe) == {before} == {os.environ.get("PYTHONSAFEPATH")}


def end_at_once(*_):
    os._exit(1)


def never_begin(*_):
    signal.pause()


@pytest.mark.parametrize(
    ("begin", "kill", "began"),
    [
        (end_at_once, False, False),  # as where a script has no guard
        (never_begin, True, True),
    ],
)
def test_a_worker_killed_before_it_answers_is_lost_as_any_other(begin, kill, began, monkeypatch):
    monkeypatch.setattr(local, "_begin", begin)
    with local.WorkerProcess() as worker:
        if kill:
            os.kill(next(iter(worker._processes)), signal.SIGKILL)
        assert worker.began() == began


@pytest.mark.skipif(sys.platform != "linux", reason="processes are spawned anyway")
def test_a_fork_of_a_process_that_has_a_server_does_without_it(monkeypatch):
    def refuse():
        raise ChildProcessError

    assert local._context().get_start_method() == "forkserver"
    monkeypatch.setattr(forkserver, "ensure_running", refuse)
    assert local._context().get_start_method() == "spawn"
