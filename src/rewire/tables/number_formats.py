"""Finds the format of a column's numbers with the evidence of all of its texts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .numbers import KNOWN_UNITS, LIKELY, Written, as_arrow, core_pattern, matches, split
from .schema import NumberFormat
from .texts import Texts, as_texts

__all__ = ["NumberStudy", "study_numbers", "study_plain"]

# Decimal and thousands separators, the most usual first.
FORMATS = (
    *((".", ""), (".", ","), (".", " "), (".", "'")),
    *((",", ""), (",", "."), (",", " "), (",", "'")),
)
# Of the numbers with a unit, this share must have the same one.
SAME_UNIT = 0.9
# A column is one of codes if this share of its values begins with zero.
CODES = 0.01


@dataclass(frozen=True, eq=False)
class NumberStudy:
    """What a column's texts say about being numbers.

    Parameters
    ----------
    numeric : ndarray of bool, shape (different,)
        Texts that are numbers in one of the formats.
    formats : tuple of NumberFormat
        Those that fit equally many rows and give different values: one, or two if it is open.
    contradiction : tuple of str
        Two texts that no format fits together.
    decimal : str
        The decimal separator, if the texts leave no doubt that there is one.
    code : str
        A whole number that begins with zero, as codes do.
    units : tuple of str
        The units found where they differ too much to be left off.
    with_units : ndarray of bool, shape (different,)
        Texts that are numbers in some unit, whichever; only where there are different ones.
    censored : tuple of str
        Texts such as "<1.0".
    percent_beside_shares : tuple of str
        A text such as "37%" and one such as "0.42", where all without a sign are between 0 and 1.
    """

    numeric: np.ndarray
    formats: tuple[NumberFormat, ...] = (NumberFormat(),)
    contradiction: tuple[str, ...] = ()
    decimal: str = ""
    code: str = ""
    units: tuple[str, ...] = ()
    censored: tuple[str, ...] = ()
    percent_beside_shares: tuple[str, ...] = ()
    with_units: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))


def study_numbers(
    texts: np.ndarray | Texts,
    counts: np.ndarray,
    decimal: str | None = None,
    thousands: str | None = None,
) -> NumberStudy:
    """Find how numbers are written in a column.

    Parameters
    ----------
    texts : ndarray of str objects or Texts, shape (different,)
        Without those that mean a missing value.
    counts : ndarray of int, shape (different,)
        How many rows have each.
    decimal, thousands : str, optional
        The separators, where a person said them.

    Examples
    --------
    >>> texts = np.array(["57,0", "1.234,56", "8"], object)
    >>> (written,) = study_numbers(texts, np.ones(3, int)).formats
    >>> written.decimal, written.thousands
    (',', '.')
    """
    known = as_texts(texts)
    if (study := study_plain(known, counts, decimal, thousands)) is not None:
        return study
    texts, plain = known.objects, known.plain.mask
    parts = _parts(texts, plain)
    cores = texts.copy()
    for i, one in parts.items():
        cores[i] = one.core
    either = plain.copy()
    either[list(parts)] = True
    candidates = either.copy()
    units, rejected = _units(parts, counts, int(counts[plain].sum()))
    candidates[rejected] = False
    if not candidates.any():
        units_found = _different_units(parts, rejected)
        return NumberStudy(candidates, units=units_found, with_units=either)
    cores[plain] = _digits(texts[plain])
    fits = _fits(cores, candidates, decimal, thousands)
    numeric = np.logical_or.reduce(list(fits.values()))
    best, open_to = _best(fits, counts, cores, numeric)
    against = np.flatnonzero(numeric & ~fits[best])
    padded = numeric & matches(cores, r"^0\d+$")
    return NumberStudy(
        numeric,
        tuple(NumberFormat(d, t, *units) for d, t in (best, *open_to)),
        _contradiction(texts, fits, best, against) if len(against) else (),
        "" if open_to or not _has_decimals(cores[fits[best]], best[0]) else best[0],
        _code(texts, counts, padded),
        _different_units(parts, rejected),
        tuple(texts[i] for i, one in parts.items() if one.censored and numeric[i]),
        _percent_beside_shares(texts, parts, plain),
        either,
    )


def study_plain(
    texts: Texts, counts: np.ndarray, decimal: str | None = None, thousands: str | None = None
) -> NumberStudy | None:
    """Return the study of texts that are all numbers as programs write them.

    It is None if some text is something else, or if all points may separate thousands.
    """
    plain = texts.plain
    if not plain.mask.all() or decimal not in (None, ".") or thousands is not None:
        return None
    points = bool(plain.pointed.any())
    if points and not (plain.pointed & ~plain.grouped).any():
        return None
    code = _code(texts.source, counts, plain.padded) if plain.padded.any() else ""
    return NumberStudy(plain.mask, decimal="." if points else "", code=code)


def _best(
    fits: dict[tuple[str, str], np.ndarray],
    counts: np.ndarray,
    cores: np.ndarray,
    numeric: np.ndarray,
) -> tuple[tuple[str, str], list[tuple[str, str]]]:
    """Return the format that fits the most rows, and one that fits as many but reads otherwise."""
    rows = {pair: int(counts[mask].sum()) for pair, mask in fits.items()}
    most = max(rows.values())
    best = next(pair for pair, n in rows.items() if n == most)
    others = [pair for pair in fits if rows[pair] == most and pair[0] != best[0]]
    separated = matches(cores, "[.,]") & numeric
    if not _differ(cores[separated], best, others) or _must_be_thousands(cores[numeric]):
        return best, []
    return best, others[:1]


def _code(texts: Any, counts: np.ndarray, padded: np.ndarray) -> str:
    """Return a number that begins with zero, unless these are but slips."""
    if counts[padded].sum() < CODES * counts.sum():
        return ""
    return str(texts[int(np.argmax(padded))]) if padded.any() else ""


def _parts(texts: np.ndarray, plain: np.ndarray) -> dict[int, Written]:
    """Return the parts of the numbers that are not plain."""
    rest = np.flatnonzero(~plain)
    array = as_arrow(texts[rest])
    likely = rest[matches(array, r"^[^\d]{0,10}\d") & matches(array, LIKELY)]
    found = {int(i): split(texts[i]) for i in likely}
    return {i: one for i, one in found.items() if one is not None}


def _digits(texts: np.ndarray) -> np.ndarray:
    """Return plain numbers without sign and exponent."""
    return np.array([t.lstrip("+-").partition("e")[0].partition("E")[0] for t in texts], object)


def _fits(
    cores: np.ndarray, candidates: np.ndarray, decimal: str | None, thousands: str | None
) -> dict[tuple[str, str], np.ndarray]:
    """Return, for each format that is possible, which texts it fits."""
    possible = [
        pair
        for pair in FORMATS
        if decimal in (None, pair[0])
        and (thousands is None or (pair[1] in ("", thousands) and pair[0] != thousands))
    ]
    fits = {}
    for pair in possible:
        fits[pair] = np.zeros(len(cores), bool)
        fits[pair][candidates] = matches(cores[candidates], core_pattern(*pair))
    return fits


def _differ(cores: np.ndarray, best: tuple[str, str], others: list[tuple[str, str]]) -> bool:
    """Return whether another format reads some number differently."""
    if not others:
        return False

    def value(core: str, pair: tuple[str, str]) -> str:
        digits = core.replace(pair[1], "") if pair[1] else core
        return digits.replace(pair[0], ".")

    return any(value(core, best) != value(core, others[0]) for core in cores)


def _must_be_thousands(cores: np.ndarray) -> bool:
    """Return whether commas cannot be decimal: neither a fixed nor a shortest notation fits.

    Numbers of a fixed number of decimals would all have them; the shortest ones end in no zero.
    """
    commas = [core for core in cores if "," in core]
    return (
        bool(commas)
        and any(core.isdigit() for core in cores)
        and any(core.endswith("0") for core in commas)
    )


def _has_decimals(cores: np.ndarray, decimal: str) -> bool:
    return bool(matches(cores, rf"[{decimal}]").any())


def _contradiction(
    texts: np.ndarray,
    fits: dict[tuple[str, str], np.ndarray],
    best: tuple[str, str],
    against: np.ndarray,
) -> tuple[str, str]:
    """Return a text of the best format that does not fit the one of a text against it."""
    other = next(mask for mask in fits.values() if mask[against[0]])
    agreeing = np.flatnonzero(fits[best] & ~other)
    return texts[agreeing[0]] if len(agreeing) else "", texts[against[0]]


def _units(
    parts: dict[int, Written], counts: np.ndarray, bare: int
) -> tuple[tuple[str, str], list[int]]:
    """Return the prefix and suffix of the column, and the texts that have another."""
    rows: dict[str, Counter[str]] = {"prefix": Counter(), "suffix": Counter()}
    for i, one in parts.items():
        rows["prefix"][one.prefix] += int(counts[i])
        rows["suffix"][one.suffix] += int(counts[i])
    found = {}
    for side, tally in rows.items():
        without = tally.pop("", 0) + bare
        unit, times = tally.most_common(1)[0] if tally else ("", 0)
        if times < SAME_UNIT * tally.total():
            unit = ""
        found[side] = (unit, without == 0)
    prefix, (suffix, everywhere) = found["prefix"][0], found["suffix"]
    rejected = [
        i
        for i, one in parts.items()
        if one.prefix not in ("", prefix)
        or one.suffix not in ("", suffix)
        or (one.suffix and not everywhere and not _is_unit(one))
    ]
    if suffix and all(parts[i].suffix != suffix for i in parts if i not in set(rejected)):
        suffix = ""
    return (prefix, suffix), rejected


def _is_unit(one: Written) -> bool:
    """Return whether a suffix is a unit rather than the end of a code such as 12A."""
    return one.suffix.lower() in KNOWN_UNITS and (
        one.spaced or len(one.suffix) > 1 or one.suffix in "%‰°$€£¥₹"
    )


def _percent_beside_shares(
    texts: np.ndarray, parts: dict[int, Written], plain: np.ndarray
) -> tuple[str, ...]:
    """Return "37%" and "0.42" if they cannot be of one scale."""
    percent = [texts[i] for i, one in parts.items() if one.suffix == "%"]
    bare = texts[plain].astype(np.float64)
    if not percent or not len(bare) or np.abs(bare).max() > 1 or (bare % 1 == 0).all():
        return ()
    return percent[0], texts[plain][np.flatnonzero(bare % 1)[0]]


def _different_units(parts: dict[int, Written], rejected: list[int]) -> tuple[str, ...]:
    tally = Counter(parts[i].suffix or parts[i].prefix for i in rejected)
    return tuple(unit for unit, _ in tally.most_common(4))
