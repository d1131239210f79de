"""Rows of numbers in parts, and the gradients that they give."""

import numpy as np
import pytest

from rewire import mlp
from rewire.connectivity import Rows
from rewire.connectivity.signals import connection_gradients, join_batches

from .separate_blocks import COLUMNS, SeparateBlocks

SHAPES = [(3, 4), (4, 2), (2, 5)]
ROWS = Rows([(range(4, 6), np.array([[5.0, 6], [7, 8]])), (range(3), np.eye(3))], 8, "activation")


def test_rows_are_those_of_their_units():
    assert ROWS[1:3].tolist() == [[0, 1, 0], [0, 0, 1]]
    assert ROWS[np.array([5, 4, 5])].tolist() == [[7, 8], [5, 6], [7, 8]]
    assert ROWS[[2]].tolist() == [[0, 0, 1]]
    assert ROWS[4:4].shape == (0, 2)
    assert (ROWS.columns(range(3)), ROWS.columns(range(5, 6))) == (3, 2)


@pytest.mark.parametrize("units", [slice(0, 5), slice(3, 4), np.array([0, 4]), slice(6, 8)])
def test_units_without_rows_or_of_two_parts_are_refused(units):
    with pytest.raises(IndexError, match="activation must be asked for within one of the parts"):
        ROWS[units]


def test_a_part_has_a_row_for_each_unit():
    with pytest.raises(ValueError, match="sensitivity of units 0:3 must have 3 rows; got 2"):
        Rows([(range(3), np.eye(2))], name="sensitivity")


def test_each_part_is_reduced_and_units_without_rows_are_nan():
    found = ROWS.reduce(lambda rows: rows.sum(axis=1))
    np.testing.assert_array_equal(found, [1, 1, 1, np.nan, 11, 15, np.nan, np.nan])
    whole = Rows.of(np.eye(3), 3, "activation").reduce(lambda rows: rows.argmax(axis=1))
    assert whole.tolist() == [0, 1, 2]


@pytest.mark.parametrize("batches", [1, 3])
def test_gradients_are_products_of_rows(batches):
    model = SeparateBlocks(SHAPES)
    signals = [model.signals(seed) for seed in range(batches)]
    factors = [0.5**k for k in range(batches)]
    A, D = join_batches(signals, factors, model.connections.units)
    assert A.columns(model.blocks()[1].sources) == batches * COLUMNS[1]
    found = connection_gradients(model.connections, model.blocks(), A, D)
    expected = [
        sum(f * (one.sensitivity[[t]][0] @ one.activation[[s]][0])
            for f, one in zip(factors, signals, strict=True))
        for s, t in zip(model.connections.source, model.connections.target, strict=True)
    ]  # fmt: skip
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_network_gives_one_part_and_says_what_it_cost():
    net = mlp([3, 4, 2], density=0.5, seed=0, dtype="float64")
    X, y = np.ones((5, 3)), np.zeros((5, 2))
    signals = net.signals(X, y, "mean_squared_error")
    assert signals.flops == 5 * 2 * (2 * len(net.connections) + 6)
    rows = join_batches([signals], [1.0], net.size)
    found = connection_gradients(net.connections, net.blocks(), *rows)
    expected = net.gradients(X, y, "mean_squared_error").weight
    np.testing.assert_allclose(found, expected, rtol=1e-12)
