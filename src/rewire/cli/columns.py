"""``rewire inspect``: how a table is read, without training anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rewire.experiment.recipe import Recipe
from rewire.experiment.settings import settings_of

from .common import for_command, guarded, print_json, print_line, table
from .interrupts import importing
from .options import AsJson, settings_options
from .spinner import waiting

__all__ = ["columns_table", "inspect", "print_columns", "print_encoder"]

# The settings of a training that decide how a table is read.
READING = (
    *("target", "ignore", "columns", "numeric", "categorical", "date", "text"),
    *("na", "thousands", "decimal", "censored", "header", "encoding", "task"),
)
SETTINGS = {name: settings_of(Recipe)[name] for name in READING}
# Of more columns of a table to be learnt, those that are alike share a line.
MOST_COLUMNS = 20


@guarded
@settings_options(SETTINGS)
def inspect(
    context: typer.Context,
    data: Annotated[
        str,
        typer.Argument(
            help="A table: CSV, TSV, JSON, Parquet, Feather or Excel, also compressed; - for "
            "standard input."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="File (JSON) to write, for --columns once you have edited it."),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="A line for each of many columns, also for those alike.")
    ] = False,
    as_json: AsJson = False,
    *,
    given: dict[str, Any],
) -> None:
    """Show how each column of a table is read, and train nothing.

    For example:

        rewire inspect houses.csv --target price

        rewire inspect houses.csv --out columns.json

        rewire train houses.csv --target price --columns columns.json
    """
    with importing():
        from rewire.io import write_json
        from rewire.tables import read_raw, understand
    with waiting(f"reading {Path(data).name}"):
        reading = {name: given.pop(name) for name in ("header", "encoding") if name in given}
        raw = read_raw(data, **reading)
        schema = understand(raw, **given)
        outcome, inputs = _outcome(raw, schema)
    if out is not None:
        if out.suffix.lower() != ".json":
            raise ValueError(f"out must be a file that ends in .json; got {str(out)!r}")
        write_json(out, schema.to_dict())
    if as_json:
        print_json(schema.to_dict())
        return
    counts = {"row": len(raw), "column": len(schema.columns), "input": inputs.total()}
    print_line(", ".join(f"{n:,} {name}{'s' * (n != 1)}" for name, n in counts.items()))
    print_columns(outcome, inputs, most=len(schema.columns) if every else None)


def _outcome(raw: Any, schema: Any) -> tuple[Any, Counter[str]]:
    """Return the schema, with why columns make no input, and how many inputs each makes."""
    from rewire.tables import TableEncoder, parse

    if not schema.inputs:
        return schema, Counter()
    encoder = TableEncoder.fit(parse(raw, schema))
    return encoder.outcome, Counter(encoder.groups)


def print_columns(
    schema: Any, inputs: Any = None, console: Console | None = None, *, most: int | None = None
) -> None:
    """Print what became of the columns of a table, and what was found in reading it."""
    console = console or Console()
    console.print(columns_table(schema, inputs, most))
    for note in schema.notes:
        print_line(escape(f"note: {for_command(note)}"), console=console)


def print_encoder(encoder: Any, notes: Sequence[str], console: Console) -> None:
    """Print what became of the columns of a table to be learnt, if the data come from one.

    Parameters
    ----------
    encoder : TableEncoder or None
    notes : sequence of str
        What was found in reading the data.
    console : rich.console.Console
    """
    if encoder is not None:
        outcome = replace(encoder.outcome, notes=tuple(notes))
        print_columns(outcome, Counter(encoder.groups), console, most=MOST_COLUMNS)


def columns_table(schema: Any, inputs: Any = None, most: int | None = None) -> Table:
    """Return what became of the columns of a table; of many, a row for those that are alike.

    Parameters
    ----------
    schema : Schema
    inputs : mapping of str to int, optional
        How many inputs each column becomes.
    most : int, optional
        Of more columns than these, those that are alike share a row.
    """
    with importing():
        from rewire.tables.showing import HEADINGS, MOST_ROWS, column_rows, grouped
    rows = grouped(column_rows(schema, inputs, for_command), MOST_ROWS if most is None else most)
    kept = [i for i in range(len(HEADINGS)) if any(row[i] for row in rows)]
    made = table([])
    for i in kept:
        numbers = HEADINGS[i] in ("missing", "inputs")
        made.add_column(
            HEADINGS[i], justify="right" if numbers else "left", overflow="fold", no_wrap=numbers
        )
    for row in rows:
        made.add_row(*(escape(row[i]) for i in kept))
    return made
