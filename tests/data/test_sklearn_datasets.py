"""The data sets that scikit-learn generates."""

import json

import numpy as np
import pytest
from sklearn.datasets import make_moons

from rewire.data import moons


def test_moons_are_the_points_of_the_post(post_dir):
    trace = json.loads((post_dir / "trace_seed1337.json").read_text())
    X, y = moons(n_samples=100, noise=0.1, seed=1337)
    assert X.tolist() == trace["X"]
    assert y.tolist() == trace["y"]


def test_moons_are_those_of_the_globally_seeded_generator():
    state = np.random.get_state()  # noqa: NPY002
    try:
        np.random.seed(5)  # noqa: NPY002
        X, y = make_moons(n_samples=30, noise=0.2)
    finally:
        np.random.set_state(state)  # noqa: NPY002
    ours, labels = moons(30, 0.2, seed=5)
    np.testing.assert_array_equal(ours, X)
    np.testing.assert_array_equal(labels, np.where(y == 1, 1, -1))


@pytest.mark.parametrize("n", [2, 50, 100])
def test_labels_are_plus_and_minus_one_in_equal_numbers(n):
    X, y = moons(n, seed=0)
    assert (X.shape, y.shape) == ((n, 2), (n,))
    assert (X.dtype, y.dtype) == (np.float64, np.int64)
    assert sorted(y.tolist()) == [-1] * (n // 2) + [1] * (n // 2)


def test_minus_one_is_the_upper_half_circle():
    X, y = moons(200, noise=0.0, seed=0)
    upper = X[y == -1]
    np.testing.assert_allclose(np.hypot(*upper.T), 1)
    assert (upper[:, 1] >= -1e-15).all()
    np.testing.assert_allclose(np.hypot(X[y == 1, 0] - 1, X[y == 1, 1] - 0.5), 1)


def test_the_seed_alone_decides():
    first, second, other = moons(seed=3), moons(seed=3), moons(seed=4)
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])
    assert (first[0] != other[0]).any()
