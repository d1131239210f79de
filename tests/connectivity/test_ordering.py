"""Orders by radix against NumPy's sort."""

import numpy as np
import pytest

from rewire.connectivity.ordering import FEW, order_of


@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "i8", "f2", "u8"])
@pytest.mark.parametrize("length", [0, 1, FEW - 1, FEW, 5000])
def test_the_order_is_that_of_a_stable_sort(dtype, length):
    random = np.random.default_rng(length)
    values = random.normal(size=length) * 10.0 ** random.integers(-3, 30 if dtype == "f8" else 4)
    if dtype[0] in "iu":
        values = random.integers(np.iinfo(dtype).max, size=length, dtype=dtype)
    numbers = values.astype(dtype)
    numbers[random.random(length) < 0.3] = numbers[:1] if length else 0  # ties
    np.testing.assert_array_equal(order_of(numbers), np.argsort(numbers, kind="stable"))


def test_infinities_and_zeros_of_both_signs_come_where_they_belong():
    numbers = np.resize(np.array([np.inf, 0.0, -np.inf, -0.0, 1e-300, -1.0]), FEW)
    found = numbers[order_of(numbers)]
    np.testing.assert_array_equal(found, np.sort(numbers))
    assert np.signbit(found[found == 0]).tolist() == sorted(np.signbit(found[found == 0]))[::-1]
