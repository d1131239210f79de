"""Dividing a whole number: by hand, and what holds for all numbers."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire.connectivity.apportion import apportion


@pytest.mark.parametrize(
    ("total", "shares", "most", "expected"),
    [
        (10, [1, 1, 2], [9, 9, 9], [3, 2, 5]),  # 2.5, 2.5, 5: the first of equal remainders
        (10, [1, 1, 2], [9, 1, 9], [3, 1, 6]),  # 9 between 1 and 2
        (10, [0, 0, 0], [9, 9, 9], [4, 3, 3]),  # evenly where there are no shares
        (10, [1, 0, 0], [4, 9, 9], [4, 3, 3]),  # and where those with shares are full
        (10, [1, 1, 1], [2, 3, 1], [2, 3, 1]),  # all that there is room for
        (0, [1, 1], [5, 5], [0, 0]),
        (3, [], [], []),
        (3, [1, 1], [0, 9], [0, 3]),
    ],
)
def test_sharing_out_by_hand(total, shares, most, expected):
    assert apportion(total, np.array(shares, float), np.array(most, int)).tolist() == expected


@given(
    st.integers(0, 10**6),
    st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 10**5)), min_size=1, max_size=30),
)
def test_sharing_out_keeps_the_sum_and_the_bounds(total, groups):
    shares, most = np.array([share for share, _ in groups]), np.array([n for _, n in groups])
    given_ = apportion(total, shares, most)
    assert given_.sum() == min(total, most.sum())
    assert (given_ >= 0).all()
    assert (given_ <= most).all()


@given(st.integers(0, 10**6), st.lists(st.integers(1, 1000), min_size=1, max_size=30))
def test_sharing_out_without_bounds_is_proportional_to_less_than_one(total, shares):
    given_ = apportion(total, np.array(shares, float), np.full(len(shares), total))
    for number, share in zip(given_.tolist(), shares, strict=True):
        assert abs(number - Fraction(total * share, sum(shares))) < 1 + 1e-6


@given(
    st.integers(0, 1000),
    st.lists(st.tuples(st.integers(1, 50), st.integers(0, 100)), min_size=2, max_size=10),
)
def test_those_below_their_bound_share_in_proportion(total, groups):
    shares, most = np.array([s for s, _ in groups], float), np.array([n for _, n in groups])
    given_ = apportion(total, shares, most)
    below = given_ < most - 1  # a remainder may fill up the last one
    if below.any():
        rate = given_[below] / shares[below]
        step = 1 / shares[below].min()
        assert rate.max() - rate.min() <= 2 * step
        full = ~below
        assert (most[full] / shares[full] <= rate.max() + 3 * max(step, 1)).all()
