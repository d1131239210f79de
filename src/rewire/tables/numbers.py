"""Numbers as people write them: signs, currencies, units and separators around plain digits."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from rewire.io import import_optional

from .schema import NumberFormat

__all__ = ["KNOWN_UNITS", "PLAIN", "Written", "are_plain", "core_pattern", "read_numbers", "split"]

PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
# No number is longer: what is, need not be looked at.
LONGEST = 48

SAME = str.maketrans(
    {"\u2212": "-", "\u2013": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'"}
)
CURRENCY = r"(?:US|CA|AU|NZ|HK|S|R)?[$€£¥₹₽₩₺₪฿₫]|(?:USD|EUR|GBP|CHF|JPY|CNY|CAD|AUD|INR|BRL|Rs\.?)"
WRITTEN = re.compile(
    rf"""(?P<censored>[<>≤≥]=?)?\s*
    (?P<open>\()?\s*
    (?P<sign>[+-])?\s*
    (?P<prefix>{CURRENCY})?\s*
    (?P<inner>[+-])?
    (?P<core>[.,]?\d(?:[\d.,' ]*\d)?[.,]?)
    (?P<exponent>[eE][+-]?\d+)?
    (?P<space>\s*)
    (?P<suffix>(?:[^\W\d_]|[%‰°$€£¥₹₽₩₺₪฿₫])[^\s,;()<>=:'"+]{{0,11}}(?:\s[^\W\d_]{{1,8}})?)?\s*
    (?P<after>-)?
    (?P<close>\))?""",
    re.VERBOSE,
)
# Every number with an ordinary digit is so written, and few other texts: no identifier such as
# A0001 and no date. It is for Arrow, which finds it fast, but has no \w and \s for all letters and
# blanks as Python has.
BLANKS = r"[\s\p{Z}\x1c-\x1f\x{85}]*"
LIKELY = (
    r"^[^\pL\pN]*(?:US|CA|AU|NZ|HK|S|R|USD|EUR|GBP|CHF|JPY|CNY|CAD|AUD|INR|BRL|Rs)?[^\pL\pN]*"
    r"\p{Nd}[\p{Nd}.,' \x{a0}\x{202f}\x{2009}\x{2019}]*(?:[eE][+-]?\p{Nd}+)?"
    rf"{BLANKS}(?:[^\s\p{{Nd}}\-.,;()<>=:'\"+][^\s,;()<>=:'\"+]{{0,11}}(?:\s\S{{1,8}})?)?"
    rf"{BLANKS}[-\x{{2212}}\x{{2013}}]?{BLANKS}\)?{BLANKS}$"
)
# What may stand at a few of a column's numbers and is no part of a code such as 12A.
KNOWN_UNITS = {
    *("%", "‰", "°", "°c", "°f", "$", "€", "£", "¥", "₹", "usd", "eur", "gbp", "chf"),
    *("kg", "g", "mg", "µg", "lb", "lbs", "oz", "t", "kb", "mb", "gb", "tb"),
    *(
        "km",
        "m",
        "cm",
        "mm",
        "µm",
        "mi",
        "ft",
        "in",
        "yd",
        "nm",
        "m²",
        "m2",
        "m³",
        "m3",
        "km²",
        "km2",
    ),
    *("ha", "ft²", "ft2", "sqft", "l", "ml", "dl", "cl", "gal", "cal", "kcal", "j", "kj"),
    *("h", "hr", "hrs", "min", "mins", "s", "sec", "secs", "ms", "ns", "µs", "day", "days"),
    *("wk", "week", "weeks", "month", "months", "mo", "yr", "yrs", "year", "years"),
    *("km/h", "kmh", "mph", "m/s", "kn", "hp", "kw", "w", "kwh", "wh", "mw", "v", "mv", "a", "ma"),
    *("hz", "khz", "mhz", "ghz", "bp", "bps", "pa", "kpa", "hpa", "bar", "mbar", "psi", "mmhg"),
    *("mol", "mmol", "mmol/l", "mg/dl", "mpg", "cc", "px", "pt", "pts"),
}


class Written(NamedTuple):
    """The parts of a number as it is written."""

    core: str
    prefix: str
    suffix: str
    spaced: bool
    negative: bool
    exponent: str
    censored: bool


def split(text: str) -> Written | None:
    """Return the parts of a number, or None for a text that is none.

    Examples
    --------
    >>> split("($1,200.50)")[:3], split("−3 kg").negative, split("12 - 3")
    (('1,200.50', '$', ''), True, None)
    """
    if len(text) > LONGEST:
        return None
    found = WRITTEN.fullmatch(text.translate(SAME).strip())
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    signs = [one for one in (found["sign"], found["inner"], found["after"]) if one]
    if len(signs) + bool(found["open"]) > 1:
        return None
    return Written(
        found["core"],
        found["prefix"] or "",
        found["suffix"] or "",
        bool(found["space"]),
        "-" in signs or bool(found["open"]),
        found["exponent"] or "",
        bool(found["censored"]),
    )


def are_plain(texts: np.ndarray) -> np.ndarray:
    """Return which texts are numbers as programs write them, such as "-1.5e3"."""
    return matches(texts, PLAIN)


def matches(texts: Any, pattern: str) -> np.ndarray:
    """Return which texts, objects or an Arrow array, a regular expression is found in."""
    compute = import_optional("pyarrow.compute", "data")
    return np.asarray(compute.match_substring_regex(as_arrow(texts), pattern)).astype(bool)


def as_arrow(texts: Any) -> Any:
    """Return an Arrow array of texts that are one, or objects."""
    pyarrow = import_optional("pyarrow", "data")
    return pyarrow.array(texts, pyarrow.string()) if isinstance(texts, np.ndarray) else texts


@lru_cache
def core_pattern(decimal: str, thousands: str) -> str:
    """Return the regular expression of digits with these separators.

    Groups have three digits; after commas also two, as in the Indian 1,23,456.
    """
    group, point = re.escape(thousands), re.escape(decimal)
    whole = rf"\d+|[1-9]\d{{0,2}}(?:{group}\d{{3}})+" if thousands else r"\d+"
    if thousands == ",":
        whole = r"\d+|[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}"
    return rf"^(?:(?:{whole})(?:{point}\d*)?|{point}\d+)$"


def read_numbers(texts: np.ndarray, written: NumberFormat) -> np.ndarray:
    """Return the values of texts in a format, NaN for those that are not written so.

    Parameters
    ----------
    texts : ndarray of str objects
    written : NumberFormat
        A currency or unit may stand at a number or not; another one makes it NaN.

    Examples
    --------
    >>> written = NumberFormat(thousands=",", prefix="$")
    >>> read_numbers(np.array(["$1,200", "(35)", "12 kg", "1.5"], object), written).tolist()
    [1200.0, -35.0, nan, 1.5]
    """
    values = np.full(len(texts), np.nan)
    array = as_arrow(texts)
    # A plain number is read as fast as possible, unless its point may separate thousands.
    plain = matches(array, PLAIN) if written.decimal == "." else np.zeros(len(texts), bool)
    values[plain] = floats(as_arrow(texts[plain])) * written.factor
    regular = ~plain & _are_regular(array, written)
    values[regular] = floats(_bare(as_arrow(texts[regular]), written)) * written.factor
    pattern = re.compile(core_pattern(written.decimal, written.thousands))
    for i in np.flatnonzero(~(plain | regular)):
        values[i] = _value(texts[i], written, pattern)
    return values


def _are_regular(array: Any, written: NumberFormat) -> np.ndarray:
    """Return which texts are a sign, the prefix, digits with the separators and the suffix."""
    if re.search(r"^[eE]|[\d.,+-]", written.suffix) or re.search(r"[\d,+-]", written.prefix):
        return np.zeros(len(array), bool)
    compute = import_optional("pyarrow.compute", "data")
    prefix, suffix = re.escape(written.prefix), re.escape(written.suffix)
    core = core_pattern(written.decimal, written.thousands).strip("^$")
    short = np.asarray(compute.less_equal(compute.utf8_length(array), LONGEST)).astype(bool)
    return short & matches(array, rf"^[+-]?(?:{prefix})?{core}(?:{suffix})?$")


def floats(array: Any) -> np.ndarray:
    """Return the values of plain numbers."""
    return np.asarray(array.cast(import_optional("pyarrow", "data").float64()))


def _bare(array: Any, written: NumberFormat) -> Any:
    """Return regular numbers as plain ones."""
    compute = import_optional("pyarrow.compute", "data")
    for left_off in (written.prefix, written.suffix, written.thousands):
        if left_off:
            array = compute.replace_substring(array, left_off, "")
    return compute.replace_substring(array, written.decimal, ".")


def _value(text: str, written: NumberFormat, pattern: re.Pattern[str]) -> float:
    parts = split(text)
    if (
        parts is None
        or pattern.match(parts.core) is None
        or parts.prefix not in ("", written.prefix)
        or parts.suffix not in ("", written.suffix)
        or (parts.censored and written.censored != "limit")
    ):
        return np.nan
    digits = parts.core.replace(written.thousands, "") if written.thousands else parts.core
    number = float(digits.replace(written.decimal, ".") + parts.exponent) * written.factor
    return -number if parts.negative else number
