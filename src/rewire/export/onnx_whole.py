"""What surrounds the network in the ONNX model of a whole: raw columns, and answers."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np

from rewire.tables import Column
from rewire.tables.steps import Date, Lookup, Ngrams, Number

from .columns import describe, example_value, is_text, stand_ins
from .onnx_graph import Graph
from .onnx_steps import add_date, add_lookup, add_numbers, add_pieces, clear
from .whole import Whole

__all__ = ["Columns", "add_answers", "add_inputs", "example", "metadata"]


SHOWN = 12  # columns of an example


class Columns(NamedTuple):
    """The inputs of the graph, and what the network reads.

    Parameters
    ----------
    names : tuple of str
        Of the graph's inputs, one for each column, or ``X``.
    inputs : str
        What the network reads, of shape (batch, inputs).
    odd : str
        Of shape (batch, 1): 0, or NaN for rows with an input that is no finite number.
    """

    names: tuple[str, ...]
    inputs: str
    odd: str


def add_inputs(graph: Graph, whole: Whole) -> Columns:
    """Add the inputs of the graph, and the nodes that make the network's inputs of them."""
    if whole.columns:
        names = tuple(_column(graph, whole, one) for one in whole.columns)
        found = {
            one.name: clear(graph, value, stand_ins(whole, one))
            for one, value in zip(whole.columns, names, strict=True)
        }
        value = _encoded(graph, whole, found)
    else:
        names = (_array(graph, whole),)
        value = names[0]
    net = whole.net
    if whole.mean.any():
        value = graph.node("Sub", value, graph.constant("mean", whole.mean), "centred")
    if (whole.scale != 1).any():
        value = graph.node("Div", value, graph.constant("scale", whole.scale), "scaled")
    number = graph.onnx.helper.np_dtype_to_tensor_dtype(net.dtype)
    if whole.limit is not None:  # which hides what is not finite
        odd = graph.node("Cast", _odd(graph, value, np.float64), "odd", to=number)
        least, most = (graph.constant("limit", np.array(x)) for x in (-whole.limit, whole.limit))
        value = graph.node("Clip", value, least, most, "limited")
        return Columns(names, graph.node("Cast", value, "inputs", to=number), odd)
    if whole.columns or whole.standardized:
        value = graph.node("Cast", value, "inputs", to=number)
    return Columns(names, value, _odd(graph, value, net.dtype))


def _odd(graph: Graph, value: str, dtype: Any) -> str:
    """Return 0 for each row, NaN for one with an input that is not finite.

    It is added to the answers, as activations may turn NaN into a number.
    """
    nothing = graph.node("Mul", value, graph.constant("zero", np.zeros((), dtype)), "nothing")
    axis = graph.constant("second_axis", np.array([1]))
    return graph.node("ReduceSum", nothing, axis, "odd", keepdims=1)


def _column(graph: Graph, whole: Whole, column: Column) -> str:
    dtype = str if is_text(whole, column) else np.float64
    name = graph.free(column.name or "column")
    return graph.end("inputs", name, dtype, ["batch", 1], describe(whole, column))


def _array(graph: Graph, whole: Whole) -> str:
    dtype = np.dtype(np.float64) if whole.standardized else whole.net.dtype
    names = f"the columns are {', '.join(whole.names)}" if whole.names else ""
    return graph.end("inputs", graph.free("X"), dtype, ["batch", whole.inputs], names)


def _encoded(graph: Graph, whole: Whole, names: dict[str, str]) -> str:
    """Add the steps of the encoder; numbers all together, as there may be thousands."""
    parts: list[str] = []
    order: list[int] = []
    pairs = list(zip(whole.steps, whole.first_input, strict=True))
    numbers = [(step, first) for step, first in pairs if isinstance(step, Number)]
    if numbers:
        parts += add_numbers(graph, [step for step, _ in numbers], names)
        order += [first for _, first in numbers]
        order += [first + 1 for step, first in numbers if step.indicator]
    for step, first in pairs:
        value, column = names[step.column], whole.column(step.column)
        if isinstance(step, Lookup):
            parts.append(add_lookup(graph, step, column, value))
        elif isinstance(step, Ngrams):
            parts.append(add_pieces(graph, step, column, value, whole.absent))
        elif isinstance(step, Date):
            parts.append(add_date(graph, step, value))
        else:
            continue
        order += range(first, first + len(step.names))
    value = parts[0] if len(parts) == 1 else graph.node("Concat", *parts, "parts", axis=1)
    if order == sorted(order):
        return value
    return graph.node("Gather", value, graph.constant("order", np.argsort(order)), "X", axis=1)


# ------------------------------------------------------------------------------------- answers


def add_answers(graph: Graph, whole: Whole, columns: Columns, y: str) -> dict[str, str]:
    """Add what follows the network, and return the names of the graph's outputs by their kind."""
    known = graph.node("Add", y, columns.odd, "known")
    scores = graph.node("Cast", known, "scores", to=graph.onnx.TensorProto.DOUBLE)
    if not whole.classes:
        return {"prediction": _prediction(graph, whole, scores)}
    made = {"label": _label(graph, whole, columns, known)}
    if whole.probabilities:
        made["probabilities"] = _probabilities(graph, whole, scores)
    return made


