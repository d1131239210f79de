"""Random networks of both dtypes, and what makes two networks the same."""

import numpy as np
from hypothesis import strategies as st

from rewire.activations import Activation

from ..graph.strategies import networks

SQUARE = Activation("square", lambda x: x * x, lambda x: 2 * x)


@st.composite
def any_networks(draw):
    """Skipping connections, neurons without inputs, empty ranks; every built-in activation."""
    net = draw(networks(dtype=draw(st.sampled_from(["float32", "float64"]))))
    net.backend = "numpy"
    return net


def layered(net):
    """The same network without its connections that skip ranks."""
    rank = np.repeat(np.arange(len(net.ranks)), net.ranks)
    table = net.connections
    table.replace(np.flatnonzero(rank[table.target] - rank[table.source] > 1), [], [])
    net.version += 1
    return net


def batch(net, samples=5):
    return np.random.default_rng(0).normal(size=(samples, net.ranks[0])).astype(net.dtype)


def close_to(net):
    """How exactly another program must compute what predict does."""
    relative = 1e-5 if net.dtype == np.float32 else 1e-12
    return {"rtol": relative, "atol": relative / 10}  # sums may cancel


def assert_same_graph(a, b):
    assert (a.ranks, a.activations, a.dtype) == (b.ranks, b.activations, b.dtype)
    for name in ("source", "target", "weight"):
        assert_same_bits(getattr(a.connections, name), getattr(b.connections, name))
    assert_same_bits(a.bias, b.bias)
    b.check()


def assert_same_bits(a, b):
    assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
