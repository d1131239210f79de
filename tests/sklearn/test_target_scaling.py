"""Running mean and deviation against NumPy's over all at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire.sklearn.target_scaling import TargetScaling


@given(
    st.lists(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=8), min_size=1, max_size=6),
    st.floats(-1e6, 1e6),
)
def test_in_parts_as_at_once(parts, offset):
    scaling = TargetScaling.none(1)
    for part in parts:
        scaling = scaling.add(np.array(part)[:, None] + offset)
    whole = np.concatenate(parts) + offset
    np.testing.assert_allclose(scaling.mean, whole.mean(), rtol=1e-12, atol=1e-9)
    if whole.std() > 1e-6:
        np.testing.assert_allclose(scaling.scale, whole.std(), rtol=1e-5)


def test_weights_count_like_repetitions():
    y = np.array([[1.0, 5.0], [4.0, 6.0]])
    weighted = TargetScaling.none(2).add(y, np.array([3.0, 1.0])).add(y)
    repeated = TargetScaling.none(2).add(y[[0, 0, 0, 1, 0, 1]])
    np.testing.assert_allclose(weighted.mean, repeated.mean)
    np.testing.assert_allclose(weighted.scale, repeated.scale)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9 + 0.1])
def test_what_differs_by_rounding_only_has_not_varied(value):
    scaling = TargetScaling.none(1)
    for count in (1, 3, 7):
        scaling = scaling.add(np.full((count, 1), value))
    assert not scaling.varies.any()
    assert scaling.scale == 1
    assert scaling.add(np.array([[value + 1]])).varies.all()
