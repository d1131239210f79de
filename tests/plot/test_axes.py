"""Pictures are drawn on the axes they are given, or on one new figure."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from rewire.plot import boundary, plot_losses, plot_topology
from rewire.scalar import MLP

X = np.array([[0.0, 1.0], [1.0, 0.0], [0.5, 2.0]])
Y = np.array([1, -1, 1])
PLOTS = {
    "topology": lambda **options: plot_topology(MLP(2, [2, 1]), **options),
    "boundary": lambda **options: boundary(lambda p: p[:, 1] - p[:, 0], X, Y, **options),
    "losses": lambda **options: plot_losses({"a": [1.0, 0.5]}, **options),
}


@pytest.mark.parametrize("name", PLOTS)
def test_plots_take_and_return_axes(name):
    figure, (left, right) = plt.subplots(1, 2)
    assert PLOTS[name](ax=right, title="what it shows") is right
    assert plt.get_fignums() == [figure.number]
    assert right.get_title(loc="left") == "what it shows"
    assert not left.has_data()


@pytest.mark.parametrize("name", PLOTS)
def test_plots_make_one_new_figure_where_no_axes_are_given(name):
    ax = PLOTS[name]()
    assert plt.get_fignums() == [ax.figure.number]
