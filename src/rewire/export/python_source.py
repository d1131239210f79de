"""A network, or a whole model, as one Python file that needs the standard library alone."""

from __future__ import annotations

import inspect
import json
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from rewire.graph import Network
from rewire.io import atomic_write
from rewire.tables import Column, DateFormat, NumberFormat, TableEncoder
from rewire.tables.dates import EPOCHS, date_origin, date_shape
from rewire.tables.missing import AMONG_NUMBERS, IN_ANY_COLUMN
from rewire.tables.numbers import PLAIN, SAME, WRITTEN, core_pattern
from rewire.tables.steps import Date, Ngrams, Number, Step
from rewire.tables.steps.date import PERIODS
from rewire.validation import of_type

from . import python_runtime
from .columns import example_value, is_text, stand_ins
from .common import built_in_names
from .formats import Format, registry
from .model import Model
from .whole import Whole

__all__ = ["save_python", "to_python"]

SHOWN = 12  # columns of an example
ABOUT = """\
{title}

{example}
None stands for a row that cannot be answered, as a value cannot be read as its column's kind.
predict_proba(row) returns the probability of each class. As a program it reads and writes CSV:

    python {stem}.py rows.csv {option} > answers.csv

It needs Python 3.11 and nothing else. Written by rewire.
"""


def save_python(net: Network | Model, path: str | os.PathLike[str], strip: bool = True) -> None:
    """Write the file of :func:`to_python`; the parameters are the same.

    Examples
    --------
    >>> import tempfile, rewire
    >>> path = tempfile.mkdtemp() + "/net.py"
    >>> save_python(rewire.mlp([2, 8, 2], density=0.5, seed=0), path)
    >>> "def predict(" in Path(path).read_text()
    True
    """
    source = to_python(net, strip, Path(path).stem)
    with atomic_write(path) as temporary:
        temporary.write_text(source, encoding="ascii")


def to_python(net: Network | Model, strip: bool = True, name: str = "model") -> str:
    """Return a Python module that computes a network, or a whole model, row by row.

    It defines ``predict(row)`` and, for classes, ``predict_proba(row)``, and is a program that
    reads and writes CSV. A row has values by the names of columns, read as in training: numbers,
    dates and truth values also as text in the format of the training data. A model of arrays, and
    a network alone, whose answers are its outputs, also take a sequence of numbers. It computes in
    double precision with the standard library: about 10 million connections a second.

    Parameters
    ----------
    net : Network or model
        With built-in activations and finite numbers; left as it is. A model is what
        :class:`rewire.experiment.Predictor` is.
    strip : bool, default True
        Whether dead neurons are left out; see :meth:`Network.strip`.
    name : str, default "model"
        Of the module, in its own description.

    Raises
    ------
    ValueError
        For custom activations, or numbers that are not finite.

    Examples
    --------
    >>> net = Network.from_connections([2, 1, 1], [0, 1, 2, 1], [2, 2, 3, 3], [1, -1, 2, 0.5])
    >>> module = {"__name__": "small"}
    >>> exec(to_python(net), module)
    >>> module["predict"]([3.0, 1.0])
    4.5
    """
    of_type(net, "net", Network, Model)
    of_type(name, "name", str)
    whole = _named(Whole.of(_Alone(net) if isinstance(net, Network) else net, strip))
    example = _example(whole, name)
    text = ABOUT.format(title=whole.title, example=example, stem=name, option="--probabilities")
    about = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    _, _, code = inspect.getsource(python_runtime).split('"""', 2)
    # In JSON a quote may be escaped, so that it does not end the string around.
    data = _as_json(_content(whole)).replace("'", "\\u0027")
    code = code.replace('json.loads("{}")', f"json.loads(r'''{data}''')")
    return f'"""{about}"""{code}'


def example_python(model: Model, path: str | os.PathLike[str], strip: bool = True) -> str:
    """Return a program that calls the file of a model."""
    lines = _example(_named(Whole.of(model, strip)), Path(path).stem).splitlines()
    return "\n".join(line.removeprefix("    ") for line in lines) + "\n"


@dataclass(frozen=True, eq=False)
class _Alone:
    """A network as a model whose answers are its outputs."""

    network: Network
    task: str = "regression"
    classes: tuple[Any, ...] = ()
    feature_names: tuple[str, ...] | None = None
    encoder: TableEncoder | None = None
    standardizer: Any = None
    target_mean: np.ndarray | None = None
    target_scale: np.ndarray | None = None
    loss: str | None = None


def _named(whole: Whole) -> Whole:
    """Return a model of arrays as one of columns of numbers, if its inputs have names."""
    if whole.columns or len(set(whole.names)) < whole.inputs:
        return whole
    columns = tuple(Column(name, "number", usual_na=False) for name in whole.names)
    return replace(whole, columns=columns, steps=tuple(Number(one.name, np.nan) for one in columns))


