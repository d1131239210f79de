"""The page of a report: one run, or several side by side."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rewire.io import as_path, atomic_write, check_ending
from rewire.validation import several
from rewire.web import Packer, assemble

from .captions import lede, title
from .page_data import run_data
from .recording import Recording, read_recording

__all__ = ["MAX_BYTES", "render", "write_report"]

# Size of a page beyond which every other frame is left out.
MAX_BYTES = 9_500_000
SCRIPTS = ("data.js", "wiring.js", "panels.js", "layers.js", "assessed.js", "report.js")


def write_report(
    runs: Sequence[Recording | str | os.PathLike[str]] | Recording | str | os.PathLike[str],
    path: str | os.PathLike[str],
) -> Path:
    """Write a page that shows one run, or several side by side.

    Parameters
    ----------
    runs : sequence of Recording or path, or one of them
        A path names a run's folder, or its ``recording.safetensors``.
    path : path-like
        The HTML file, below 10 MB whatever the runs; it is written whole or not at all.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    FileNotFoundError
        If a folder holds no recording.
    ValueError
        If there are no runs, a recording is damaged, or the path has another ending.

    Examples
    --------
    >>> import tempfile, rewire
    >>> from rewire.data import moons
    >>> from rewire.report import Recorder
    >>> recorder = Recorder(data="moons")
    >>> net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    >>> history = rewire.fit(net, *moons(seed=0), total_steps=50, callbacks=[recorder], seed=0)
    >>> write_report(recorder.recording, tempfile.mkdtemp() + "/moons.html").name
    'moons.html'
    """
    check_ending(path, [".html", ".htm"], "a report")
    single = isinstance(runs, (Recording, str, os.PathLike))
    given = [runs] if single else several(runs, "runs", "recordings and folders of runs")
    if not given:
        raise ValueError(
            "runs must hold at least one run; got none: give a recording or a run's folder"
        )
    found, names = [], []
    for run in given:
        recording = run if isinstance(run, Recording) else read_recording(as_path(run, "runs"))
        found.append(recording)
        names.append("" if isinstance(run, Recording) else as_path(run, "runs").resolve().name)
    text = render(found, names)
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return Path(path)


def render(recordings: Sequence[Recording], names: Sequence[str]) -> str:
    """Return the page's HTML.

    Parameters
    ----------
    recordings : sequence of Recording
    names : sequence of str
        Names of the runs' folders, shown where two runs have the same name; or empty.
    """
    every = 1
    while True:
        packer = Packer()
        runs = [run_data(recording, packer, every) for recording in recordings]
        _tell_apart(runs, names)
        data = {
            "title": title(runs),
            "lede": lede(
                [run["method"] for run in runs],
                [recording.about["data"] for recording in recordings],
                all(run["whole"] for run in runs),
                any(run["layers"] for run in runs),
            ),
            "runs": runs,
        }
        text = assemble("rewire.report", "report", SCRIPTS, data, packer.text(), ["wiring"])
        if len(text.encode()) <= MAX_BYTES or every >= max(len(r.frames) for r in recordings):
            return text
        every *= 2


def _tell_apart(runs: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
    """Add their data to runs on several, then folders or numbers to those of the same name."""
    if len({run["data"] for run in runs}) > 1:
        for run in runs:
            run["name"] += f" on {run['data'] or 'other data'}"
    given = [run["name"] for run in runs]
    for number, (run, name) in enumerate(zip(runs, names, strict=True), start=1):
        if given.count(run["name"]) > 1:
            run["name"] += f" ({name or number})"
