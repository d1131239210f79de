"""A study: every method trained with every seed."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from rewire.experiment import Recipe
from rewire.experiment.build import make_network
from rewire.experiment.recipe import method_name
from rewire.io import advise, percent, received
from rewire.validation import of_type, several, whole_number

from .config import StudyConfig
from .parallel import Task, run_parallel
from .records import append, open_folder
from .statistics import Statistics, summarise
from .trial import DataDir, Failure, Trial, attempt, measured_part, prepare_trial

__all__ = ["Study", "run_study"]


@dataclass(repr=False)
class Study:
    """Runs of several methods with the same seeds, complete or as far as they got.

    Attributes
    ----------
    config : StudyConfig
    methods : tuple of str
        The others are compared with the first.
    seeds : tuple of int
    description : str
        Data, network and training in words.
    measured_on : str
        Which samples, in words.
    measure : {"accuracy", "loss"}
        What is compared: accuracy for classes, loss for a regression.
    parts : dict
        For every method its composition and its optimiser, in words.
    data : str
        The data's name.
    inputs : tuple of str
        The names of its inputs.
    image_shape : (int, int), optional
        Rows and columns, if the inputs are the pixels of an image.
    runs : list of Trial
        Ordered by method and seed once the study is over.
    failures : list of Failure

    Examples
    --------
    >>> from rewire.compare import study_config
    >>> done = run_study(study_config("moons", total_steps=100), ["static", "rigl"], range(2))
    >>> done.methods, done.measure, len(done.runs)
    (('static', 'rigl'), 'accuracy', 4)
    >>> done
    moons: 100 training samples; 2-16-16-1 with 68 of 304 connections; 100 steps of 100 samples
    accuracy on the 100 training samples themselves; 4 of 4 runs
      static  mean  89.5%  deviation   3.5%
      rigl    mean  94.5%  deviation   0.7%
    """

    config: StudyConfig
    methods: tuple[str, ...]
    seeds: tuple[int, ...]
    description: str
    measured_on: str
    measure: str
    parts: dict[str, dict[str, Any]]
    data: str = ""
    inputs: tuple[str, ...] = ()
    image_shape: tuple[int, int] | None = None
    runs: list[Trial] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def __repr__(self) -> str:
        lines = [
            self.description,
            f"{self.measure} on {self.measured_on}; {len(self.runs)} of {self.total} runs",
        ]
        width = max(map(len, self.methods))
        for method, found in self.statistics().items():
            mean, spread = (_shown(value, self.measure) for value in (found.mean, found.deviation))
            lines.append(f"  {method:<{width}}  mean {mean:>6}  deviation {spread:>6}")
        return "\n".join(lines)

    @property
    def total(self) -> int:
        """Number of runs when it is complete."""
        return len(self.methods) * len(self.seeds)

    def statistics(self, reach: float | None = None) -> dict[str, Statistics]:
        """Return its methods compared with the first; see :func:`summarise`."""
        return summarise(self.runs, self.measure, reach, self.methods[0])


def run_study(
    config: StudyConfig,
    methods: Sequence[str],
    seeds: Sequence[int],
    *,
    jobs: int = 1,
    out: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    data_dir: DataDir = None,
    on_start: Callable[[Study], None] | None = None,
    on_run: Callable[[Trial | Failure], None] | None = None,
) -> Study:
    """Train every method with every seed.

    Parameters
    ----------
    config : StudyConfig
    methods : sequence of str
        Names in ``rewire.methods.registry``; hyphens may stand for spaces.
    seeds : sequence of int
        Each is that of the data, the network, the order of samples and the method.
    jobs : int, default 1
        Runs at the same time, each in its own process and thread. The figures are the same bits for
        any number. In scripts, what calls this belongs under ``if __name__ == "__main__":`` then.
    out : path, optional
        A folder for ``settings.json`` and ``runs.csv``, to which each run is added as soon as it is
        done. What it holds already is not trained again.
    overwrite : bool, default False
        Whether a study in ``out`` is removed first.
    data_dir : path, optional
        Where stored data sets are.
    on_start : callable, optional
        Called with the study before the first training; its ``runs`` are those found in ``out``.
    on_run : callable, optional
        Called with every :class:`Trial` or :class:`Failure` when it is there.

    Returns
    -------
    Study

    Raises
    ------
    ValueError, OSError
        For anything that would make runs fail or mix studies; nothing is trained or written then.

    Examples
    --------
    >>> from rewire.compare import study_config, summarise
    >>> done = run_study(study_config("moons", total_steps=100), ["static", "rigl"], range(3))
    >>> [(run.method, run.seed) for run in done.runs][:4]
    [('static', 0), ('static', 1), ('static', 2), ('rigl', 0)]
    """
    if isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1:
        raise ValueError(f"jobs must be a whole number, at least 1; got {jobs!r}")
    of_type(config, "config", StudyConfig)
    for name, function in (("on_start", on_start), ("on_run", on_run)):
        if function is not None and not callable(function):
            raise TypeError(f"{name} must be a function; got {received(function)}")
    result = _planned(config, methods, seeds, data_dir)
    found = open_folder(out, config, overwrite) if out is not None else []
    tasks = [(method, seed) for seed in result.seeds for method in result.methods]
    kept = {(run.method, run.seed): run for run in found}
    result.runs = [kept[task] for task in tasks if task in kept]
    if on_start:
        on_start(result)
    left = [task for task in tasks if task not in kept]
    with closing(_outcomes(config, left, min(jobs, len(left)), data_dir)) as outcomes:
        for outcome in outcomes:
            if isinstance(outcome, Failure):
                result.failures.append(outcome)
            else:
                result.runs.append(outcome)
                if out is not None:
                    append(out, outcome)
            if on_run:
                on_run(outcome)
    place = {method: n for n, method in enumerate(result.methods)}
    result.runs.sort(key=lambda run: (place[run.method], run.seed))
    result.failures.sort(key=lambda failure: (place[failure.method], failure.seed))
    return result


def _outcomes(
    config: StudyConfig, tasks: list[Task], jobs: int, data_dir: DataDir
) -> Generator[Trial | Failure, None, None]:
    if jobs > 1:
        return run_parallel(config, tasks, jobs, data_dir)
    return (attempt(config, *task, data_dir) for task in tasks)


def _planned(
    config: StudyConfig, methods: Sequence[str], seeds: Sequence[int], data_dir: DataDir
) -> Study:
    """Prepare a trial of each method, so that errors come before anything is trained."""
    names = tuple(map(_name_of, several(methods, "methods", "names of methods")))
    listed = several(seeds, "seeds", "whole numbers")
    numbers = tuple(whole_number(seed, "seeds") for seed in listed)
    for kind, values in (("methods", names), ("seeds", numbers)):
        if not values or len(set(values)) < len(values):
            raise ValueError(f"{kind} must be at least one, and all different; got {values}")
    parts = {}
    for name in names:
        experiment = prepare_trial(config, name, numbers[0], data_dir)
        training = experiment.training
        parts[name] = {
            "composition": repr(training.rewirer.method),
            "optimizer": _in_words(experiment.recipe),
        }
    part, measured_on = measured_part(config, experiment)
    net = make_network(experiment.recipe, training.net.ranks[0], training.net.ranks[-1])
    description = (
        f"{experiment.data.name}: {experiment.train.X.shape[0]:,} training samples; "
        f"{'-'.join(map(str, net.ranks))} with {len(net.connections):,} of "
        f"{net.possible_connections:,} connections; "
        f"{training.total_steps:,} steps of {training.batches.size:,} samples"
    )
    measure = "loss" if part.task == "regression" else "accuracy"
    data = experiment.data
    inputs = data.feature_names or tuple(map(str, range(data.inputs)))
    about = (data.name, inputs, data.image_shape)
    return Study(config, names, numbers, description, measured_on, measure, parts, *about)


def _name_of(method: Any) -> str:
    """Return a method's name, by which processes and the folder of a study know it."""
    if isinstance(method, str):
        return method_name(method)
    raise TypeError(
        advise(
            f"methods must be names; got {received(method)}, as studies keep their runs by name",
            "register a function that makes it, with rewire.methods.registry.add, and give the "
            "name",
        )
    )


def _shown(value: float, measure: str) -> str:
    return percent(value) if measure == "accuracy" else f"{value:.4g}"


def _in_words(recipe: Recipe) -> str:
    """Return the optimiser, such as ``sgd, lr 0.1, momentum 0.9``."""
    momentum = f", momentum {recipe.momentum:g}" if recipe.optimizer == "sgd" else ""
    return f"{recipe.optimizer}, lr {recipe.lr:g}{momentum}"
