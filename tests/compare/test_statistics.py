"""Statistics against figures worked out by hand and against SciPy."""

import itertools
import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rewire.compare import Trial, summarise
from rewire.compare.statistics import difference_of, mean_interval, share_of

numbers = st.floats(-100, 100).map(lambda x: round(x, 3))


def runs(method, values, **fields):
    plain = {"loss": 0.5, "connections": 68, "parameters": 101, "seconds": 0.25} | fields
    return [
        Trial(method=method, seed=seed, **plain | {"accuracy": value})
        for seed, value in enumerate(values)
    ]


def test_mean_median_and_deviation_by_hand():
    found = summarise(runs("static", [0.2, 0.4, 0.9, 0.5]))["static"]
    assert found.runs == 4
    assert found.mean == pytest.approx(0.5)
    assert found.median == pytest.approx(0.45)
    # squares of the distances: 0.09 + 0.01 + 0.16 + 0 = 0.26, over 3
    assert found.deviation == pytest.approx(math.sqrt(0.26 / 3))
    assert found.difference is None
    assert found.reached is None


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


def test_intervals_stay_within_what_is_possible():
    some = runs("static", [0.8, 0.9, 1.0]) + runs("rigl", [0.1, 0.95, 1.0])
    found = summarise(some)
    half = 4.302653 * 0.1 / math.sqrt(3)  # Student's quantile for 2 degrees of freedom
    assert found["static"].interval == pytest.approx((0.9 - half, 1.0))
    assert found["rigl"].interval == (0.0, 1.0)
    assert -1 <= found["rigl"].difference.interval.low < -0.9
    # An error has no upper bound; half the interval is 4.3027 * 0.5058 / sqrt(3).
    assert mean_interval([0.1, 0.95, 1.0], (0, math.inf)) == pytest.approx((0, 1.9398), abs=1e-4)


@given(st.lists(numbers, min_size=2, max_size=30))
def test_mean_median_and_deviation_are_those_of_the_standard_library(values):
    found = summarise(runs("static", values))["static"]
    assert found.mean == pytest.approx(statistics.mean(values), abs=1e-9)
    assert found.median == pytest.approx(statistics.median(values), abs=1e-9)
    assert found.deviation == pytest.approx(statistics.stdev(values), abs=1e-9)


@given(st.integers(1, 200), st.data())
def test_share_has_wilsons_interval(runs, data):
    reached = data.draw(st.integers(0, runs))
    z, p = stats.norm.ppf(0.975), reached / runs
    middle = (p + z * z / (2 * runs)) / (1 + z * z / runs)
    half = z / (1 + z * z / runs) * math.sqrt(p * (1 - p) / runs + z * z / (4 * runs * runs))
    found = share_of(reached, runs)
    assert found.share == p
    assert found.interval == pytest.approx((max(middle - half, 0), min(middle + half, 1)), abs=1e-9)


def test_an_accuracy_is_reached_from_below_and_a_loss_from_above():
    some = runs("rigl", [0.98, 0.99, 1.0])
    assert summarise(some, reach=0.99)["rigl"].reached.runs == 2
    some = [run._replace(loss=loss) for run, loss in zip(some, [0.2, 0.3, 0.4], strict=True)]
    assert summarise(some, "loss", reach=0.3)["rigl"].reached.runs == 2
    assert summarise(some, "loss")["rigl"].mean == pytest.approx(0.3)


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
    expected = stats.wilcoxon([1, 1, -1, 3]).pvalue
    assert found.p == pytest.approx(expected)
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


def test_one_run_has_no_spread():
    found = summarise(runs("static", [0.5]))["static"]
    assert found.mean == 0.5
    assert math.isnan(found.deviation)
    assert all(map(math.isnan, found.interval))


def test_methods_are_compared_with_the_baseline_in_the_order_they_come():
    some = runs("set", [0.5, 0.7]) + runs("rigl", [0.75, 1.0])
    assert list(summarise(some)) == ["set", "rigl"]
    assert summarise(some)["rigl"].difference.mean == pytest.approx(0.275)
    other = summarise(some, baseline="rigl")
    assert other["rigl"].difference is None
    assert other["set"].difference.mean == pytest.approx(-0.275)
    missing = summarise(some, baseline="static")
    assert [found.difference.pairs for found in missing.values()] == [0, 0]


def test_sizes_time_and_divergence():
    some = [
        Trial("gmp", 0, 0.1, 0.9, 70, 103, 1.0),
        Trial("gmp", 1, math.inf, 0.5, 68, 101, 9.0),
        Trial("gmp", 2, math.nan, 0.5, 69, 102, 2.0),
    ]
    found = summarise(some)["gmp"]
    assert (found.connections, found.parameters) == ((68, 70), (101, 103))
    assert (found.seconds, found.diverged) == (2.0, 2)


def test_a_training_that_diverged_is_the_worst_and_two_are_alike():
    losses = {"a": [1.0, math.nan, 3.0, 4.0], "b": [2.0, math.inf, 4.0, math.inf]}
    some = [
        Trial(method, seed, loss, 0.5, 68, 101, 1.0)
        for method, own in losses.items()
        for seed, loss in enumerate(own)
    ]
    found = summarise(some, "loss", reach=3)
    assert (found["a"].mean, found["a"].median, found["a"].reached.runs) == (math.inf, 3.5, 2)
    assert math.isnan(found["a"].deviation)
    # differences 1, 0, 1 and infinity, all in favour of a: one of eight choices of signs
    assert (found["b"].difference.mean, found["b"].difference.p) == (math.inf, 0.25)
    assert all(map(math.isnan, found["b"].difference.interval))


def test_nothing_gives_nothing():
    assert summarise([]) == {}


def test_an_unknown_measure_is_refused():
    with pytest.raises(ValueError, match="measure must be 'accuracy' or 'loss'; got 'speed'"):
        summarise(runs("static", [0.5]), "speed")
