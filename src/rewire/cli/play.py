"""``rewire play``: a network that learns and rewires in a local page, to be operated on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .common import guarded, run_folders
from .interrupts import importing
from .options import DataDir, complete_data

__all__ = ["play"]


@guarded
def play(
    data: Annotated[
        str | None,
        typer.Argument(
            help="moons, circles, spirals, xor, blobs or checkerboard; or a data set or file that "
            "'rewire train' takes; or a session that was saved, or its link. Moons by default.",
            autocompletion=complete_data,
            show_default=False,
        ),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(
            help="Open the network of this run, or watch it while it trains.",
            metavar="FOLDER",
            autocompletion=run_folders,
        ),
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Of a file: the column to predict.", metavar="COLUMN")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(help="Of a CSV file: the two columns to show.", metavar="COLUMN,COLUMN"),
    ] = None,
    port: Annotated[int, typer.Option(help="Of the page; 0 for any that is free.", min=0)] = 0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Whether to open the page.")
    ] = True,
    data_dir: DataDir = None,
) -> None:
    """Watch a network learn and rewire itself in the browser, and operate on its neurons.

    For example:

        rewire play

        rewire play penguins.csv --columns bill_length,bill_depth --target sex

        rewire play --run runs/houses

    The page is on this machine alone. Closing it, or Ctrl-C, ends the program.

    Exit status: 0 when it was closed, 2 if something asked for cannot be done, 130
    after Ctrl-C.
    """
    with importing():
        from .playing import open_session, serve
    player = open_session(data, run, target, columns, data_dir)
    serve(player, port=port, browser=browser)
