"""Rows of a table in C: a structure with a member for each column, and the inputs made of it."""

from __future__ import annotations

from string import Template

from rewire.tables import Column
from rewire.tables.steps import Lookup, Ngrams, Number

from . import c_steps, c_text
from .columns import describe, example_value, is_text, stand_ins
from .whole import Whole

__all__ = ["example_row", "parameter", "row_functions", "row_type"]

ENCODE = Template("""\
static void ${name}_encode(const struct ${name}_row *row, double *x)
{
    size_t i;
    for (i = 0; i < $inputs; ++i)
        x[i] = 0;
$lines
}
""")


SHOWN = 12  # members of an example


def parameter(whole: Whole, name: str) -> str:
    """Return the declaration of the parameter that is a row."""
    return f"const struct {name}_row *row" if whole.columns else "const double *row"


def row_type(whole: Whole, name: str) -> str:
    """Return the structure of a row; for an array, a comment that names its numbers."""
    if not whole.columns:
        names = [f" * row[{i}]: {c_text.comment(one)}" for i, one in enumerate(whole.names)]
        return "\n".join(["/* A row has these numbers:", *names, " */\n"]) if names else ""
    members = "\n".join(
        f"    {_type(whole, column)}{member}; /* {c_text.comment(describe(whole, column))} */"
        for column, member in zip(whole.columns, _members(whole), strict=True)
    )
    return f"struct {name}_row {{\n{members}\n}};\n\n"


def example_row(whole: Whole, name: str) -> str:
    """Return the definition of a row that is an example."""
    if not whole.columns:
        means = ", ".join(f"{value:.6g}" for value in whole.mean[:SHOWN])
        return f"double row[{whole.inputs}] = {{{means}}}"
    shown = zip(whole.columns[:SHOWN], _members(whole), strict=False)
    pairs = [f"    .{member} = {_example(whole, column)}" for column, member in shown]
    # The others are 0 and NULL then, which C takes as well.
    return f"struct {name}_row row = {{\n{f',{chr(10)}'.join(pairs)}\n}}"


def row_functions(whole: Whole, name: str) -> str:
    """Return ``NAME_encode`` and what it needs; nothing for an array."""
    if not whole.columns:
        return ""
    members = dict(zip((one.name for one in whole.columns), _members(whole), strict=True))
    helpers = {Lookup: c_steps.LOOKUP, Ngrams: c_steps.PIECES}
    kinds = {type(step) for step in whole.steps}
    parts = [text.substitute(name=name) for kind, text in helpers.items() if kind in kinds]
    if parts:
        parts.insert(0, c_steps.texts(name))
    lines, numbers = [], []
    for number, (step, first) in enumerate(zip(whole.steps, whole.first_input, strict=True)):
        column = whole.column(step.column)
        parts.append(c_steps.tables(step, column, name, number))
        member = members[column.name]
        if isinstance(step, Number):
            numbers.append((step, member, first))
        lines += c_steps.lines(step, column, name, number, first, f"row->{member}", whole.absent)
    lines = _without_stand_ins(whole, name, members) + lines
    if numbers:
        parts.append(c_steps.numbers(numbers, name))
        lines.append(f"{name}_fill_in(row, x);")
    parts.append(
        ENCODE.substitute(
            name=name,
            inputs=whole.inputs,
            lines="\n".join(f"    {line}" for line in lines),
        )
    )
    return "\n".join(filter(None, parts))


def _without_stand_ins(whole: Whole, name: str, members: dict[str, str]) -> list[str]:
    """Return statements that put NAN in place of numbers that mean a missing value, if any do."""
    cleared = [
        f"if (known.{members[one.name]} == {c_text.number(value)}) known.{members[one.name]} = NAN;"
        for one in whole.columns
        for value in stand_ins(whole, one)
    ]
    return [f"struct {name}_row known = *row;", *cleared, "row = &known;"] if cleared else []


def _members(whole: Whole) -> list[str]:
    return c_text.identifiers(one.name for one in whole.columns)


def _type(whole: Whole, column: Column) -> str:
    return "const char *" if is_text(whole, column) else "double "


def _example(whole: Whole, column: Column) -> str:
    value = example_value(whole, column)
    if isinstance(value, str):
        return c_text.string(value)
    return f"{value:.15g}"
