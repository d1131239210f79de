"""A study's folder: its configuration, and every run as soon as it is done."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

import rewire
from rewire.executors.machines import Machine
from rewire.io import advise, prefixed, prepare_folder, read_json, reading, write_json
from rewire.io.schemas import conform

from .config import StudyConfig
from .seeds import seeds_as_text
from .trial import Trial

if TYPE_CHECKING:
    from .study import Study

__all__ = [
    "FILES",
    "append",
    "as_plain",
    "check_settings",
    "columns_of",
    "note_machine",
    "note_plan",
    "open_folder",
    "read_machines",
    "read_runs",
]

SETTINGS, RUNS, SUMMARY = "settings.json", "runs.csv", "summary.json"
PLAN, MACHINES = "plan.json", "machines.json"
PAGE, PICTURE, RANKS = "report.html", "runs.png", "ranks.png"
CURVES, TABLE, LATEX = "tradeoff.png", "table.csv", "table.tex"
FILES = (SETTINGS, RUNS, PLAN, MACHINES, SUMMARY, PAGE, PICTURE, RANKS, CURVES, TABLE, LATEX)
# What each column of runs.csv holds, after method, seed and what is varied.
FIGURES: dict[str, Callable[[str], Any]] = {
    "loss": float,
    "accuracy": float,
    "connections": int,
    "parameters": int,
    "seconds": float,
    "inputs": str,
    "possible": int,
    "flops": int,
    "training_flops": float,
    "bytes": int,
    "validation": lambda text: float(text) if text else None,
    "machine": str,
}


class Settings(TypedDict):
    """What of ``settings.json`` is looked at; the rest is compared as a whole."""

    vary: NotRequired[dict[str, list[Any]] | None]


REMEDIES = ("choose another folder (out=)", "remove that study (overwrite=True)")


def open_folder(
    folder: str | os.PathLike[str], config: StudyConfig, overwrite: bool
) -> tuple[list[Trial], dict[str, Machine]]:
    """Prepare a folder for a study, new or begun before.

    Returns
    -------
    runs : list of Trial
        Those that it holds, also of cells that the study does not have.
    machines : dict of str to Machine
        What they were made on.

    Raises
    ------
    ValueError
        If what it holds was made with other settings or another version, or is damaged in other
        ways than by a process that was killed while it wrote.
    OSError
        If it cannot be written to.
    """
    folder = prepare_folder(folder)
    if overwrite:
        for name in reversed(FILES):  # the settings last: killed on the way, it is still a study
            (folder / name).unlink(missing_ok=True)
    if (folder / SETTINGS).exists():
        check_settings(folder, config, *REMEDIES)
    elif (folder / RUNS).exists():
        raise ValueError(advise(f"{folder} holds a {RUNS} without its {SETTINGS}", *REMEDIES))
    else:
        write_json(folder / SETTINGS, _settings(config))
    return read_runs(folder / RUNS, config.vary), read_machines(folder)


def columns_of(vary: Iterable[str]) -> tuple[str, ...]:
    """Return the columns of ``runs.csv``; a setting that is called as a figure says that it is one.

    Examples
    --------
    >>> columns_of(["density", "loss"])[:5]
    ('method', 'seed', 'density', 'loss_setting', 'loss')
    """
    settings = (f"{name}_setting" if name in Trial._fields else name for name in vary)
    return ("method", "seed", *settings, *FIGURES)


def read_runs(path: Path, vary: Iterable[str] = ()) -> list[Trial]:
    """Return the runs in a ``runs.csv``, made if there is none.

    A last line without its end is what a killed process leaves: it is cut off.
    """
    columns = columns_of(vary)
    content = path.read_bytes() if path.exists() else b""
    whole = content[: content.rfind(b"\n") + 1]
    if not whole:
        whole = _line(columns)
        path.write_bytes(whole)
    elif whole != content:
        os.truncate(path, len(whole))
    with reading(path):
        header, *rows = csv.reader(io.StringIO(whole.decode("utf-8", "replace"), newline=""))
    if tuple(header) != columns:
        raise ValueError(f"{path} must have the columns {', '.join(columns)}; got {header}")
    return [_run(path, number, row) for number, row in enumerate(rows, start=2)]


def append(folder: str | os.PathLike[str], run: Trial) -> None:
    """Add a run to ``runs.csv``, in one piece."""
    with (Path(folder) / RUNS).open("ab", buffering=0) as file:
        file.write(_line((*run[:2], *run.settings, *(getattr(run, name) for name in FIGURES))))


def note_plan(folder: str | os.PathLike[str], study: Study) -> None:
    """Keep what the study consists of, so that parts of it can be put together."""
    config = study.config
    plan = {
        "data": config.recipe.data,
        "given": config.given,
        "imports": config.imports,
        "vary": config.vary,
        "choose": config.choose,
        "methods": study.methods,
        "seeds": seeds_as_text(study.seeds),
        "shard": study.shard,
    }
    write_json(Path(folder) / PLAN, as_plain(plan))


def note_machine(folder: str | os.PathLike[str], machine: Machine) -> None:
    """Keep what a run was made on."""
    found = read_machines(Path(folder)) | {machine.kind: machine}
    plain = {kind: {"cpu": one.cpu, "features": one.features} for kind, one in found.items()}
    write_json(Path(folder) / MACHINES, plain)


def read_machines(folder: Path) -> dict[str, Machine]:
    """Return the kinds of processors that runs of a folder were made on."""
    if not (folder / MACHINES).exists():
        return {}
    found = read_json(folder / MACHINES, dict[str, dict[str, str]])
    with reading(folder / MACHINES):
        return {kind: Machine(kind, own["cpu"], own["features"], "") for kind, own in found.items()}


def as_plain(value: Any) -> Any:
    """Return a value as what JSON can hold: tuples as lists or by name, no NaN, no infinity."""
    if isinstance(value, Mapping):
        return {name: as_plain(part) for name, part in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return as_plain(value._asdict())
    if isinstance(value, (list, tuple)):
        return [as_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _line(values: tuple[Any, ...]) -> bytes:
    text = io.StringIO()
    # repr keeps every bit of a float.
    plain = [repr(value) if isinstance(value, float) else value for value in values]
    csv.writer(text, lineterminator="\n").writerow(plain)
    return text.getvalue().encode("utf-8")


def _run(path: Path, number: int, row: list[str]) -> Trial:
    try:
        settings = len(row) - 2 - len(FIGURES)
        method, seed = row[:2]
        figures = zip(FIGURES.items(), row[2 + settings :], strict=True)
        read = {name: kind(text) for (name, kind), text in figures}
        return Trial(method, int(seed), **read, settings=tuple(row[2 : 2 + settings]))
    except ValueError:
        found = ",".join(row)
        raise ValueError(
            advise(f"{path} is damaged in line {number}, {found!r}", *REMEDIES)
        ) from None


def check_settings(folder: Path, config: StudyConfig, *remedies: str) -> None:
    """Refuse a folder whose study is another one than a configuration's."""
    wanted = _settings(config)
    try:
        found = read_json(folder / SETTINGS, dict[str, Any])
        with reading(folder / SETTINGS):
            conform(found, Settings)
    except ValueError as error:
        raise ValueError(prefixed("", error, *remedies)) from error
    for name in [*wanted, *found]:
        if name == "vary" and list(found.get(name) or ()) == list(wanted.get(name) or ()):
            continue  # more values are added to what is there, as seeds are
        if found.get(name) != wanted.get(name):
            raise ValueError(
                advise(
                    f"{folder} holds a study with {name}={found.get(name)!r}, and this one has "
                    f"{name}={wanted.get(name)!r}",
                    *remedies,
                )
            )


def _settings(config: StudyConfig) -> dict[str, Any]:
    return {"rewire": rewire.__version__, **json.loads(json.dumps(config.to_dict()))}
