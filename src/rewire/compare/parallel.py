"""Run trials in parallel, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Generator, Iterable
from contextlib import suppress
from itertools import islice
from multiprocessing.connection import wait
from typing import Any

from rewire.kernels import set_num_threads

from .config import StudyConfig
from .trial import DataDir, Failure, Trial, attempt

__all__ = ["Task", "run_parallel"]

Task = tuple[str, int]  # method, seed


class _Worker:
    """A process that runs one trial after the other.

    Should it be killed, its end of the pipe closes, which is read as the end of its answers. Should
    this process be killed, the other end closes, and it ends after the run at hand.
    """

    def __init__(self, config: StudyConfig, data_dir: DataDir):
        context = multiprocessing.get_context("spawn")  # forks and threads do not go together
        self.connection, theirs = context.Pipe()
        self.process = context.Process(
            target=_work, args=(theirs, config, data_dir), daemon=True, name="rewire compare"
        )
        self.process.start()
        theirs.close()
        self.answered = False

    def give(self, task: Task) -> None:
        """Send it a task."""
        self.task = task
        with suppress(BrokenPipeError):  # that it is gone is noticed where its answer is read
            self.connection.send(task)

    def answer(self) -> Trial | Failure:
        """Return the outcome of its task."""
        try:
            outcome = self.connection.recv()
        except (EOFError, ConnectionResetError):
            self.process.join()
            code = self.process.exitcode
            if not self.answered and code is not None and code > 0:  # signals are below 0
                raise ChildProcessError(
                    f"jobs must be 1 where no process can start; one ended with exit code {code}. "
                    "In a script, what calls study belongs under 'if __name__ == \"__main__\":'"
                ) from None
            return Failure(*self.task, f"its process was ended from outside, exit code {code}")
        self.answered = True
        return outcome

    def end(self) -> None:
        """Terminate it."""
        self.process.terminate()
        self.process.join()
        self.connection.close()


def run_parallel(
    config: StudyConfig, tasks: Iterable[Task], jobs: int, data_dir: DataDir = None
) -> Generator[Trial | Failure, None, None]:
    """Run trials in several processes and yield their outcomes as they come in.

    Each process computes with one thread. If one is killed, for example because memory ran out, its
    trial is a failure and another process takes its place.
    """
    coming = iter(tasks)
    workers: dict[Any, _Worker] = {}

    def begin(task: Task) -> None:
        worker = _Worker(config, data_dir)
        workers[worker.connection] = worker
        worker.give(task)

    try:
        for task in islice(coming, jobs):
            begin(task)
        while workers:
            for connection in wait(list(workers)):
                worker = workers[connection]
                outcome = worker.answer()
                following = next(coming, None)
                if following and worker.process.is_alive():
                    worker.give(following)
                else:
                    worker.end()
                    del workers[connection]
                    if following:
                        begin(following)
                yield outcome
    finally:
        for worker in workers.values():
            worker.end()


def _work(connection: Any, config: StudyConfig, data_dir: DataDir) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the first process decides
    set_num_threads(1)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            method, seed = connection.recv()
            connection.send(attempt(config, method, seed, data_dir))
