"""What an exported Python file computes: the code of this file, with a model's numbers in it.

It has the standard library alone, as it runs where nothing else is installed.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import zip_longest
from typing import Any, TextIO

MODEL: dict[str, Any] = json.loads("{}")
WEIGHT, SOURCE = MODEL.get("weight", ()), MODEL.get("source", ())
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
    triples = zip(scores, MODEL["target_scale"], MODEL["target_mean"], strict=True)
    values = [score * scale + mean for score, scale, mean in triples]
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
    return {one: share / sum(shares) for one, share in zip(MODEL["classes"], shares, strict=True)}


# ------------------------------------------------------------------------------------ the network


def _outputs(row: Mapping[str, Any] | Sequence[float]) -> list[float] | None:
    """Return an output for each class, or those of a regression."""
    count = sum(not one["of"] for one in MODEL["columns"]) or len(MODEL["mean"])
    if not isinstance(row, Mapping) and len(row) != count:
        raise ValueError(f"row must have {count} values; got {len(row)}")
    raw = _encoded(row) if MODEL["columns"] else [float(value) for value in row]
    if raw is None:
        return None
    a = [(x - m) / s for x, m, s in zip(raw, MODEL["mean"], MODEL["scale"], strict=True)]
    if not all(map(math.isfinite, a)):
        return None
    if (limit := MODEL["limit"]) is not None:
        a = [min(max(x, -limit), limit) for x in a]
    k = 0
    for rank in MODEL["ranks"]:
        function, first = ACTIVATIONS[rank["activation"]], len(a)
        made = []
        for fan_in, bias in zip(rank["fan_in"], rank["bias"], strict=True):
            places = range(k, k + fan_in)
            made.append(function(sum((WEIGHT[i] * a[SOURCE[i]] for i in places), bias)))
            k += fan_in
        a += made
    # One output is the log odds of the second of two classes.
    return [0.0, *a[first:]] if MODEL["single_output"] else a[first:]


# ------------------------------------------------------------------------------------ the columns


def _encoded(row: Mapping[str, Any] | Sequence[float]) -> list[float] | None:
    if not isinstance(row, Mapping):
        row = dict(zip((c["name"] for c in MODEL["columns"] if not c["of"]), row, strict=True))
    values = {one["name"]: _value(one, row) for one in MODEL["columns"]}
    if any(value in (math.inf, -math.inf) for value in values.values()):
        return None
    return [x for step in MODEL["steps"] for x in _inputs(step, values[step["column"]])]


def _value(column: Mapping[str, Any], row: Mapping[str, Any]) -> Any:
    """Return a row's value in a column, which may be read off the text of another: "<1.0"."""
    if not column["of"] or column["name"] in row:
        return _read(column, _found(row, column["name"]))
    text = _found(row, column["of"])
    return float(isinstance(text, str) and text.strip().startswith(tuple(column["words"])))


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
        angle = 2 * math.pi / period * math.fmod(seconds, period)
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
    value = _seconds(value) if isinstance(value, date) else float(value) * column["unit"]
    return math.nan if value in column["stand_ins"] else value


def _is_missing(column: Mapping[str, Any], text: str) -> bool:
    text = text.strip()
    return text in column["na"] or text.casefold() in column["usual"]


def _text(column: Mapping[str, Any], value: Any) -> str:
    """Return a text without blanks around it, and a whole number without decimals."""
    if isinstance(value, str):
        value = value.strip()
        number = _number(column["number"], value) if column["number"] else math.nan
        value = value if math.isnan(number) else number
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _measured(column: Mapping[str, Any], text: str) -> float:
    """Return a number, truth value or date written as text; infinity if it is none of them."""
    if column["kind"] == "boolean":
        value = column["words"].get(text.casefold(), math.nan)
    elif column["pattern"]:
        value = _date(column, text)
    else:
        value = _number(column["number"], text) * column["unit"]
    return math.inf if math.isnan(value) else value


