"""Densities of layers from their shapes, against the formulas of the papers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire.connectivity import densities
from rewire.connectivity.distributions import connection_counts

SHAPES = [(784, 300), (300, 100), (100, 10)]
POSSIBLE = np.array([784 * 300, 300 * 100, 100 * 10])


def test_er_keeps_the_number_of_connections():
    found = np.array(densities(SHAPES, density=0.05, distribution="er"))
    assert (found * POSSIBLE).sum() == pytest.approx(0.05 * POSSIBLE.sum())
    raw = np.array([1084 / (784 * 300), 400 / (300 * 100), 110 / 1000])
    np.testing.assert_allclose(found / raw, found[0] / raw[0])


def test_a_layer_that_would_exceed_one_is_dense_and_the_others_are_solved_again():
    found = np.array(densities(SHAPES, density=0.1, distribution="erk"))
    assert found[2] == 1
    assert (found * POSSIBLE).sum() == pytest.approx(0.1 * POSSIBLE.sum())
    raw = np.array([1084 / (784 * 300), 400 / (300 * 100)])
    assert found[0] / raw[0] == pytest.approx(found[1] / raw[1])


@pytest.mark.parametrize(
    ("distribution", "raw"),
    [
        ("er", [(8 + 16) / (8 * 16), (16 + 32) / (16 * 32), (32 + 10) / 320]),
        ("erk", [(8 + 16 + 10) / (8 * 16 * 25), (16 + 32 + 6) / (16 * 32 * 9), (32 + 10) / 320]),
    ],
)
def test_convolutions(distribution, raw):
    shapes = [(8, 16, 5, 5), (16, 32, 3, 3), (32, 10)]
    possible = np.array([8 * 16 * 25, 16 * 32 * 9, 320])
    found = np.array(densities(shapes, density=0.05, distribution=distribution))
    assert (found * possible).sum() == pytest.approx(0.05 * possible.sum())
    assert (found < 1).all()
    np.testing.assert_allclose(found / raw, found[0] / raw[0])


def test_one_number_for_all_and_one_for_each():
    assert densities(SHAPES) == [1, 1, 1]
    assert densities(SHAPES, sparsity=0.75) == [0.25] * 3
    assert densities(SHAPES, density=[0.1, 0.5, 1]) == [0.1, 0.5, 1]


@pytest.mark.parametrize("distribution", ["uniform", "er", "erk"])
def test_an_empty_layer_does_not_matter_to_the_others(distribution):
    found = densities([(4, 0), (0, 5), (4, 5)], density=0.5, distribution=distribution)
    assert found[2] == pytest.approx(0.5)


def test_counts_by_hand():
    # 0.1 * 900 = 90, in proportion to 106 and 103: 45.65 and 44.35.
    assert connection_counts([(6, 100), (100, 3)], density=0.1, distribution="erk").tolist() == [
        46,
        44,
    ]
    # 20 in proportion to 13 and 3 would be 16.25 and 3.75: the second is full at 2.
    assert connection_counts([(10, 3), (2, 1)], density=20 / 32, distribution="er").tolist() == [
        18,
        2,
    ]
    # For each layer: 0.4, 1.5 and 4, rounded by themselves.
    assert connection_counts([(1, 1), (3, 1), (2, 2)], density=[0.4, 0.5, 1]).tolist() == [0, 2, 4]


@given(
    st.lists(st.tuples(st.integers(1, 300), st.integers(1, 300)), min_size=1, max_size=5),
    st.floats(0.001, 1),
    st.sampled_from(["uniform", "er", "erk"]),
)
def test_counts_keep_the_sum_exactly_and_each_layer_to_less_than_one(shapes, density, distribution):
    counts = connection_counts(shapes, density=density, distribution=distribution)
    possible = np.array([math.prod(shape) for shape in shapes])
    assert abs(int(counts.sum()) - density * possible.sum()) <= 0.5 + 1e-6
    assert (counts >= 0).all()
    assert (counts <= possible).all()
    ideal = np.multiply(densities(shapes, density=density, distribution=distribution), possible)
    assert (np.abs(counts - ideal) < 1.5).all()  # 1 by rounding, a half by the rounded sum


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sparsity": 1.0}, r"sparsity must be in \[0, 1\); got 1.0"),
        ({"density": [0.5, 0, 1]}, r"density must be in \(0, 1\]; got 0.0 for layer 2"),
        ({"density": [0.5]}, "density must be one number, or one for each of the 3 layers; got 1"),
        ({"density": 0.5, "distribution": "ERK"}, "must be 'uniform', 'er' or 'erk'; got 'ERK'"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        densities(SHAPES, **arguments)
