"""Rows of a table in C: a structure with a member for each column, and how inputs are made of it."""

from __future__ import annotations

from string import Template

import numpy as np

from rewire.tables import Column
from rewire.tables.steps import Lookup, Number

from . import c_text
from .columns import describe, example_value, is_text
from .lookups import Levels
from .whole import Whole

__all__ = ["example_row", "parameter", "row_functions", "row_type"]

LOOKUP = Template("""\
struct ${name}_lookup {
    size_t levels;
    const char *const *texts;    /* sorted by their bytes */
    const uint32_t *rows;        /* of each text, then of other texts, then of a missing one */
    const uint32_t *starts;      /* of each row in places and values */
    const uint32_t *places;      /* the inputs that are not 0 */
    const double *values;
};

static void ${name}_look_up(const struct ${name}_lookup *table, const char *text, double *x)
{
    size_t first = 0, end = table->levels, row = table->levels;
    uint32_t k;
    if (text == NULL || *text == '\\0')
        row = table->levels + 1;
    else
        while (first < end) {
            const size_t middle = first + (end - first) / 2;
            const int order = strcmp(text, table->texts[middle]);
            if (order == 0) {
                row = middle;
                break;
            }
            if (order < 0)
                end = middle;
            else
                first = middle + 1;
        }
    row = table->rows[row];
    for (k = table->starts[row]; k < table->starts[row + 1]; ++k)
        x[table->places[k]] = table->values[k];
}
""")

ENCODE = Template("""\
static void ${name}_encode(const struct ${name}_row *row, double *x)
{
    size_t i;
    for (i = 0; i < $inputs; ++i)
        x[i] = 0;
$lines
}
""")


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
        means = ", ".join(f"{value:.6g}" for value in whole.mean[:8])
        return f"double row[{whole.inputs}] = {{{means}}}"
    members = zip(whole.columns, _members(whole), strict=True)
    pairs = [f".{member} = {_example(whole, column)}" for column, member in members]
    return f"struct {name}_row row = {{{', '.join(pairs)}}}"


def row_functions(whole: Whole, name: str) -> str:
    """Return ``NAME_encode`` and what it needs; nothing for an array."""
    if not whole.columns:
        return ""
    parts, lines = [], []
    members = dict(zip((one.name for one in whole.columns), _members(whole), strict=True))
    if any(isinstance(step, Lookup) for step in whole.steps):
        parts.append(LOOKUP.substitute(name=name))
    for number, (step, first) in enumerate(zip(whole.steps, whole.first_input, strict=True)):
        member = f"row->{members[step.column]}"
        if isinstance(step, Number):
            lines += _number(step, first, member)
        elif isinstance(step, Lookup):
            levels = Levels.of(step, whole.column(step.column))
            parts.append(_lookup(levels, f"{name}_lookup", number))
            lines.append(f"    {name}_look_up(&{name}_lookup_{number}, {member}, x + {first});")
    parts.append(ENCODE.substitute(name=name, inputs=whole.inputs, lines="\n".join(lines)))
    return "\n".join(parts)


def _members(whole: Whole) -> list[str]:
    return c_text.identifiers(one.name for one in whole.columns)


def _type(whole: Whole, column: Column) -> str:
    return "const char *" if is_text(whole, column) else "double "


def _number(step: Number, first: int, member: str) -> list[str]:
    lines = [f"    x[{first}] = isnan({member}) ? {c_text.number(step.fill)} : {member};"]
    if step.indicator:
        lines.append(f"    x[{first + 1}] = isnan({member}) ? 1 : 0;")
    return lines


def _lookup(levels: Levels, name: str, number: int) -> str:
    """Return the tables of one column."""
    known = sorted(
        (text.encode("utf-8", "surrogatepass"), text, place)
        for text, place in zip(levels.texts, levels.places, strict=True)
        if "\0" not in text  # where a text of C ends, so that it cannot be given
    )
    rows = [place for _, _, place in known] + [levels.unseen, levels.missing]
    at, places = np.nonzero(levels.rows)
    starts = np.searchsorted(at, np.arange(len(levels.rows) + 1))
    texts = ",\n    ".join(c_text.string(text) for _, text, _ in known) or "NULL"
    whole_numbers = {"rows": rows, "starts": starts, "places": places}
    return "\n".join(
        [
            f"static const char *const {name}_{number}_texts[] = {{\n    {texts}\n}};",
            *(
                c_text.table(f"{name}_{number}_{what}", "uint32_t", map(str, values))
                for what, values in whole_numbers.items()
            ),
            c_text.table(
                f"{name}_{number}_values", "double", map(c_text.number, levels.rows[at, places])
            ),
            f"static const struct {name} {name}_{number} = {{",
            f"    {len(known)}, {name}_{number}_texts, {name}_{number}_rows,",
            f"    {name}_{number}_starts, {name}_{number}_places, {name}_{number}_values\n}};\n",
        ]
    )


def _example(whole: Whole, column: Column) -> str:
    value = example_value(whole, column)
    if isinstance(value, str):
        return c_text.string(value)
    return f"{value:.6g}"
