"""Small networks whose rewirings can be worked out by hand, and contexts to look at them in."""

import numpy as np

from rewire import Network
from rewire.connectivity import Candidates
from rewire.connectivity.candidates import count_in_groups
from rewire.schedules import Time
from rewire.topology import RewiringContext

# Two layers of four sources and three targets would have 12 connections; these are 8 of them.
SOURCE = [0, 1, 2, 0, 3, 1, 2, 3]
TARGET = [4, 4, 4, 5, 5, 6, 6, 6]
WEIGHT = [0.5, -0.1, 0.3, -0.4, 0.2, 0.1, -0.6, 0.25]


def eight(weight=WEIGHT, dtype="float64"):
    return Network.from_connections([4, 3], SOURCE, TARGET, weight, dtype=dtype)


def context(net, scope="layer", step=10, total_steps=100, seed=0, **parts):
    time = Time(step, total_steps)
    return RewiringContext(net, time, np.random.default_rng(seed), Candidates(net, scope), **parts)


def signals_of(net, *batches):
    """Return a function that computes the signals of some batches."""
    return lambda: [net.signals(X, y, "mean_squared_error") for X, y in batches]


def by_layer(model, targets):
    """Return how many connections into each layer there are among those with these targets."""
    return count_in_groups(Candidates(model).layer_start, targets)


def pairs(net):
    """Return the wiring as a set of (source, target)."""
    table = net.connections
    return set(zip(table.source.tolist(), table.target.tolist(), strict=True))


def random_batch(net, samples=5, seed=0):
    random = np.random.default_rng(seed)
    X = random.normal(size=(samples, net.ranks[0]))
    return X, random.normal(size=(samples, net.ranks[-1]))
