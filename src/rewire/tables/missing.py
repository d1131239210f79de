"""Which texts mean that there is no value."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from .texts import Texts

__all__ = ["are_codes", "are_missing", "has_codes", "missing_texts"]

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


def are_missing(
    texts: np.ndarray, na: Collection[str] = (), *, usual: bool = True, numbers: bool = False
) -> np.ndarray:
    """Return which texts mean a missing value.

    Parameters
    ----------
    texts : ndarray of str objects
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
    words = (AMONG_NUMBERS if numbers else IN_ANY_COLUMN) if usual else {""}
    stripped = (text.strip() for text in texts)
    return np.array([text in na or text.casefold() in words for text in stripped], bool)


def missing_texts(
    texts: Texts, na: Collection[str] = (), *, usual: bool = True, numbers: bool = False
) -> np.ndarray:
    """Return which texts mean a missing value, as :func:`are_missing` does.

    Plain numbers, often the most of a column, are looked at only if they may be meant.
    """
    found = texts.among(na)
    others = ~texts.plain.mask
    if others.any():
        some = texts.only(others).objects
        found[others] |= are_missing(some, usual=usual, numbers=numbers)
    return found


def are_codes(texts: np.ndarray) -> bool:
    """Return whether "NA" or "-" among these texts is a value of its own.

    Namibia and North America are called NA, where all others have two capital letters as well; and
    where there is "+", "-" is its opposite.

    Examples
    --------
    >>> continents, sexes = ["EU", "NA", "AS", "AF"], ["F", "M", "NA"]
    >>> are_codes(np.array(continents, object)), are_codes(np.array(sexes, object))
    (True, False)
    """
    if "+" in texts:
        return True
    others = [text for text in texts if text not in ("NA", "")]
    return len(others) >= 3 and all(len(t) == 2 and t.isalpha() and t.isupper() for t in others)


def has_codes(texts: Texts) -> bool:
    """Return what :func:`are_codes` does; where there are plain numbers, few texts are looked at."""
    plain = texts.plain.mask
    if plain.any():
        return not plain.all() and "+" in texts.only(~plain).objects
    return are_codes(texts.objects)
