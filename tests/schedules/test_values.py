"""Schedules at times worked out by hand, and the arguments they refuse."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire.schedules import Constant, Cosine, Cubic, FollowLearningRate, Linear, Sigmoid, Time


def at(schedule, *step, total=100):
    return [schedule(Time(step, total)) for step in step]


def test_constant_is_the_same_at_all_times():
    assert at(Constant(0.3), 0, 50, 100) == [0.3, 0.3, 0.3]


def test_linear_goes_in_equal_steps():
    np.testing.assert_allclose(at(Linear(0.4, 0.2), 0, 25, 50, 100), [0.4, 0.35, 0.3, 0.2])
    np.testing.assert_allclose(at(Linear(0.4), 100), [0])


def test_cosine_falls_to_half_in_the_middle_and_stays_at_zero():
    np.testing.assert_allclose(
        at(Cosine(0.3, end=0.5), 0, 12.5, 25, 50, 80),
        [0.3, 0.15 * (1 + math.sqrt(0.5)), 0.15, 0, 0],
        atol=1e-16,
    )


def test_cubic_is_the_formula_of_gradual_magnitude_pruning():
    # s_t = s_f + (s_i - s_f) (1 - (t - t0) / (n Δt))³ with s_i = 0 and s_f = 1
    times = np.arange(20, 70, 10)
    expected = 1 + (0 - 1) * (1 - (times - 20) / 40) ** 3
    np.testing.assert_allclose(at(Cubic(0.2, 0.6), *times), expected, rtol=1e-12)
    assert at(Cubic(0.2, 0.6), 0, 19, 61, 100) == [0, 0, 1, 1]


def test_sigmoid_is_a_logistic_function_scaled_to_go_from_0_to_1():
    def logistic(x):
        return 1 / (1 + math.exp(-6 * (2 * x - 1)))

    low, high = logistic(0), logistic(1)
    expected = [(logistic(x) - low) / (high - low) for x in (0, 0.25, 0.5, 0.75, 1)]
    np.testing.assert_allclose(
        at(Sigmoid(0.1, 0.5), 10, 20, 30, 40, 50), expected, rtol=1e-12, atol=1e-15
    )
    assert at(Sigmoid(0.1, 0.5), 0, 90) == [0, 1]


def test_the_learning_rate_is_followed():
    assert FollowLearningRate(0.3)(Time(5, 10, learning_rate=0.5)) == 0.15


@given(
    st.one_of(
        st.builds(Cosine, st.floats(0.01, 1), st.floats(0.01, 1)),
        st.builds(Cubic, st.floats(0, 0.4), st.floats(0.5, 1)),
        st.builds(Sigmoid, st.floats(0, 0.4), st.floats(0.5, 1), st.floats(0.1, 50)),
        st.builds(Linear, st.floats(0.01, 1), st.floats(0, 1)),
    ),
    st.integers(1, 1000),
    st.data(),
)
def test_shares_stay_between_0_and_1(schedule, total, data):
    step = data.draw(st.integers(0, total))
    assert -1e-12 <= schedule(Time(step, total)) <= 1 + 1e-12


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Constant(0), r"value must be in \(0, 1\]; got 0"),
        (lambda: Constant(1.5), r"value must be in \(0, 1\]; got 1.5"),
        (lambda: Constant(math.nan), r"value must be in \(0, 1\]; got nan"),
        (lambda: Linear(-0.1), r"start must be in \(0, 1\]; got -0.1"),
        (lambda: Linear(0.1, 2), r"stop must be in \[0, 1\]; got 2"),
        (lambda: Cosine(2), r"start must be in \(0, 1\]; got 2"),
        (lambda: Cosine(0.3, 0), r"end must be in \(0, 1\]; got 0"),
        (lambda: Cubic(1, 0.5), r"end must come after begin; got begin=1 and end=0.5"),
        (lambda: Cubic(-1), r"begin must be a share of the training, in \[0, 1\]; got -1"),
        (lambda: Sigmoid(0, 2), r"end must be a share of the training, in \(0, 1\]; got 2"),
        (lambda: Sigmoid(steepness=0), "steepness must be above 0 and finite; got 0"),
        (lambda: FollowLearningRate(0), "factor must be above 0 and finite; got 0"),
    ],
)
def test_arguments_out_of_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
