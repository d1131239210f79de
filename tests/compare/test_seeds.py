"""Seeds as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire.compare.seeds import parse_seeds


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("1", (0,)),
        ("4", (0, 1, 2, 3)),
        ("7-7", (7,)),
        ("100-103", (100, 101, 102, 103)),
        ("3,", None),
        ("3,7,11", (3, 7, 11)),
        ("11, 3", (11, 3)),
        ("0,5-7", (0, 5, 6, 7)),
        ("4294967295-4294967295", (2**32 - 1,)),
    ],
)
def test_seeds(text, seeds):
    if seeds is None:
        with pytest.raises(ValueError, match="seeds must be"):
            parse_seeds(text)
    else:
        assert parse_seeds(text) == seeds


def test_a_number_is_how_many():
    assert parse_seeds("100") == tuple(range(100))


@given(st.integers(0, 2**32 - 60), st.integers(0, 50))
def test_ranges_include_both_ends(first, more):
    assert parse_seeds(f"{first}-{first + more}") == tuple(range(first, first + more + 1))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a range .100-199. or a list .3,7,11.*got ''"),
        ("0", "at least one; got '0'"),
        ("-3", "got '-3'"),
        ("1.5", "got '1.5'"),
        ("many", "got 'many'"),
        ("1,,2", "got '1,,2'"),
        ("1-2-3", "got '1-2-3'"),
        ("0-4294967290", "at most 1,000,000 in a study"),
        ("9-5", "go up; got '9-5': write 5-9"),
        ("3,1-4", "all differ; got 3 twice"),
        ("4294967296,1", "below 4294967296; got 4294967296"),
        ("٣", "got '٣'"),
    ],
)
def test_what_is_no_list_of_seeds_is_refused_by_name(text, message):
    with pytest.raises(ValueError, match=message):
        parse_seeds(text)
