import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire.tables import DateFormat
from rewire.tables.dates import as_pattern, read_dates, readable_pattern, study_dates

UTC = datetime.UTC


def texts(*values):
    return np.array(values, object)


def study(*values):
    return study_dates(texts(*values), np.ones(len(values), int))


def seconds(*when):
    return datetime.datetime(*when, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("values", "pattern", "first"),
    [
        (["2020-03-04", "2021-12-31"], "ISO8601", (2020, 3, 4)),
        (["2020-03-04T10:30:05", "2021-12-31 00:00"], "ISO8601", (2020, 3, 4, 10, 30, 5)),
        (["13/02/2020", "01/02/2020"], "%d/%m/%Y", (2020, 2, 13)),
        (["02/13/2020", "01/02/2020"], "%m/%d/%Y", (2020, 2, 13)),
        (["4.3.2020", "5.6.2021"], "%d.%m.%Y", (2020, 3, 4)),
        (["Mar 4, 2020", "May 12, 2020"], "%b %d, %Y", (2020, 3, 4)),
        (["March 4, 2020", "May 12, 2020"], "%B %d, %Y", (2020, 3, 4)),
        (["4 Mar 2020", "12 May 2020"], "%d %b %Y", (2020, 3, 4)),
        (["4-Mar-20", "12-May-20"], "%d-%b-%y", (2020, 3, 4)),
        (["Mar 2020", "May 2020"], "%b %Y", (2020, 3, 1)),
        (["2020-03", "2020-11"], "%Y-%m", (2020, 3, 1)),
        (["1972M02", "1973m11"], "%YM%m", (1972, 2, 1)),
        (["1972:02", "1973:11"], "%Y:%m", (1972, 2, 1)),
        (["1972Q2", "1973q4"], "%YQ%q", (1972, 4, 1)),
        (["1972-Q2", "1973-Q4"], "%Y-Q%q", (1972, 4, 1)),
        (["Q2 1972", "Q1 1973"], "Q%q %Y", (1972, 4, 1)),
        (["2Q1972", "3Q1973"], "%qQ%Y", (1972, 4, 1)),
        (["20200304", "20201231"], "%Y%m%d", (2020, 3, 4)),
        (["3/14/2020 1:05 PM", "3/1/2020 12:00 AM"], "%m/%d/%Y %I:%M %p", (2020, 3, 14, 13, 5)),
        (["10:30", "23:59"], "%H:%M", (1970, 1, 1, 10, 30)),
    ],
)
def test_patterns_are_found_and_read(values, pattern, first):
    found = study(*values)
    assert [one.pattern for one in found.formats] == [pattern]
    assert found.dates.all()
    assert read_dates(texts(*values), found.formats[0])[0] == seconds(*first)


def test_time_zones_are_brought_to_utc():
    found = study("2020-01-01T12:00:00Z", "2020-01-01T12:00:00+02:00")
    assert found.formats == (DateFormat("ISO8601", utc=True),)
    read = read_dates(texts("2020-01-01T12:00:00+02:00"), found.formats[0])
    assert read.tolist() == [seconds(2020, 1, 1, 10)]


def test_days_and_months_are_open_where_no_day_is_above_twelve():
    found = study("01/02/2020", "03/04/2020")
    assert [one.pattern for one in found.formats] == ["%d/%m/%Y", "%m/%d/%Y"]
    assert study("02/02/2020", "03/03/2020").formats == (DateFormat("%d/%m/%Y"),)  # the same days


def test_days_above_twelve_in_both_places_contradict_each_other():
    assert set(study("13/02/2020", "03/14/2020").contradiction) == {"13/02/2020", "03/14/2020"}


@pytest.mark.parametrize("text", ["1970", "abc", "1.2.3", "192.168.1.1", "31/31/2020", "1-2", "12"])
def test_what_is_no_date_is_none(text):
    assert not study(text).dates.any()


@given(
    st.lists(st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2100, 1, 1)), min_size=1)
)
def test_iso_dates_of_any_time_are_read(when):
    values = texts(*(one.isoformat() for one in when))
    expected = [one.replace(tzinfo=UTC).timestamp() for one in when]
    assert read_dates(values, DateFormat()) == pytest.approx(expected, abs=1e-5)


def test_patterns_can_be_written_for_people():
    assert as_pattern("DD/MM/YYYY hh:mm:ss") == "%d/%m/%Y %H:%M:%S"
    assert readable_pattern(as_pattern("MM/DD/YY")) == "MM/DD/YY"
    assert as_pattern("%b %d") == "%b %d"


@pytest.mark.parametrize(
    ("text", "pattern", "same"),
    [
        ("0001-01-01", "ISO8601", "0001-01-01"),
        ("9999-12-31", "ISO8601", "9999-12-31"),
        ("12 Oct 1492", "%d %b %Y", "1492-10-12"),
        ("12/10/1492 10:30 PM", "%d/%m/%Y %I:%M %p", "1492-10-12T22:30"),
        ("1500Q2", "%YQ%q", "1500-04-01"),
        ("29 Feb 1500", "%d %b %Y", "NaT"),  # of the calendar that goes on before 1582
    ],
)
def test_dates_of_any_year_are_read(text, pattern, same):
    found = read_dates(np.array([text], object), DateFormat(pattern))[0]
    expected = np.datetime64(same, "s")
    assert np.isnan(found) if np.isnat(expected) else found == expected.astype(float)


def test_dates_of_any_year_have_time_zones():
    texts = np.array(["1492-10-12T10:00:00+02:00", "1492-10-12 08:00:00Z"], object)
    moment = np.datetime64("1492-10-12T08:00:00", "s").astype(float)
    assert read_dates(texts, DateFormat("ISO8601", utc=True)).tolist() == [moment, moment]