def _number(written: Mapping[str, Any], text: str) -> float:
    """Return a number in the format of its column, NaN for a text that is none."""
    if written["decimal"] == "." and re.search(MODEL["plain"], text):
        return float(text) * written["factor"]
    for mark, plain in MODEL["same"].items():
        text = text.replace(mark, plain)
    found = re.fullmatch(MODEL["number"], text.strip(), re.VERBOSE)
    if found is None or bool(found["open"]) != bool(found["close"]):
        return math.nan
    signs = [found[one] for one in ("sign", "inner", "after") if found[one]]
    if (
        len(signs) + bool(found["open"]) > 1
        or not re.match(written["core"], found["core"])
        or (found["prefix"] or "") not in ("", written["prefix"])
        or (found["suffix"] or "") not in ("", written["suffix"])
        or (found["censored"] and written["censored"] != "limit")
    ):
        return math.nan
    digits = found["core"].replace(written["thousands"] or " ", "")
    value = float(digits.replace(written["decimal"], ".") + (found["exponent"] or ""))
    return value * written["factor"] * (-1 if found["open"] or "-" in signs else 1)


def _date(column: Mapping[str, Any], text: str) -> float:
    """Return seconds since 1970-01-01, NaN for a text that is no date as in the training data."""
    found = re.search(column["shape"], text)
    if found is None:
        return math.nan
    if "quarter" in found.groupdict():  # strptime knows months alone
        start, end = found.span("quarter")
        text = f"{text[:start]}{3 * int(found['quarter']) - 2}{text[end:]}"
    try:
        if column["pattern"] == "ISO8601":
            value = datetime.fromisoformat(text.replace(" Z", "Z").replace("Z", "+00:00"))
        else:
            value = datetime.strptime(text, column["pattern"])
    except ValueError:
        return math.nan
    return _seconds(value) - column["origin"]


def _seconds(value: date) -> float:
    """Return seconds since 1970-01-01, of UTC if there is a time zone, else of the clock."""
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()


# -------------------------------------------------------------------------------------- a program


def as_cell(value: object) -> object:
    """Return a text that a spreadsheet would run as a formula with an apostrophe before it."""
    if not isinstance(value, str) or not value.startswith(("=", "@", "+", "-", "\t", "\r")):
        return value
    # "+49 30" and "-5" call nothing.
    calls = value[0] not in "+-" or any(mark in value for mark in "(|!")
    return f"'{value}" if calls else value


def _rows(file: TextIO) -> list[dict[str, str]]:
    """Return the rows of a CSV by the names in its first line, or as the training data's order."""
    text, names = file.read(), MODEL["names"]
    wanted = {one["of"] or one["name"] for one in MODEL["columns"]}

    def fits(separator: str) -> tuple[int, int]:
        first = next(csv.reader([text.partition("\n")[0]], delimiter=separator), [])
        return len(wanted.intersection(first)), len(first)

    separator = max(",;\t|", key=fits)
    lines = [
        line for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if line
    ]
    if not names:
        names = lines.pop(0) if lines else []
    elif lines and len(lines[0]) < len(names):
        names = [name for name in names if name not in MODEL["targets"]]
    return [dict(zip_longest(names, line[: len(names)], fillvalue="")) for line in lines]


def main(arguments: Sequence[str]) -> None:
    """Read a CSV from a file or standard input, and write a CSV with an answer for each row."""
    if set(arguments) & {"-h", "--help"}:
        print(__doc__)
        return
    wanted = "--probabilities" in arguments
    paths = [one for one in arguments if not one.startswith("--")]
    if paths:
        with open(paths[0], newline="", encoding=MODEL["encoding"]) as file:
            rows = _rows(file)
    else:
        rows = _rows(sys.stdin)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    shares = [f"probability of {one}" for one in MODEL["classes"]] if wanted else []
    several = len(MODEL["target_mean"]) if not MODEL["classes"] else 1
    names = [f"prediction {i}" for i in range(several)] if several > 1 else ["prediction"]
    writer.writerow(names + [as_cell(name) for name in shares])
    unanswered = 0
    for row in rows:
        given = row if MODEL["columns"] else [float(text) for text in row.values()]
        answer = predict(given)
        unanswered += answer is None
        if answer is None:
            writer.writerow([""] * (several + len(shares)))
            continue
        odds = [f"{p:.4g}" for p in (predict_proba(given) or {}).values()] if wanted else []
        writer.writerow((answer if several > 1 else [as_cell(answer)]) + odds)
    if unanswered:
        print(f"{unanswered} of {len(rows)} rows have no answer", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
