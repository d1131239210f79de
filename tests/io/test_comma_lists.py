"""Lists of names survive being typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire.io import join_commas, split_commas

NAMES = st.text(st.characters(blacklist_categories=["Cc", "Cs", "Z"]), min_size=1)


@given(st.lists(NAMES | st.sampled_from(["a, b", 'say "x"', "last,first"]), min_size=1))
def test_what_is_joined_is_read_back(names):
    assert split_commas(join_commas(names)) == tuple(names)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("id", ("id",)),
        (" id ,note ", ("id", "note")),
        ('5" disk,id', ('5" disk', "id")),
        ('id, "last, first"', ("id", "last, first")),
        ("a,,b", ("a", "", "b")),
    ],
)
def test_blanks_and_quotes(text, parts):
    assert split_commas(text) == parts
