"""``rewire report``: what happened in a run, or in several side by side, as one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .common import guarded, name_report, run_folders
from .interrupts import importing
from .spinner import waiting

__all__ = ["report"]


@guarded
def report(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Folders of runs, side by side.", autocompletion=run_folders),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="HTML file.", show_default="report.html in the first folder"
        ),
    ] = None,
) -> None:
    """Write one HTML page that shows runs moment by moment, in any browser, offline.

    rewire report runs/static runs/rigl -o report.html

    Exit status: 0 when written, 2 if a folder holds no recorded run or cannot be read.
    """
    with importing():
        from rewire.report import write_report
    if out is None:
        out = (runs[0] if runs[0].is_dir() else runs[0].parent) / "report.html"
    with waiting("writing the report"):
        write_report(runs, out)
    name_report(out)
