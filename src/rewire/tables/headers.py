"""The names of columns: without blanks and quotes, different from each other, and no values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from .numbers import are_plain
from .raw import RawColumn, TextColumn

__all__ = ["default_names", "header_names", "look_like_values"]

# Of names that occur again, so many are told one by one.
SHOWN = 3
# Columns that tell whether a first line is one of values; a wide table has no need of more.
TELLING = 100


def default_names(width: int) -> list[str]:
    """Return the names of columns that have none.

    Examples
    --------
    >>> default_names(2)
    ['column_1', 'column_2']
    """
    return [f"column_{i + 1}" for i in range(width)]


def look_like_values(names: Sequence[str], columns: Sequence[RawColumn]) -> bool:
    """Return whether at least half of the names look like values of the columns below them.

    These are numbers above numbers, unless the names count, as years do, and texts that occur
    below again.

    Parameters
    ----------
    names : sequence of str
        The first line of a file.
    columns : sequence of TextColumn or TypedColumn
        The values of the lines below it.

    Examples
    --------
    >>> from rewire.tables import read_raw
    >>> below = list(read_raw({"a": ["4.9", "6.3"], "b": ["setosa", "virginica"]}).columns.values())
    >>> look_like_values(["5.1", "setosa"], below), look_like_values(["length", "species"], below)
    (True, False)
    """
    names, columns = [name.strip() for name in names[:TELLING]], columns[:TELLING]
    plain = are_plain(np.array(names, object))
    numbers = [float(name) for name, one in zip(names, plain, strict=True) if one]
    counting = _are_counting(numbers)
    alike = [
        _has_numbers(column) and not counting if number else _has_text(column, name)
        for name, number, column in zip(names, plain, columns, strict=True)
    ]
    return 2 * sum(alike) >= len(alike)


def _are_counting(numbers: Sequence[float]) -> bool:
    """Return whether numbers are whole and go up in equal steps; two numbers, by one.

    Examples
    --------
    >>> _are_counting([1960, 1970, 1980]), _are_counting([1960, 1970]), _are_counting([0, 1])
    (True, False, True)
    """
    steps = set(np.diff(numbers).tolist())
    one_by_one = steps == {1.0}
    whole = all(number.is_integer() for number in map(float, numbers))
    return whole and (one_by_one or (len(numbers) > 2 and len(steps) == 1 and min(steps) > 0))


def _has_numbers(column: RawColumn) -> bool:
    if not isinstance(column, TextColumn):
        return column.kind == "number"
    return bool(column.different.plain.mask.mean() > 0.5)


def _has_text(column: RawColumn, name: str) -> bool:
    return isinstance(column, TextColumn) and bool(column.different.among({name}).any())


def header_names(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return names without blanks around them and different from each other, and what was done.

    Quotes of one stroke are left off where all names have them.

    Examples
    --------
    >>> header_names([" x", "x", ""])
    (['x', 'x (2)', 'column_3'], ["columns named alike: the second 'x' is called 'x (2)'"])
    >>> header_names(["'age'", "'vote'"])[0]
    ['age', 'vote']
    """
    stripped, others = [name.strip() for name in names], default_names(len(names))
    if all(len(name) > 2 and name[0] == name[-1] == "'" for name in stripped):
        stripped = [name[1:-1].strip() for name in stripped]
    found: dict[str, None] = {}
    again: list[str] = []
    taken, times = set(stripped), Counter[str]()
    for i, name in enumerate(stripped):
        times[name] += 1
        plain = name or others[i]
        unique, n = plain, 1
        while unique in found or (n > 1 and unique in taken):
            n += 1
            unique = f"{plain} ({n})"
        if n > 1:
            again.append(f"the {_ordinal(times[name])} {plain!r} is called {unique!r}")
        found[unique] = None
    if not again:
        return list(found), []
    more = f", and {len(again) - SHOWN:,} more" if len(again) > SHOWN else ""
    return list(found), [f"columns named alike: {', '.join(again[:SHOWN])}{more}"]


def _ordinal(n: int) -> str:
    if n in (2, 3):
        return {2: "second", 3: "third"}[n]
    teens = n % 100 in (11, 12, 13)
    return f"{n}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"
