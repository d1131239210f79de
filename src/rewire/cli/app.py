"""The ``rewire`` command itself, put together from its subcommands."""

from __future__ import annotations

from typing import Annotated

import typer

import rewire

from .columns import inspect
from .compare import compare
from .models import evaluate, export, methods, predict, show, strip
from .options import SettingsCommand
from .play import play
from .report import report
from .reproduce import reproduce
from .train import train
from .tune import tune

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS = (
    inspect,
    play,
    train,
    evaluate,
    predict,
    strip,
    show,
    export,
    methods,
    report,
    compare,
    tune,
    reproduce,
)
for command in COMMANDS:
    app.command(cls=SettingsCommand)(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rewire {rewire.__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Sparse neural networks that rewire themselves.

    From a table to a small network for other programs, and its answers:

        rewire train houses.csv --target price --out runs/houses

        rewire export runs/houses houses.onnx --picture houses.png

        rewire predict runs/houses new-houses.csv --out prices.csv

    Every command explains itself: 'rewire train --help'. 'rewire --install-completion' has the
    shell complete names.
    """
