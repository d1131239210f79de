"""Which texts mean that there is no value."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from rewire.io import import_optional

from .numbers import as_arrow, matches
from .texts import Texts, as_texts

__all__ = ["are_codes", "are_missing"]

# Compared without regard to case and to blanks around.
IN_ANY_COLUMN = {
    *(
        "",
        "?",
        "??",
        "-",
        "--",
        "---",
        ".",
        "na",
        "n/a",
        "<na>",
        "#n/a",
        "#na",
        "n.a.",
        "nan",
        "nat",
    ),
    *("null", "(null)", "#null!", "\\n", "nil"),
}
# In a column of words, these are words as well.
AMONG_NUMBERS = IN_ANY_COLUMN | {
    *("none", "missing", "unknown", "not available", "not applicable", "not known", "unspecified"),
    *("undefined", "n.d.", "nd", "n/d", "tbd", "..", "...", "…", "–", "—", "*", "blank"),
    *("empty", "(missing)", "(none)", "(blank)"),
    *("#value!", "#ref!", "#div/0!", "#num!", "#name?"),
}


# What Arrow strips and compares otherwise than Python: other letters, and separators of records.
UNUSUAL = r"[^\t-\r -~]"


def are_missing(
    texts: np.ndarray | Texts,
    na: Collection[str] = (),
    *,
    usual: bool = True,
    numbers: bool = False,
) -> np.ndarray:
    """Return which texts mean a missing value.

    Parameters
    ----------
    texts : ndarray of str objects or Texts
    na : collection of str
        Further texts that do, exactly as they are but for blanks around them.
    usual : bool, default True
        Whether the usual words such as "NA" do; an empty text always does.
    numbers : bool, default False
        Whether the column is one of numbers, dates or truth values, where "unknown" is no value.

    Examples
    --------
    >>> are_missing(np.array(["NA", "unknown", "9"], object), na=["9"]).tolist()
    [True, False, True]
    """
    texts = as_texts(texts)
    words = (AMONG_NUMBERS if numbers else IN_ANY_COLUMN) if usual else {""}
    found = texts.among(na)
    # Plain numbers, often the most of a column, are none of the words.
    others = ~texts.plain.mask
    if others.any():
        found[others] |= _are_words(texts.only(others), words)
    return found


def _are_words(texts: Texts, words: Collection[str]) -> np.ndarray:
    """Return which texts are one of some words, without regard to case and to blanks around."""
    pyarrow = import_optional("pyarrow", "data")
    compute = import_optional("pyarrow.compute", "data")
    array = as_arrow(texts.source)
    plain = compute.ascii_lower(compute.ascii_trim_whitespace(array))
    found = np.asarray(compute.is_in(plain, pyarrow.array(list(words)))).astype(bool)
    unusual = matches(array, UNUSUAL)
    if unusual.any():
        stripped = (text.strip().casefold() for text in texts.only(unusual).objects)
        found[unusual] = [text in words for text in stripped]
    return found


def are_codes(texts: np.ndarray | Texts) -> bool:
    """Return whether "NA" or "-" among these texts is a value of its own.

    Namibia and North America are called NA, where all others have two capital letters as well; and
    where there is "+", "-" is its opposite.

    Examples
    --------
    >>> continents, sexes = ["EU", "NA", "AS", "AF"], ["F", "M", "NA"]
    >>> are_codes(np.array(continents, object)), are_codes(np.array(sexes, object))
    (True, False)
    """
    texts = as_texts(texts)
    plain = texts.plain.mask
    if plain.all():
        return False
    words = texts.only(~plain).objects
    if "+" in words:
        return True
    others = [text for text in words if text not in ("NA", "")]
    alike = all(len(t) == 2 and t.isalpha() and t.isupper() for t in others)
    return len(others) >= 3 and alike and not plain.any()
