"""Steps of an encoder in C: from a member of a row to inputs."""

from __future__ import annotations

from collections.abc import Iterable
from string import Template

import numpy as np

from rewire.tables import Column
from rewire.tables.missing import IN_ANY_COLUMN
from rewire.tables.steps import Date, Lookup, Ngrams, Number, Step
from rewire.tables.steps.date import PERIODS

from . import c_text
from .lookups import Levels

__all__ = ["LOOKUP", "PIECES", "lines", "numbers", "tables", "texts"]

# A table, as compilers take minutes for thousands of statements in one function.
NUMBERS = Template("""\
struct ${name}_number {
    size_t member;
    size_t input;
    double fill;
    int indicator;  /* whether the next input says that the number is missing */
};

static const struct ${name}_number ${name}_numbers[$count] = {
    $rows
};

static void ${name}_fill_in(const struct ${name}_row *row, double *x)
{
    size_t i;
    for (i = 0; i < $count; ++i) {
        const struct ${name}_number *const one = ${name}_numbers + i;
        const double value = *(const double *)((const char *)row + one->member);
        x[one->input] = isnan(value) ? one->fill : value;
        if (one->indicator)
            x[one->input + 1] = isnan(value) ? 1 : 0;
    }
}
""")

TEXTS = Template("""\
static const char ${name}_blanks[] = " \\t\\n\\v\\f\\r";

/* Words for a missing value, in small letters. */
static const char *const ${name}_usual[$count] = {
    $words
};

/* Moves a text past blanks, and returns its length without those at its end; 0 for NULL. */
static size_t ${name}_trim(const char **text)
{
    size_t length;
    if (*text == NULL)
        return 0;
    *text += strspn(*text, ${name}_blanks);
    length = strlen(*text);
    while (length > 0 && strchr(${name}_blanks, (*text)[length - 1]) != NULL)
        length--;
    return length;
}

/* As strcmp, of a text by its length. */
static int ${name}_order(const char *text, size_t length, const char *word)
{
    const int order = strncmp(text, word, length);
    return order != 0 ? order : -(word[length] != '\\0');
}

static int ${name}_small(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* Whether a text means a missing value: one of a column's own, or a usual word. */
static int ${name}_is_missing(const char *text, size_t length, int usual, const char *const *own)
{
    size_t i, k;
    for (; own != NULL && *own != NULL; ++own)
        if (${name}_order(text, length, *own) == 0)
            return 1;
    for (i = 0; usual && i < $count; ++i) {
        for (k = 0; k < length; ++k)
            if (${name}_small(text[k]) != ${name}_usual[i][k])
                break;
        if (k == length && ${name}_usual[i][k] == '\\0')
            return 1;
    }
    return length == 0;
}
""")

