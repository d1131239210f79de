"""Lists as they are typed: commas between, double quotes around what has a comma itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

__all__ = ["join_commas", "split_commas"]


def split_commas(text: str) -> tuple[str, ...]:
    """Return the parts of a list, without the blanks around them.

    Double quotes are those of a CSV file: they enclose a part, and stand twice for one inside.

    Examples
    --------
    >>> split_commas("id, note"), split_commas('"last, first",id'), split_commas("")
    (('id', 'note'), ('last, first', 'id'), ())
    """
    rows = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
    return tuple(part.strip() for row in rows for part in row)


def join_commas(parts: Iterable[str]) -> str:
    """Return a list as :func:`split_commas` reads it.

    Examples
    --------
    >>> join_commas(["last, first", "id"])
    '"last, first",id'
    """
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="").writerow(parts)
    return text.getvalue()
