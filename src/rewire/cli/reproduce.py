"""``rewire reproduce``: the post's experiment from one command."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .interrupts import importing

__all__ = ["reproduce"]


class Engine(StrEnum):
    """What computes."""

    array = "array"
    scalar = "scalar"


def reproduce(
    engine: Annotated[
        Engine,
        typer.Option(
            help="What computes: [b]array[/b] compiled kernels, [b]scalar[/b] the teaching core, "
            "pure Python and a thousand times slower."
        ),
    ] = Engine.array,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=2**32 - 1,
            help="Seed of the data and the network. The post's is compared with what it printed.",
            show_default="1337, the post's",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for traces, pictures and summary.json.")] = Path(
        "runs/post"
    ),
) -> None:
    """Run the post's experiment: a sparse network trained with its wiring fixed and with RigL.

    Trains both, strips the dead neurons, draws everything, and compares each figure
    with what the post printed.

    Exit status: 0 if all figures agree (or there is nothing to compare), 1 if one
    differs, 2 if something asked for cannot be done.
    """
    with importing():
        from .reproduction import run
    if not run(engine.value, seed, out):
        raise typer.Exit(1)
