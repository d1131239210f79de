"""``rewire tune``: search the settings of a training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from rewire.experiment.recipe import Recipe

from .common import guarded
from .interrupts import importing
from .options import AsJson, DataDir, Jobs, On, complete_data, settings_options
from .train import SETTINGS, absolute

__all__ = ["tune"]

# Many trainings share the data in memory.
IN_MEMORY = {name: one for name, one in SETTINGS.items() if name != "buffer"}


@guarded
@settings_options(IN_MEMORY)
def tune(
    context: typer.Context,
    data: Annotated[
        str,
        typer.Argument(
            help="A data set by name, or a file, as 'rewire train' takes them.",
            autocompletion=complete_data,
        ),
    ],
    trials: Annotated[int, typer.Option(min=1, help="Trainings to try.")] = 50,
    jobs: Jobs = None,
    on: On = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to keep the search in.", show_default="runs/tune/DATA"),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    *,
    given: dict[str, Any],
) -> None:
    """Search settings on a validation part, then train the best on everything.

    For example:

        rewire tune digits --trials 50 --hidden 100 --sparsity 0.9

        rewire tune houses.csv --target price --trials 100 --epochs 30 --jobs 4

    Optimizer, learning rate, weight decay, batch size, schedule and the share
    that moves are searched; a setting that is given stays as it is. The same
    command goes on where it stopped, and in several terminals at once it shares
    the trials. The network of the best settings is kept in OUT/best.

    Exit status: 0 when trained, 2 if something asked for cannot be done, 130
    after Ctrl-C.
    """
    with importing():
        from .tuning import search
    for name in ("target", "columns"):
        if name in given:
            given[name] = absolute(given[name])
    search(
        Recipe(absolute(data), **given),
        set(given),
        trials,
        out or Path("runs/tune") / Path(data).stem,
        data_dir,
        jobs=jobs,
        on=on,
        as_json=as_json,
    )
