import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire.tables import NumberFormat
from rewire.tables.number_formats import study_numbers
from rewire.tables.numbers import LIKELY, matches, read_numbers, split


def texts(*values):
    return np.array(values, object)


def study(*values, **said):
    return study_numbers(texts(*values), np.ones(len(values), int), **said)


def separators(found):
    return [(one.decimal, one.thousands) for one in found.formats]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("-1.5e3", -1500),
        (" 7 ", 7),
        ("+.5", 0.5),
        ("5.", 5),
        ("−3", -3),
        ("–4", -4),
        ("5-", -5),
        ("(3.50)", -3.5),
        ("\u00a08\u00a0", 8),
    ],
)
def test_numbers_are_read_however_their_sign_is_written(text, value):
    assert read_numbers(texts(text), NumberFormat()).tolist() == [value]


@pytest.mark.parametrize(
    "text",
    [
        *("", "abc", "1.2.3", "12:30", "2020-01-01", "1 2", "(3", "--3", "-(3)", "inf", "nan"),
        *("0x10", "1_000", "1,5", "A12", "12A", "3 4 kg", "1e", "$" + "9" * 60),
    ],
)
def test_what_is_no_number_is_none(text):
    assert math.isnan(read_numbers(texts(text), NumberFormat())[0])


@pytest.mark.parametrize(
    ("written", "text", "value"),
    [
        (NumberFormat(thousands=","), "1,234,567.5", 1234567.5),
        (NumberFormat(thousands=","), "12,34,567", 1234567),
        (NumberFormat(decimal=",", thousands="."), "-1.234,56", -1234.56),
        (NumberFormat(decimal=",", thousands=" "), "1\u202f234,5", 1234.5),
        (NumberFormat(thousands="'"), "1’234.5", 1234.5),
        (NumberFormat(prefix="$", thousands=","), "-$1,200", -1200),
        (NumberFormat(prefix="$"), "($3.50)", -3.5),
        (NumberFormat(suffix="%"), "37 %", 37),
        (NumberFormat(suffix="kg", factor=1000), "5kg", 5000),
        (NumberFormat(censored="limit"), "<1.0", 1.0),
    ],
)
def test_formats_are_applied(written, text, value):
    assert read_numbers(texts(text), written).tolist() == [value]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (NumberFormat(thousands=","), "1,23"),
        (NumberFormat(thousands=","), "0,123"),
        (NumberFormat(thousands=","), "1234,567"),
        (NumberFormat(decimal=","), "1.5"),
        (NumberFormat(suffix="kg"), "5 g"),
        (NumberFormat(prefix="$"), "€5"),
        (NumberFormat(), "<1.0"),
    ],
)
def test_what_is_written_in_another_format_is_not_read(written, text):
    assert math.isnan(read_numbers(texts(text), written)[0])


NUMBERS = st.decimals(-(10**9), 10**9, places=2)
WRITTEN = st.sampled_from(
    [(d, t) for d in ".," for t in ("", ",", ".", " ", "'", "\u00a0") if t != d]
)


@given(st.lists(NUMBERS, min_size=1, max_size=20), WRITTEN, st.sampled_from(["", "$", "€", "USD "]))
def test_every_format_is_found_and_read_back(numbers, separators, prefix):
    decimal, thousands = separators
    # Two decimals leave no doubt about the decimal separator.
    swap = {",": thousands, ".": decimal}
    written = texts(*{prefix + "".join(swap.get(c, c) for c in f"{n:,}") for n in numbers})
    values = {prefix + "".join(swap.get(c, c) for c in f"{n:,}"): float(n) for n in numbers}
    found = study_numbers(written, np.ones(len(written), int))
    assert found.numeric.all()
    assert len(found.formats) == 1
    assert found.decimal == decimal
    read = read_numbers(written, found.formats[0])
    assert read.tolist() == [values[text] for text in written]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_what_python_prints_is_read_to_the_last_bit(numbers):
    assert read_numbers(texts(*map(repr, numbers)), NumberFormat()).tolist() == numbers


