"""Worker processes of this computer."""

import os
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


@pytest.mark.skipif(sys.platform != "linux", reason="processes are spawned anyway")
def test_a_fork_of_a_process_that_has_a_server_does_without_it(monkeypatch):
    def refuse():
        raise ChildProcessError

    assert local._context().get_start_method() == "forkserver"
    monkeypatch.setattr(forkserver, "ensure_running", refuse)
    assert local._context().get_start_method() == "spawn"
