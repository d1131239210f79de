"""Many runs of several methods beside each other."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import PathCollection

from rewire.plot import plot_runs

VALUES = {"static": [0.8, 0.85, 0.85, 0.9], "rigl": [0.95, 1.0, 1.0, 1.0, 1.0]}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def dots(ax):
    """Every dot's place, row by row."""
    return [part.get_offsets().data for part in ax.collections if type(part) is PathCollection]


def test_every_run_is_a_dot_at_its_value_in_the_row_of_its_method():
    ax = plot_runs(VALUES)
    for place, (values, row) in enumerate(zip(VALUES.values(), dots(ax), strict=True)):
        assert row[:, 0].tolist() == values
        assert (np.abs(row[:, 1] - place) < 0.5).all()
    assert [label.get_text() for label in ax.get_yticklabels()] == list(VALUES)
    top, bottom = ax.get_ylim()
    assert top > bottom  # the first method is on top


def test_equal_values_lie_beside_each_other():
    for row in dots(plot_runs(VALUES)):
        assert len(np.unique(row, axis=0)) == len(row)


def test_mean_and_median_are_marked():
    ax = plot_runs(VALUES)
    diamonds = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "D"]
    assert diamonds == pytest.approx([0.85, 0.99])
    medians = [line.get_xdata() for line in ax.lines if line.get_marker() != "D"]
    assert [list(median) for median in medians] == [[0.85, 0.85], [1.0, 1.0]]


def test_what_is_to_be_reached_is_a_line():
    ax = plot_runs(VALUES, reach=0.99)
    assert [0.99, 0.99] in [list(line.get_xdata()) for line in ax.lines]
    low, high = ax.get_xlim()
    assert low < 0.8
    assert high > 1.0


def test_axes_and_titles_are_used():
    _, given = plt.subplots()
    assert plot_runs(VALUES, measure="loss", ax=given, title="both") is given
    assert given.get_title(loc="left") == "both"
    assert given.get_xlabel().startswith("loss")


@pytest.mark.parametrize(
    "values", [{}, {"static": []}, {"static": [np.nan, np.inf]}, {"static": [0.5]}]
)
def test_little_or_nothing_can_be_drawn(values):
    ax = plot_runs(values)
    ax.figure.canvas.draw()
    assert len(ax.get_yticks()) == len(values)
