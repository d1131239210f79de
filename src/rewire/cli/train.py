"""``rewire train``: from a data set to a small network, in one command."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from rewire.report import Recorder, write_report
from rewire.runs import Folder, Run, Settings, assemble
from rewire.train import Training
from rewire.train.fitting import SAVE_EVERY

from .common import guarded, numbers, print_json, whole_numbers
from .report import name_report
from .results import measure, print_result

DataDir = Annotated[
    Path | None,
    typer.Option(help="Folder of stored data sets.", envvar="REWIRE_DATA_DIR", show_envvar=True),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print for machines.")]


def _group(title: str) -> Any:
    return {"rich_help_panel": title}


@guarded
def train(
    data: Annotated[
        str | None,
        typer.Argument(help="A data set by name (mnist, digits, moons, ...) or a file: CSV, NPZ."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder to keep the run in.")] = Path("runs/train"),
    resume: Annotated[
        Path | None, typer.Option(help="Go on with the run in this folder.", metavar="FOLDER")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an older run.")] = False,
    target: Annotated[
        str | None, typer.Option(help="Column to predict, by name or number.", **_group("Data"))
    ] = None,
    data_dir: DataDir = None,
    validation: Annotated[
        float, typer.Option(help="Share of the training samples to validate on.", **_group("Data"))
    ] = 0.1,
    standardize: Annotated[
        bool | None,
        typer.Option(
            help="Inputs to mean 0 and deviation 1 [default: files only].", **_group("Data")
        ),
    ] = None,
    hidden: Annotated[
        str, typer.Option(help="Neurons of the hidden layers.", **_group("Network"))
    ] = "100",
    sparsity: Annotated[
        str | None,
        typer.Option(
            help="Share of connections left out: one number, or one per layer.",
            **_group("Network"),
        ),
    ] = None,
    density: Annotated[
        str | None, typer.Option(help="The same as 1 - sparsity.", **_group("Network"))
    ] = None,
    distribution: Annotated[
        str, typer.Option(help="uniform, er or erk.", **_group("Network"))
    ] = "uniform",
    activation: Annotated[str, typer.Option(**_group("Network"))] = "relu",
    method: Annotated[
        str, typer.Option(help="Where connections go: see 'rewire methods'.", **_group("Method"))
    ] = Settings.method,
    every: Annotated[
        int | None, typer.Option(help="Updates between rewirings.", **_group("Method"))
    ] = None,
    fraction: Annotated[
        float | None, typer.Option(help="Share that each rewiring moves.", **_group("Method"))
    ] = None,
    epochs: Annotated[float | None, typer.Option(**_group("Training"))] = None,
    steps: Annotated[
        int | None, typer.Option(help="Updates, instead of epochs.", **_group("Training"))
    ] = None,
    batch_size: Annotated[int, typer.Option(**_group("Training"))] = 128,
    loss: Annotated[
        str | None,
        typer.Option(
            help="cross_entropy, hinge, binary_cross_entropy or mean_squared_error.",
            **_group("Training"),
        ),
    ] = None,
    optimizer: Annotated[
        str, typer.Option(help="sgd, adam or adamw.", **_group("Training"))
    ] = "sgd",
    lr: Annotated[float, typer.Option(help="Learning rate.", **_group("Training"))] = 0.1,
    momentum: Annotated[float, typer.Option(**_group("Training"))] = 0.9,
    weight_decay: Annotated[float, typer.Option(**_group("Training"))] = 0.0,
    schedule: Annotated[
        str,
        typer.Option(help="constant, linear, cosine or steps.", **_group("Training")),
    ] = "cosine",
    early_stopping: Annotated[
        int | None,
        typer.Option(help="Reports without improvement to stop after.", **_group("Training")),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, **_group("Training"))] = 0,
    as_json: AsJson = False,
) -> None:
    """Train a sparse network that rewires itself, and keep it in a folder.

    Two ways to begin:

        rewire train digits --hidden 100 --sparsity 0.9,0.5 --epochs 20

        rewire train houses.csv --target price --sparsity 0.8 --out runs/houses

    Ctrl-C saves; 'rewire train --resume FOLDER' goes on to the same bits.

    Exit status: 0 when trained, 2 if something asked for cannot be done, 130 after Ctrl-C.
    """
    console = Console(stderr=as_json)
    if resume is not None:
        folder = Folder(resume)
        run = folder.open(data_dir)
    else:
        if data is None:
            raise ValueError("DATA must be a data set or a file; got none (or --resume FOLDER)")
        settings = Settings(
            data=data,
            target=target,
            standardize=standardize,
            validation=validation,
            hidden=whole_numbers("--hidden", hidden),
            sparsity=numbers("--sparsity", sparsity),
            density=numbers("--density", density),
            distribution=distribution,
            activation=activation,
            method=method,
            method_options={"every": every, "fraction": fraction},
            loss=loss,
            optimizer=optimizer,
            lr=lr,
            momentum=momentum,
            weight_decay=weight_decay,
            schedule=schedule,
            epochs=epochs,
            steps=steps,
            batch_size=batch_size,
            early_stopping=early_stopping,
            seed=seed,
        )
        folder = Folder(out)
        run = assemble(settings, data_dir)
        folder.begin(run, overwrite)
    console.print(f"[bold]{run.data!r}[/]", highlight=False)
    console.print(f"[bold]{run.training.net!r}[/], method {run.settings.method}", highlight=False)
    recorder = _recorder(run)
    recorder.begin(run.training, resumed_from=folder.recording)
    if not _train_live(run, folder, recorder, console):
        console.print(
            f"\nStopped after {run.training.done} of {run.training.updates} updates; all is kept. "
            f"Go on with:\n\n    rewire train --resume {escape(str(folder.path))}\n",
            highlight=False,
        )
        raise typer.Exit(130)
    result = measure(run)
    folder.finish(run, result)
    recorder.finish()
    write_report(recorder.recording, folder.report)
    if as_json:
        print_json(result)
    else:
        print_result(console, result)
        console.print(f"\n[bold]kept in {escape(str(folder.path))}[/]", highlight=False)
        name_report(console, folder.report)


def _recorder(run: Run) -> Recorder:
    return Recorder(
        data=run.data.name,
        feature_names=run.data.feature_names,
        image_shape=run.data.image_shape,
        classes=run.data.classes,
    )


def _train_live(run: Run, folder: Folder, recorder: Recorder, console: Console) -> bool:
    """Train to the end; False if Ctrl-C came before it."""
    training = run.training
    progress = Progress(
        BarColumn(bar_width=40),
        TextColumn("{task.completed:,} of {task.total:,} updates"),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        console=console,
    )
    task = progress.add_task("", total=training.updates, completed=training.done)
    saved = 0.0
    with _interruptible(training), Live(progress, console=console, transient=True) as live:
        while not training.finished:
            if training.advance():
                recorder(training)
            if monotonic() > saved + SAVE_EVERY or training.finished or training.interrupted:
                recorder.save(folder.recording)  # first, see there
                folder.save(run)
                saved = monotonic()
            progress.update(task, completed=training.done)
            live.update(Group(progress, _state(training)))
            if training.interrupted:
                return False
    return True


def _state(training: Training) -> str:
    if not training.history.rows:
        return ""
    row = training.history.rows[-1]
    parts = [f"loss {row['loss']:.4f}"]
    if training.loss.name != "mean_squared_error":
        parts.append(f"right {row['accuracy']:.2%}")
    if row["validation_loss"] is not None:
        parts.append(f"validation {row['validation_loss']:.4f}")
        if training.loss.name != "mean_squared_error":
            parts.append(f"{row['validation_accuracy']:.2%}")
    parts.append(f"{row['connections']:,} connections, {row['moved']:,} moved")
    return ", ".join(parts)


@contextmanager
def _interruptible(training: Training) -> Iterator[None]:
    """Have Ctrl-C end the stretch at hand, and a second one end the program."""

    def stop(number: int, frame: Any) -> None:
        if training.interrupted:
            raise KeyboardInterrupt
        training.interrupted = True

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
