"""The names of columns: without blanks and quotes, different from each other, and no values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from .numbers import are_plain

__all__ = ["header_names", "look_like_values"]

# Of names that occur again, so many are told one by one.
SHOWN = 3


def look_like_values(names: Sequence[str]) -> bool:
    """Return whether most names are numbers, and not numbers that count, as years do.

    Examples
    --------
    >>> look_like_values(["5.1", "3.5", "setosa"]), look_like_values(["state", "1960", "1961"])
    (True, False)
    """
    plain = are_plain(np.array([name.strip() for name in names], object))
    numbers = [float(name) for name, one in zip(names, plain, strict=True) if one]
    counting = len(numbers) > 1 and set(np.diff(numbers)) <= {1.0}
    return bool(plain.mean() > 0.5 and not counting)


def header_names(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return names without blanks around them and different from each other, and what was done.

    Quotes of one stroke are left off where all names have them.

    Examples
    --------
    >>> header_names([" x", "x", ""])
    (['x', 'x (2)', 'column 3'], ["columns named alike: the second 'x' is called 'x (2)'"])
    >>> header_names(["'age'", "'vote'"])[0]
    ['age', 'vote']
    """
    stripped = [name.strip() for name in names]
    if all(len(name) > 2 and name[0] == name[-1] == "'" for name in stripped):
        stripped = [name[1:-1].strip() for name in stripped]
    found: dict[str, None] = {}
    again: list[str] = []
    taken, times = set(stripped), Counter[str]()
    for i, name in enumerate(stripped):
        times[name] += 1
        plain = name or f"column {i + 1}"
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
