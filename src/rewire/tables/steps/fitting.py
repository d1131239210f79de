"""What each kind of column becomes, learnt from the training rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..schema import Column
from .categories import LeftOut, fit_categories
from .date import PERIODS, Date, phase
from .ngrams import Ngrams, plain_text
from .number import Number

__all__ = ["FREQUENT", "LeftOut", "fit_step", "missing_rows"]

# An indicator tells that a value is missing, or but a limit, where this is so in at least this
# share of the training rows: rarer ones are too few to learn from.
FREQUENT = 0.05
# Of a period, how far from one and the same point the dates must be to be told apart (1 minus the
# length of their mean direction).
SPREAD = 1e-3
DAY = PERIODS["day"]
# N-grams: of 3 to 5 characters, in at least this share of the texts, and this many of them at most.
LENGTHS, RARE, VOCABULARY = (3, 5), 0.01, 300


def fit_step(column: Column, values: np.ndarray, y: np.ndarray | None = None) -> Any:
    """Learn the step of a column from its training rows.

    Parameters
    ----------
    column : Column
    values : ndarray, shape (rows,)
        As in a :class:`rewire.tables.Table`.
    y : ndarray, optional
        Class numbers (integers), or the numbers of a regression (floats).

    Returns
    -------
    Step or LeftOut
    """
    if column.of and values.mean() < FREQUENT:
        return LeftOut(f"fewer than {FREQUENT:.0%} of the training rows have a limit")
    missing = missing_rows(values)
    known = values[~missing]
    indicator = bool(missing.any() and missing.mean() >= FREQUENT)
    if len(known) == 0:
        return LeftOut("every value is missing in the training rows")
    if not indicator and _all_equal(known):
        return LeftOut("constant in the training rows")
    if column.kind == "date":
        return Date(column.name, float(np.median(known)), _periods(known), indicator)
    if values.dtype.kind == "f":
        return Number(column.name, _middle(column, known), indicator)
    if column.kind == "text":
        return _ngrams(column.name, known)
    return fit_categories(column.name, values, y, indicator)


def missing_rows(values: np.ndarray) -> np.ndarray:
    """Return for each row whether its value is missing: NaN or None."""
    return np.isnan(values) if values.dtype.kind == "f" else np.equal(values, np.array(None))


def _all_equal(known: np.ndarray) -> bool:
    first = known[0]
    return bool((known == first).all())


def _middle(column: Column, known: np.ndarray) -> float:
    """Return the median of numbers, and the more frequent of two truth values."""
    return float(known.mean() > 0.5) if column.kind == "boolean" else float(np.median(known))


def _periods(seconds: np.ndarray) -> tuple[str, ...]:
    """Return the periods that tell more than the time elapsed: several long, and varying."""
    span = seconds.max() - seconds.min()
    found = [
        name
        for name, length in PERIODS.items()
        if span >= length and 1 - abs(np.exp(1j * phase(seconds, name)).mean()) > SPREAD
    ]
    # The first days of months or years are on all days of the week, which means nothing.
    if "week" in found and any(_same_day_of_month(seconds + more) for more in (0, DAY)):
        found.remove("week")
    return tuple(found)


def _same_day_of_month(seconds: np.ndarray) -> bool:
    days = np.floor(seconds / DAY).astype(np.int64).astype("datetime64[D]")
    return _all_equal(days - days.astype("datetime64[M]").astype("datetime64[D]"))


def _ngrams(name: str, known: np.ndarray) -> Ngrams | LeftOut:
    """Return the pieces that are neither in almost every text nor in almost none."""
    from sklearn.feature_extraction.text import CountVectorizer

    least = max(2, int(np.ceil(RARE * len(known))))
    counter = CountVectorizer(
        analyzer="char_wb",
        ngram_range=LENGTHS,
        preprocessor=plain_text,
        binary=True,
        min_df=least,
        max_df=0.9,
        max_features=VOCABULARY,
    )
    try:
        counter.fit(known)
    except ValueError:  # nothing is left
        return LeftOut(f"no piece of text is in at least {least} rows and in at most 90%")
    return Ngrams(name, tuple(map(str, counter.get_feature_names_out())))
