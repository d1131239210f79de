"""``rewire train``: from a data set to a small network, in one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from rewire.experiment.recipe import Recipe
from rewire.experiment.settings import settings_of
from rewire.io import split_commas

from .common import guarded, run_folders
from .interrupts import importing
from .options import (
    AsJson,
    DataDir,
    complete_data,
    completing,
    data_names,
    settings_options,
    was_given,
)

__all__ = ["SETTINGS", "absolute", "train"]

SETTINGS = {name: one for name, one in settings_of(Recipe).items() if one.command_line}
# What goes with --resume; everything else is kept in the folder.
WITH_RESUME = ("resume", "watch", "log", "data_dir", "as_json")
# The library's own trackers, whose registry would take long to import for a completion.
TRACKERS = ("tensorboard", "mlflow", "wandb")


@guarded
@settings_options(SETTINGS)
def train(
    context: typer.Context,
    data: Annotated[
        str | None,
        typer.Argument(
            help="A data set by name (mnist, digits, moons, ...), or a file: CSV, TSV, JSON, "
            "Parquet, Excel, NPZ or NPY; or a folder of Parquet files.",
            autocompletion=complete_data,
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder to keep the run in.")] = Path("runs/train"),
    resume: Annotated[
        Path | None,
        typer.Option(
            help="Go on with the run in this folder.",
            metavar="FOLDER",
            autocompletion=run_folders,
        ),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show the network in the browser while it trains.")
    ] = False,
    log: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Write the training elsewhere too, while it runs: {', '.join(TRACKERS)}.",
            metavar="<str>,...",
            autocompletion=completing(lambda: TRACKERS),
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an older run.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    *,
    given: dict[str, Any],
) -> None:
    """Train a sparse network that rewires itself, and keep it in a folder.

    For example:

        rewire train digits --hidden 100 --sparsity 0.9,0.5 --epochs 20

        rewire train houses.csv --target price --out runs/houses

        rewire train logs/ --target clicked --buffer "500 MB"

    Ctrl-C saves; 'rewire train --resume FOLDER' goes on to the same bits.

    Exit status: 0 when trained, 2 if something asked for cannot be done, 130
    after Ctrl-C (143 after SIGTERM).
    """
    if resume is not None:
        _refuse_settings(context)
    elif data is None:
        raise ValueError("DATA must be a data set or a file; got none (or --resume FOLDER)")
    with importing():
        from .training import resume_run, start_run
    names = [name for text in log or () for name in split_commas(text)]
    if resume is not None:
        resume_run(resume, data_dir, as_json=as_json, watch=watch, log=names)
        return
    for name in ("target", "columns"):
        if name in given:
            given[name] = absolute(given[name])
    recipe = Recipe(absolute(data), **given)
    start_run(recipe, out, data_dir, overwrite=overwrite, as_json=as_json, watch=watch, log=names)


def absolute(name: Any) -> str:
    """Return the absolute path of a file or folder, so that a run can go on from anywhere."""
    path = Path(name).expanduser()
    known = path.is_dir() and name not in data_names()
    return str(path.resolve()) if known or (path.suffix and path.is_file()) else name


def _refuse_settings(context: typer.Context) -> None:
    """Refuse settings given along with --resume, which would be without effect."""
    for parameter in context.command.params:
        name = parameter.name or ""
        if was_given(context, name) and name not in WITH_RESUME:
            raise ValueError(
                f"--resume goes on with the settings kept in the folder; got {parameter.opts[0]} "
                "too: leave it out, or begin a new run"
            )