@given(st.text(max_size=12))
def test_any_text_is_a_number_or_none_without_an_error(text):
    found = study(text)
    read = read_numbers(texts(text), found.formats[0])
    assert found.numeric[0] or math.isnan(read[0])
    parts = split(text)
    assert parts is None or any(c.isdigit() for c in parts.core)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["1", "2.5"], [(".", "")]),
        (["57,0", "1.234,56"], [(",", ".")]),
        (["1,234", "2.5"], [(".", ",")]),
        (["1,234", "2,345,678"], [(".", ",")]),
        (["1,234", "1,5"], [(",", "")]),
        (["0,123", "1,234"], [(",", "")]),
        (["1,230", "15"], [(".", ",")]),  # neither fixed decimals nor the shortest notation
        (["1 234,5", "2"], [(",", " ")]),
        (["1,234", "5,678"], [(".", ","), (",", "")]),
        (["1.234", "5.678"], [(".", ""), (",", ".")]),
        (["1.234", "0.678"], [(".", "")]),
    ],
)
def test_the_format_is_found_from_all_values_and_open_only_if_they_do_not_tell(values, found):
    assert separators(study(*values)) == found


def test_separators_that_are_said_leave_nothing_open():
    assert separators(study("1,234", decimal=",")) == [(",", "")]
    assert separators(study("1,234", decimal=".")) == [(".", ",")]
    assert separators(study("1,234", thousands=",")) == [(".", ",")]


@pytest.mark.parametrize(
    ("values", "pair"),
    [
        (["1.5", "2.5", "3,5"], {"1.5", "3,5"}),
        (["1,234.5", "1.234,5"], {"1,234.5", "1.234,5"}),
    ],
)
def test_contradictions_are_shown_by_one_text_of_each_kind(values, pair):
    assert set(study(*values).contradiction) == pair


def test_units_are_taken_off_where_they_are_units():
    assert study("5 kg", "3 kg", "8").formats[0].suffix == "kg"
    assert study("$5", "7").formats[0].prefix == "$"
    assert study("12 Furlongs", "13 Furlongs").formats[0].suffix == "Furlongs"
    assert study("5 kg", "3 g").units == ("kg", "g")
    assert not study("5 kg", "3 g").numeric.any()
    assert study("12", "13", "12A").numeric.tolist() == [True, True, False]


def test_codes_censored_values_and_mixed_shares_are_noticed():
    assert study("01", "02", "13").code == "01"
    assert study("0", "0.5", "10").code == ""
    assert study("<1.0", "3", ">=20").censored == ("<1.0", ">=20")
    assert study("37%", "0.42", "0.5").percent_beside_shares == ("37%", "0.42")
    assert study("37%", "42", "0.5").percent_beside_shares == ()


PIECES = [
    *("$", "US$", "EUR", "Rs.", "(", ")", "-", "+", "−", "–", "<", ">=", "≤"),
    *("0", "1", "12", "234", "000", ".", ",", "'", "’", " ", "\u00a0", "\u2009", "\u202f", "\t"),
    *("e5", "E-3", "kg", "m²", "%", "°C", "m2", "km/h", "٣", "A", "ft lb", "\x1c", "\u3000", "²"),
]
written = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)


@given(st.lists(written, min_size=1, max_size=50))
def test_every_number_with_a_digit_is_likely_one(values):
    likely = matches(texts(*values), LIKELY)
    digits = matches(texts(*values), r"\d")
    assert not [
        text
        for text, found, digit in zip(values, likely, digits, strict=True)
        if digit and not found and split(text)
    ]


def test_identifiers_and_dates_are_not_likely_numbers():
    values = texts("A0000001", "2020-01-01 10:00", "12:30", "a 1")
    assert not matches(values, LIKELY).any()


@given(
    st.floats(-1e12, 1e12),
    st.sampled_from([("$", ""), ("", "kg"), ("", " m²"), ("Rs.", "%"), ("", "e5x"), ("", "")]),
    st.sampled_from([(".", ","), (",", "."), (",", " "), (".", "'")]),
)
def test_numbers_with_units_and_separators_are_read_back(value, units, separators):
    (prefix, suffix), (decimal, thousands) = units, separators
    digits = f"{abs(value):,.3f}".translate(str.maketrans({",": thousands, ".": decimal}))
    sign = "-" if value < 0 else ""
    form = NumberFormat(decimal, thousands, prefix, suffix.strip())
    found = read_numbers(texts(f"{sign}{prefix}{digits}{suffix}", "1x2"), form)
    expected = np.nan if suffix == "e5x" else round(value, 3)
    np.testing.assert_allclose(found, [expected, np.nan], rtol=1e-12, atol=1e-9)


def test_what_a_unit_takes_off_is_no_part_of_a_plain_number():
    assert read_numbers(texts("1e5", "15e"), NumberFormat(suffix="e"))[0] == 1e5
