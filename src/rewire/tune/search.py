"""The search: trials that are asked for, made by whoever does the work, and told to Optuna."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import replace
from typing import Any

from rewire.data import Dataset
from rewire.executors.driver import outcomes_of
from rewire.executors.lanes import check_executor, jobs_at_once
from rewire.executors.sources import DataDir, identify, keep
from rewire.experiment import Recipe, load_dataset, prepare_experiment
from rewire.io import (
    advise,
    as_path,
    import_optional,
    received,
)
from rewire.train import Training
from rewire.validation import of_type, whole_number

from .job import SearchJob, Tried
from .space import search_space
from .trials import Trials, open_study
from .tuned import Tuned, outcome_of

__all__ = ["tune"]

EXTRA = "tune"


def tune(
    recipe: Recipe,
    *,
    trials: int = 50,
    fixed: Collection[str] = (),
    seed: int = 0,
    jobs: int | None = None,
    executor: Any = None,
    out: str | os.PathLike[str],
    data_dir: DataDir = None,
    on_load: Callable[[Dataset], None] | None = None,
    on_trial: Callable[[Any], None] | None = None,
) -> Tuned:
    """Search the settings of a recipe on a validation part of its training samples.

    The test part of the data is not looked at. Trials are kept in ``out`` as they end: the same
    call goes on where the one before stopped, and several processes that are given the same folder
    share the trials.

    Parameters
    ----------
    recipe : Recipe
        Settings that are not searched stay as they are; ``validation`` must be above 0.
    trials : int, default 50
        Trials to reach, those in the folder included. Several processes may each end as many more
        as they have under way.
    fixed : collection of str
        Settings not to search; see :func:`rewire.tune.space.search_space`.
    seed : int, default 0
        Of the search; the trainings have the recipe's. One call that is not interrupted tries the
        same settings for the same seed and as many trials at the same time, whoever makes them and
        whichever ends first: a trial follows from all but the last ``jobs`` - 1 before it.
    jobs : int, optional
        Trials at the same time, by default 1, in this process. More than one have each a process
        and a thread of its own; in scripts, what calls this belongs under ``if __name__ ==
        "__main__":`` then. With an executor, by default as many as it has workers.
    executor : optional
        What trains, as for :func:`rewire.compare.run_study`. A trial whose worker is lost is made
        again, up to three times, and has failed then.
    out : path-like
        A folder, which keeps the search. Workers need not see it.
    data_dir : path, optional
        Where stored data sets are. A worker that does not find them there is sent the data.
    on_load : callable, optional
        Called with the data once they are loaded, such as to show how a table is read.
    on_trial : callable, optional
        Called with Optuna's trial when one has ended.

    Returns
    -------
    Tuned

    Raises
    ------
    ValueError
        For settings out of range, a folder with another search, and if every trial fails.
    ImportError
        If Optuna is not installed.
    RuntimeError
        Where a worker has other versions than this process, and where an executor has broken.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = tune(Recipe("iris", epochs=2, validation=0.2), trials=1, out=folder)
    >>> found.measure, len(found.values)
    ('accuracy', 1)
    """
    of_type(recipe, "recipe", Recipe)
    for name, function in {"on_load": on_load, "on_trial": on_trial}.items():
        if function is not None and not callable(function):
            raise TypeError(f"{name} must be a function; got {received(function)}")
    trials, seed = whole_number(trials, "trials", 1), whole_number(seed, "seed")
    jobs = None if jobs is None else whole_number(jobs, "jobs", 1)
    check_executor(executor)
    at_once = jobs_at_once(executor, jobs)
    if not recipe.validation:
        raise ValueError(
            advise(
                "validation must leave samples to compare trials on; got 0",
                "keep some back (validation=0.1)",
            )
        )
    if not (space := search_space(recipe, fixed)):
        raise ValueError("fixed must leave a setting to search; got all of them")
    optuna = import_optional("optuna", EXTRA)
    data = load_dataset(recipe, data_dir)
    if on_load is not None:
        on_load(data)
    # Refuses what fails in every trial. The weight decay is given, since choosing it takes a while.
    probe = replace(recipe, weight_decay=0.0) if "weight_decay" in space else recipe
    first = prepare_experiment(probe, data=data).training
    measure = _measure(recipe, first)
    study = open_study(optuna, as_path(out, "out"), recipe, measure, sorted(space))
    keep(source := identify(data), data)
    kept = Trials(optuna, study, recipe, space, measure, source, seed)
    _run(kept, trials, at_once, executor, data_dir, on_trial)
    return outcome_of(optuna, study, recipe, measure)


def _measure(recipe: Recipe, training: Training) -> str:
    if recipe.monitor is not None:
        return recipe.monitor
    return "accuracy" if training.loss.counts_correct else "loss"


def _run(
    kept: Trials,
    trials: int,
    at_once: int,
    executor: Any,
    data_dir: DataDir,
    on_trial: Callable[[Any], None] | None,
) -> None:
    """Have trials made until there are so many.

    They are told in the order in which they were asked for, and one is asked for as one is told. So
    each knows what became of all but the ``at_once`` - 1 before it, whoever is done first.
    """
    jobs: list[SearchJob] = []
    waiting: deque[Any] = deque()
    done: dict[int, Tried] = {}

    def ask() -> None:
        while len(waiting) < at_once and kept.settled() + len(waiting) < trials:
            trial, job = kept.ask()
            waiting.append(trial)
            jobs.append(job)

    ask()
    workers = at_once if executor is not None else max(1, len(jobs))
    with closing(outcomes_of(jobs, workers, executor, data_dir)) as outcomes:
        for tried, _ in outcomes:
            done[tried.number] = tried
            while waiting and waiting[0].number in done:
                trial = waiting.popleft()
                ended = kept.tell(trial, done.pop(trial.number))
                if on_trial is not None:
                    on_trial(ended)
                ask()