LOOKUP = Template("""\
struct ${name}_lookup {
    size_t levels;
    const char *const *texts;  /* sorted by their bytes */
    const uint32_t *rows;      /* of each text, then of other texts, then of a missing one */
    const uint32_t *starts;    /* of each row in places and values */
    const uint32_t *places;    /* the inputs that are not 0 */
    const double *values;
    int usual;                 /* whether the usual words mean a missing value */
};

static void ${name}_look_up(const struct ${name}_lookup *table, const char *text, double *x)
{
    size_t first = 0, end = table->levels, row = table->levels;
    const size_t length = ${name}_trim(&text);
    uint32_t k;
    if (${name}_is_missing(text, length, table->usual, NULL)) {
        row = table->levels + 1;
        first = end;
    }
    while (first < end) {
        const size_t middle = first + (end - first) / 2;
        const int order = ${name}_order(text, length, table->texts[middle]);
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

PIECES = Template("""\
/* The next byte of a text: small letters, and one blank before, between and after words. */
static int ${name}_next(const char **at, int *state)
{
    const char c = **at;
    if (*state == 2)
        return 0;
    if (*state == 1 && c != '\\0' && strchr(${name}_blanks, c) == NULL) {
        ++*at;
        return ${name}_small(c);
    }
    *at += strspn(*at, ${name}_blanks);
    *state = *state == 1 && **at == '\\0' ? 2 : 1;
    return ' ';
}

static int ${name}_contains(const char *text, const char *piece)
{
    int start = 0;
    do {
        const char *at = text, *p = piece;
        int state = start;
        while (*p != '\\0' && ${name}_next(&at, &state) == (unsigned char)*p)
            ++p;
        if (*p == '\\0')
            return 1;
    } while (${name}_next(&text, &start) != 0);
    return 0;
}
""")


def numbers(steps: Iterable[tuple[Number, str, int]], name: str) -> str:
    """Return the function that fills in numbers, by a table of steps, members, first inputs."""
    rows = [
        f"{{offsetof(struct {name}_row, {member}), {first}, {c_text.number(step.fill)}, "
        f"{int(step.indicator)}}}"
        for step, member, first in steps
    ]
    return NUMBERS.substitute(name=name, count=len(rows), rows=",\n    ".join(rows))


def texts(name: str) -> str:
    """Return the functions that all texts need."""
    words = [c_text.string(word) for word in sorted(IN_ANY_COLUMN - {""})]
    return TEXTS.substitute(name=name, count=len(words), words=",\n    ".join(words))


def tables(step: Step, column: Column, name: str, number: int) -> str:
    """Return the constants that a step needs."""
    if isinstance(step, Lookup):
        return _lookup(Levels.of(step, column), f"{name}_lookup", number)
    if isinstance(step, Ngrams):
        own = [*map(c_text.string, column.na), "NULL"]
        return _texts(f"{name}_own_{number}", own) + _texts(
            f"{name}_pieces_{number}", map(c_text.string, step.vocabulary)
        )
    return ""


def lines(
    step: Step, column: Column, name: str, number: int, first: int, member: str, absent: float
) -> list[str]:
    """Return the statements that make the inputs of a step, from ``x[first]`` on."""
    if isinstance(step, Lookup):
        return [f"{name}_look_up(&{name}_lookup_{number}, {member}, x + {first});"]
    if isinstance(step, Ngrams):
        return _pieces(step, column, name, number, first, member, absent)
    if isinstance(step, Date):
        return _date(step, first, member)
    return []  # numbers are filled in together


def _pieces(
    step: Ngrams, column: Column, name: str, number: int, first: int, member: str, absent: float
) -> list[str]:
    missing = f"{name}_is_missing(text, length, {int(column.usual_na)}, {name}_own_{number})"
    made = [
        f"const char *text = {member};",
        f"const size_t length = {name}_trim(&text);",
        f"if (!{missing})",
        f"    for (i = 0; i < {len(step.vocabulary)}; ++i)",
        f"        x[{first} + i] = {name}_contains(text, {name}_pieces_{number}[i]);",
    ]
    if np.isnan(absent):
        made += ["else", f"    x[{first}] = NAN;"]
    return ["{", *(f"    {line}" for line in made), "}"]


def _date(step: Date, first: int, member: str) -> list[str]:
    made = [
        f"const double seconds = isnan({member}) ? {c_text.number(step.fill)} : {member};",
        f"x[{first}] = seconds / {PERIODS['day']:.0f};",
    ]
    for period in step.periods:
        first += 2
        length = PERIODS[period]
        made += [
            f"const double {period} = {c_text.number(2 * np.pi / length)}"
            f" * fmod(seconds, {length:.0f});",
            f"x[{first - 1}] = sin({period});",
            f"x[{first}] = cos({period});",
        ]
    made += [f"x[{first + 1}] = isnan({member}) ? 1 : 0;"] * step.indicator
    return ["{", *(f"    {line}" for line in made), "}"]


def _lookup(levels: Levels, kind: str, number: int) -> str:
    known = sorted(
        (text.encode("utf-8", "surrogatepass"), text, place)
        for text, place in zip(levels.texts, levels.places, strict=True)
        if "\0" not in text  # where a text of C ends, so that it cannot be given
    )
    rows: Iterable[int] = [place for _, _, place in known] + [levels.unseen, levels.missing]
    at, places = np.nonzero(levels.rows)
    starts = np.searchsorted(at, np.arange(len(levels.rows) + 1))
    one = f"{kind}_{number}"
    whole: dict[str, Iterable[int]] = {"rows": rows, "starts": starts, "places": places}
    return "\n".join(
        [
            _texts(f"{one}_texts", (c_text.string(text) for _, text, _ in known)),
            *(c_text.table(f"{one}_{n}", "uint32_t", map(str, v)) for n, v in whole.items()),
            c_text.table(f"{one}_values", "double", map(c_text.number, levels.rows[at, places])),
            f"static const struct {kind} {one} = {{",
            f"    {len(known)}, {one}_texts, {one}_rows, {one}_starts, {one}_places, {one}_values,",
            f"    {int(bool(levels.usual))}\n}};\n",
        ]
    )


def _texts(name: str, entries: Iterable[str]) -> str:
    body = ",\n    ".join(entries) or "NULL"
    return f"static const char *const {name}[] = {{\n    {body}\n}};\n"
