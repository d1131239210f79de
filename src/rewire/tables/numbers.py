"""Numbers as people write them: the format of a column is found from all of its texts."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import numpy as np

from rewire.io import import_optional

from .schema import NumberFormat

__all__ = ["plain_numbers", "read_numbers"]


def plain_numbers(texts: np.ndarray) -> np.ndarray | None:
    """Return the values of texts that are all plain numbers such as "-1.5e3", or else None."""
    pyarrow = import_optional("pyarrow", "data")
    compute = import_optional("pyarrow.compute", "data")
    array = pyarrow.array(texts, pyarrow.string(), from_pandas=True)
    plain = compute.match_substring_regex(array, r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
    if not compute.all(plain).as_py():
        return None
    return np.array(compute.cast(array, pyarrow.float64()))


def read_numbers(texts: np.ndarray, written: NumberFormat) -> np.ndarray:
    """Return the values of texts in a format, NaN for those that are not written so."""
    if len(texts) == 0:
        return np.empty(0)
    if written == NumberFormat() and (found := plain_numbers(texts)) is not None:
        return found
    pattern = _pattern(written)
    return np.array([_value(pattern.fullmatch(text), written) for text in texts])


@lru_cache
def _pattern(written: NumberFormat) -> re.Pattern[str]:
    whole = (
        rf"\d+|\d{{1,3}}(?:{re.escape(written.thousands)}\d{{3}})+" if written.thousands else r"\d+"
    )
    point = re.escape(written.decimal)
    return re.compile(rf"\s*([+-]?)((?:{whole})(?:{point}\d*)?|{point}\d+)([eE][+-]?\d+)?\s*")


def _value(match: Any, written: NumberFormat) -> float:
    if match is None:
        return np.nan
    digits = match[2].replace(written.thousands, "") if written.thousands else match[2]
    return (
        float(match[1] + digits.replace(written.decimal, ".") + (match[3] or "")) * written.factor
    )
