"""Steps of an encoder in ONNX: from columns of shape (batch, 1) to inputs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from rewire.tables import Column
from rewire.tables.steps import Date, Lookup, Ngrams, Number
from rewire.tables.steps.date import PERIODS

from .lookups import Levels, missing_texts
from .onnx_graph import Graph

__all__ = ["add_date", "add_lookup", "add_numbers", "add_pieces", "clear", "pattern"]

LEARNT = "ai.onnx.ml"
BLANK = r"[\t-\r ]"  # as in rewire.tables.steps.ngrams.plain_text


def clear(graph: Graph, value: str, stand_ins: Sequence[float]) -> str:
    """Put NaN in place of numbers that mean a missing value."""
    for one in stand_ins:
        same = graph.node("Equal", value, graph.constant("stand_in", np.array(one)), "same")
        value = graph.node("Where", same, graph.constant("nan", np.array(np.nan)), value, "cleared")
    return value


def add_numbers(graph: Graph, steps: Sequence[Number], names: Mapping[str, str]) -> list[str]:
    """Add all columns of numbers side by side, and then the indicators of some."""
    columns = [names[step.column] for step in steps]
    value = graph.node("Concat", *columns, "numbers", axis=1) if len(steps) > 1 else columns[0]
    fill = graph.constant("fill", np.array([step.fill for step in steps], np.float64))
    missing = graph.node("IsNaN", value, "missing")
    parts = [graph.node("Where", missing, fill, value, "filled")]
    some = [number for number, step in enumerate(steps) if step.indicator]
    if some:
        which = graph.constant("indicators", np.array(some))
        parts.append(_as_number(graph, graph.node("Gather", missing, which, "said", axis=1)))
    return parts


def add_date(graph: Graph, step: Date, value: str) -> str:
    """Add days since 1970, and the sine and cosine of each period."""
    missing = graph.node("IsNaN", value, "missing")
    fill = graph.constant("fill", np.array([step.fill]))
    seconds = graph.node("Where", missing, fill, value, "seconds")
    day = graph.constant("day", np.array(PERIODS["day"]))
    parts = [graph.node("Div", seconds, day, "days")]
    for period in step.periods:
        length = PERIODS[period]
        within = graph.node(
            "Mod", seconds, graph.constant(period, np.array(length)), "within", fmod=1
        )
        factor = graph.constant("factor", np.array(2 * np.pi / length))
        angle = graph.node("Mul", within, factor, "angle")
        parts += [graph.node("Sin", angle, "sine"), graph.node("Cos", angle, "cosine")]
    if step.indicator:
        parts.append(_as_number(graph, missing))
    return graph.node("Concat", *parts, "date", axis=1)


def add_lookup(graph: Graph, step: Lookup, column: Column, value: str) -> str:
    """Add the row of each text."""
    levels = Levels.of(step, column)
    # A string of ONNX cannot hold other texts, so that none can be given.
    known = {text: place for text, place in levels.known.items() if _is_unicode(text)}
    place = _numbered(graph, value, {"": levels.missing, **known}, levels.unseen)
    rows = graph.node("Gather", graph.constant("rows", levels.rows), place, "rows_found")
    return graph.node("Squeeze", rows, graph.constant("axis", np.array([1])), "looked_up")


def add_pieces(graph: Graph, step: Ngrams, column: Column, value: str, absent: float) -> str:
    """Add whether a text contains each piece; the operator for it is of opset 20."""
    graph.opsets[""], graph.ir_version = 20, max(graph.ir_version, 9)
    found = [
        graph.node("RegexFullMatch", value, "contains", pattern=pattern(piece))
        for piece in step.vocabulary
    ]
    together = graph.node("Concat", *found, "pieces", axis=1) if len(found) > 1 else found[0]
    missing = filter(_is_unicode, missing_texts(column))
    place = _numbered(graph, value, dict.fromkeys(missing, 0), 1)
    factor = graph.node("Gather", graph.constant("of_texts", np.array([absent, 1])), place, "text")
    return graph.node("Mul", _as_number(graph, together), factor, "contained")


def pattern(piece: str) -> str:
    r"""Return a regular expression for texts that contain a piece once they are plain.

    Examples
    --------
    >>> import re
    >>> [bool(re.fullmatch(pattern(" van"), text)) for text in ("Van Dyck", "J.\tVAN", "Ivan")]
    [True, True, False]
    """
    before = f"(?:.*{BLANK})?" if piece.startswith(" ") else ".*"
    after = f"(?:{BLANK}.*)?" if piece.endswith(" ") else ".*"
    words = piece.split()
    return f"(?s){before}{f'{BLANK}+'.join(map(_either_case, words))}{after}"


def _either_case(word: str) -> str:
    return "".join(
        f"[{c}{c.upper()}]" if c.isascii() and c.islower() else re.escape(c) for c in word
    )


def _numbered(graph: Graph, value: str, numbers: Mapping[str, int], other: int) -> str:
    graph.opsets[LEARNT] = 3
    return graph.node(
        "LabelEncoder",
        value,
        "place",
        domain=LEARNT,
        keys_strings=list(numbers),
        values_int64s=list(numbers.values()),
        default_int64=other,
    )


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _as_number(graph: Graph, truth: str) -> str:
    return graph.node("Cast", truth, "indicator", to=graph.onnx.TensorProto.DOUBLE)
