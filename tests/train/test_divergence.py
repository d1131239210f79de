"""Numbers beyond what their dtype can hold."""

import numpy as np
import pytest

from rewire.connectivity import Signals
from rewire.train.divergence import all_finite, divergence, gradients_overflow


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_number_that_is_not_finite_is_found_in_any_array(bad):
    assert all_finite(np.zeros(3), np.ones(2))
    assert not all_finite(np.zeros(3), np.array([1.0, bad]))


@pytest.mark.parametrize(("largest", "expected"), [(3e38, False), (1.8e38, True)])
def test_gradients_overflow_by_their_sum_over_the_batch(largest, expected):
    # float32 ends at 3.4e38: one sample of 3e38 fits, two of 1.8e38 do not
    samples = 2 if expected else 1
    A = np.full((2, samples), largest, np.float32)
    signals = [Signals(activation=A, sensitivity=np.ones((2, samples), np.float32))]
    assert gradients_overflow(signals, np.float32) == expected
    assert not gradients_overflow(signals, np.float64)


def test_a_sensitivity_that_is_not_a_number_overflows():
    signals = [Signals(activation=np.ones((1, 1)), sensitivity=np.full((1, 1), np.nan))]
    assert gradients_overflow(signals, np.float64)


def test_the_error_says_when_and_what_to_do():
    assert str(divergence(7, 0.5)).startswith(
        "the training diverged: infinity or NaN before step 7; lower the learning rate, 0.5, or"
    )
