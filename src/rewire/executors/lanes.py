"""Executors as the driver sees them: so many batches under way, and what is lost."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import BrokenExecutor, Future
from queue import SimpleQueue
from typing import Any, Protocol

from rewire.io import advise, received

from .local import WorkerProcess
from .worker import Batch, Job, work

__all__ = ["Executor", "Lane", "check_executor", "jobs_at_once", "lanes_of"]

# Batches under way for each worker: one that it does, and one that waits for it meanwhile.
AHEAD = 2
# Seconds after which it is asked again how many workers there are: clusters grow and shrink.
STALE = 5.0


class Executor(Protocol):
    """Anything that calls functions elsewhere, with futures as in ``concurrent.futures``."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future:
        """Have a function called."""
        ...


Make = Callable[[], Any]


class Lane:
    """An executor with the batches that it has.

    Parameters
    ----------
    executor : Executor or callable
        A callable makes executors: the first, and another one where one has broken. They are shut
        down at the end; an executor that was given is left to whoever gave it.
    capacity : callable
        Returns from an executor how many batches it may have at a time.

    Attributes
    ----------
    sent : dict of Future to Batch
        What is under way.
    suspects : deque of Job
        What was under way with others when the executor broke: one of them may have broken it, so
        each is done alone.
    """

    def __init__(self, executor: Any, capacity: Callable[[Any], int]) -> None:
        given = hasattr(executor, "submit") and not isinstance(executor, type)
        self._make: Make | None = None if given else executor
        self.executor = self._make() if self._make else executor
        self._capacity = capacity
        self._asked, self._found = -STALE, 1
        self._scheduler = _scheduler(self.executor)
        self.sent: dict[Future, Batch] = {}
        self.suspects: deque[Job] = deque()

    @property
    def is_process(self) -> bool:
        """Whether it is a single process of this computer."""
        return isinstance(self.executor, WorkerProcess)

    @property
    def room(self) -> int:
        """How many batches more it may have now."""
        if self.suspects:
            return 0 if self.sent else 1
        if time.monotonic() - self._asked > STALE:
            self._asked, self._found = time.monotonic(), max(1, self._capacity(self.executor))
        return self._found - len(self.sent)

    def send(self, batch: Batch, inbox: SimpleQueue) -> None:
        """Have a batch done; the future comes to the inbox when it is."""
        try:
            future = self.executor.submit(work, batch)
        except BrokenExecutor as error:  # noticed here first
            future = Future()
            future.set_exception(error)
        except Exception as error:
            raise RuntimeError(
                advise(
                    "executor must take functions until all is done; it refuses them "
                    f"({type(error).__name__}: {error})",
                    "go on from what is kept, with another one (out=)",
                )
            ) from error
        self.sent[future] = batch
        future.add_done_callback(lambda done: inbox.put((self, done)))

    def strayed(self) -> list[Batch]:
        """Return what is under way in vain: Dask's scheduler is another one than had it."""
        if not self.sent or (found := _scheduler(self.executor)) in (None, self._scheduler):
            return []
        self._scheduler, lost = found, list(self.sent.values())
        self.sent = {}
        return lost

    def forget(self, jobs: Iterable[Job]) -> None:
        """Suspect jobs no longer."""
        if self.suspects:
            cleared = {job.key for job in jobs}
            self.suspects = deque(job for job in self.suspects if job.key not in cleared)

    def broken(self, error: BaseException) -> list[Batch]:
        """Make a new executor in the place of a broken one; return what was under way."""
        if isinstance(self.executor, WorkerProcess) and not self.executor.began():
            raise ChildProcessError(
                "jobs must be 1 where no process can start; one ended at once. "
                "In a script, what calls this belongs under 'if __name__ == \"__main__\":'"
            ) from error
        if self._make is None:
            raise RuntimeError(
                advise(
                    f"executor must work until all is done; it has broken ({error})",
                    "give a function that makes one, to be called again (executor=)",
                    "leave it out, for processes of this computer (jobs=)",
                    "go on from what is kept (out=)",
                )
            ) from error
        lost = [batch for future, batch in self.sent.items() if not _is_answered(future)]
        self.sent = {future: b for future, b in self.sent.items() if _is_answered(future)}
        _shut_down(self.executor)
        self.executor = self._make()
        return lost

    def close(self) -> None:
        """Give up what is under way."""
        for future in self.sent:
            future.cancel()
        if self._make is not None:
            _shut_down(self.executor)


def lanes_of(executor: Any, jobs: int | None) -> list[Lane]:
    """Return the lanes of an executor, or of so many processes on this computer.

    Raises
    ------
    TypeError
        For what has no ``submit`` and is no function.
    """
    if executor is None:
        return [Lane(WorkerProcess, lambda _: AHEAD) for _ in range(jobs or 1)]
    check_executor(executor)
    if at_once := getattr(executor, "at_once", None):  # a queue of its own, as SLURM's
        return [Lane(executor, lambda _: at_once)]
    return [Lane(executor, lambda own: AHEAD * (jobs or _workers(own)))]


def check_executor(executor: Any) -> None:
    """Refuse what has no ``submit`` and is no function."""
    if executor is not None and not hasattr(executor, "submit") and not callable(executor):
        raise TypeError(
            "executor must have a method submit, as those of concurrent.futures, or be a function "
            f"that makes one; got {received(executor)}"
        )


def jobs_at_once(executor: Any, jobs: int | None = None) -> int:
    """Return how many jobs there are at the same time, as far as an executor tells."""
    if jobs is not None or executor is None:
        return jobs or 1
    return getattr(executor, "at_once", None) or _workers(executor)


def _workers(executor: Any) -> int:
    """Return how many workers an executor has, as far as it tells."""
    if hasattr(executor, "_client"):  # Dask's
        running = executor._client.status == "running"
        return sum(executor._client.nthreads().values()) if running else 1
    for name in ("num_workers", "_max_workers"):  # of MPI, and of the standard library and loky
        found = getattr(executor, name, None)
        if isinstance(found, int):
            return found
    return os.cpu_count() or 1


def _scheduler(executor: Any) -> str | None:
    """Return what tells Dask's scheduler from one begun later at its address; None if unknown."""
    client = getattr(executor, "_client", None)
    if client is None or client.status != "running":
        return None
    return client.scheduler_info().get("id")


def _is_answered(future: Future) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _shut_down(executor: Any) -> None:
    if hasattr(executor, "shutdown"):
        executor.shutdown(wait=True)
