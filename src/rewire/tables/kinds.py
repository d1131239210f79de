"""What a column of text is: numbers, dates, truth values, categories, codes or sentences."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from rewire.io import advise, together

from .dates import DateStudy, study_dates
from .missing import are_codes, are_missing
from .number_formats import NumberStudy, study_numbers, study_plain
from .numbers import KNOWN_UNITS
from .overrides import Override, Overrides
from .parsing import read_measured
from .raw import TextColumn
from .schema import Column, DateFormat, Kind, NumberFormat
from .texts import Texts

__all__ = ["ENOUGH_ROWS", "TextStudy", "kind_of_texts", "measured_kind", "study_texts"]

# A column is one of numbers or dates if at least this share of its values can be read so. Below,
# one in ten rows would lose its value; above, a few slips would make each number a category.
READABLE = 0.9
# From this share on, it is said that many values are numbers although the column is none.
WORTH_SAYING = 0.5
# Fewer rows do not tell an identifier from a category.
ENOUGH_ROWS = 20
# A column with more different texts than this share of its rows tells the rows apart.
MOSTLY_DIFFERENT = 0.5
BOOLEANS = (("no", "yes"), ("n", "y"), ("false", "true"), ("f", "t"), ("off", "on"))


@dataclass(frozen=True, eq=False)
class TextStudy:
    """What the texts of a column say.

    Parameters
    ----------
    different : Texts
        Without those that mean a missing value.
    counts : ndarray of int, shape (different,)
    placeholders : mapping of str to int
        Texts that mean a missing value, and how many rows have each.
    missing : int
        Rows without a value.
    rows : int
    numbers : NumberStudy
    dates : DateStudy
    usual_na : bool
        Whether the usual words for a missing value mean one.
    refused : str
        A text of a column that is one of numbers, but not with the separators that a person gave.
    """

    different: Texts
    counts: np.ndarray
    placeholders: dict[str, int]
    missing: int
    rows: int
    numbers: NumberStudy
    dates: DateStudy
    usual_na: bool
    refused: str = ""

    @property
    def texts(self) -> np.ndarray:
        """The texts as objects."""
        return self.different.objects

    @cached_property
    def plain(self) -> bool:
        """Whether all texts are numbers as programs write them."""
        return bool(self.different.plain.mask.all())

    @cached_property
    def numeric(self) -> float:
        """The share of the rows with a value that are numbers."""
        return self.share(self.numbers.numeric)

    @cached_property
    def dated(self) -> float:
        """The share of the rows with a value that are dates."""
        return self.share(self.dates.dates)

    @property
    def filled(self) -> int:
        """Rows with a value."""
        return self.rows - self.missing

    def share(self, readable: np.ndarray) -> float:
        """Return the share of the rows with a value whose text is among some."""
        return float(self.counts[readable].sum()) / self.filled if self.filled else 0.0


def study_texts(column: TextColumn, said: Override, table: Overrides) -> TextStudy:
    """Look at all texts of a column.

    Words such as "unknown" count as missing where most of the others are numbers or dates.
    """
    na = {*table.na, *said.na}
    usual = said.usual_na if said.usual_na is not None else not are_codes(column.different)
    counts = column.counts
    strict = are_missing(column.different, na, usual=usual, numbers=True)
    study = _study(column, strict, counts, table, usual)
    if measured_kind(study, said) is not None:
        return study
    lenient = are_missing(column.different, na, usual=usual)
    return study if (lenient == strict).all() else _study(column, lenient, counts, table, usual)


def _study(
    column: TextColumn, missing: np.ndarray, counts: np.ndarray, table: Overrides, usual: bool
) -> TextStudy:
    texts, filled = column.different.only(~missing), counts[~missing]
    placeholders = _tally(column.different.only(missing), counts[missing]) if missing.any() else {}
    rows = (placeholders, len(column) - int(filled.sum()), len(column))
    plain = study_plain(texts, filled, table.decimal, table.thousands)
    # No other plain number is a date.
    if plain is not None and not texts.plain.dated.any():
        return TextStudy(texts, filled, *rows, plain, DateStudy(~plain.numeric), usual)
    numbers = study_numbers(texts, filled, table.decimal, table.thousands)
    dates = study_dates(texts.objects, filled)
    refused = _refused(texts.objects, filled, numbers.numeric, table)
    return TextStudy(texts, filled, *rows, numbers, dates, usual, refused)


def _tally(texts: Texts, counts: np.ndarray) -> dict[str, int]:
    """Return how many rows have each of some texts, blanks aside."""
    return {t.strip(): int(n) for t, n in zip(texts.objects, counts, strict=True) if t.strip()}


def _refused(texts: np.ndarray, counts: np.ndarray, numeric: np.ndarray, table: Overrides) -> str:
    """Return a text that the separators given do not fit, in a column that has others."""
    if table.decimal is None and table.thousands is None:
        return ""
    freely = study_numbers(texts, counts).numeric
    against = np.flatnonzero(freely & ~numeric)
    mostly = counts[freely].sum() >= READABLE * counts.sum()
    return texts[against[0]] if mostly and len(against) else ""


def measured_kind(study: TextStudy, said: Override) -> Kind | None:
    """Return "number", "date" or "boolean" for a column of these, or else None."""
    if said.kind is not None:
        return said.kind if said.kind in ("number", "date", "boolean") else None
    if not study.filled:
        return None
    if _boolean_words(study) is not None:
        return "boolean"
    if study.dated >= READABLE:
        return "date"
    if study.numeric >= READABLE and not study.numbers.code:
        return "number"
    return None


def _boolean_words(study: TextStudy) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return what stands for false and for true, if there are such words and no others."""
    # No words have so many ways to be written.
    if study.plain or len(study.different) > 8 * len(BOOLEANS):
        return None
    words = {text.strip().casefold() for text in study.texts}
    false = tuple(no for no, _ in BOOLEANS if no in words)
    true = tuple(yes for _, yes in BOOLEANS if yes in words)
    return (false, true) if false and true and words == {*false, *true} else None


