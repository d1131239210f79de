"""Budgets in whole numbers, and the shares of layers."""

import numpy as np
import pytest

from rewire import mlp
from rewire.topology.budgets import redistribution, redistributions, whole

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
