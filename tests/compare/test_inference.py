"""Intervals and tests against figures worked out by hand and against SciPy."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rewire.compare.analysis.inference import difference_of, mean_interval, share_of

numbers = st.floats(-100, 100).map(lambda x: round(x, 3))


def test_interval_of_the_mean_by_hand():
    # mean 3, deviation sqrt(2.5), and 2.776445 is Student's quantile for 4 degrees of freedom
    half = 2.7764451 * math.sqrt(2.5) / math.sqrt(5)
    assert mean_interval([1, 2, 3, 4, 5]) == pytest.approx((3 - half, 3 + half), rel=1e-7)


@given(st.lists(numbers, min_size=2, max_size=30))
def test_interval_of_the_mean_is_that_of_scipys_test(values):
    if len(set(values)) > 1:
        expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        assert mean_interval(values) == pytest.approx(tuple(expected), rel=1e-6, abs=1e-9)
    else:
        assert mean_interval(values) == pytest.approx((values[0], values[0]))


def test_an_interval_ends_where_no_mean_can_be():
    # An error has no upper bound; half the interval is 4.3027 * 0.5058 / sqrt(3).
    assert mean_interval([0.1, 0.95, 1.0], (0, math.inf)) == pytest.approx((0, 1.9398), abs=1e-4)


@given(st.integers(1, 200), st.data())
def test_share_has_wilsons_interval(runs, data):
    reached = data.draw(st.integers(0, runs))
    z, p = stats.norm.ppf(0.975), reached / runs
    middle = (p + z * z / (2 * runs)) / (1 + z * z / runs)
    half = z / (1 + z * z / runs) * math.sqrt(p * (1 - p) / runs + z * z / (4 * runs * runs))
    found = share_of(reached, runs)
    assert found.share == p
    assert found.interval == pytest.approx((max(middle - half, 0), min(middle + half, 1)), abs=1e-9)


def test_difference_by_hand():
    found = difference_of({0: 0.9, 1: 0.8, 2: 1.0}, {0: 0.7, 1: 0.7, 2: 0.7})
    assert found.pairs == 3
    assert found.mean == pytest.approx(0.2)
    half = 4.3026527 * 0.1 / math.sqrt(3)
    assert found.interval == pytest.approx((0.2 - half, 0.2 + half))
    # three of three pairs are better: 1 of 8 choices of signs, on both sides
    assert found.p == pytest.approx(2 / 8)


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=8))
def test_p_is_the_share_of_all_choices_of_signs_that_are_as_extreme(changes):
    changes = [change for change in changes if change] or [1]
    ranks = stats.rankdata(np.abs(changes))
    middle = ranks.sum() / 2
    found = abs(ranks[np.array(changes) > 0].sum() - middle)
    extreme = [
        abs((ranks * signs).sum() - middle) >= found
        for signs in itertools.product([0, 1], repeat=len(ranks))
    ]
    values = {seed: change / 100 for seed, change in enumerate(changes)}
    p = difference_of(values, dict.fromkeys(values, 0.0)).p
    assert p == pytest.approx(np.mean(extreme))


@pytest.mark.parametrize("n", [13, 50, 200])
def test_p_without_ties_is_scipys_exact_one(n):
    changes = np.random.default_rng(n).normal(0.2, 1, n)
    p = difference_of(dict(enumerate(changes)), dict.fromkeys(range(n), 0.0)).p
    assert p == pytest.approx(stats.wilcoxon(changes, method="exact").pvalue, rel=1e-9)


def test_p_of_very_many_pairs_is_approximated():
    changes = np.random.default_rng(0).normal(0.1, 1, 201)
    p = [difference_of(dict(enumerate(c)), dict.fromkeys(range(len(c)), 0.0)).p
         for c in (changes, changes[:200])]  # fmt: skip
    expected = [stats.wilcoxon(changes).pvalue, stats.wilcoxon(changes[:200]).pvalue]
    assert p[0] == expected[0]
    assert p[1] == pytest.approx(expected[1], rel=0.02)  # where it changes over it hardly differs


def test_differences_that_are_equal_but_for_rounding_share_a_rank():
    # 0.87 - 0.86 and 0.12 - 0.11 are 0.01, and different numbers in floating point
    high, low = [0.87, 0.12, 0.29, 0.58], [0.86, 0.11, 0.30, 0.55]
    assert len({abs(a - b) for a, b in zip(high, low, strict=True)}) == 3  # 0.03 is the third
    found = difference_of(dict(enumerate(high)), dict(enumerate(low)))
    # Ranks 2, 2, 2 and 4; of 16 choices of signs 8 are as far from the middle as 8 and 2.
    assert found.p == 0.5
    assert difference_of({0: 0.3}, {0: 0.1 + 0.2}).p == 1.0


def test_only_common_seeds_are_compared():
    found = difference_of({0: 1.0, 2: 0.5, 9: 0.1}, {2: 0.25, 0: 0.5, 5: 9.0})
    assert (found.pairs, found.mean) == (2, 0.375)


def test_no_pair_that_differs_is_no_evidence():
    found = difference_of({0: 0.5, 1: 0.6}, {0: 0.5, 1: 0.6})
    assert (found.mean, found.interval, found.p) == (0, (0, 0), 1.0)


def test_no_common_seed_says_nothing():
    found = difference_of({0: 0.5}, {1: 0.5})
    assert found.pairs == 0
    assert math.isnan(found.mean)
    assert math.isnan(found.p)