def kind_of_texts(name: str, study: TextStudy, said: Override, censored: str) -> Column:
    """Return what a column of text is.

    The formats are the first ones of the studies: whether they are open is not asked here.
    """
    column = Column(
        name,
        "category",
        na=said.na,
        usual_na=study.usual_na,
        rows=study.rows,
        missing=study.missing,
        different=len(study.different if study.plain else {t.strip() for t in study.texts}),
    )
    kind = said.kind or measured_kind(study, said)
    if not study.filled:
        return replace(column, kind=said.kind or "unknown", note="it has no values")
    if kind == "number":
        return _number(column, study, said, censored)
    if kind == "date":
        return _date(column, study, said)
    if kind == "boolean":
        return replace(
            column,
            kind="boolean",
            words=said.words or _boolean_words(study),
            odd=_placeholders(study),
        )
    odd = _placeholders(study)
    if kind is not None:
        return replace(column, kind=kind, number=_of_category(study, said, kind), odd=odd)
    found, note = _words(study, column.different)
    if not study.usual_na and said.usual_na is None and "NA" in study.texts:
        note = advise(
            "'NA' is taken as a value, like the others of two letters",
            "if it means a missing one, say so (na='NA')",
        )
    return replace(column, kind=found, odd=odd, note=note)


def _of_category(study: TextStudy, said: Override, kind: Kind) -> NumberFormat | None:
    """Return the number format of a category all of whose texts are numbers."""
    if said.number is not None or kind != "category":
        return said.number
    numbers = study.numbers
    plain = numbers.numeric.all() and not (numbers.code or numbers.censored)
    plain = plain and len(numbers.formats) == 1
    return numbers.formats[0] if plain else None