def _example(whole: Whole, name: str) -> str:
    if whole.columns:
        shown = [one for one in whole.columns if not one.of][:SHOWN]
        pairs = [f"{one.name!a}: {_shown(whole, one)!a}" for one in shown]
        more = "  # and the others" if len(whole.columns) > SHOWN else ""
        row = "".join(f"        {pair},{more * (pair is pairs[-1])}\n" for pair in pairs)
        row = f"{{\n{row}    }}"
    else:
        row = f"[0.0] * {whole.inputs}"
    return f"    from {name} import predict\n\n    row = {row}\n    print(predict(row))\n"


def _shown(whole: Whole, column: Column) -> Any:
    value = example_value(whole, column)
    if isinstance(value, float) and column.kind == "date":
        pattern = column.date.pattern if column.date else "ISO8601"
        moment = datetime.fromtimestamp(value, UTC)
        if pattern in EPOCHS:
            return value / EPOCHS[pattern]
        pattern = pattern.replace("%q", str((moment.month + 2) // 3))
        return moment.strftime("%Y-%m-%d %H:%M:%S" if pattern == "ISO8601" else pattern)
    return value


# ------------------------------------------------------------------------------------ the content


def _as_json(content: dict[str, Any]) -> str:
    """Return JSON with a line for each entry."""
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items())
    return f"{{\n{lines}\n}}"


def _content(whole: Whole) -> dict[str, Any]:
    net = whole.net
    names = built_in_names(net, "Python")
    if not (np.isfinite(net.connections.weight).all() and np.isfinite(net.bias).all()):
        raise ValueError("weights and biases must be finite for Python; some are not")
    return {
        "classes": list(whole.classes),
        "probabilities": whole.probabilities,
        "single_output": whole.single_output,
        "target_mean": whole.target_mean.tolist(),
        "target_scale": whole.target_scale.tolist(),
        "names": list(whole.file_columns),
        "targets": list(whole.targets),
        "encoding": whole.encoding or "utf-8-sig",
        "columns": [_column(whole, one) for one in whole.columns],
        "steps": [_step(whole, one) for one in whole.steps],
        "plain": PLAIN,
        "number": WRITTEN.pattern,
        "same": {chr(mark): plain for mark, plain in SAME.items()},
        "mean": whole.mean.tolist(),
        "scale": whole.scale.tolist(),
        "limit": whole.limit,
        "ranks": [_rank(net, rank, name) for rank, name in enumerate(names, start=1)],
        "source": net.connections.source.tolist(),
        "weight": _short(net.connections.weight),
    }


def _rank(net: Network, rank: int, activation: str) -> dict[str, Any]:
    rows = slice(net.rank_start[rank], net.rank_start[rank + 1])
    fan_in = net.connections.fan_in[rows].tolist()
    return {"activation": activation, "fan_in": fan_in, "bias": _short(net.bias[rows])}


def _short(values: np.ndarray) -> list[float]:
    """Return numbers with the fewest digits that tell them apart in their own precision."""
    return [float(str(value)) for value in values]


def _step(whole: Whole, step: Step) -> dict[str, Any]:
    found = step.to_dict()
    if isinstance(step, Date):
        found["seconds"] = [PERIODS[period] for period in step.periods]
    if isinstance(step, Ngrams):
        found["absent"] = whole.absent
    return found


def _column(whole: Whole, column: Column) -> dict[str, Any]:
    text, date = is_text(whole, column), column.date or DateFormat()
    counts = column.kind == "date" and date.pattern in EPOCHS
    is_date = column.kind == "date" and not counts
    unknown = [text for text, _, outcome in column.odd if outcome.endswith("missing")]
    start = datetime.fromisoformat(date_origin(date)).replace(tzinfo=UTC).timestamp()
    return {
        "name": column.name,
        "of": column.of,
        "kind": column.kind,
        "is_text": text,
        "na": [*column.na, *([] if text else unknown)],
        "stand_ins": stand_ins(whole, column),
        "usual": sorted(_usual(column, text)),
        "words": _words(column),
        "number": _written(column.number or NumberFormat()) if column.number or not text else None,
        "unit": EPOCHS[date.pattern] if counts else 1.0,
        "pattern": date.pattern.replace("%q", "%m") if is_date else "",
        "shape": date_shape(date) if is_date else "",
        "origin": start if is_date else 0.0,
    }


def _usual(column: Column, text: bool) -> set[str] | frozenset[str]:
    if not column.usual_na:
        return {""}
    return IN_ANY_COLUMN if text else AMONG_NUMBERS


def _words(column: Column) -> dict[str, float]:
    false, true = column.words or (("false", "0"), ("true", "1"))
    return {**dict.fromkeys(false, 0.0), **dict.fromkeys(true, 1.0)}


def _written(number: NumberFormat) -> dict[str, Any]:
    return {
        "core": core_pattern(number.decimal, number.thousands),
        "decimal": number.decimal,
        "thousands": number.thousands,
        "prefix": number.prefix,
        "suffix": number.suffix,
        "factor": number.factor,
        "censored": number.censored,
    }


registry.add("python", Format(save_python, None, (".py",), example_python))
