"""What an exported Python file computes: this file's code, with the model's own numbers.

The standard library alone, as it runs where nothing else is installed.
"""

from __future__ import annotations

import csv
import json
import math
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timezone
from typing import Any

MODEL: dict[str, Any] = json.loads("{}")

UTC = timezone.utc  # noqa: UP017, also for Python 3.9
ACTIVATIONS = {
    "linear": lambda s: s,
    "relu": lambda s: max(s, 0.0),
    "leaky_relu": lambda s: s if s > 0 else 0.01 * s,
    "tanh": math.tanh,
    "sigmoid": lambda s: math.exp(min(s, 0.0)) / (1 + math.exp(-abs(s))),
}


def predict(row: Mapping[str, Any] | Sequence[float]) -> Any:
    """Return the class of a row, or the value (a list of several) of a regression.

    Parameters
    ----------
    row : mapping or sequence
        Values by the names of their columns: numbers, texts as in the training data, dates; None,
        NaN and empty texts are missing. Without columns, the inputs in their order.

    Returns
    -------
    object
        None for a row that cannot be answered, as a value cannot be read as its column's kind.

    Raises
    ------
    KeyError
        If the row lacks a column.
    """
    scores = _outputs(row)
    if scores is None:
        return None
    if MODEL["classes"]:
        return MODEL["classes"][scores.index(max(scores))]
    pairs = zip(scores, MODEL["target_scale"], MODEL["target_mean"])  # noqa: B905, for Python 3.9
    values = [score * scale + mean for score, scale, mean in pairs]
    return values[0] if len(values) == 1 else values


def predict_proba(row: Mapping[str, Any] | Sequence[float]) -> dict[Any, float] | None:
    """Return the probability of each class; None for a row that cannot be answered."""
    if not MODEL["probabilities"]:
        raise ValueError("there are no probabilities: a regression, or trained with the hinge loss")
    scores = _outputs(row)
    if scores is None:
        return None
    most = max(scores)
    shares = [math.exp(score - most) for score in scores]
    return {one: share / sum(shares) for one, share in zip(MODEL["classes"], shares)}  # noqa: B905


# ------------------------------------------------------------------------------------ the network


def _outputs(row: Mapping[str, Any] | Sequence[float]) -> list[float] | None:
    """Return an output for each class, or those of a regression."""
    if isinstance(row, Mapping) and MODEL["names"] and not MODEL["columns"]:
        row = [_number({}, _found(row, name)) for name in MODEL["names"]]
    raw = _encoded(row) if MODEL["columns"] else [float(value) for value in row]
    if len(raw) != len(MODEL["mean"]):
        raise ValueError(f"row must have {len(MODEL['mean'])} numbers; got {len(raw)}")
    triples = zip(raw, MODEL["mean"], MODEL["scale"])  # noqa: B905
    a = [(x - mean) / scale for x, mean, scale in triples]
    if not all(map(math.isfinite, a)):
        return None
    k = 0
    for rank, activation in zip(MODEL["ranks"], MODEL["activations"]):  # noqa: B905
        function = ACTIVATIONS[activation]
        made = []
        for fan_in, bias in rank:
            places = range(k, k + fan_in)
            s = sum((MODEL["weight"][i] * a[MODEL["source"][i]] for i in places), bias)
            made.append(function(s))
            k += fan_in
        a += made
    scores = a[len(a) - len(MODEL["ranks"][-1]) :]
    # One output is the log odds of the second of two classes.
    return [0.0, *scores] if MODEL["single_output"] else scores


# ------------------------------------------------------------------------------------ the columns


def _encoded(row: Any) -> list[float]:
    values = {one["name"]: _read(one, _found(row, one["name"])) for one in MODEL["columns"]}
    return [x for step in MODEL["steps"] for x in _inputs(step, values[step["column"]])]


def _found(row: Mapping[str, Any], name: str) -> Any:
    if name not in row:
        raise KeyError(f"a row must have the column {name!r}; its columns are {', '.join(row)}")
    return row[name]


def _inputs(step: Mapping[str, Any], value: Any) -> Iterable[float]:
    """Return what one step makes of a value."""
    if step["step"] == "lookup":
        return step["missing"] if value is None else step["rows"].get(value, step["unseen"])
    if step["step"] == "ngrams":
        return _pieces(step, value)
    known = not math.isnan(value)
    value = value if known else step["fill"]
    made = [value] if step["step"] == "number" else list(_moments(step, value))
    return made + [float(not known)] * step["indicator"]


def _moments(step: Mapping[str, Any], seconds: float) -> Iterator[float]:
    yield seconds / 86400
    for period in step["seconds"]:
        angle = 2 * math.pi / period * (math.fmod(seconds, period) if math.isfinite(seconds) else seconds)
        yield from (math.sin(angle), math.cos(angle))


def _pieces(step: Mapping[str, Any], value: Any) -> list[float]:
    if value is None:
        return [step["absent"]] * len(step["vocabulary"])
    small = {ord(c): c.lower() for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    words = re.split("[\t-\r ]+", value.translate(small))
    text = f" {' '.join(word for word in words if word)} "
    return [float(piece in text) for piece in step["vocabulary"]]


def _read(column: Mapping[str, Any], value: Any) -> Any:
    """Return a number (NaN for none) or a text (None for none); infinity cannot be answered."""
    if value is None or value != value or (isinstance(value, str) and _is_missing(column, value)):
        return None if column["is_text"] else math.nan
    if column["is_text"]:
        return _text(column, value)
    if isinstance(value, str):
        return _measured(column, value.strip())
    if isinstance(value, date):
        return _seconds(value)
    return float(value) * column["unit"]


def _is_missing(column: Mapping[str, Any], text: str) -> bool:
    text = text.strip()
    return text in column["na"] or text.casefold() in column["usual"]


def _text(column: Mapping[str, Any], value: Any) -> str:
    """Return a text without blanks around it, numbers as they are written shortest."""
    if isinstance(value, str):
        number = _number(column, value) if column.get("number") else math.nan
        value = value.strip() if math.isnan(number) else number
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _measured(column: Mapping[str, Any], text: str) -> float:
    """Return a number, truth value or date that is written as text; infinity for none of them."""
    if text.casefold() in column["words"]:
        return column["words"][text.casefold()]
    value = _date(column, text) if column["pattern"] else _number(column, text)
    return math.inf if math.isnan(value) else value * column["unit"]


def _number(column: Mapping[str, Any], value: Any) -> float: ...
