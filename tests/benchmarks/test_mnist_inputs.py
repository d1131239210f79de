"""The inputs made of MNIST's pixels, on which docs/results.md rests, and what they cost."""

import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def inputs():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import mnist_inputs
    finally:
        sys.path.remove(str(BENCHMARKS))
    return mnist_inputs


def picture(rows, columns):
    X = np.zeros((28, 28), np.float32)
    X[rows, columns] = 1
    return X.reshape(1, -1)


def test_means_of_a_square_are_spread_over_the_four_that_hold_it(inputs):
    means = inputs.means(picture(slice(4, 6), slice(8, 10))).reshape(14, 14)
    assert np.argwhere(means).tolist() == [[1, 3], [1, 4], [2, 3], [2, 4]]
    assert means[1:3, 3:5] == pytest.approx(0.25)


def test_an_upright_line_rises_and_falls_across_and_not_down(inputs):
    edges = inputs.edges(picture(slice(None), slice(12, 14))).reshape(8, 7, 7)
    across, back, down, up, *_ = edges
    # Column 6 of the halved picture: the rise lies at 5, the fall at 6, each seen by the cells of
    # whose columns 2c - 1 to 2c + 1 it is one, in three rows (two at the top).
    assert across[1] * 2.5 == pytest.approx([0, 0, 3, 3, 0, 0, 0])
    assert back[1] * 2.5 == pytest.approx([0, 0, 0, 3, 0, 0, 0])
    assert across[0, 2] * 2.5 == pytest.approx(2)
    assert not up[:6].any()
    assert not down.any()


def test_a_slope_counts_where_it_is_steep(inputs):
    ramp = np.repeat(np.arange(14.0), 2)[None].repeat(28, axis=0).reshape(1, -1) / 14
    edges = inputs.edges(ramp).reshape(8, 7, 7)
    assert edges[0, 1:, 1:6] == pytest.approx(9 / 14 / 2.5)
    falling, rising = edges[4], edges[6]
    assert falling[1:6, 1:6] == pytest.approx(9 / 14 / 2.5 / 2**0.5)
    assert rising[1:6, 1:6] == pytest.approx(falling[1:6, 1:6])


def by_hand(used):
    """Follow every sum back to the pixels, each distinct one once."""
    cells, runs, differences, squares = 0, set(), set(), set()
    ends = [((0, 0), (0, 1)), ((0, 0), (1, 0)), ((0, 0), (1, 1)), ((0, 1), (1, 0))]
    for direction, r, c in np.argwhere(used.reshape(8, 7, 7)).tolist():
        cells += 1
        for i in range(max(2 * r - 1, 0), 2 * r + 2):
            runs.add((direction, i, c))
            for j in range(max(2 * c - 1, 0), 2 * c + 2):
                differences.add((direction // 2, i, j))
                for down, right in ends[direction // 2]:
                    if i + down < 14 and j + right < 14:
                        squares.add((i + down, j + right))
    return 2 * cells + 2 * len(runs) + len(differences) + 3 * len(squares)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 1.0])
def test_the_additions_for_edges_are_those_of_a_count_by_hand(inputs, share):
    used = np.random.default_rng(3).random(392) < share
    assert inputs.additions(inputs.edges, used) == by_hand(used)


@pytest.mark.parametrize("share", [0.05, 0.5, 1.0])
def test_the_additions_for_means_are_those_of_a_count_by_hand(inputs, share):
    used = np.random.default_rng(4).random(196) < share
    squares, pairs, cells = set(), set(), 0
    for i, j in np.argwhere(used.reshape(14, 14)).tolist():
        for column in {j, min(j + 1, 13)}:
            squares |= {(i, column), (min(i + 1, 13), column)}
            pairs |= {(i, column)} if i < 13 else set()
        cells += 1
    assert inputs.additions(inputs.means, used) == cells + len(pairs) + 3 * len(squares)


def test_pixels_cost_nothing(inputs):
    assert inputs.additions(inputs.raw, np.ones(784, bool)) == 0
