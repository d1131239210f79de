"""A study's folder: its configuration, and every run as soon as it is done."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import rewire
from rewire.io import advise, prefixed, prepare_folder, read_json, reading, write_json

from .config import StudyConfig
from .trial import Trial

__all__ = ["FILES", "append", "as_plain", "open_folder", "read_runs"]

SETTINGS, RUNS, SUMMARY = "settings.json", "runs.csv", "summary.json"
PAGE, PICTURE, RANKS = "report.html", "runs.png", "ranks.png"
FILES = (SETTINGS, RUNS, SUMMARY, PAGE, PICTURE, RANKS)
REMEDIES = ("choose another folder (out=)", "remove that study (overwrite=True)")


def open_folder(
    folder: str | os.PathLike[str], config: StudyConfig, overwrite: bool
) -> list[Trial]:
    """Prepare a folder for a study, new or begun before; return the runs that it holds.

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
    wanted = {"rewire": rewire.__version__, **json.loads(json.dumps(config.to_dict()))}
    if (folder / SETTINGS).exists():
        _check_same(folder, wanted)
    elif (folder / RUNS).exists():
        raise ValueError(advise(f"{folder} holds a {RUNS} without its {SETTINGS}", *REMEDIES))
    else:
        write_json(folder / SETTINGS, wanted)
    return read_runs(folder / RUNS)


def read_runs(path: Path) -> list[Trial]:
    """Return the runs in a ``runs.csv``, made if there is none.

    A last line without its end is what a killed process leaves: it is cut off.
    """
    content = path.read_bytes() if path.exists() else b""
    whole = content[: content.rfind(b"\n") + 1]
    if not whole:
        whole = _line(Trial._fields)
        path.write_bytes(whole)
    elif whole != content:
        os.truncate(path, len(whole))
    with reading(path):
        header, *rows = csv.reader(io.StringIO(whole.decode("utf-8", "replace"), newline=""))
    if tuple(header) != Trial._fields:
        raise ValueError(f"{path} must have the columns {', '.join(Trial._fields)}; got {header}")
    return [_run(path, number, row) for number, row in enumerate(rows, start=2)]


def append(folder: str | os.PathLike[str], run: Trial) -> None:
    """Add a run to ``runs.csv``, in one piece."""
    with (Path(folder) / RUNS).open("ab", buffering=0) as file:
        file.write(_line(run))


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
        method, seed, loss, accuracy, connections, parameters, seconds, inputs = row
        return Trial(
            method,
            int(seed),
            float(loss),
            float(accuracy),
            int(connections),
            int(parameters),
            float(seconds),
            inputs,
        )
    except ValueError:
        found = ",".join(row)
        raise ValueError(
            advise(f"{path} is damaged in line {number}, {found!r}", *REMEDIES)
        ) from None


def _check_same(folder: Path, wanted: dict[str, Any]) -> None:
    try:
        found = read_json(folder / SETTINGS, dict[str, Any])
    except ValueError as error:
        raise ValueError(prefixed("", error, *REMEDIES)) from error
    for name in [*wanted, *found]:
        if found.get(name) != wanted.get(name):
            raise ValueError(
                advise(
                    f"{folder} holds a study with {name}={found.get(name)!r}, and this one has "
                    f"{name}={wanted.get(name)!r}",
                    *REMEDIES,
                )
            )
