"""A trial of a search as any process can do it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import NamedTuple

from rewire.executors.sources import DataDir, shared_data
from rewire.experiment import Recipe, prepare_experiment
from rewire.train import Training

__all__ = ["CHECKS", "SearchJob", "Tried"]

# Points of a training at which trials are compared, to end those that lag behind.
CHECKS = 10


class Tried(NamedTuple):
    """What became of a trial.

    Attributes
    ----------
    number : int
    value : float or None
        The measure at the end; None if it was ended early or failed.
    checked : tuple of (int, float)
        The measure at each tenth of the training that it got to.
    seconds : float
    error : str or None
        Why it failed.
    """

    number: int
    value: float | None
    checked: tuple[tuple[int, float], ...] = ()
    seconds: float = 0.0
    error: str | None = None


class SearchJob(NamedTuple):
    """A trial to be made: a :class:`rewire.executors.worker.Job`.

    Attributes
    ----------
    number : int
        Of the trial in its search.
    recipe : Recipe
        With the settings that are tried.
    source : str
        What identifies the content of the data.
    measure : {"accuracy", "loss"}
    limits : mapping of int to float
        At each tenth of a training, the measure below which it lags behind; above, for a loss.
    """

    number: int
    recipe: Recipe
    source: str
    measure: str
    limits: Mapping[int, float]

    @property
    def key(self) -> int:
        """What tells it from the other trials."""
        return self.number

    @property
    def imports(self) -> tuple[str, ...]:
        """Nothing that processes import first."""
        return ()

    def perform(self, data_dir: DataDir = None) -> Tried:
        """Train, and end early what lags behind."""
        begin, checked = time.perf_counter(), dict[int, float]()
        value = error = None
        try:
            data = shared_data(self.source, self.recipe, data_dir)
            value = self._train(prepare_experiment(self.recipe, data=data).training, checked)
        except Exception as raised:  # most often it diverged
            error = f"{type(raised).__name__}: {raised}"
        seconds = time.perf_counter() - begin
        return Tried(self.number, value, tuple(checked.items()), seconds, error)

    def failed(self, problem: str) -> Tried:
        """Return a trial that could not be made."""
        return Tried(self.number, None, error=problem)

    def _train(self, training: Training, checked: dict[int, float]) -> float | None:
        """Return the measure at the end, and on the way those at checks; None if it lags behind."""
        value, check = 0.0, 0
        while not training.finished:
            training.advance()
            value = training.history.rows[-1][f"validation_{self.measure}"]
            if (now := CHECKS * training.step // training.total_steps) > check:
                checked[check := now] = value
                if self._lags(check, checked):
                    return None
        stopping = training.early_stopping
        if stopping is not None and stopping.best_value is not None:
            value = stopping.best_value
        return float(value)

    def _lags(self, check: int, checked: Mapping[int, float]) -> bool:
        limit = self.limits.get(check)
        if limit is None:
            return False
        values = checked.values()
        return max(values) < limit if self.measure == "accuracy" else min(values) > limit