def _prediction(graph: Graph, whole: Whole, scores: str) -> str:
    scale = graph.constant("target_scale", whole.target_scale)
    mean = graph.constant("target_mean", whole.target_mean)
    name = graph.free("prediction")
    graph.end("outputs", name, np.float64, ["batch", whole.net.ranks[-1]], _said(whole))
    return graph.final("Add", graph.node("Mul", scores, scale, "rescaled"), mean, name)


def _label(graph: Graph, whole: Whole, columns: Columns, scores: str) -> str:
    if whole.single_output:
        zero = graph.constant("even", np.zeros((), whole.net.dtype))
        above = graph.node("Greater", scores, zero, "above")
        number = graph.node("Cast", above, "number", to=graph.onnx.TensorProto.INT64)
    else:
        number = graph.node("ArgMax", scores, "number", axis=1, keepdims=1)
    labels, unknown = _classes(whole)
    found = graph.node("Gather", graph.constant("classes", labels), number, "found")
    odd = graph.node("IsNaN", columns.odd, "unknown")
    answer = graph.node("Where", odd, graph.constant("no_label", unknown), found, "answer")
    name = graph.free("label")
    graph.end("outputs", name, labels.dtype, ["batch"], _said(whole))
    axis = graph.constant("last_axis", np.array([1]))
    return graph.final("Squeeze", answer, axis, name)


def _classes(whole: Whole) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels, whole numbers or texts, and what stands for none of them."""
    if all(type(one) is int for one in whole.classes):
        labels = np.array(whole.classes, np.int64)
        return labels, np.array([min(-1, int(labels.min()) - 1)])
    return np.array(whole.labels, object), np.array([""], object)


def _probabilities(graph: Graph, whole: Whole, scores: str) -> str:
    name = graph.free("probabilities")
    says = f"of {', '.join(whole.labels)}"
    graph.end("outputs", name, np.float64, ["batch", len(whole.classes)], says)
    if not whole.single_output:
        return graph.final("Softmax", scores, name, axis=1)
    against = graph.node("Sigmoid", graph.node("Neg", scores, "negative"), "first")
    return graph.final("Concat", against, graph.node("Sigmoid", scores, "second"), name, axis=1)


def _said(whole: Whole) -> str:
    return ", ".join(whole.targets)


# ------------------------------------------------------------------------- what the file is, said


def metadata(whole: Whole, columns: Columns, outputs: dict[str, str]) -> dict[str, str]:
    """Return what the model's metadata hold: JSON under "rewire"."""
    described: dict[str, Any] = {
        "task": "classification" if whole.classes else "regression",
        "target": list(whole.targets),
        "classes": list(whole.classes),
        "outputs": outputs,
    }
    if whole.columns:
        described["columns"] = [
            {
                "input": name,
                "column": one.name,
                "kind": one.kind,
                "says": describe(whole, one),
                "missing": "" if is_text(whole, one) else "NaN",
            }
            for name, one in zip(columns.names, whole.columns, strict=True)
        ]
    elif whole.names:
        described["inputs"] = list(whole.names)
    return {"rewire": json.dumps(described, ensure_ascii=False)}


def example(whole: Whole, file: str) -> str:
    """Return a Python program that answers a row."""
    answers = ["label", "probabilities"][: 1 + whole.probabilities]
    given = ", ".join(answers if whole.classes else ["prediction"])
    if whole.columns:
        row = _example_row(whole)
    else:
        dtype = "float64" if whole.standardized else str(whole.net.dtype)
        row = f'row = {{"X": np.zeros((1, {whole.inputs}), "{dtype}")}}'
    return (
        "import numpy as np\nimport onnxruntime\n\n"
        f"session = onnxruntime.InferenceSession({file!r})\n{row}\n"
        f"answers = session.run(None, row)  # {given}\nprint(*answers)\n"
    )


def _example_row(whole: Whole) -> str:
    """Return a row; of many columns one where all but a few are missing."""
    columns, few = whole.columns[:SHOWN], len(whole.columns) <= SHOWN
    pairs = [(one.name or "column", _array_of(example_value(whole, one))) for one in columns]
    if few:
        return "\n".join(["row = {", *(f"    {name!r}: {value}," for name, value in pairs), "}"])
    missing = 'np.array([[""]], object) if one.type == "tensor(string)" else np.array([[np.nan]])'
    return "\n".join(
        [
            f"row = {{\n    one.name: {missing}\n    for one in session.get_inputs()\n}}",
            *(f"row[{name!r}] = {value}" for name, value in pairs),
        ]
    )


def _array_of(value: float | str) -> str:
    dtype = ", object" if isinstance(value, str) else ""
    return f"np.array([[{value!r}]]{dtype})"
