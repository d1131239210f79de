"""Oddities of each kind in files of each form, against pandas told how to read each column."""

import csv
import io
import itertools

import numpy as np
import pytest

from rewire.tables import parse, read_raw, understand
from rewire.tables.text_files import read_text

pandas = pytest.importorskip("pandas")

ROWS = 60
SEPARATORS = [",", ";", "\t", "|"]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "cp1252"]
random = np.random.default_rng(0)
REAL = np.round(random.uniform(1000, 99999, ROWS), 2)
SMALL = np.round(random.normal(0, 50, ROWS), 2)
WHOLE = random.integers(1000, 10**7, ROWS).astype(float)
SOMETIMES = np.arange(ROWS) % 11 == 3


def with_holes(texts, hole):
    return [hole if gone else text for gone, text in zip(SOMETIMES, texts, strict=True)]


def swapped(text):
    return text.translate(str.maketrans(",.", ".,"))


def days(pattern):
    when = pandas.Timestamp("1999-12-28") + pandas.to_timedelta(np.arange(ROWS) * 17, unit="D")
    return list(when.strftime(pattern))


# For each kind: how the values are written, and how pandas reads them if it is told.
def number(**options):
    return lambda path: pandas.read_csv(path, **options)["x"].to_numpy(np.float64)


def date(pattern):
    def read(path):
        texts = pandas.read_csv(path, dtype=str)["x"]
        return pandas.to_datetime(texts, format=pattern).astype("datetime64[s]").astype(np.int64)

    return read


def words(path):
    found = pandas.read_csv(path, dtype=str)["x"]
    return found.astype(object).where(found.notna(), None).to_numpy(object)


def stripped(**options):
    """Return a reader of numbers in the midst of other characters."""

    def read(path):
        texts = pandas.read_csv(path, dtype=str)["x"].str.replace(r"[^\d.,-]", "", regex=True)
        return number(**options)(io.StringIO("x\n" + "\n".join(f'"{t}"' for t in texts)))

    return read


KINDS = {
    "plain": ([f"{v}" for v in SMALL], number()),
    "exponent": ([f"{v:.5e}" for v in SMALL], number()),
    "question marks": (with_holes(map(str, SMALL), "?"), number(na_values=["?"])),
    "N/A": (with_holes(map(str, SMALL), "N/A"), number()),
    "a minus": (with_holes(map(str, SMALL), "-"), number(na_values=["-"])),
    "empty": (with_holes(map(str, SMALL), ""), number(skip_blank_lines=False)),
    "US thousands": ([f"{v:,}" for v in REAL], number(thousands=",")),
    "decimal commas": ([swapped(f"{v}") for v in SMALL], number(decimal=",")),
    "EU thousands": ([swapped(f"{v:,}") for v in REAL], number(decimal=",", thousands=".")),
    "blank thousands": ([f"{v:,}".replace(",", " ") for v in REAL], number(thousands=" ")),
    "no-break thousands": ([f"{v:,}".replace(",", "\u00a0") for v in REAL], stripped()),
    "many thousands": ([f"{v:,.0f}" for v in WHOLE * 1000], number(thousands=",")),
    "dollars": ([f"${v:,}" for v in REAL], stripped(thousands=",")),
    "euros": ([f"{swapped(f'{v:,}')} €" for v in REAL], stripped(decimal=",", thousands=".")),
    "percent": ([f"{v}%" for v in SMALL], stripped()),
    "units": ([f"{v} kg" for v in SMALL], stripped()),
    "no-break blanks": ([f"\u00a0{v}\u00a0" for v in SMALL], stripped()),
    "parentheses": (
        [f"({-v})" if v < 0 else f"{v}" for v in SMALL],
        lambda _: SMALL,
    ),
    "trailing minus": ([f"{-v}-" if v < 0 else f"{v}" for v in SMALL], lambda _: SMALL),
    "words": ([f"wörd {i % 4}" for i in range(ROWS)], words),
    "words with separators": ([f"a{';,|'[i % 3]} b" for i in range(ROWS)], words),
    "words with line breaks": ([f"a\nb{i % 5}" for i in range(ROWS)], words),
    "words and holes": (with_holes([f"w{i % 3}" for i in range(ROWS)], "NA"), words),
    "codes": ([f"{i % 12:02}" for i in range(ROWS)], words),
    "postal codes": ([f"0{(i % 9) * 1001 + 1000}" for i in range(ROWS)], words),
    "truth": (["yes", "no"] * (ROWS // 2), lambda _: np.array([1.0, 0.0] * (ROWS // 2))),
    **{
        f"dates {form}": (days(form), date(form))
        for form in ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%b %d, %Y", "%d-%b-%y")
    },
    "moments": (days("%Y-%m-%d 10:30:00"), date("%Y-%m-%d %H:%M:%S")),
}


def file_of(texts, separator, encoding):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\r\n")
    writer.writerow(["x", "group"])
    writer.writerows(zip(texts, itertools.cycle(["é", "b"]), strict=False))
    return text.getvalue().encode(encoding)


@pytest.mark.parametrize("name", KINDS)
def test_every_oddity_is_read_as_pandas_told_how_reads_it(name):
    texts, told = KINDS[name]
    alone = io.StringIO("x\n" + "\n".join('"' + t.replace('"', '""') + '"' for t in texts))
    expected = told(alone)
    for separator, encoding in itertools.product(SEPARATORS, ENCODINGS):
        raw = read_text(file_of(texts, separator, encoding), name="t.csv")
        assert raw.separator == separator
        schema = understand(raw)
        table = parse(raw, schema)
        assert table.values["group"][0] == "é"
        found = table.values["x"]
        where = f"{separator!r}, {encoding}: {schema['x']}"
        if found.dtype == object:
            assert found.tolist() == list(expected), where
        else:
            np.testing.assert_allclose(found, expected, rtol=1e-15, err_msg=where)
        assert not table.unanswerable.any()


def test_columns_of_bytes_are_of_no_known_kind():
    raw = read_raw(pandas.DataFrame(np.array([[b"0.1", b"x"], [b"0.2", b"y"]])))
    assert [column.kind for column in raw.columns.values()] == ["unknown", "unknown"]
