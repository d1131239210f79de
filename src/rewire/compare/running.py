"""Run a study: whatever of it is missing, by whoever does the work."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from typing import Any

from rewire.executors.driver import outcomes_of
from rewire.executors.imports import import_modules
from rewire.executors.machines import Machine
from rewire.executors.sources import identify, is_generated, keep, load_key
from rewire.experiment import load_dataset
from rewire.io import as_path, received, sole_writer
from rewire.validation import of_type

from .config import StudyConfig
from .job import Outcome, TrialJob
from .planning import planned
from .records import RUNS, append, note_machine, note_plan, open_folder
from .study import Study
from .trial import DataDir, Failure, Trial

__all__ = ["run_study", "with_sources"]


def run_study(
    config: StudyConfig,
    methods: Sequence[str],
    seeds: Sequence[int],
    *,
    jobs: int | None = None,
    executor: Any = None,
    shard: tuple[int, int] | None = None,
    out: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    data_dir: DataDir = None,
    on_start: Callable[[Study], None] | None = None,
    on_run: Callable[[Trial | Failure], None] | None = None,
) -> Study:
    """Train every method with every seed, and with every combination of what is varied.

    Parameters
    ----------
    config : StudyConfig
    methods : sequence of str
        Names in ``rewire.methods.registry``; hyphens may stand for spaces.
    seeds : sequence of int
        Each is that of the data, the network, the order of samples and the method.
    jobs : int, optional
        Runs at the same time, by default 1, in this process. More than one have each a process and
        a thread of its own; in scripts, what calls this belongs under ``if __name__ ==
        "__main__":`` then. With an executor, the number of its workers, by default what it tells.
        The figures are the same bits for any number.
    executor : optional
        What trains: anything with ``submit(function, *arguments)`` that returns futures as those of
        ``concurrent.futures`` do, such as its pools, Dask's ``Client.get_executor()``,
        ``mpi4py.futures.MPIPoolExecutor`` and loky's. Or a function that makes one, which is called
        again where one has broken because a worker was killed. Its workers need the same versions
        of rewire, NumPy and Numba.
    shard : (int, int), optional
        Train the k-th of n parts of the study, from (1, n) to (n, n): every n-th run. The
        parts' folders are put together by :func:`merge_studies`.
    out : path, optional
        A folder for ``settings.json`` and ``runs.csv``, to which each run is added as soon as it is
        done. What it holds already is not trained again. Workers need not see it.
    overwrite : bool, default False
        Whether a study in ``out`` is removed first.
    data_dir : path, optional
        Where stored data sets are. A worker that does not find them there is sent the data.
    on_start : callable, optional
        Called with the study before the first training; its ``runs`` are those found in ``out``.
    on_run : callable, optional
        Called with every :class:`Trial` or :class:`Failure` when it is there.

    Returns
    -------
    Study
        A run that raised an error is among its failures, and so is one whose worker was lost four
        times.

    Raises
    ------
    ValueError, OSError
        For anything that would make runs fail or mix studies; nothing is trained or written then.
        Also where another process writes to ``out``.
    RuntimeError
        Where a worker has other versions than this process, and where an executor has broken.

    Examples
    --------
    >>> from rewire.compare import study_config, summarise
    >>> done = run_study(study_config("moons", total_steps=100), ["static", "rigl"], range(3))
    >>> [(run.method, run.seed) for run in done.runs][:4]
    [('static', 0), ('static', 1), ('static', 2), ('rigl', 0)]
    """
    if jobs is not None and (isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1):
        raise ValueError(f"jobs must be a whole number, at least 1; got {jobs!r}")
    of_type(config, "config", StudyConfig)
    for name, function in (("on_start", on_start), ("on_run", on_run)):
        if function is not None and not callable(function):
            raise TypeError(f"{name} must be a function; got {received(function)}")
    sourced, sources = with_sources(config, data_dir)
    result = planned(sourced, methods, seeds, data_dir, _checked_shard(shard))
    with nullcontext() if out is None else _sole_writer(out):
        if out is not None:
            _continue(result, out, overwrite)
        if on_start:
            on_start(result)
        left = _jobs_left(result, sources)
        at_once = jobs if executor is not None else min(jobs or 1, len(left))
        with closing(outcomes_of(left, at_once, executor, data_dir)) as outcomes:
            for outcome, machine in outcomes:
                _take(result, outcome, machine, out)
                if on_run:
                    on_run(outcome)
    result.sort()
    return result


def _take(
    result: Study, outcome: Outcome, machine: Machine, out: str | os.PathLike[str] | None
) -> None:
    if isinstance(outcome, Failure):
        result.failures.append(outcome)
        return
    if machine.kind not in result.machines:
        result.machines[machine.kind] = machine
        if out is not None:
            note_machine(out, machine)
    result.runs.append(outcome)
    if out is not None:
        append(out, outcome)


def _continue(result: Study, out: str | os.PathLike[str], overwrite: bool) -> None:
    """Prepare the folder and take the runs that it holds."""
    found, result.machines = open_folder(out, result.config, overwrite)
    note_plan(out, result)
    kept = {(run.method, run.seed, run.settings): run for run in found}
    result.runs = [kept[key] for key in result.planned if key in kept]


def _sole_writer(out: str | os.PathLike[str]) -> Any:
    path = as_path(out, "out") / RUNS
    return sole_writer(path, "comparison", "choose another folder (out=)")


def _jobs_left(result: Study, sources: dict[Any, str]) -> list[TrialJob]:
    done = {(run.method, run.seed, run.settings) for run in result.runs}
    configs = {}
    for cell in result.config.cells:
        own = result.config.at(cell)
        configs[cell] = replace(own, source=sources.get(load_key(own.recipe)))
    return [TrialJob(configs[key[2]], *key) for key in result.planned if key not in done]


def with_sources(
    config: StudyConfig, data_dir: DataDir
) -> tuple[StudyConfig, dict[tuple[Any, ...], str]]:
    """Load what all seeds share, once; return what identifies it, by how it is loaded."""
    import_modules(config.imports)
    sources = {}
    for recipe in (config.recipe, *config.recipes):
        key = load_key(recipe)
        if key not in sources and not is_generated(recipe.data):
            data = load_dataset(recipe, data_dir)
            sources[key] = identify(data)
            keep(sources[key], data)
    return replace(config, source=sources.get(load_key(config.recipe))), sources


def _checked_shard(shard: Any) -> tuple[int, int] | None:
    if shard is None:
        return None
    good = (
        isinstance(shard, (tuple, list))
        and len(shard) == 2
        and all(isinstance(n, int) and not isinstance(n, bool) for n in shard)
        and 1 <= shard[0] <= shard[1]
    )
    if not good:
        raise ValueError(f"shard must be two whole numbers, k of n with 1 <= k <= n; got {shard!r}")
    return shard[0], shard[1]
