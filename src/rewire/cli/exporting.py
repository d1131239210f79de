"""A trained model in a file for another program, and what that file is, for ``rewire export``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.markup import escape

from rewire.experiment import Predictor
from rewire.export import export
from rewire.export.formats import example, holds_models

from .common import print_line
from .results import described

__all__ = ["describe_file", "print_file", "write_file"]

SHOWN = 8  # columns or classes that are named; there may be thousands


def write_file(model: Predictor, out: Path, format: str | None, network_only: bool) -> bool:
    """Write a model, whole if its format can hold that, and return whether it did."""
    whole = holds_models(out, format) and not network_only
    export(model if whole else model.network, out, format)
    return whole


def describe_file(model: Predictor, out: Path, format: str | None, whole: bool) -> dict[str, Any]:
    """Return what was written, for machines; the figures are those of the network in the file."""
    found = {"out": str(out), "whole": whole, **described(model)}
    if whole:
        found["columns"] = [{"name": name, "kind": kind} for name, kind in _columns(model)]
        found["example"] = example(model, out, format)
    return found


def print_file(model: Predictor, out: Path, format: str | None, whole: bool) -> None:
    """Print what is in the file, and how it is called."""
    print_line(
        f"[bold]{escape(str(out))}[/]: {'the whole model' if whole else 'the network alone'}"
    )
    reads, answers = (_raw_inputs, _answers) if whole else (_network_inputs, _network_outputs)
    lines = {"reads": reads(model), "answers": answers(model), "network": repr(model.network)}
    for name, text in lines.items():
        print_line(f"  {name:8}{escape(text)}")
    if whole:
        print_line(f"\nTo call it:\n\n{escape(example(model, out, format).rstrip())}")


def _raw_inputs(model: Predictor) -> str:
    columns = [f"{name} ({kind})" for name, kind in _columns(model)]
    if columns:
        return f"columns as they are: {_some(columns)}"
    scaled = ", which are standardized inside" if model.standardizer is not None else ""
    return f"{model.network.ranks[0]:,} numbers as in the training data{scaled}"


def _answers(model: Predictor) -> str:
    if model.task == "regression":
        return "in the units of the training data"
    more = "" if model.loss == "hinge" else ", with probabilities"
    return f"{_some(list(map(str, model.classes)))}{more}"


def _network_inputs(model: Predictor) -> str:
    """Say what is to be done before the network computes."""
    todo = []
    if model.encoder is not None:
        todo.append(f"made of the columns {_some([name for name, _ in _columns(model)])}")
    if model.standardizer is not None:
        todo.append("standardized")
    return f"{model.network.ranks[0]:,} inputs{', ' * bool(todo)}{' and '.join(todo)}{_hint(todo)}"


def _network_outputs(model: Predictor) -> str:
    """Say what is to be done after the network has computed."""
    count = model.network.ranks[-1]
    outputs = f"{count:,} output{'s' * (count != 1)}"
    if model.target_scale is not None:
        return f"{outputs}, standardized{_hint([''])}"
    if model.loss == "hinge":
        return f"{outputs}: a distance, above 0 for {model.classes[1]}"
    if count == 1 and model.classes:
        return f"{outputs}: the log odds of {model.classes[1]}"
    return f"{outputs}, one for each class before softmax" if model.classes else outputs


def _hint(todo: list[str]) -> str:
    return " ('rewire show --json' prints by what)" if todo else ""


def _columns(model: Predictor) -> list[tuple[str, str]]:
    """Return name and kind of each column that the model reads."""
    if model.encoder is None:
        return []
    read = {step.column for step in model.encoder.steps}
    return [(one.name, one.kind) for one in model.encoder.schema.columns if one.name in read]


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
