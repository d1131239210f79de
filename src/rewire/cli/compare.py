"""``rewire compare``: methods beside each other over many seeds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from rewire.compare.presets import HELD_OUT, MEASURES, PRESETS
from rewire.experiment.recipe import Recipe
from rewire.experiment.settings import Setting, settings_of
from rewire.io import split_commas

from .common import guarded
from .interrupts import importing
from .options import AsJson, DataDir, Jobs, On, complete_data, settings_options

__all__ = ["compare"]

# A comparison chooses these itself: early stopping would choose networks by what is measured, and
# its many trainings share the data in memory.
CHOSEN = ("method", "seed", "early_stopping", "buffer")


def _settings() -> dict[str, Setting]:
    """Return the settings of a recipe as a comparison has them, with the defaults of moons."""
    found = {
        name: one
        for name, one in settings_of(Recipe).items()
        if one.command_line and name not in CHOSEN
    }
    found["validation"] = replace(
        found["validation"],
        name="held_out",
        help="Share of the samples kept from training to measure on.",
        default_text=f"{HELD_OUT} without a test part",
    )
    found["measure"] = Setting(
        "Measure on samples that were not trained on, or on those that were: {choices}.",
        str,
        name="measure",
        group="Data",
        choices=MEASURES,
        default="unseen",
    )
    for data, preset in PRESETS.items():
        for name, value in preset.items():
            one = found[name]
            own = replace(one, default=value).shown_default
            found[name] = replace(one, default_text=f"{one.shown_default or 'none'}; {data}: {own}")
    return found


@guarded
@settings_options(_settings())
def compare(
    context: typer.Context,
    data: Annotated[
        list[str],
        typer.Argument(
            help="A data set by name (moons, mnist, digits, ...) or a file; with --merge, the "
            "folders of shards.",
            metavar="DATA",
            autocompletion=complete_data,
        ),
    ],
    methods: Annotated[
        str,
        typer.Option(help="Commas between; the first is the baseline. See 'rewire methods'."),
    ] = "static,set,rigl",
    seeds: Annotated[
        str, typer.Option(help="How many (100: 0 to 99), a range (100-199) or a list (3,7,11).")
    ] = "10",
    vary: Annotated[
        list[str] | None,
        typer.Option(
            help="A setting and the values it takes in turn; several make a grid of every "
            "combination. Values with commas have semicolons between: hidden='300,100;100'.",
            metavar="<setting>=<value>,...",
        ),
    ] = None,
    choose: Annotated[
        float | None,
        typer.Option(
            help="Share of the samples to train on that values of varied settings are chosen by.",
            show_default="0.1 where lr or another setting without cost is varied",
        ),
    ] = None,
    jobs: Jobs = None,
    on: On = None,
    shard: Annotated[
        str | None,
        typer.Option(help="Train a part of the study: 3/8 is the third of eight."),
    ] = None,
    merge: Annotated[
        bool, typer.Option("--merge", help="Put the folders of shards together; trains nothing.")
    ] = False,
    reach: Annotated[
        float | None,
        typer.Option(
            help="Accuracy (of a regression: loss) to reach; how often is counted.",
            show_default="0.99; none for a loss",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to keep the study in.", show_default="runs/compare/DATA"),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an older study.")] = False,
    imports: Annotated[
        list[str] | None,
        typer.Option(
            "--import",
            help="Modules or .py files that register methods or data sets of your own, commas "
            "between.",
            metavar="<str>,...",
        ),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    *,
    given: dict[str, Any],
) -> None:
    """Train a network with several methods and many seeds, and compare what they reach.

    Two ways to begin:

        rewire compare moons --methods static,set,rigl --seeds 100 --jobs 2

        rewire compare mnist --hidden 300,100 --sparsity 0.99,0.89,0 --epochs 5 --seeds 3

    moons is the post's experiment. Every run is kept at once in runs.csv: after
    Ctrl-C, or with more seeds or methods, the same command trains what is missing.

    Accuracy against density, the learning rate chosen for each; and a part on each of
    eight computers, put together at the end:

        rewire compare digits --vary density=0.02,0.05,0.1 --vary lr=0.03,0.1 --jobs 2

        rewire compare moons --seeds 800 --shard 3/8

        rewire compare --merge runs/compare/moons/shard-*

    Exit status: 0 when all is trained, 1 if a run failed, 2 if something asked for
    cannot be done, 130 after Ctrl-C.
    """
    with importing():
        from .comparing import compare_methods, merge_shards
    modules = [name for text in imports or () for name in split_commas(text)]
    if merge:
        complete = merge_shards(
            data, out, imports=modules, reach=reach, data_dir=data_dir, as_json=as_json
        )
        raise typer.Exit(0 if complete else 1)
    if len(data) > 1:
        raise ValueError(f"data must be a single one; got {', '.join(data)}")
    complete = compare_methods(
        data[0],
        list(split_commas(methods)),
        seeds,
        given,
        vary=vary or (),
        choose=choose,
        imports=modules,
        reach=reach,
        jobs=jobs,
        on=on,
        shard=shard,
        out=out or Path("runs/compare") / Path(data[0]).stem,
        overwrite=overwrite,
        data_dir=data_dir,
        as_json=as_json,
    )
    raise typer.Exit(0 if complete else 1)
