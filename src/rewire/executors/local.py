"""Processes on this computer: the standard library's pool, one for each worker."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from rewire.kernels import set_num_threads

__all__ = ["WorkerProcess"]

# What takes long to import, and workers need where this process did.
SLOW = ("rewire.executors.worker", "rewire.kernels.numba.block", "sklearn.datasets")


class WorkerProcess(ProcessPoolExecutor):
    """A pool of a single process, which ends at once when it is shut down or this process ends.

    A pool of several loses everything that was under way when one of its processes is killed, and
    does not tell which one it was. Several pools of one lose that process's task alone.
    """

    def __init__(self) -> None:
        context = _context()
        theirs, self._lifeline = context.Pipe(duplex=False)
        super().__init__(1, context, _begin, (theirs, dict(os.environ)))
        self._first = self.submit(os.getpid)
        (self._process,) = self._processes.values()
        theirs.close()

    def began(self) -> bool:
        """Return whether the process answered, or was killed before; it is settled when it broke.

        What ends by itself at once, with an error's status, would do so again.
        """
        with suppress(Exception):
            return self._first.result() > 0
        self._process.join(1.0)
        status = self._process.exitcode
        # Negative where a signal killed it; None or 255 where the pool's own thread has read it.
        return status is None or not 0 < status < 255

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the process, whatever it is doing."""
        self._lifeline.close()
        super().shutdown(wait, cancel_futures=True)


def _context() -> Any:
    """Return how workers begin: never as forks of this process, which may have threads.

    On Linux they are forks of a server that has imported what takes long and does nothing else, so
    that they begin at once and share its memory. It ends with this process.
    """
    spawn = multiprocessing.get_context("spawn")
    if sys.platform != "linux":
        return spawn
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([name for name in SLOW if name in sys.modules])
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"  # no random.py of the working folder in place of Python's
    try:
        forkserver.ensure_running()
    except ChildProcessError:  # this is a fork of the process whose server it is
        return spawn
    finally:
        del os.environ["PYTHONSAFEPATH"]
        if before is not None:
            os.environ["PYTHONSAFEPATH"] = before
    return context


def _begin(lifeline: Connection, environment: dict[str, str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the first process decides
    os.environ.clear()  # what it was when the first worker began
    os.environ.update(environment)
    np.random.seed()  # noqa: NPY002 NumPy's own, which is the same in all forks
    set_num_threads(1)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def _end_with(lifeline: Any) -> None:
    """End this process when the other end of a pipe is closed, or its holder is gone."""
    with suppress(EOFError, OSError):
        lifeline.recv()
    os._exit(1)
