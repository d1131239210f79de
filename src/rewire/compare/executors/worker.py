"""What a worker does with a batch of jobs, and what it answers."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import NamedTuple

from rewire.data import Dataset
from rewire.kernels import set_num_threads

from ..config import StudyConfig, import_modules
from ..grid import Cell
from ..machines import Machine, Versions, this_machine, versions
from ..sources import keep, obtain
from ..trial import DataDir, Failure, Trial, attempt

__all__ = ["Answer", "Batch", "Job", "Key", "Outcome", "perform", "work"]

Outcome = Trial | Failure
Key = tuple[str, int, Cell]


class Job(NamedTuple):
    """A trial to be made; equal ones have equal figures.

    Attributes
    ----------
    config : StudyConfig
        Of the cell, varying nothing.
    method : str
    seed : int
    cell : tuple of str
        The values of what the study varies.
    """

    config: StudyConfig
    method: str
    seed: int
    cell: Cell = ()

    @property
    def key(self) -> Key:
        """What tells it from the other jobs of its study."""
        return self.method, self.seed, self.cell


class Batch(NamedTuple):
    """Jobs that travel together, so that tiny ones do not spend their time on the way.

    Attributes
    ----------
    jobs : tuple of Job
    versions : tuple
        Those of the driver.
    driver : str
        Its :attr:`Machine.worker`.
    data_dir : path, optional
    data : dict of str to Dataset
        By what identifies them; empty unless a worker answered that it cannot load them itself.
    """

    jobs: tuple[Job, ...]
    versions: Versions
    driver: str
    data_dir: DataDir = None
    data: Mapping[str, Dataset] = {}


class Answer(NamedTuple):
    """What became of a batch.

    Attributes
    ----------
    machine : Machine
    versions : tuple
        Those of the worker; it does nothing where they are not the driver's.
    missing : tuple of str
        What identifies the data that it lacks; nothing was trained then.
    outcomes : tuple of Trial or Failure
        In the order of the jobs.
    seconds : float
        That the jobs took.
    """

    machine: Machine
    versions: Versions
    missing: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    seconds: float = 0.0


def work(batch: Batch) -> Answer:
    """Do the jobs of a batch, unless versions differ or data are missing."""
    machine, own = this_machine(), versions()
    if own != batch.versions:
        return Answer(machine, own)
    if machine.worker != batch.driver and "REWIRE_THREADS" not in os.environ:
        set_num_threads(1)  # workers side by side share the processors
    for source, data in batch.data.items():
        keep(source, data)
    if missing := _missing(batch):
        return Answer(machine, own, missing)
    begin = time.perf_counter()
    outcomes = tuple(perform(job, batch.data_dir) for job in batch.jobs)
    return Answer(machine, own, (), outcomes, time.perf_counter() - begin)


def perform(job: Job, data_dir: DataDir = None) -> Outcome:
    """Make a trial and add where it belongs in the study, and what it was made on."""
    outcome = attempt(job.config, job.method, job.seed, data_dir)
    if isinstance(outcome, Trial):
        outcome = outcome._replace(machine=this_machine().kind)
    return outcome._replace(settings=job.cell)


def _missing(batch: Batch) -> tuple[str, ...]:
    sources = {job.config.source: job.config for job in batch.jobs if job.config.source}
    for config in sources.values():
        import_modules(config.imports)  # they may register the data
    return tuple(
        source
        for source, config in sources.items()
        if obtain(source, config.recipe, batch.data_dir) is None
    )
