"""Snapshots of networks, and the networks restored from them."""

import numpy as np

import rewire
from rewire.report.snapshots import restore, snapshot


def test_a_restored_network_computes_the_same_and_has_arrays_of_its_own():
    net = rewire.mlp([3, 8, 2], density=0.5, activation="tanh", seed=0)
    arrays = snapshot(net)
    before = {name: array.copy() for name, array in arrays.items()}
    again = restore(arrays, ["tanh", "linear"])
    X = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_allclose(again.predict(X), net.predict(X), rtol=1e-6)
    again.add_neuron(rank=1)
    again.connections.weight[:] = 7
    again.bias[:] = 7
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, before[name])
