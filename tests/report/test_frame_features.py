"""What a page shows of a network, against plain loops and hand-worked cases."""

import itertools

import numpy as np
import pytest
from hypothesis import given

import rewire
from rewire import Network
from rewire.report.frame_features import BLOCKS, boundary_points, extract_features

from ..graph.strategies import networks

SAMPLES = np.linspace(-1, 1, 12).reshape(6, 2)


@given(networks())
def test_densities_count_every_connection_once(net):
    shown = extract_features(net, np.zeros((3, net.ranks[0]), net.dtype), "hinge", whole=False)
    total = 0
    for name, density in shown.items():
        if not name.startswith("density "):
            continue
        r, s = map(int, name.split()[1:])
        blocks = [
            np.bincount(np.arange(n) * min(n, BLOCKS) // max(n, 1), minlength=min(n, BLOCKS))
            for n in (net.ranks[s], net.ranks[r])
        ]
        total += (density.astype(float) * np.outer(*blocks)).sum()
    assert round(total, 3) == len(net.connections)


def test_the_density_of_a_block_is_that_of_its_neurons():
    # 48 inputs make 24 blocks of two; of the first block's four possible connections three exist.
    net = Network.from_connections([48, 2], [0, 1, 1, 47], [48, 48, 49, 49], [1, 1, 1, 1])
    density = extract_features(net, np.zeros((1, 48)), "hinge", whole=False)["density 0 1"]
    assert density.shape == (2, 24)
    assert density[:, 0].tolist() == [1.0, 0.5]
    assert density[:, 23].tolist() == [0.0, 0.5]
    assert density.sum() == 2


@given(networks())
def test_totals_and_distributions_are_those_of_the_network(net):
    shown = extract_features(net, np.zeros((3, net.ranks[0]), net.dtype), "hinge", whole=True)
    summary, stripped = net.summary(), net.strip()
    totals = shown["totals"].tolist()
    assert totals[0] == summary.connections == len(shown["source"])
    assert totals[1] == summary.possible
    assert totals[2] == sum(net.ranks[1:-1])
    assert totals[3] == summary.dead
    assert 2 * totals[0] + totals[8] == summary.flops
    assert 2 * totals[1] + totals[8] == summary.dense_flops
    assert totals[4] == sum(stripped.ranks[1:])
    for name, values in (("fan_ins", shown["fan_in"][net.ranks[0] :]),):
        counted = dict(shown[name].tolist())
        assert counted == {int(v): int((values == v).sum()) for v in np.unique(values)}


def test_stripping_by_the_marks_leaves_what_stripping_leaves():
    net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=3)
    shown, stripped = extract_features(net, SAMPLES, "hinge", whole=True), net.strip()
    assert shown["alive"].sum() == stripped.size < net.size
    assert shown["totals"][5] == len(stripped.connections)


def test_activity_is_the_mean_of_the_absolute_activations():
    net = Network.from_connections([2, 1, 1], [0, 1, 2], [2, 2, 3], [1, -1, -2])
    shown = extract_features(net, np.array([[3.0, 1.0], [1.0, 3.0]]), "hinge", whole=True)
    assert shown["activity"].tolist() == [2, 2, 1, 2]


@pytest.mark.parametrize("shape", [(4, 3), (130, 70)])
def test_an_input_map_holds_every_pixels_fan_out(shape):
    pixels = shape[0] * shape[1]
    net = rewire.mlp([pixels, 5], density=0.3, seed=0)
    got = extract_features(net, np.zeros((1, pixels)), "hinge", whole=False, image_shape=shape)[
        "input_map"
    ]
    assert max(got.shape) <= 64
    assert got.sum() == len(net.connections)
    if got.shape == shape:
        assert got.ravel().tolist() == net.connections.fan_out[:pixels].tolist()


def test_a_boundary_is_positive_where_the_output_is():
    # output = x1 - x0
    net = Network.from_connections([2, 1], [0, 1], [2, 2], [-1, 1])
    boundary = extract_features(net, SAMPLES, "hinge", whole=True)["boundary"]
    across, up = boundary_points(SAMPLES)
    for (j, b), (i, a) in itertools.product(enumerate(up), enumerate(across)):
        assert np.sign(boundary[j, i]) == np.sign(np.rint(127 * np.clip((b - a) / 2, -1, 1)))


def test_a_boundary_of_three_classes_holds_their_numbers():
    net = Network.from_connections([2, 3], [0, 1, 0], [2, 3, 4], [1, 1, -5])
    boundary = extract_features(net, SAMPLES, "cross_entropy", whole=True)["boundary"]
    points = np.stack(np.meshgrid(*boundary_points(SAMPLES)), axis=-1).reshape(-1, 2)
    np.testing.assert_array_equal(boundary.ravel(), net.predict(points).argmax(axis=1))