def _number(column: Column, study: TextStudy, said: Override, censored: str) -> Column:
    numbers = study.numbers
    written = said.number or replace(numbers.formats[0], censored=censored)
    readable = numbers.numeric if said.number is None else _readable(study, column, written)
    odd = [*_placeholders(study), *_odd(study, readable)]
    outcome = "taken as missing" if written.censored == "missing" else "taken as its limit"
    if numbers.censored:
        counts = dict(zip(study.texts, study.counts, strict=True))
        odd += [(text, int(counts[text]), outcome) for text in numbers.censored]
    notes = (
        [f"with {written.prefix or written.suffix!r}"] if written.prefix + written.suffix else []
    )
    if written.decimal == ",":
        notes.append("decimal comma")
    if written.thousands:
        notes.append(f"thousands separated by {written.thousands!r}")
    note = ", ".join(notes)
    if numbers.censored and written.censored == "missing":
        remedy = "take them as values, with a column that tells them (censored='limit')"
        note = together(note, advise("it has limits", remedy))
    return replace(column, kind="number", number=written, odd=tuple(odd), note=note)


def _date(column: Column, study: TextStudy, said: Override) -> Column:
    formats = study.dates.formats
    written = said.date or (formats[0] if formats else None)
    readable = study.dates.dates
    if said.date is not None:
        readable = _readable(study, column, date=written)
    odd = (*_placeholders(study), *_odd(study, readable))
    return replace(column, kind="date", date=written, odd=odd)


def _readable(
    study: TextStudy,
    column: Column,
    number: NumberFormat | None = None,
    date: DateFormat | None = None,
) -> np.ndarray:
    """Return which texts can be read in a format that was given."""
    given = replace(column, kind="number" if number else "date", number=number, date=date)
    return ~np.isnan(read_measured(study.different, given))


def _placeholders(study: TextStudy) -> tuple[tuple[str, int, str], ...]:
    return tuple((text, n, "taken as missing") for text, n in study.placeholders.items())


def _odd(study: TextStudy, readable: np.ndarray) -> list[tuple[str, int, str]]:
    if readable.all():
        return []
    texts = zip(study.texts[~readable], study.counts[~readable], strict=True)
    return [(text.strip(), int(n), "cannot be read, taken as missing") for text, n in texts]


def _words(study: TextStudy, different: int) -> tuple[Kind, str]:
    """Return what a column of words is, and why."""
    numeric = study.numeric
    if study.numbers.code and numeric >= WORTH_SAYING:
        note = f"codes, for {study.numbers.code!r} begins with a zero"
    elif (
        KNOWN_UNITS & {unit.lower() for unit in study.numbers.units}
        and study.share(study.numbers.with_units) >= READABLE
    ):
        note = f"numbers with different units ({', '.join(study.numbers.units)})"
    elif numeric >= WORTH_SAYING:
        note = advise(
            f"{numeric:.0%} of its values are numbers, too few to be a column of numbers",
            "take these, and the others as missing (numeric=)",
        )
    else:
        note = ""
    if different == 1 and not study.missing:
        return "constant", "it is always the same"
    if study.filled >= ENOUGH_ROWS and different > MOSTLY_DIFFERENT * study.filled:
        if different == study.filled and _are_identifiers(study.texts):
            return "id", advise("each row has its own", "use it as a category (categorical=)")
        many = f"{different:,} different texts in {study.filled:,} rows"
        remedies = "use it as text (text=)", "as a category (categorical=)"
        return "text", together(note, advise(many, *remedies))
    return "category", note


def _are_identifiers(texts: np.ndarray) -> bool:
    """Return whether texts are single words with digits, or equally long, as codes are."""
    stripped = [text.strip() for text in texts]
    if any(" " in text for text in stripped):
        return False
    alike = len({len(text) for text in stripped}) == 1
    return alike or all(any(c.isdigit() for c in text) for text in stripped)
