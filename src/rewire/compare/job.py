"""A trial of a study as any process can do it."""

from __future__ import annotations

from typing import NamedTuple

from rewire.executors.machines import this_machine
from rewire.executors.sources import DataDir
from rewire.experiment import Recipe

from .config import StudyConfig
from .grid import Cell
from .trial import Failure, Trial, attempt

__all__ = ["Key", "Outcome", "TrialJob"]

Outcome = Trial | Failure
Key = tuple[str, int, Cell]


class TrialJob(NamedTuple):
    """A trial to be made, and its place in a study; a :class:`rewire.executors.worker.Job`.

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

    @property
    def recipe(self) -> Recipe:
        """What its data are loaded by."""
        return self.config.recipe

    @property
    def source(self) -> str | None:
        """What identifies the content of the data, where all seeds share them."""
        return self.config.source

    @property
    def imports(self) -> tuple[str, ...]:
        """Modules that every process imports first."""
        return self.config.imports

    def perform(self, data_dir: DataDir = None) -> Outcome:
        """Make the trial, and note what it was made on."""
        outcome = attempt(self.config, self.method, self.seed, data_dir)
        if isinstance(outcome, Trial):
            outcome = outcome._replace(machine=this_machine().kind)
        return outcome._replace(settings=self.cell)

    def failed(self, problem: str) -> Failure:
        """Return the failure of a trial that could not be made."""
        return Failure(self.method, self.seed, problem, self.cell)
