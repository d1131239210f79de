"""Hand jobs to executors and collect what becomes of them."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Generator, Hashable, Sequence
from concurrent.futures import BrokenExecutor, Future
from queue import Empty, SimpleQueue
from typing import Any

from rewire.io import advise

from .lanes import Lane, lanes_of
from .machines import Machine, this_machine, versions
from .sources import DataDir, obtain
from .worker import Answer, Batch, Job

__all__ = ["Outcomes", "outcomes_of", "run_jobs"]

# What became of a job, and the machine that it was done on.
Outcomes = Generator[tuple[Any, Machine], None, None]

# How often a job is done again whose worker was lost.
RETRIES = 3
# Seconds that the jobs of a batch should take together, and how many they are at most.
TARGET, MOST = 0.25, 256
# ... and more for each batch that an executor has at a time, as the driver sees to all of them.
SHARE = 0.01
# Seconds of a job below which a process of this computer has the next ones waiting.
SHORT = 1.0
# Seconds after which the lanes are looked at though nothing has come in: workers may have joined.
WAIT = 5.0


def outcomes_of(
    jobs: Sequence[Job], at_once: int | None, executor: Any = None, data_dir: DataDir = None
) -> Outcomes:
    """Yield the outcomes of jobs: of this process, so many beside it, or an executor's.

    Parameters
    ----------
    jobs : sequence of Job
        As for :func:`run_jobs`.
    at_once : int, optional
        Jobs at the same time; with an executor, by default as many as it has workers. One alone is
        done in this process.
    executor : optional
        As for :func:`rewire.compare.run_study`.
    data_dir : path, optional
        Where stored data sets are.
    """
    if executor is None and (at_once or 1) == 1:
        return ((job.perform(data_dir), this_machine()) for job in jobs)
    lanes = lanes_of(executor, at_once)
    return run_jobs(jobs, lanes, data_dir, getattr(executor, "batch_seconds", TARGET))


def run_jobs(
    jobs: Sequence[Job], lanes: Sequence[Lane], data_dir: DataDir = None, target: float = TARGET
) -> Outcomes:
    """Yield the outcome of every job as it comes in, and the machine that it was made on.

    A job whose worker is lost is done again, up to three times and as a batch of its own, and is a
    failure then.

    Parameters
    ----------
    jobs : sequence of Job
        It may grow while outcomes are taken: jobs that depend on earlier ones are added then.
    lanes : sequence of Lane
        They are closed at the end.
    data_dir : path, optional
    target : float
        Seconds that a batch should take.

    Raises
    ------
    RuntimeError
        For a worker with other versions than this process, naming both.
    """
    plan = _Plan(jobs, len(lanes), data_dir, target)
    inbox: SimpleQueue[tuple[Lane, Future]] = SimpleQueue()
    try:
        while True:
            # One batch for each lane at a time, so that few jobs are shared out.
            while sum(plan.hand_to(lane, inbox) for lane in sorted(lanes, key=_under_way)):
                pass
            if not any(lane.sent for lane in lanes):
                return
            try:
                lane, future = inbox.get(timeout=WAIT)
            except Empty:
                for lane in lanes:
                    plan.again.extend(lane.strayed())
                continue
            yield from plan.settle(lane, future)
    finally:
        for lane in lanes:
            lane.close()


class _Plan:
    """What is still to be done, in which portions, and how often it was lost."""

    def __init__(self, jobs: Sequence[Job], lanes: int, data_dir: DataDir, target: float) -> None:
        self.jobs, self.next, self.lanes, self.target = jobs, 0, lanes, target
        self.empty = Batch((), versions(), this_machine().worker, data_dir)
        self.again: deque[Batch] = deque()
        self.lost: Counter[Hashable] = Counter()
        self.seconds = math.inf  # of one job, on average of late

    def hand_to(self, lane: Lane, inbox: SimpleQueue[tuple[Lane, Future]]) -> bool:
        """Send a lane its next batch; return whether it had room and there was one."""
        batch = self.take(lane) if lane.room > 0 else None
        if batch is not None:
            lane.send(batch, inbox)
        return batch is not None

    def take(self, lane: Lane) -> Batch | None:
        """Return the next batch for a lane, None where there is none."""
        if lane.suspects:
            return self.empty._replace(jobs=(lane.suspects[0],))
        if self.again:
            return self.again.popleft()
        if lane.is_process and lane.sent and self.seconds > SHORT:
            return None  # another process may be done with its own before
        left = len(self.jobs) - self.next
        # Not more than a share of what is left, so that no worker has nothing to do at the end.
        at_a_time = max(1, lane.room + len(lane.sent))
        fair = left // (4 * self.lanes * at_a_time)
        target = max(self.target, SHARE * at_a_time)
        size = max(1, min(int(target / self.seconds), fair, MOST))
        chosen = tuple(self.jobs[self.next : self.next + size])
        self.next += len(chosen)
        return self.empty._replace(jobs=chosen) if chosen else None

    def settle(self, lane: Lane, future: Future) -> Outcomes:
        """Take what has come in: outcomes, or what has to be done again."""
        batch = lane.sent.get(future)
        if batch is None:  # counted among the lost already
            return
        error = _error_of(future)
        if isinstance(error, BrokenExecutor):
            yield from self._broken(lane, error)
            return
        del lane.sent[future]
        lane.forget(batch.jobs)
        if error is not None:
            yield from self._lost(batch, error)
            return
        answer: Answer = future.result()
        self._check_versions(answer)
        if answer.missing:
            self.again.appendleft(self._with_data(batch, answer.missing))
            return
        mean = answer.seconds / len(batch.jobs)
        self.seconds = mean if math.isinf(self.seconds) else 0.8 * self.seconds + 0.2 * mean
        yield from ((outcome, answer.machine) for outcome in answer.outcomes)

    def _broken(self, lane: Lane, error: BaseException) -> Outcomes:
        """Take back what an executor had; a job is blamed only if it was alone with it."""
        jobs = [job for batch in lane.broken(error) for job in batch.jobs]
        lane.forget(jobs)
        if len(jobs) == 1 and (failure := self._blame(jobs[0], error)):
            yield failure, this_machine()
        else:
            lane.suspects.extendleft(reversed(jobs))

    def _lost(self, batch: Batch, error: BaseException) -> Outcomes:
        """Have a batch whose worker was lost done again, job by job."""
        alone = len(batch.jobs) == 1
        for job in batch.jobs:
            if alone and (failure := self._blame(job, error)):
                yield failure, this_machine()
            else:
                self.again.append(batch._replace(jobs=(job,)))

    def _blame(self, job: Job, error: BaseException) -> Any:
        """Count a loss; return the job's failure where it was one too many, None otherwise."""
        self.lost[job.key] += 1
        # Dask has done it again already, on other workers.
        retries = 0 if type(error).__name__ == "KilledWorker" else RETRIES
        if self.lost[job.key] <= retries:
            return None
        often = f"{self.lost[job.key]} times" if retries else "several times"
        return job.failed(f"its worker was lost {often}, the last time by {_in_words(error)}")

    def _with_data(self, batch: Batch, sources: Sequence[str]) -> Batch:
        """Return a batch with data that a worker cannot load itself."""
        recipes = {job.source: job.recipe for job in batch.jobs}
        found = {one: obtain(one, recipes[one], batch.data_dir) for one in sources}
        return batch._replace(data={one: data for one, data in found.items() if data is not None})

    def _check_versions(self, answer: Answer) -> None:
        own, theirs = dict(self.empty.versions), dict(answer.versions)
        for name in {**own, **theirs}:
            if own.get(name) != theirs.get(name):
                raise RuntimeError(
                    advise(
                        f"workers must have the versions of the driver; {answer.machine.worker} "
                        f"has {name} {theirs.get(name, '(none)')}, and this process "
                        f"{own.get(name, '(none)')}",
                        "install the same there and repeat the command: what is done is kept",
                    )
                )


def _under_way(lane: Lane) -> int:
    return len(lane.sent)


def _error_of(future: Future) -> BaseException | None:
    if future.cancelled():
        return ConnectionError("its batch was cancelled")
    return future.exception()


def _in_words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
