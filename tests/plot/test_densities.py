"""Networks too large to be drawn neuron by neuron."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import rewire
from rewire.graph import Network
from rewire.graph.densities import block_densities
from rewire.plot import plot_topology


def text_of(ax):
    return " ".join(text.get_text() for text in ax.texts)


def overlapping(ax):
    """Return pairs of texts that lie over each other, and texts beyond the figure."""
    figure = ax.figure
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text()]
    within = figure.bbox
    outside = [b for b in boxes if b.x0 < within.x0 - 1 or b.x1 > within.x1 + 1]
    return [(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :] if a.overlaps(b)], outside


@pytest.mark.parametrize("sizes", [[784, 300, 100, 10], [2000, 3], [30] * 20])
def test_many_neurons_are_shown_by_their_density(sizes):
    net = rewire.mlp(sizes, density=0.05, seed=0)
    ax = plot_topology(net, title="many")
    assert len(ax.images) == len(sizes) - 1
    assert "are too many to draw" in text_of(ax)
    assert f"{sum(sizes):,} neurons" in text_of(ax)
    width, height = ax.figure.get_size_inches() * ax.figure.dpi
    assert width < 1500
    assert height < 3000
    assert overlapping(ax) == ([], [])


def test_all_matrices_share_their_colours():
    net = rewire.mlp([500, 20, 5], sparsity=[0.9, 0.2], seed=0)
    ax = plot_topology(net)
    found = block_densities(net, 32)
    most = max(one.max() for one in found.values())
    for image, density in zip(ax.images, found.values(), strict=True):
        np.testing.assert_array_equal(image.get_array(), density)
        assert image.get_clim() == (0, most)


@pytest.mark.parametrize("sizes", [[64, 100, 10], [40, 40], [3, 200, 1]])
def test_some_hundred_neurons_still_fit_a_screen(sizes):
    net = rewire.mlp(sizes, density=0.1, seed=0)
    ax = plot_topology(net)
    assert not ax.images
    width, height = ax.figure.get_size_inches() * ax.figure.dpi
    assert max(width, height) < 2700
    labels = [text for text in ax.texts if text.get_text()]
    assert len(labels) == (net.size if max(sizes) <= 40 else 0)
    assert overlapping(ax) == ([], [])


def test_they_are_drawn_on_axes_that_are_given():
    _, ax = plt.subplots()
    assert plot_topology(rewire.mlp([800, 2], density=0.1, seed=0), ax) is ax
    assert rewire.mlp([800, 2], density=0.1, seed=0).draw(rankdir="LR").images


def test_no_connections_at_all():
    net = Network.from_connections([500, 3], [], [], weight=[])
    assert (plot_topology(net).images[0].get_array() == 0).all()
