"""A whole model as a C file: from a row of raw columns to a class and its probabilities."""

from __future__ import annotations

import textwrap
from string import Template
from typing import Any, NamedTuple

import numpy as np

from . import c_text
from .c_network import check_numbers, kind, network
from .c_rows import example_row, parameter, row_functions, row_type
from .whole import Whole

__all__ = ["example", "source"]

FILE = Template("""\
/* $title
 *
$usage
 *
$notes
 *
 * ${name}_predict_row has one workspace, so only one thread may call it at a time;
 * ${name}_predict_row_in is given its own. Nothing is allocated. To call them from another file,
 * write #define ${name}_DECLARATIONS there and include this one. Not for -ffast-math, which has no
 * NAN. C99, linked with -lm. Written by rewire.
 */
#ifndef ${name}_DECLARED
#define ${name}_DECLARED

${row_type}struct ${name}_workspace {
    double inputs[$inputs];
    $real neurons[$neurons];
};

$declarations
#endif

#ifndef ${name}_DECLARATIONS
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

$constants

$network

$row_functions
/* Standardizes and computes all neurons; 0 if an input is not a finite number. */
static int ${name}_compute(const double *x, $real *a)
{
    size_t i;
    for (i = 0; i < $inputs; ++i) {
        const double scaled = (x[i] - ${name}_mean[i]) / ${name}_scale[i];
        a[i] = ($real)$limited;
        if (!isfinite(scaled) || !isfinite(a[i]))
            return 0;
    }
    ${name}_forward(a);
    return 1;
}

$answer ${name}_predict_row_in($parameters, struct ${name}_workspace *workspace)
{
    const $real *const y = workspace->neurons + $first;
$body
}

$answer ${name}_predict_row($parameters)
{
    static struct ${name}_workspace workspace;
    $give${name}_predict_row_in($arguments, &workspace);
}
#endif
""")

LARGEST = """\
    int i, best = 0;
    ${encode}if (!${name}_compute($x, workspace->neurons))
        return -1;
    for (i = 1; i < $answers; ++i)
        if ($y_i > $y_best)
            best = i;
"""
SOFTMAX = """\
    if (probabilities != NULL) {
        double total = 0;
        for (i = 0; i < $answers; ++i)
            total += probabilities[i] = exp((double)$y_i - $y_best);
        for (i = 0; i < $answers; ++i)
            probabilities[i] /= total;
    }
"""
BEST = "    return best;"
VALUE = """\
    ${encode}if (!${name}_compute($x, workspace->neurons))
        return NAN;
    return y[0] * ${name}_target_scale[0] + ${name}_target_mean[0];"""
VALUES = """\
    int i, known;
    ${encode}known = ${name}_compute($x, workspace->neurons);
    for (i = 0; i < $answers; ++i)
        values[i] = known ? y[i] * ${name}_target_scale[i] + ${name}_target_mean[i] : NAN;"""


class Door(NamedTuple):
    """How ``NAME_predict_row`` is called: its type, its second parameter, body and description."""

    answer: str
    extra: str
    body: str
    notes: str


def source(whole: Whole, name: str) -> str:
    """Return the C file of a model."""
    net, door = whole.net, _door(whole)
    check_numbers(net)
    single = whole.single_output
    missing = "NAN, and NULL or an empty text, stand for missing values. " if whole.columns else ""
    parameters = [parameter(whole, name), *filter(None, [door.extra])]
    values: dict[str, Any] = {
        "name": name,
        "real": kind(net)[0],
        "inputs": whole.inputs,
        "neurons": net.size,
        "first": net.rank_start[-2],
        "limited": _limited(whole.limit),
        "answers": _answers(whole),
        "answer": door.answer,
        "give": "" if door.answer == "void" else "return ",
        "parameters": ", ".join(parameters),
        "arguments": ", ".join(one.split("*")[-1] for one in parameters),
        "x": "workspace->inputs" if whole.columns else "row",
        "encode": f"{name}_encode(row, workspace->inputs);\n    " if whole.columns else "",
        "y_i": "(i ? y[0] : 0)" if single else "y[i]",
        "y_best": "(best ? y[0] : 0)" if single else "y[best]",
    }
    return FILE.substitute(
        values,
        title=whole.title,
        usage=_in_comment(_call(whole, name), "    "),
        notes=_in_comment(Template(missing + door.notes).substitute(values)),
        row_type=row_type(whole, name),
        declarations=_declarations(door, values),
        constants=_constants(whole, name),
        network=network(net, name),
        row_functions=row_functions(whole, name),
        body=Template(door.body).substitute(values),
    )


