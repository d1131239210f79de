"""Commands on a trained network: evaluate, predict, strip, show, export; and the methods."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated, Any

import matplotlib.pyplot as plt
import numpy as np
import typer
from matplotlib.axes import Axes
from rich.console import Console
from rich.markup import escape

from rewire import methods as known_methods
from rewire.data import load, read_features, read_samples
from rewire.data.pandas_io import TABLES
from rewire.experiment import Predictor, Recipe, RunDirectory, load_data
from rewire.export import export as export_network
from rewire.export import formats
from rewire.graph import Network
from rewire.io import atomic_write
from rewire.plot import plot_topology
from rewire.plot.style import figure_of
from rewire.train import read_history

from .common import completing, guarded, own_file, print_json, run_folders, table
from .results import described, parts, print_scores, score
from .train import AsJson, DataDir

MODEL = typer.Argument(
    help="A run's folder, or a model.safetensors file.", autocompletion=run_folders
)
# More connections than this cannot be told apart in a drawing.
DRAWABLE = 5000


def _open(path: Path) -> Predictor:
    file = path / "model.safetensors" if path.is_dir() else path
    if not file.exists():
        hint = (
            f": its training is not finished; 'rewire train --resume {path}' goes on"
            if (path / "checkpoint.safetensors").exists()
            else ""
        )
        raise FileNotFoundError(f"there is no trained model in {path}{hint}")
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
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Measure a trained network on data.

    rewire evaluate runs/houses

    rewire evaluate runs/houses more-houses.csv --target price
    """
    found = _open(model)
    if data is None:
        if not model.is_dir():
            raise ValueError("DATA must be given for a model outside its run's folder; got none")
        found_parts = parts(load_data(RunDirectory(model).read_settings(), data_dir))
    else:
        if target is None and model.is_dir() and Path(data).suffix:
            target = RunDirectory(model).read_settings().target
        found_parts = _other_data(found, data, target, data_dir)
    scores = {name: score(found, X, y) for name, (X, y) in found_parts.items()}
    if as_json:
        print_json(scores)
    else:
        print_scores(Console(), scores)


def _other_data(
    model: Predictor, data: str, target: str | None, data_dir: Path | None
) -> dict[str, tuple[Any, np.ndarray]]:
    """Return inputs and targets of other data as the model understands them."""
    path, dtype = Path(data), model.network.dtype
    if path.suffix.lower() in TABLES:
        names, inputs = model.feature_names, model.network.ranks[0]
        X, answers = read_samples(path, names, inputs, target, dtype)
        return {"all samples": (X, model.targets(answers))}
    task: Any = model.task if path.suffix else None
    loaded = load(data, target=target, task=task, data_dir=data_dir, dtype=dtype)
    model.check(loaded)
    return {name: (X, model.number_classes(loaded, y)) for name, (X, y) in parts(loaded).items()}


@guarded
def predict(
    model: Annotated[Path, MODEL],
    samples: Annotated[
        Path, typer.Argument(metavar="CSV", help="Inputs, by column names; or Parquet, NPZ.")
    ],
    out: Annotated[Path | None, typer.Option(help="CSV to write; printed by default.")] = None,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="One column per class as well.")
    ] = False,
) -> None:
    """Answer for new samples: a CSV in, a CSV out, a line for each.

    rewire predict runs/houses new.csv --out answers.csv

    Columns may be in any order, with further ones beside them.
    """
    if out is not None:
        own_file(out, samples, model)
    found = _open(model)
    X = read_features(samples, found.feature_names, found.network.ranks[0], found.network.dtype)
    answers = np.asarray(found.predict(X)).reshape(X.shape[0], -1)
    headings = (
        ["prediction"]
        if answers.shape[1] == 1
        else [f"prediction {i}" for i in range(answers.shape[1])]
    )
    if probabilities:
        answers = np.hstack([answers.astype(object), found.probabilities(X).astype(object)])
        headings += [f"probability of {name}" for name in found.classes]
    rows = [headings, *answers.tolist()]
    if out is None:
        csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
        return
    with atomic_write(out) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


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
    for path in (picture, curves):
        if path is not None:
            own_file(path, model)
    if picture is not None:
        _draw_wiring(found.network, picture)
    if curves is not None:
        if not model.is_dir():
            raise ValueError(f"curves are of a run's folder; got the model {model} alone")
        _save_picture(read_history(RunDirectory(model).checkpoint).plot(), curves)
    if as_json:
        print_json(described(found))
    else:
        typer.echo(str(found.network.summary()))


def _draw_wiring(net: Network, path: Path) -> None:
    if len(net.connections) > DRAWABLE:
        raise ValueError(
            f"picture must be of at most {DRAWABLE:,} connections to be read; this network has "
            f"{len(net.connections):,}"
        )
    _save_picture(plot_topology(net), path)


def _save_picture(axes: Axes, path: Path) -> None:
    figure = figure_of(axes)
    format, known = path.suffix.removeprefix(".") or "png", figure.canvas.get_supported_filetypes()
    if format not in known:
        raise ValueError(
            f"pictures must end in one of {', '.join(f'.{one}' for one in sorted(known))}; got "
            f"{str(path)!r}"
        )
    with atomic_write(path) as temporary:
        figure.savefig(temporary, format=format)
    plt.close(figure)


@guarded
def export(
    model: Annotated[Path, MODEL],
    out: Annotated[Path, typer.Argument(help="File to write; its ending says the format.")],
    format: Annotated[
        str | None,
        typer.Option(
            help=f"One of {', '.join(formats())}, if the ending does not say.",
            autocompletion=completing(formats()),
        ),
    ] = None,
    strip: Annotated[bool, typer.Option(help="Leave out dead neurons.")] = True,
    picture: Annotated[
        Path | None, typer.Option(help="Draw what was written to this file too (PNG, SVG, PDF).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the network for another program: ONNX, C, PyTorch, NPZ, JSON, GraphML, safetensors.

    rewire export runs/houses houses.onnx --picture houses.png

    Inputs and outputs are the network's own: standardized, if the model does that; 'rewire show
    --json' prints by what.
    """
    for path in (out, picture):
        if path is not None:
            own_file(path, model)
    found = _open(model)
    net = found.network.strip() if strip else found.network
    if picture is not None:
        _draw_wiring(net, picture)
    export_network(net, out, format)
    if as_json:
        print_json({**described(found), **_sizes(net), "out": str(out)})
        return
    typer.echo(f"{net!r} -> {out}")
    scaled = [
        name
        for name, by in (("inputs", found.standardizer), ("outputs", found.target_scale))
        if by is not None
    ]
    if scaled:
        typer.echo(
            f"Its {' and '.join(scaled)} are standardized; 'rewire show {model} --json' prints "
            "names, means and scales."
        )


@guarded
def methods(as_json: AsJson = False) -> None:
    """List the methods that decide where connections go."""
    found = {name: _plain(make.__doc__ or "") for name, make in known_methods.registry.items()}
    if as_json:
        print_json(found)
        return
    shown = table(["method", "what it does"])
    shown.columns[1].justify, shown.columns[1].no_wrap = "left", False
    for name, line in found.items():
        mark = " [dim](default)[/]" if name == Recipe.method else ""
        shown.add_row(name + mark, escape(line))
    Console().print(shown)


def _plain(docstring: str) -> str:
    """Return a docstring's first line without the marks of reStructuredText."""
    return docstring.strip().partition("\n")[0].replace("``", "").replace("\\", "")
