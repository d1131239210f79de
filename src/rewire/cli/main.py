"""The ``rewire`` command itself, and what its subcommands share."""

from __future__ import annotations

import typer

import rewire

from .compare import compare
from .models import evaluate, export, methods, predict, show, strip
from .reproduce import reproduce
from .train import train

app = typer.Typer(
    help="Sparse neural networks that rewire themselves.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (train, evaluate, predict, strip, show, export, methods, compare, reproduce):
    app.command()(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rewire {rewire.__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Sparse neural networks that rewire themselves."""
