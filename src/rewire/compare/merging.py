"""Put shards of a study together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypedDict

from rewire.executors.machines import Machine
from rewire.experiment import Recipe
from rewire.experiment.settings import settings_of
from rewire.io import advise, as_path, read_json, reading, sole_writer
from rewire.validation import several

from .config import StudyConfig, study_config
from .job import Key
from .planning import planned
from .records import (
    PLAN,
    RUNS,
    SETTINGS,
    append,
    check_settings,
    note_machine,
    note_plan,
    open_folder,
    read_machines,
    read_runs,
)
from .running import with_sources
from .seeds import parse_seeds
from .study import Study
from .trial import DataDir, Trial

__all__ = ["merge_studies"]


def merge_studies(
    folders: Iterable[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    imports: Iterable[str] = (),
    data_dir: DataDir = None,
) -> Study:
    """Put the folders of a study's shards together in one.

    Parameters
    ----------
    folders : iterable of path
        What :func:`run_study` kept, each with other runs of the same study.
    out : path
        The folder to keep the whole in: a new one, or one of an earlier merge of the same study.
    imports : iterable of str
        The modules and ``.py`` files that the study was made with. They are not imported because a
        folder names them.
    data_dir : path, optional
        Where stored data sets are: the study is described by its data.

    Returns
    -------
    Study
        With the runs of all folders; :attr:`Study.missing` says which are in none.

    Raises
    ------
    ValueError
        For folders of different studies, for one that is no study's, and if the study was made with
        other ``imports``.

    Examples
    --------
    >>> import tempfile
    >>> from rewire.compare import run_study
    >>> out = Path(tempfile.mkdtemp())
    >>> config = study_config("moons", total_steps=60)
    >>> for k in (1, 2):
    ...     part = run_study(config, ["static", "rigl"], range(3), shard=(k, 2), out=out / str(k))
    >>> merged = merge_studies([out / "1", out / "2"], out)
    >>> len(part.runs), len(merged.runs), merged.missing
    (3, 6, [])
    """
    paths = [as_path(one, "folders") for one in several(folders, "folders", "folders of studies")]
    if not paths:
        raise ValueError("folders must be at least one; got none")
    plans = [_plan(path) for path in paths]
    for path, plan in zip(paths, plans, strict=True):
        _check_same(paths[0], plans[0], path, plan)
    _check_imports(plans[0], several(imports, "imports", "modules and .py files"))
    config = _config(plans[0], paths[0], data_dir)
    with reading(paths[0] / PLAN):
        study = planned(config, plans[0]["methods"], parse_seeds(plans[0]["seeds"]), data_dir)
    found: dict[Key, Trial] = {}
    machines: dict[str, Machine] = {}
    for path in paths:
        for run in read_runs(path / RUNS, config.vary):
            found.setdefault((run.method, run.seed, run.settings), run)
        machines |= read_machines(path)
    with sole_writer(as_path(out, "out") / RUNS, "comparison", "choose another folder (out=)"):
        _write(study, found, machines, out)
    return study


def _write(
    study: Study, found: Mapping[Key, Trial], machines: Mapping[str, Machine], out: Any
) -> None:
    kept, study.machines = open_folder(out, study.config, overwrite=False)
    note_plan(out, study)
    for kind, machine in machines.items():
        if kind not in study.machines:
            note_machine(out, machine)
            study.machines[kind] = machine
    there = {(run.method, run.seed, run.settings): run for run in kept}
    for key, run in found.items():
        if key not in there:
            append(out, run)
    study.runs = [one for key in study.planned if (one := there.get(key) or found.get(key))]
    study.sort()


class Plan(TypedDict):
    """What :func:`note_plan` keeps; settings are held against the recipe's own types later."""

    data: str
    given: dict[str, Any] | None
    imports: list[str]
    vary: dict[str, list[Any]]
    choose: float
    methods: list[str]
    seeds: str


def _plan(folder: Path) -> dict[str, Any]:
    if not (folder / PLAN).exists() or not (folder / SETTINGS).exists():
        raise ValueError(f"folders must be those of studies; {str(folder)!r} has no {PLAN}")
    return read_json(folder / PLAN, Plan)


def _check_same(first: Path, one: Mapping[str, Any], path: Path, other: Mapping[str, Any]) -> None:
    """Refuse folders of different studies; what each has trained of it may differ."""
    settings = [read_json(folder / SETTINGS, dict[str, Any]) for folder in (first, path)]
    plans = [{name: plan[name] for name in plan if name != "shard"} for plan in (one, other)]
    for mine, theirs in (settings, plans):
        for name in [*mine, *theirs]:
            if mine.get(name) != theirs.get(name):
                raise ValueError(
                    f"folders must be of one study; {str(first)!r} has {name}={mine.get(name)!r}, "
                    f"and {str(path)!r} {name}={theirs.get(name)!r}"
                )


def _check_imports(plan: Mapping[str, Any], given: list[Any]) -> None:
    """Refuse to import what only a file asks for."""
    modules = list(map(str, given))
    if modules != plan["imports"]:
        names = ", ".join(plan["imports"]) or "none"
        raise ValueError(
            advise(
                f"imports must be those of the study, {names}; got {', '.join(modules) or 'none'}",
                "name them, if you trust them (imports=)" if plan["imports"] else "leave them out",
            )
        )


def _config(plan: Mapping[str, Any], folder: Path, data_dir: DataDir) -> StudyConfig:
    """Make the configuration of a study again, and check that it is the same."""
    kept = read_json(folder / SETTINGS, dict[str, Any])
    with reading(folder / PLAN):
        imports, varied = tuple(plan["imports"]), {"vary": plan["vary"], "choose": plan["choose"]}
        if plan["given"] is None:
            shared = {name: kept[name] for name in settings_of(Recipe) if name in kept}
            recipe = Recipe.from_dict(shared)
            config = StudyConfig(recipe, kept["measure"], imports, **varied)
        else:
            config = study_config(
                plan["data"], imports=imports, data_dir=data_dir, **varied, **plan["given"]
            )
    config, _ = with_sources(config, data_dir)
    check_settings(folder, config, "merge with the version and the data that it was made with")
    return config
