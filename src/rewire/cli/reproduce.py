"""``rewire reproduce``: the post's experiment from one command."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from rewire.io import prepare_folder
from rewire.report import write_report
from rewire.reproduce import (
    POST_SEED,
    STEPS,
    Comparison,
    Reproduction,
    compare_with_post,
    layer_sizes,
    reproduce_post,
    write_results,
)

from .report import name_report

NAMES = {"static": "static wiring", "rigl": "RigL"}


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
        int,
        typer.Option(
            min=0,
            max=2**32 - 1,
            help=f"Of the data and the network. {POST_SEED} is the post's and is compared with it.",
        ),
    ] = POST_SEED,
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
    console = Console()
    try:
        prepare_folder(out)
        experiment = _run_with_progress(console, engine.value, seed)
        comparison = compare_with_post(experiment) if seed == POST_SEED else None
        if comparison:
            _print_comparison(console, comparison)
        _print_results(console, experiment)
        written = write_results(experiment, out)
        runs = [run.recorder.recording for run in (experiment.static, experiment.rigl)]
        written.append(write_report(runs, out / "report.html"))
    except (ValueError, OSError) as error:
        message = f"[bold red]error:[/] {escape(str(error))}"
        Console(stderr=True).print(message, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from error
    where = f"\n[bold]{len(written)} files in {escape(str(out))}[/]"
    console.print(where, highlight=False, soft_wrap=True)
    pictures = [path.name for path in written if path.suffix == ".png"]
    console.print(f"Pictures (PNG and SVG): {', '.join(pictures)}", highlight=False)
    name_report(console, written[-1])
    if comparison:
        _print_verdict(console, comparison)
        raise typer.Exit(0 if comparison.agrees else 1)


def _run_with_progress(console: Console, engine: str, seed: int) -> Reproduction:
    columns = (
        TextColumn("{task.description:>13}"),
        BarColumn(bar_width=14),
        TextColumn("{task.completed:>3}/{task.total}"),
        TextColumn("loss {task.fields[loss]:.4f}, {task.fields[accuracy]:4.0%} right,"),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
    )
    with Progress(*columns, console=console) as progress:
        tasks = {
            method: progress.add_task(name, total=STEPS, start=False, loss=1.0, accuracy=0.0)
            for method, name in NAMES.items()
        }

        def on_step(method: str, step: int, loss: float, accuracy: float) -> None:
            if step == 0:
                progress.start_task(tasks[method])
            progress.update(tasks[method], completed=step + 1, loss=loss, accuracy=accuracy)

        return reproduce_post(seed, engine, on_step)


def _print_comparison(console: Console, comparison: Comparison) -> None:
    for method, name in NAMES.items():
        table = _table(
            f"{name}: this run beside the post",
            ["step", "loss", "loss in the post", "differs by", "right", "post", ""],
        )
        for row in comparison.rows:
            if row.method == method:
                table.add_row(
                    str(row.step),
                    repr(row.loss),
                    repr(row.post_loss),
                    f"{row.difference:.1e}",
                    f"{row.accuracy:g}%",
                    f"{row.post_accuracy:g}%",
                    "[green]✓[/]" if row.agrees else "[bold red]✗[/]",
                )
        console.print(table)


def _print_results(console: Console, experiment: Reproduction) -> None:
    table = _table("Results", ["network", "loss", "right", "layers", "parameters", "seconds"])
    for run in (experiment.static, experiment.rigl):
        table.add_row(
            NAMES[run.method],
            f"{run.losses[-1]:.6f}",
            f"{run.accuracies[-1]:.0%}",
            layer_sizes(run.model),
            str(len(run.model.parameters())),
            f"{run.seconds:.3g}",
        )
    for name, model in [
        ("RigL stripped as in the post", experiment.stripped_once),
        ("RigL without dead neurons", experiment.stripped),
    ]:
        table.add_row(name, "", "", layer_sizes(model), str(len(model.parameters())), "")
    console.print(table)


def _table(title: str, headings: list[str]) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in headings:
        justify: JustifyMethod = "left" if heading == "network" else "right"
        table.add_column(heading, justify=justify, no_wrap=True)
    return table


def _print_verdict(console: Console, comparison: Comparison) -> None:
    agreeing = sum(row.agrees for row in comparison.rows)
    mark = {True: "[green]agrees[/]", False: "[bold red]differs[/]"}
    for text, agrees in [
        (
            f"printed lines: {agreeing} of {len(comparison.rows)} as in the post, losses to "
            f"{comparison.largest_difference:.0e}",
            agreeing == len(comparison.rows),
        ),
        ("the post's stripping: 10-4-1", comparison.stripped_once_agrees),
        ("exact stripping: 7-4-1", comparison.stripped_agrees),
    ]:
        console.print(f"{mark[agrees]}  {text}", highlight=False)
