"""Commands on a trained network: evaluate, predict, strip, show, export; and the methods."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rewire import defaults
from rewire.experiment.settings import Setting
from rewire.io import check_ending

from .common import guarded, own_file, print_json, run_folders, table
from .interrupts import importing
from .options import AsJson, DataDir, method_summaries, settings_options
from .spinner import waiting

if TYPE_CHECKING:
    from rewire.experiment import Predictor
    from rewire.graph import Network

__all__ = ["evaluate", "export", "methods", "predict", "show", "strip"]

MODEL = typer.Argument(
    help="A run's folder, or a model.safetensors file.", autocompletion=run_folders
)


Encoding = Annotated[
    str | None,
    typer.Option(help="Encoding of a file of text, such as cp1252.", show_default="as in training"),
]


def _format_names() -> Iterable[str]:
    from rewire.export import registry

    return registry


FORMAT = Setting(
    "One of {choices}, if the ending does not say.", str, name="format", choices=_format_names
)


def _open(path: Path) -> Predictor:
    with importing():
        from rewire.experiment import Predictor
    file = path / "model.safetensors" if path.is_dir() else path
    if not file.exists():
        hint = (
            f": its training is not finished; 'rewire train --resume {path}' goes on"
            if (path / "checkpoint.safetensors").exists()
            else ""
        )
        raise FileNotFoundError(f"there is no trained model in {path}{hint}")
    with waiting(f"reading {path}"):
        return Predictor.load(file)


@guarded
def evaluate(
    model: Annotated[Path, MODEL],
    data: Annotated[
        str | None, typer.Argument(help="Data set or file; by default what it was trained on.")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(help="Column with the answers, of a file.", show_default="as in training"),
    ] = None,
    encoding: Encoding = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Measure a trained network on data, beside simpler models.

    rewire evaluate runs/houses

    On the data of its training, samples that it learnt from are told apart from those held out.

    rewire evaluate runs/houses more-houses.csv --target price
    """
    with importing():
        from rich.console import Console

        from .evaluation import as_commands, evaluate_on, print_assessment
    with waiting("measuring"):
        found = as_commands(evaluate_on(_open(model), model, data, target, data_dir, encoding))
    if as_json:
        print_json(found)
    else:
        print_assessment(Console(), found, full=True)


@guarded
def predict(
    model: Annotated[Path, MODEL],
    samples: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A table, its columns by name; - for standard input; or NPZ or NPY.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="File to write: .csv, .csv.gz, .tsv or .parquet; printed as CSV by default."
        ),
    ] = None,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="One column per class as well.")
    ] = False,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            help="Columns to carry over, with commas between.",
            show_default="those that name the rows",
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse a file with a row that cannot be answered.")
    ] = False,
    encoding: Encoding = None,
) -> None:
    """Predict for new samples: a table in, a table out, a line for each.

    rewire predict runs/houses new.csv --out answers.csv

    Columns may be in any order, with further ones beside them. Missing and
    unseen values are treated as in training; a row with a value that cannot be
    read has an empty answer.
    """
    with importing():
        from .predictions import write_predictions
    if out is not None:
        own_file(out, samples, model)
    kept = [name for names in keep or () for name in names.split(",")]
    write_predictions(
        _open(model),
        samples,
        out,
        probabilities=probabilities,
        keep=kept,
        strict=strict,
        encoding=encoding,
    )


@guarded
def strip(
    model: Annotated[Path, MODEL],
    out: Annotated[Path, typer.Option(help="File for the smaller model.")],
    as_json: AsJson = False,
) -> None:
    """Remove dead neurons; the function stays the same.

    rewire strip runs/a --out small.safetensors
    """
    own_file(out, model)
    check_ending(
        out,
        [".safetensors"],
        "a model",
        parameter="--out",
        remedy="write another format by 'rewire export', which strips as well",
    )
    found = _open(model)
    smaller = found.stripped()
    smaller.save(out)
    before, after = found.network, smaller.network
    if as_json:
        print_json({"before": _sizes(before), "after": _sizes(after), "out": str(out)})
        return
    typer.echo(
        f"{'-'.join(map(str, before.ranks))} with {len(before.connections):,} connections -> "
        f"{'-'.join(map(str, after.ranks))} with {len(after.connections):,}, in {out}"
    )


def _sizes(net: Network) -> dict[str, Any]:
    return {"ranks": list(net.ranks), "connections": len(net.connections)}


@guarded
def show(
    model: Annotated[Path, MODEL],
    picture: Annotated[
        Path | None, typer.Option(help="Draw the wiring to this file (PNG, SVG, PDF).")
    ] = None,
    curves: Annotated[
        Path | None, typer.Option(help="Draw losses and accuracies of the run to this file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Describe a trained network, and draw it.

    rewire show runs/a --picture wiring.png --curves curves.png
    """
    found = _open(model)
    with importing():
        from rich.console import Console

        from .drawing import draw_curves, draw_wiring
        from .results import assessment_of, described, print_assessment
    for path in (picture, curves):
        if path is not None:
            own_file(path, model)
    with waiting("drawing"):
        if picture is not None:
            draw_wiring(found, picture)
        if curves is not None:
            draw_curves(model, curves)
    kept = assessment_of(model)
    if as_json:
        print_json({**described(found), "assessment": kept})
        return
    typer.echo(str(found.network.summary()))
    if kept is not None:
        print_assessment(Console(), kept, full=False)


@guarded
@settings_options({"format": FORMAT})
def export(
    context: typer.Context,
    model: Annotated[Path, MODEL],
    out: Annotated[Path, typer.Argument(help="File to write; its ending says the format.")],
    strip: Annotated[bool, typer.Option(help="Leave out dead neurons.")] = True,
    network_only: Annotated[
        bool, typer.Option("--network-only", help="The network without columns and classes.")
    ] = False,
    picture: Annotated[
        Path | None, typer.Option(help="Draw what was written to this file too (PNG, SVG, PDF).")
    ] = None,
    as_json: AsJson = False,
    *,
    given: dict[str, Any],
) -> None:
    """Write the model for another program: ONNX, C, Python; or its network in further formats.

    rewire export runs/houses houses.c --picture houses.png

    ONNX, C and Python files take raw rows, by the names of their columns, and return classes and
    probabilities, or values. PyTorch, NPZ, JSON, GraphML and safetensors hold the network alone.
    """
    with importing():
        from .exporting import describe_file, print_file, write_file
    for path in (out, picture):
        if path is not None:
            own_file(path, model)
    found = _open(model)
    found = found.stripped() if strip else found
    format = given.get("format")
    if picture is not None:
        with importing():
            from .drawing import draw_wiring
        with waiting("drawing"):
            draw_wiring(found, picture)
    with waiting(f"writing {out}"):
        whole = write_file(found, out, format, network_only)
    if as_json:
        print_json({"stripped": strip, **describe_file(found, out, format, whole)})
    else:
        print_file(found, out, format, whole)


@guarded
def methods(as_json: AsJson = False) -> None:
    """List the methods that decide where connections go."""
    with importing():
        from rich.console import Console
        from rich.markup import escape
    found = {name: _plain(line) for name, line in method_summaries().items()}
    if as_json:
        print_json(found)
        return
    shown = table(["method", "what it does"])
    shown.columns[1].justify, shown.columns[1].no_wrap = "left", False
    for name, line in found.items():
        mark = " [dim](default)[/]" if name == defaults.METHOD else ""
        shown.add_row(name + mark, escape(line))
    Console().print(shown)


def _plain(line: str) -> str:
    """Return a line without the marks of reStructuredText."""
    return line.replace("``", "").replace("\\", "")
