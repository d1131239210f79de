"""What ``rewire reproduce`` does once its options are read."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from rewire.io import percent, prepare_folder
from rewire.report import write_report
from rewire.reproduce import (
    Comparison,
    Reproduction,
    compare_with_post,
    reproduce_post,
    write_results,
)
from rewire.reproduce.post import STEPS, layer_sizes
from rewire.reproduce.published import POST_SEED
from rewire.train.throttle import Pace

from .common import name_report, print_line, table
from .spinner import waiting

__all__ = ["run"]

NAMES = {"static": "static wiring", "rigl": "RigL"}


def run(engine: str, seed: int | None, out: Path) -> bool:
    """Run the experiment and print it; return whether all figures agree with the post's."""
    seed = POST_SEED if seed is None else seed
    console = Console()
    try:
        prepare_folder(out)
        reproduction = _run_with_progress(console, engine, seed)
        comparison = compare_with_post(reproduction) if seed == POST_SEED else None
        if comparison:
            _print_comparison(console, comparison)
        _print_results(console, reproduction)
        with waiting("drawing, and writing the report"):
            written = write_results(reproduction, out)
            runs = [run.recorder.recording for run in (reproduction.static, reproduction.rigl)]
            written.append(write_report(runs, out / "report.html"))
    except (ValueError, OSError) as error:
        print_line(f"[bold red]error:[/] {escape(str(error))}", stderr=True)
        raise typer.Exit(2) from error
    print_line(f"\n[bold]{len(written)} files in {escape(str(out))}[/]", console=console)
    pictures = [path.name for path in written if path.suffix == ".png"]
    console.print(f"Pictures (PNG and SVG): {', '.join(pictures)}", highlight=False)
    name_report(written[-1], console)
    if comparison is None:
        return True
    _print_verdict(console, comparison)
    return comparison.agrees


def _run_with_progress(console: Console, engine: str, seed: int) -> Reproduction:
    columns = (
        TextColumn("{task.description:>13}"),
        BarColumn(bar_width=14),
        TextColumn("{task.completed:>3}/{task.total}"),
        TextColumn("loss {task.fields[loss]:.4f}, {task.fields[right]:>4} right,"),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
    )
    with Progress(*columns, console=console) as progress:
        tasks = {
            method: progress.add_task(name, total=STEPS, start=False, loss=1.0, right="0%")
            for method, name in NAMES.items()
        }

        pace = Pace()

        def show(method: str, steps: int, loss: float, accuracy: float) -> None:
            right = percent(accuracy, 0)
            progress.update(tasks[method], completed=steps, loss=loss, right=right)
            if not console.is_terminal and pace.due(last=steps == STEPS):
                line = f"{NAMES[method]}: {steps} of {STEPS} steps, loss {loss:.4f}, {right} right"
                print_line(line, console=console)

        def on_step(method: str, step: int, loss: float, accuracy: float) -> None:
            if step == 0:
                progress.start_task(tasks[method])
            show(method, step + 1, loss, accuracy)

        reproduction = reproduce_post(seed, engine, on_step)
        for run in (reproduction.static, reproduction.rigl):  # what the last step led to
            right = percent(run.final_accuracy, 0)
            progress.update(tasks[run.method], loss=run.final_loss, right=right)
        return reproduction


def _print_comparison(console: Console, comparison: Comparison) -> None:
    for method, name in NAMES.items():
        shown = table(
            ["step", "loss", "loss in the post", "differs by", "right", "post", ""],
            f"{name}: this run beside the post",
        )
        for row in comparison.rows:
            if row.method == method:
                shown.add_row(
                    str(row.step),
                    repr(row.loss),
                    repr(row.post_loss),
                    f"{row.difference:.1e}",
                    f"{row.accuracy:g}%",
                    f"{row.post_accuracy:g}%",
                    "[green]✓[/]" if row.agrees else "[bold red]✗[/]",
                )
        console.print(shown)


def _print_results(console: Console, reproduction: Reproduction) -> None:
    shown = table(["network", "loss", "right", "layers", "parameters", "seconds"], "Results")
    for run in (reproduction.static, reproduction.rigl):
        shown.add_row(
            NAMES[run.method],
            f"{run.final_loss:.6f}",
            percent(run.final_accuracy, 0),
            layer_sizes(run.model),
            str(len(run.model.parameters())),
            f"{run.seconds:.3g}",
        )
    for name, model in [
        ("RigL stripped as in the post", reproduction.stripped_once),
        ("RigL without dead neurons", reproduction.stripped),
    ]:
        shown.add_row(name, "", "", layer_sizes(model), str(len(model.parameters())), "")
    console.print(shown)


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