def example(whole: Whole, name: str, file: str) -> str:
    """Return a program that calls the file."""
    call = textwrap.indent(_call(whole, name), "    ")
    return (
        f'#include <stdio.h>\n#include "{file}"\n\nint main(void)\n{{\n{call}\n    return 0;\n}}\n'
    )


def _door(whole: Whole) -> Door:
    """Choose the function by what the model answers."""
    unknown = "stands for a row that cannot be answered."
    if whole.classes and whole.probabilities:
        notes = (
            "It returns the number of the class, whose name is in ${name}_labels, and writes "
            f"$answers probabilities unless given NULL. -1 {unknown}"
        )
        return Door("int", "double *probabilities", LARGEST + SOFTMAX + BEST, notes)
    if whole.classes:
        notes = (
            "It returns the number of the class, whose name is in ${name}_labels. There are no "
            f"probabilities, as the network was trained with the hinge loss. -1 {unknown}"
        )
        return Door("int", "", LARGEST + BEST, notes)
    if _answers(whole) == 1:
        return Door("double", "", VALUE, f"It returns the value. NAN {unknown}")
    return Door("void", "double *values", VALUES, f"It writes $answers values. NAN {unknown}")


def _answers(whole: Whole) -> int:
    return len(whole.classes) or whole.net.ranks[-1]


def _call(whole: Whole, name: str) -> str:
    """Return lines of C that make a row and answer it."""
    lines = [f"const {example_row(whole, name)};"]
    if whole.classes and whole.probabilities:
        lines += [
            f"double probabilities[{_answers(whole)}];",
            f"puts({name}_labels[{name}_predict_row({_row(whole)}, probabilities)]);",
        ]
    elif whole.classes:
        lines.append(f"puts({name}_labels[{name}_predict_row({_row(whole)})]);")
    elif _answers(whole) == 1:
        lines.append(f'printf("%.17g\\n", {name}_predict_row({_row(whole)}));')
    else:
        lines += [
            f"double values[{_answers(whole)}];",
            f"{name}_predict_row({_row(whole)}, values);",
            'printf("%.17g\\n", values[0]);',
        ]
    return "\n".join(lines)


def _row(whole: Whole) -> str:
    return "&row" if whole.columns else "row"


def _in_comment(text: str, indent: str = "") -> str:
    """Return lines for the inside of a comment; lines of code stay as they are."""
    lines = text.splitlines() if indent else textwrap.wrap(text, 96)
    return "\n".join(f" * {indent}{line}" for line in lines)


def _declarations(door: Door, values: dict[str, Any]) -> str:
    labels = "extern const char *const ${name}_labels[$answers];\n" if door.answer == "int" else ""
    text = (
        "$answer ${name}_predict_row($parameters);\n"
        "$answer ${name}_predict_row_in($parameters, struct ${name}_workspace *workspace);\n"
    )
    return Template(labels + text).substitute(values)


def _limited(limit: float | None) -> str:
    """Return the scaled input, none beyond the limit."""
    if limit is None:
        return "scaled"
    most = c_text.number(limit)
    return f"(scaled > {most} ? {most} : scaled < -{most} ? -{most} : scaled)"


def _constants(whole: Whole, name: str) -> str:
    """Return the tables for scaling, and the names of the classes."""
    tables = {"mean": whole.mean, "scale": whole.scale}
    if not whole.classes:
        tables |= {"target_mean": whole.target_mean, "target_scale": whole.target_scale}
    parts = [
        c_text.table(f"{name}_{what}", "double", map(c_text.number, np.ravel(values)))
        for what, values in tables.items()
    ]
    if whole.classes:
        labels = ",\n    ".join(map(c_text.string, whole.labels))
        parts.append(
            f"const char *const {name}_labels[{len(whole.labels)}] = {{\n    {labels}\n}};"
        )
    return "\n".join(parts)
