"""Statistics against figures worked out by hand and the standard library's."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire.compare import Trial, summarise

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


def test_intervals_stay_within_what_is_possible():
    some = runs("static", [0.8, 0.9, 1.0]) + runs("rigl", [0.1, 0.95, 1.0])
    found = summarise(some)
    half = 4.302653 * 0.1 / math.sqrt(3)  # Student's quantile for 2 degrees of freedom
    assert found["static"].interval == pytest.approx((0.9 - half, 1.0))
    assert found["rigl"].interval == (0.0, 1.0)
    assert -1 <= found["rigl"].difference.interval.low < -0.9


@given(st.lists(numbers, min_size=2, max_size=30))
def test_mean_median_and_deviation_are_those_of_the_standard_library(values):
    found = summarise(runs("static", values))["static"]
    assert found.mean == pytest.approx(statistics.mean(values), abs=1e-9)
    assert found.median == pytest.approx(statistics.median(values), abs=1e-9)
    assert found.deviation == pytest.approx(statistics.stdev(values), abs=1e-9)


def test_an_accuracy_is_reached_from_below_and_a_loss_from_above():
    some = runs("rigl", [0.98, 0.99, 1.0])
    assert summarise(some, reach=0.99)["rigl"].reached.runs == 2
    some = [run._replace(loss=loss) for run, loss in zip(some, [0.2, 0.3, 0.4], strict=True)]
    assert summarise(some, "loss", reach=0.3)["rigl"].reached.runs == 2
    assert summarise(some, "loss")["rigl"].mean == pytest.approx(0.3)


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
