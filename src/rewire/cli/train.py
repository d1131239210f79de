"""``rewire train``: from a data set to a small network, in one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from rewire import defaults, methods
from rewire.activations import registry as activations
from rewire.compare.config import method_name
from rewire.data import available
from rewire.experiment import Recipe, Run, RunDirectory, assemble
from rewire.experiment.recipe import DEFAULT_SPARSITY, LOSSES, OPTIMIZERS, SCHEDULES
from rewire.report import Recorder, write_report

from .common import completing, guarded, numbers, print_json, run_folders, whole_numbers
from .live import to_go_on_with, train_live
from .report import name_report
from .results import measure, print_result

DataDir = Annotated[
    Path | None,
    typer.Option(help="Folder of stored data sets.", envvar="REWIRE_DATA_DIR", show_envvar=True),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print for machines.")]
Task = Annotated[
    str | None,
    typer.Option(
        help="classification or regression, of a file.",
        show_default="as its targets are",
        autocompletion=completing(LOSSES),
        rich_help_panel="Data",
    ),
]
LOSS_NAMES = [name for names in LOSSES.values() for name in names]
# What goes with --resume; everything else is kept in the folder.
WITH_RESUME = ("resume", "data_dir", "as_json")


def _group(title: str, *names: str) -> Any:
    """Return what options of a group have in common, and the names that a shell can complete."""
    return {"rich_help_panel": title} | ({"autocompletion": completing(names)} if names else {})


def _data_names(incomplete: str) -> list[str]:
    """Return data sets and files that begin so."""
    start = Path(incomplete)
    files = sorted(start.parent.glob(f"{start.name}*")) if incomplete else []
    return completing(available())(incomplete) + [str(file) for file in files]


@guarded
def train(
    context: typer.Context,
    data: Annotated[
        str | None,
        typer.Argument(
            help="A data set by name (mnist, digits, moons, ...), or a file: CSV, TSV, Parquet or "
            "NPZ.",
            autocompletion=_data_names,
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder to keep the run in.")] = Path("runs/train"),
    resume: Annotated[
        Path | None,
        typer.Option(
            help="Go on with the run in this folder.",
            metavar="FOLDER",
            autocompletion=run_folders,
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an older run.")] = False,
    target: Annotated[
        str | None, typer.Option(help="Column to predict, by name or number.", **_group("Data"))
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(help="Column to leave out; may be given several times.", **_group("Data")),
    ] = None,
    task: Task = None,
    data_dir: DataDir = None,
    validation: Annotated[
        float,
        typer.Option(
            help="Share (or number) of the training samples to validate on; 0 for none.",
            **_group("Data"),
        ),
    ] = Recipe.validation,
    standardize: Annotated[
        bool | None,
        typer.Option(
            help="Bring inputs to mean 0 and deviation 1.",
            show_default="files only",
            **_group("Data"),
        ),
    ] = None,
    hidden: Annotated[
        str,
        typer.Option(help="Neurons of each hidden layer, such as 300,100.", **_group("Network")),
    ] = ",".join(map(str, Recipe.hidden)),
    sparsity: Annotated[
        str | None,
        typer.Option(
            help="Share of connections left out, in [0, 1): of the whole network, or of each "
            "layer, such as 0.99,0.89,0.",
            show_default=str(DEFAULT_SPARSITY),
            **_group("Network"),
        ),
    ] = None,
    density: Annotated[
        str | None, typer.Option(help="1 - sparsity, instead of it.", **_group("Network"))
    ] = None,
    distribution: Annotated[
        str,
        typer.Option(
            help="How one number is spread over the layers: uniform, er or erk.",
            **_group("Network", "uniform", "er", "erk"),
        ),
    ] = Recipe.distribution,
    activation: Annotated[
        str,
        typer.Option(
            help=f"Of the hidden layers: {', '.join(sorted(activations))}.",
            **_group("Network", *activations),
        ),
    ] = Recipe.activation,
    method: Annotated[
        str,
        typer.Option(
            help="Where connections go: see 'rewire methods'.",
            **_group("Method", *(name.replace(" ", "-") for name in methods.registry)),
        ),
    ] = Recipe.method,
    every: Annotated[
        int | None,
        typer.Option(
            help="Steps between rewirings.", show_default="the method's", **_group("Method")
        ),
    ] = None,
    fraction: Annotated[
        float | None,
        typer.Option(
            help="Share of the connections that a rewiring moves, at first.",
            show_default="the method's",
            **_group("Method"),
        ),
    ] = None,
    epochs: Annotated[
        float | None,
        typer.Option(
            help="Passes over the data.",
            show_default=f"{defaults.EPOCHS}, or more for {defaults.LEAST_STEPS:,} steps",
            **_group("Training"),
        ),
    ] = None,
    total_steps: Annotated[
        int | None, typer.Option(help="Steps, instead of epochs.", **_group("Training"))
    ] = None,
    batch_size: Annotated[
        int, typer.Option(help="Samples of a step.", **_group("Training"))
    ] = Recipe.batch_size,
    loss: Annotated[
        str | None,
        typer.Option(
            help=f"{', '.join(LOSSES['classification'])} for classes (the last two for two of "
            f"them), {LOSSES['regression'][0]} for numbers.",
            show_default="the first",
            **_group("Training", *LOSS_NAMES),
        ),
    ] = None,
    optimizer: Annotated[
        str | None,
        typer.Option(
            help=f"{', '.join(OPTIMIZERS)}.",
            show_default="sgd for classes, adam for numbers",
            **_group("Training", *OPTIMIZERS),
        ),
    ] = None,
    lr: Annotated[
        float | None,
        typer.Option(
            help="Learning rate.",
            show_default="0.1 for classes, 0.01 for numbers; of an optimizer that is named: 0.1 "
            "for sgd, 0.001 for the others",
            **_group("Training"),
        ),
    ] = None,
    momentum: Annotated[
        float, typer.Option(help="Of sgd (Nesterov's), in [0, 1).", **_group("Training"))
    ] = Recipe.momentum,
    weight_decay: Annotated[
        float | None,
        typer.Option(
            help="Of weights and biases.",
            show_default="0.01 for adamw, 0 for the others",
            **_group("Training"),
        ),
    ] = None,
    schedule: Annotated[
        str,
        typer.Option(
            help="How the learning rate goes down: constant, linear or cosine (to a hundredth), "
            "multistep (to a third, at half and three quarters).",
            **_group("Training", *SCHEDULES),
        ),
    ] = Recipe.schedule,
    early_stopping: Annotated[
        int | None,
        typer.Option(
            help="Reports to wait for a better validation loss; the best network is kept.",
            show_default="never stop early",
            **_group("Training"),
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Of everything that is random.", **_group("Training"))
    ] = Recipe.seed,
    as_json: AsJson = False,
) -> None:
    """Train a sparse network that rewires itself, and keep it in a folder.

    For example:

        rewire train digits --hidden 100 --sparsity 0.9,0.5 --epochs 20

        rewire train houses.csv --target price --out runs/houses

    Ctrl-C saves; 'rewire train --resume FOLDER' goes on to the same bits.

    Exit status: 0 when trained, 2 if something asked for cannot be done, 130 after Ctrl-C (143
    after SIGTERM).
    """
    console = Console(stderr=as_json)
    if resume is not None:
        _refuse_settings(context)
        folder = RunDirectory(resume)
        run = folder.open(data_dir)
    else:
        if data is None:
            raise ValueError("DATA must be a data set or a file; got none (or --resume FOLDER)")
        settings = Recipe(
            data=_from_anywhere(data),
            target=_from_anywhere(target),
            ignore=tuple(ignore or ()),
            task=task,
            standardize=standardize,
            validation=validation,
            hidden=whole_numbers("--hidden", hidden),
            sparsity=numbers("--sparsity", sparsity),
            density=numbers("--density", density),
            distribution=distribution,
            activation=activation,
            method=method_name(method),
            method_options={"every": every, "fraction": fraction},
            loss=loss,
            optimizer=optimizer,
            lr=lr,
            momentum=momentum,
            weight_decay=weight_decay,
            schedule=schedule,
            epochs=epochs,
            total_steps=total_steps,
            batch_size=batch_size,
            early_stopping=early_stopping,
            seed=seed,
        )
        folder = RunDirectory(out)
        run = assemble(settings, data_dir)
        folder.begin(run, overwrite)
    console.print(f"{run.data!r}", highlight=False, markup=False)
    console.print(
        f"{run.training.net!r}, method {run.settings.method}", highlight=False, markup=False
    )
    with to_go_on_with(run, folder, console):
        recorder = _recorder(run)
        recorder.begin(run.training, resumed_from=folder.recording)
        train_live(run, folder, recorder, console)
        run.training.finish()
        result = measure(run)
        folder.finish(run, result)
        recorder.finish()
        write_report(recorder.recording, folder.report)
    if as_json:
        print_json(result)
    else:
        print_result(console, result)
        kept = (
            f"\nkept in {escape(str(folder.path))}, for 'rewire predict', 'show', 'strip' and "
            "'export'"
        )
        console.print(kept, highlight=False, soft_wrap=True)
        name_report(console, folder.report)


def _from_anywhere(name: Any) -> Any:
    """Return a file's name such that the run goes on from whatever folder; others as they are."""
    file = name is not None and Path(name).suffix and Path(name).expanduser().is_file()
    return str(Path(name).expanduser().resolve()) if file else name


def _refuse_settings(context: typer.Context) -> None:
    """Say no to settings given along with --resume, which would be without effect."""
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE" and name not in WITH_RESUME:
            raise ValueError(
                f"--resume goes on with the settings kept in the folder; got {parameter.opts[0]} "
                "too: leave it out, or begin a new run"
            )


def _recorder(run: Run) -> Recorder:
    return Recorder(
        data=run.data.name,
        feature_names=run.data.feature_names,
        image_shape=run.data.image_shape,
        classes=run.data.classes,
    )
