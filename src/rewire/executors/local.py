"""Processes on this computer: the standard library's pool, one for each worker."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from rewire.kernels import set_num_threads

__all__ = ["WorkerProcess"]


class WorkerProcess(ProcessPoolExecutor):
    """A pool of a single process, which ends at once when it is shut down or this process ends.

    A pool of several loses everything that was under way when one of its processes is killed, and
    does not tell which one it was. Several pools of one lose that process's task alone.
    """

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")  # forks and threads do not go together
        theirs, self._lifeline = context.Pipe(duplex=False)
        super().__init__(1, context, _begin, (theirs,))
        self._first = self.submit(os.getpid)
        theirs.close()

    def began(self) -> bool:
        """Return whether the process ever answered; where it broke, that is settled."""
        with suppress(Exception):
            return self._first.result() > 0
        return False

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the process, whatever it is doing."""
        self._lifeline.close()
        super().shutdown(wait, cancel_futures=True)


def _begin(lifeline: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the first process decides
    set_num_threads(1)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def _end_with(lifeline: Any) -> None:
    """End this process when the other end of a pipe is closed, or its holder is gone."""
    with suppress(EOFError, OSError):
        lifeline.recv()
    os._exit(1)
