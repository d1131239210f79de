"""Dates and times as people write them: the pattern of a column is found from all of its texts."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from rewire.io import import_optional

from .numbers import matches
from .schema import DateFormat

__all__ = [
    "EPOCHS",
    "DateStudy",
    "as_pattern",
    "date_origin",
    "date_shape",
    "quarter_as_month",
    "read_dates",
    "readable_pattern",
    "study_dates",
]

DAYS = (
    *("%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d/%m/%y", "%m/%d/%y"),
    *("%d-%m-%Y", "%m-%d-%Y", "%d-%m-%y", "%m-%d-%y", "%d.%m.%Y", "%d.%m.%y", "%Y.%m.%d"),
    *("%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%d %b %Y", "%d %B %Y"),
    *(
        "%d-%b-%Y",
        "%d-%b-%y",
        "%d %b %y",
        "%b %d, %y",
        "%d. %B %Y",
        "%Y-%b-%d",
        "%d/%b/%Y",
        "%b-%d-%Y",
    ),
    *("%b %Y", "%B %Y", "%b-%y", "%b-%Y", "%Y-%m", "%m/%Y", "%Y %b", "%Y/%m", "%Y%m%d"),
    *("%YM%m", "%Y-M%m", "%Y:%m", "M%m %Y", "%B-%Y", "%Y-%b", "%Y %B"),
    # Quarters, of which neither strptime nor strftime knows: see quarter_as_month.
    *("%YQ%q", "%Y-Q%q", "%Y Q%q", "%Y:Q%q", "Q%q %Y", "Q%q-%Y", "Q%q/%Y", "%Y/Q%q", "%qQ%Y"),
    *("%a, %d %b %Y", "%A, %B %d, %Y", "%a %b %d %Y", "%A, %d %B %Y", "%a, %b %d, %Y"),
)
TIMES = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%I %p")
ZONES = ("", "%z", " %z", " UTC", " GMT", "Z")
MOMENTS = tuple(map("".join, product((" ", "T", ", ", " at "), TIMES, ZONES)))
PARTS = {
    "%Y": r"\d{4}",
    "%y": r"\d{2}",
    "%m": r"\d{1,2}",
    "%q": r"(?P<quarter>[1-4])",
    "%d": r"\d{1,2}",
    "%b": r"[A-Za-z]{3}",
    "%B": r"[A-Za-z]{3,9}",
    "%a": r"[A-Za-z]{3}",
    "%A": r"[A-Za-z]{6,9}",
    "%H": r"\d{1,2}",
    "%I": r"\d{1,2}",
    "%M": r"\d{2}",
    "%S": r"\d{2}",
    "%f": r"\d{1,9}",
    "%p": r"[AaPp][Mm]",
    "%z": r"[+-]\d{2}:?\d{2}",
}
ISO = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?$"
WITH_ZONE = r":\d{2}([.,]\d+)? ?(Z|[+-]\d{2}(:?\d{2})?)$"
# No plain number, but of eight digits, and not longer than a date is.
LIKELY = (
    r"^\s*((19|20)\d{6}|\d{1,4}\.\d{1,2}\.\d{2,4}.{0,30}|[A-Za-z][^\d\n]{2,20}\d{2,4}"
    r"|[^\d]{0,20}\d{1,4}[^\d.][^\n]{1,40})\s*$"
)
# Texts that are looked at to find which patterns are possible.
SAMPLE = 200
# Units of a number that counts from 1970-01-01, in seconds.
EPOCHS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
WORDS = {"%Y": "YYYY", "%y": "YY", "%m": "MM", "%d": "DD", "%H": "hh", "%M": "mm", "%S": "ss"}
WORDS |= {"%B": "Month", "%b": "Mon", "%A": "Weekday", "%a": "Day", "%q": "q"}


@dataclass(frozen=True, eq=False)
class DateStudy:
    """What a column's texts say about being dates.

    Parameters
    ----------
    dates : ndarray of bool, shape (different,)
        Texts that are dates in one of the formats.
    formats : tuple of DateFormat
        Those that fit equally many rows and give different days: none, one, or two if it is open.
    contradiction : tuple of str
        Two texts that no format fits together.
    """

    dates: np.ndarray
    formats: tuple[DateFormat, ...] = ()
    contradiction: tuple[str, ...] = ()


def study_dates(texts: np.ndarray, counts: np.ndarray) -> DateStudy:
    """Find how dates are written in a column.

    Parameters
    ----------
    texts : ndarray of str objects, shape (different,)
        Without those that mean a missing value.
    counts : ndarray of int, shape (different,)
        How many rows have each.

    Examples
    --------
    >>> texts = np.array(["04/03/2020", "25/03/2020"], object)
    >>> study_dates(texts, np.ones(2, int)).formats
    (DateFormat(pattern='%d/%m/%Y', utc=False),)
    """
    nothing = DateStudy(np.zeros(len(texts), bool))
    likely = matches(texts, LIKELY)
    if not likely.any():
        return nothing
    chosen = np.flatnonzero(likely)[:: max(1, int(likely.sum()) // SAMPLE)]
    # Texts that differ in digits only have the same shape.
    sample = {re.sub(r"\d", "9", texts[i]): texts[i].strip() for i in chosen}
    formats = _candidates(list(sample.values()))
    values = {one: read_dates(texts, one) for one in formats}
    rows = {one: int(counts[~np.isnan(found)].sum()) for one, found in values.items()}
    if not any(rows.values()):
        return nothing
    most = max(rows.values())
    tied = [one for one in formats if rows[one] == most]
    open_to = [one for one in tied[1:] if not _same(values[tied[0]], values[one])][:1]
    either = np.logical_or.reduce([~np.isnan(found) for found in values.values()])
    against = np.flatnonzero(either & np.isnan(values[tied[0]]))
    first = np.flatnonzero(~np.isnan(values[tied[0]]))[0]
    contradiction = (texts[first], texts[against[0]]) if len(against) else ()
    return DateStudy(either, (tied[0], *open_to), contradiction)


def _same(some: np.ndarray, others: np.ndarray) -> bool:
    return bool(np.array_equal(some, others, equal_nan=True))


def _candidates(sample: list[str]) -> list[DateFormat]:
    """Return the formats whose shape some text of a sample has."""
    found = []
    if any(re.match(ISO, one) for one in sample):
        found.append(DateFormat("ISO8601", any(re.search(WITH_ZONE, one) for one in sample)))
    for day in DAYS:
        ends = {one[m.end() :] for one in sample if (m := re.match(_shape(day), one))}
        if "" in ends:
            found.append(DateFormat(day))
        if ends - {""}:
            found += [
                DateFormat(day + moment, bool(re.search("%z| UTC| GMT|Z$", moment)))
                for moment in MOMENTS
                if any(re.fullmatch(_shape(moment), end) for end in ends)
            ]
    for time in TIMES:
        if any(re.fullmatch(_shape(time), one) for one in sample):
            found.append(DateFormat(time))
    return found


@cache
def _shape(pattern: str) -> str:
    # The marks of quarters and months are written small as well; a pattern has no other such mark.
    marked = re.sub(r"(?<!%)[QM]", lambda one: f"[{one[0]}{one[0].lower()}]", re.escape(pattern))
    return re.sub(r"%[a-zA-Z]", lambda one: PARTS[one[0]], marked.replace(r"\%", "%"))


def read_dates(texts: np.ndarray, written: DateFormat) -> np.ndarray:
    """Return seconds since 1970-01-01, NaN for texts that are not written so.

    Parameters
    ----------
    texts : ndarray of str objects
    written : DateFormat
        With a time zone the seconds are UTC's, otherwise those of the clock as written. A time
        without a day is that of 1970-01-01.

    Examples
    --------
    >>> texts = np.array(["2 Jan 1970", "31 Feb 1970"], object)
    >>> read_dates(texts, DateFormat("%d %b %Y")).tolist()
    [86400.0, nan]
    """
    pandas = import_optional("pandas", "data")
    stripped = np.array([text.strip() for text in texts], object)
    fitting = matches(stripped, date_shape(written))
    values = np.full(len(texts), np.nan)
    if fitting.any():
        known, pattern = stripped[fitting], written.pattern
        if "%q" in pattern:
            known, pattern = quarter_as_month(known, written)
        moments = pandas.to_datetime(
            pandas.Series(known, dtype=object),
            format=pattern,
            utc=written.utc or None,
            errors="coerce",
        )
        found = _seconds(pandas, moments, written)
        if moments.dt.unit == "ns":  # pandas 2, which knows the years from 1677 to 2262 alone
            unknown = np.isnan(found)
            found[unknown] = [_seconds_of(text, pattern) for text in known[unknown]]
        values[fitting] = found
    return values


def _seconds_of(text: str, pattern: str) -> float:
    """Return the seconds of one date in any year from 1 to 9999; NaN if there is no such day."""
    try:
        iso = pattern == "ISO8601"
        moment = datetime.fromisoformat(text) if iso else datetime.strptime(text, pattern)
    except ValueError:
        return math.nan
    zone = moment.tzinfo or UTC
    return (moment.replace(tzinfo=zone) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()


def quarter_as_month(texts: np.ndarray, written: DateFormat) -> tuple[np.ndarray, str]:
    """Return texts with the first month of each quarter in its place, and their pattern.

    Texts of another shape are left out.

    Examples
    --------
    >>> texts, pattern = quarter_as_month(np.array(["1972Q2"], object), DateFormat("%YQ%q"))
    >>> texts.tolist(), pattern
    (['1972Q4'], '%YQ%m')
    """
    found = [re.fullmatch(_shape(written.pattern), text) for text in texts]
    months = [
        f"{one.string[: one.start(1)]}{3 * int(one[1]) - 2}{one.string[one.end(1) :]}"
        for one in filter(None, found)
    ]
    return np.array(months, object), written.pattern.replace("%q", "%m")


def date_shape(written: DateFormat) -> str:
    """Return the regular expression of dates in a format."""
    return ISO if written.pattern == "ISO8601" else rf"^{_shape(written.pattern)}$"


def date_origin(written: DateFormat) -> str:
    """Return the day that seconds count from: strptime puts times without a day into 1900."""
    return "1970-01-01" if re.search(r"%[Yyd]|ISO", written.pattern) else "1900-01-01"


def _seconds(pandas: Any, moments: Any, written: DateFormat) -> np.ndarray:
    origin = pandas.Timestamp(date_origin(written), tz="UTC" if written.utc else None)
    return ((moments - origin) / pandas.Timedelta(seconds=1)).to_numpy(np.float64)


def as_pattern(text: str) -> str:
    """Return the pattern of strptime for a person's, such as DD/MM/YYYY.

    Examples
    --------
    >>> as_pattern("DD/MM/YYYY hh:mm"), as_pattern("Mon DD, YYYY hh:mm AM"), as_pattern("%d.%m.%y")
    ('%d/%m/%Y %H:%M', '%b %d, %Y %I:%M %p', '%d.%m.%y')
    """
    if "%" in text or text == "ISO8601" or text in EPOCHS:
        return text
    for mark, word in WORDS.items():
        text = text.replace(word, mark)
    return text.replace("%H", "%I").replace("AM", "%p") if "AM" in text else text


def readable_pattern(pattern: str) -> str:
    """Return a pattern of strptime for a person.

    Examples
    --------
    >>> readable_pattern("%d/%m/%Y"), readable_pattern("%YQ%q"), readable_pattern("%b %d, %Y")
    ('DD/MM/YYYY', 'YYYYQq', 'Mon DD, YYYY')
    """
    readable = pattern.replace("%I", "%H").replace("%p", "AM")
    for mark, word in WORDS.items():
        readable = readable.replace(mark, word)
    return readable if as_pattern(readable) == pattern else pattern
