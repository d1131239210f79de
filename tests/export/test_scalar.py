"""Networks of scalar neurons become networks and return, exactly."""

import random

import numpy as np
import pytest

import rewire
from rewire import Network
from rewire.export import from_scalar, to_scalar
from rewire.scalar import SparseMLP


def test_scalar_networks_convert_both_ways_exactly():
    model = SparseMLP(3, [5, 4, 2], [0, 0.5, 0.3], rng=random.Random(3))
    for p in model.parameters():
        p.data += 0.1
    net = from_scalar(model)
    net.check()
    again = to_scalar(net)
    for ours, theirs in zip(again.layers, model.layers, strict=True):
        for a, b in zip(ours.neurons, theirs.neurons, strict=True):
            assert [(i, w.data) for i, w in a.w.items()] == [(i, w.data) for i, w in b.w.items()]
            assert a.b.data == b.b.data
            assert (a.nonlin, a.nin) == (b.nonlin, b.nin)
    x = [0.3, -1.2, 2.0]
    np.testing.assert_allclose(net.predict([x])[0], [out.data for out in model(x)], rtol=1e-13)


def test_what_scalar_neurons_cannot_express_is_refused():
    with pytest.raises(ValueError, match="got 0_1 to 2_0"):
        to_scalar(Network.from_connections([2, 1, 1], [0, 2, 1], [2, 3, 3], np.ones(3)))
    with pytest.raises(ValueError, match=r"activations must be 'relu' or 'linear'.*tanh"):
        to_scalar(rewire.mlp([2, 2, 1], activation="tanh"))
