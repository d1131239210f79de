"""Per cent never say all or nothing where some is missing or left."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire.io import percent


@pytest.mark.parametrize(
    ("share", "digits", "text"),
    [
        (1.0, 0, "100%"),
        (1.0, 2, "100.00%"),
        (0.996, 0, "99%"),
        (0.999951, 2, "99.99%"),
        (0.9876, 1, "98.8%"),
        (0.0, 1, "0.0%"),
        (0.0001, 1, "0.1%"),
        (0.00004, 2, "0.01%"),
        (1.2, 0, "120%"),
        (-0.5, 0, "-50%"),
        (math.nan, 1, "–"),
    ],
)
def test_shares_in_words(share, digits, text):
    assert percent(share, digits) == text


@given(share=st.floats(0, 1), digits=st.integers(0, 3))
def test_only_all_is_100_and_only_nothing_is_0(share, digits):
    shown = float(percent(share, digits).removesuffix("%"))
    assert (shown == 100) == (share == 1)
    assert (shown == 0) == (share == 0)
    assert abs(shown - 100 * share) <= 10.0**-digits + 1e-9
