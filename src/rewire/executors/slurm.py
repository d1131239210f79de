"""SLURM by submitit, as an executor whose futures are those of the standard library."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from rewire.io import import_optional

__all__ = ["SlurmExecutor"]

# Jobs of SLURM at a time where nothing else is asked for.
AT_ONCE = 8
# Seconds between two looks at what has ended.
POLL = 5.0


class SlurmExecutor(Executor):
    """Every function call becomes a job of SLURM.

    A job waits for its turn in SLURM's queue, so batches are made to take minutes and not the
    fractions of a second that suit a pool.

    Parameters
    ----------
    folder : path
        For submitit's files; every node must see it. They are in ``slurm`` within it.
    jobs : int, optional
        How many jobs there are at a time, waiting ones included; by default 8.
    cluster : str, optional
        Of submitit: ``"local"`` has plain processes instead of SLURM's, ``"debug"`` calls at once.
    poll : float, default 5
        Seconds between two looks at what has ended.
    **options
        Of ``submitit.AutoExecutor.update_parameters``, such as ``time`` (minutes), ``mem_gb``,
        ``cpus_per_task`` and ``slurm_partition``; names that it does not know are given to SLURM.

    Raises
    ------
    ImportError
        Naming the extra, if submitit is not installed.
    """

    batch_seconds = 600.0

    def __init__(
        self,
        folder: str | Path,
        jobs: int | None = None,
        *,
        cluster: str | None = None,
        poll: float = POLL,
        **options: Any,
    ) -> None:
        submitit = import_optional("submitit", "cluster")
        self._executor = submitit.AutoExecutor(folder=Path(folder) / "slurm", cluster=cluster)
        shared = {"mem_gb", "nodes", "cpus_per_task", "gpus_per_node", "tasks_per_node", "name"}
        shared |= {"timeout_min", "stderr_to_stdout"}
        options = {"timeout_min" if name == "time" else name: v for name, v in options.items()}
        named = {n if n in shared or "_" in n else f"slurm_{n}": v for n, v in options.items()}
        self._executor.update_parameters(name="rewire", **named)
        self.at_once = jobs or AT_ONCE
        self._waiting: dict[Any, Future] = {}
        self._poll = poll
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="rewire slurm")
        self._thread.start()

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future:
        """Have a function called in a job of its own."""
        job = self._executor.submit(function, *arguments, **named)
        future: Future = Future()
        self._waiting[job] = future
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Cancel the jobs that have not ended."""
        self._ended.set()
        self._thread.join()
        for job in self._waiting:
            job.cancel()
        self._waiting.clear()

    def _watch(self) -> None:
        while not self._ended.wait(self._poll):
            for job in [job for job in list(self._waiting) if _is_done(job)]:
                _settle(self._waiting.pop(job), job)


def _is_done(job: Any) -> bool:
    try:
        return job.done()
    except Exception:  # what asking for its result will raise again
        return True


def _settle(future: Future, job: Any) -> None:
    """Give a future what a job has ended with."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(job.result())
    except Exception as error:  # of the function, or that the job was lost
        future.set_exception(error)
