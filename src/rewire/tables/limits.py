"""Numbers of which a limit is known alone, such as "<1.0": which rows have one."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from .raw import RawColumn, TextColumn
from .schema import Column

__all__ = ["limit_columns", "read_limits"]

# A text that begins with one of these is a limit, and the number is on this side of it.
SIGNS = {"below": ("<", "≤"), "above": (">", "≥")}


def limit_columns(column: Column, raw: RawColumn, taken: Collection[str]) -> list[Column]:
    """Return the truth values that go with a column of numbers some of which are limits.

    Parameters
    ----------
    column : Column
    raw : RawColumn
        Its texts.
    taken : collection of str
        Names of the other columns.

    Returns
    -------
    list of Column
        One for limits from above, and one for those from below, where there are any. A step makes
        an input of it where they are frequent.

    Examples
    --------
    >>> from rewire.tables import read_raw, understand
    >>> raw = read_raw({"lead": ["<0.5", "1.2", "3"]})
    >>> [one.name for one in understand(raw, censored="limit").columns]
    ['lead', 'lead is below the limit']
    """
    found = []
    for side, signs in SIGNS.items():
        name = f"{column.name} is {side} the limit"
        while name in taken:
            name += "'"
        one = Column(
            name,
            "boolean",
            words=((), signs),
            of=column.name,
            rows=column.rows,
            different=2,
            note=f"read off {column.name!r}, which has the limit itself",
        )
        if read_limits(raw, one).any():
            found.append(one)
    return found


def read_limits(raw: RawColumn, learnt: Column) -> np.ndarray:
    """Return 1 for each row with a limit, 0 for the others.

    Parameters
    ----------
    raw : RawColumn
        Of the column that the values are read off.
    learnt : Column
        Its ``words`` are the signs.
    """
    if not isinstance(raw, TextColumn) or learnt.words is None:
        return np.zeros(len(raw))
    signs = learnt.words[1]
    limited, others = np.zeros(len(raw.different)), ~raw.different.plain.mask
    texts = raw.different.only(others).objects if others.any() else ()
    limited[others] = [text.strip().startswith(signs) for text in texts]
    return raw.spread(limited, 0.0)
