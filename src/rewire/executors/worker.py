"""What a worker does with a batch of jobs, and what it answers."""

from __future__ import annotations

import os
import time
from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple, Protocol

from rewire.data import Dataset
from rewire.experiment import Recipe
from rewire.kernels import set_num_threads

from .imports import import_modules
from .machines import Machine, Versions, this_machine, versions
from .sources import DataDir, keep, obtain

__all__ = ["Answer", "Batch", "Job", "work"]


class Job(Protocol):
    """A training that any process can do; equal ones have equal figures."""

    @property
    def key(self) -> Hashable:
        """What tells it from the other jobs."""

    @property
    def recipe(self) -> Recipe:
        """What its data are loaded by."""

    @property
    def source(self) -> str | None:
        """What identifies their content, where several jobs share them."""

    @property
    def imports(self) -> tuple[str, ...]:
        """Modules that every process imports first."""

    def perform(self, data_dir: DataDir = None) -> Any:
        """Do it and return the outcome; errors of the training are outcomes too."""

    def failed(self, problem: str) -> Any:
        """Return the outcome where it could not be done."""


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
    outcomes : tuple
        In the order of the jobs.
    seconds : float
        That the jobs took.
    """

    machine: Machine
    versions: Versions
    missing: tuple[str, ...] = ()
    outcomes: tuple[Any, ...] = ()
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
    outcomes = tuple(job.perform(batch.data_dir) for job in batch.jobs)
    return Answer(machine, own, (), outcomes, time.perf_counter() - begin)


def _missing(batch: Batch) -> tuple[str, ...]:
    shared = {job.source: job for job in batch.jobs if job.source}
    for job in shared.values():
        import_modules(job.imports)  # they may register the data
    return tuple(
        source
        for source, job in shared.items()
        if obtain(source, job.recipe, batch.data_dir) is None
    )
