"""Budgets in whole numbers, and the shares of layers."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire import mlp
from rewire.topology.budgets import apportion, redistribution, redistributions, whole

from .tables import context, eight


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0.1 * 3 / 0.1, 3),  # 3.0000000000000004
        ((1 - 0.9) * 10, 1),  # 0.9999999999999998
        (0.29 * 100, 29),  # 28.999999999999996
        (2.999999, 2),
        (0.0, 0),
    ],
)
def test_whole_rounds_down_what_is_not_a_whole_number_but_for_floating_point(number, expected):
    assert whole(np.array([number])).tolist() == [expected]


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


# ------------------------------------------------------------------------------ redistribution


def test_momentum_shares_by_the_mean_size_in_each_layer():
    net = mlp([2, 2, 1], seed=0, dtype="float64")
    net.connections.zeros("velocity", np.float64)[:] = [1, -3, 2, 2, 5, -7]
    shares = redistributions["momentum"](context(net), np.zeros(6, bool))
    np.testing.assert_allclose(shares, [2, 6])


def test_momentum_before_the_first_step_is_zero():
    shares = redistributions["momentum"](context(mlp([2, 2, 1], seed=0)), np.zeros(6, bool))
    assert shares.tolist() == [0, 0]


def test_surviving_shares_by_what_is_left():
    net = mlp([2, 2, 1], seed=0)
    dropped = np.array([True, True, True, False, False, False])
    assert redistributions["surviving"](context(net), dropped).tolist() == [1, 2]


@pytest.mark.parametrize("shares", [[1.0, 2.0], [np.nan], [-1.0], [np.inf]])
def test_shares_of_the_wrong_shape_or_size_are_refused(shares):
    mine = redistribution("mine")(lambda ctx, dropped: shares)
    redistributions.remove("mine")
    with pytest.raises(ValueError, match=r"'mine' must return one share per layer, shape \(1,\)"):
        mine(context(eight()), np.zeros(8, bool))
