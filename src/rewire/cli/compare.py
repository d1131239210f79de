"""``rewire compare``: methods beside each other over many seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from rewire.compare import (
    Study,
    StudyConfig,
    parse_seeds,
    study,
    study_config,
    summary_of,
    write_report,
)
from rewire.compare.records import PAGE

from .common import guarded, numbers, print_json, whole_numbers
from .comparison import Board, print_study
from .report import name_report
from .train import AsJson, DataDir

# Of classes, where no other is asked for.
REACH = 0.99


def _group(title: str) -> Any:
    return {"rich_help_panel": title}


@guarded
def compare(
    data: Annotated[
        str, typer.Argument(help="A data set by name (moons, mnist, digits, ...) or a file.")
    ],
    methods: Annotated[
        str,
        typer.Option(help="Commas between; the first is the baseline. See 'rewire methods'."),
    ] = "static,set,rigl",
    seeds: Annotated[
        str, typer.Option(help="How many (100: 0 to 99), a range (100-199) or a list (3,7,11).")
    ] = "10",
    jobs: Annotated[int, typer.Option(min=1, help="Runs at the same time.")] = 1,
    reach: Annotated[
        float | None,
        typer.Option(
            help="Accuracy to reach (default 0.99); of a regression the loss (default none)."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to keep it in (default runs/compare/DATA).")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an older study.")] = False,
    as_json: AsJson = False,
    imports: Annotated[
        list[str] | None,
        typer.Option(
            "--import",
            help="Module or .py file that registers methods or data sets of your own; repeatable.",
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(help="Of a file: the column to predict, by name or number.", **_group("Data")),
    ] = None,
    data_dir: DataDir = None,
    standardize: Annotated[
        bool | None,
        typer.Option(
            help="Inputs to mean 0 and deviation 1 (default: files only).", **_group("Data")
        ),
    ] = None,
    measure: Annotated[
        str | None,
        typer.Option(
            help="On unseen or on training samples (default unseen; moons: training).",
            **_group("Data"),
        ),
    ] = None,
    held_out: Annotated[
        float | None,
        typer.Option(
            help="Share kept from training to measure on (default 0.2 without a test part).",
            **_group("Data"),
        ),
    ] = None,
    hidden: Annotated[
        str | None,
        typer.Option(
            help="Neurons of the hidden layers (default 100; moons: 16,16).", **_group("Network")
        ),
    ] = None,
    sparsity: Annotated[
        str | None,
        typer.Option(
            help="One number, or one per layer (default 0.9; moons: 0,0.9,0.8).",
            **_group("Network"),
        ),
    ] = None,
    distribution: Annotated[
        str | None,
        typer.Option(help="uniform, er or erk (default uniform).", **_group("Network")),
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(
            help="fan_in, or r for uniform in ±r (default fan_in; 0.1 in the post).",
            **_group("Network"),
        ),
    ] = None,
    wiring: Annotated[
        str | None,
        typer.Option(help="random, or first as in the post (default random).", **_group("Network")),
    ] = None,
    every: Annotated[
        str | None,
        typer.Option(
            help="Steps between rewirings, or epoch (default each method's own; moons: 20).",
            **_group("Methods"),
        ),
    ] = None,
    fraction: Annotated[
        float | None,
        typer.Option(
            help="Share that a rewiring moves (default each method's own).", **_group("Methods")
        ),
    ] = None,
    epochs: Annotated[
        float | None, typer.Option(help="Passes over the data (default 10).", **_group("Training"))
    ] = None,
    total_steps: Annotated[
        int | None,
        typer.Option(help="Steps, instead of epochs (moons: 400).", **_group("Training")),
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="Samples per step (default 128).", **_group("Training"))
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            help="hinge, cross_entropy or binary_cross_entropy; mean_squared_error of numbers.",
            **_group("Training"),
        ),
    ] = None,
    optimizer: Annotated[
        str | None, typer.Option(help="sgd, adam or adamw (default sgd).", **_group("Training"))
    ] = None,
    lr: Annotated[
        float | None,
        typer.Option(
            help="Learning rate (default 1 - momentum; adam 0.001).", **_group("Training")
        ),
    ] = None,
    momentum: Annotated[
        float | None,
        typer.Option(help="Nesterov's, of sgd (default 0.9; moons: 0).", **_group("Training")),
    ] = None,
    schedule: Annotated[
        str | None,
        typer.Option(
            help="constant, linear, cosine or multistep (default cosine; moons: linear).",
            **_group("Training"),
        ),
    ] = None,
    dtype: Annotated[
        str | None,
        typer.Option(help="float32 (the default) or float64 (moons).", **_group("Training")),
    ] = None,
) -> None:
    """Train a network with several methods and many seeds, and compare what they reach.

    Two ways to begin:

        rewire compare moons --methods static,set,rigl --seeds 100 --jobs 2

        rewire compare mnist --hidden 300,100 --sparsity 0.99,0.89,0 --epochs 5 --seeds 3

    moons is the post's experiment. Every run is kept at once in runs.csv: after Ctrl-C, or with
    more seeds or methods, the same command trains what is missing.

    Exit status: 0 when all is trained, 1 if a run failed, 2 if something asked for cannot be done,
    130 after Ctrl-C.
    """
    setting = study_config(
        data,
        measure=measure,
        imports=imports or (),
        data_dir=data_dir,
        target=target,
        standardize=standardize,
        validation=held_out,
        hidden=None if hidden is None else whole_numbers("--hidden", hidden),
        sparsity=numbers("--sparsity", sparsity),
        distribution=distribution,
        init=_number_or_word(init),
        wiring=wiring,
        method_options={"every": _every(every), "fraction": fraction},
        epochs=epochs,
        total_steps=total_steps,
        batch_size=batch_size,
        loss=loss,
        optimizer=optimizer,
        lr=lr,
        momentum=momentum,
        schedule=schedule,
        dtype=dtype,
    )
    folder = out or Path("runs/compare") / Path(data).stem
    done = _train(
        Board(Console(stderr=as_json)),
        setting,
        methods.split(","),
        parse_seeds(seeds),
        jobs=jobs,
        out=folder,
        overwrite=overwrite,
        data_dir=data_dir,
    )
    if reach is None and done.measure == "accuracy":
        reach = REACH
    summary = write_report(done, folder, reach) if done.runs else summary_of(done, reach)
    if as_json:
        print_json(summary)
    else:
        print_study(Console(), done, reach)
        _print(f"\n[bold]kept in {escape(str(folder))}[/]")
        if done.runs:
            name_report(Console(), folder / PAGE)
    for method, seed, error in done.failures:
        _print(f"[bold red]failed:[/] {escape(f'{method}, seed {seed}: {error}')}", stderr=True)
    raise typer.Exit(1 if done.failures else 0)


def _train(
    board: Board, setting: StudyConfig, methods: list[str], seeds: tuple[int, ...], **how: Any
) -> Study:
    """Train what is missing, shown live; after Ctrl-C say how to go on and exit with 130."""
    try:
        with board:
            return study(setting, methods, seeds, on_start=board.begin, on_run=board.add, **how)
    except KeyboardInterrupt:
        if board.total:
            kept = f"{board.kept} of {board.total} runs are kept in {how['out']}"
            but = ", without --overwrite" if how["overwrite"] else ""
            text = f"\nStopped: {escape(kept)}. The same command goes on from there{but}."
            _print(text, stderr=True)
        raise typer.Exit(130) from None


def _print(text: str, stderr: bool = False) -> None:
    Console(stderr=stderr).print(text, highlight=False, soft_wrap=True)


def _number_or_word(text: str | None) -> float | str | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return text


def _every(text: str | None) -> int | str | None:
    if text is None or text == "epoch":
        return text
    return whole_numbers("--every", text)[0] if "," not in text else text
