"""A criterion of your own: drop the connections that carry the least signal."""

import numpy as np

import rewire
from rewire.data import moons
from rewire.topology import Linear, RigL, drop_criterion


@drop_criterion("least signal", needs=["signals"])
def least_signal(now):
    """Score |weight| times the mean activation of the source; the lowest go."""
    return np.abs(now.weight) * np.abs(now.activation).mean(axis=1)[now.source]


def accuracy(method, seed):
    X, y = moons(seed=seed)
    net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=seed)
    optimizer, schedule = rewire.SGD(lr=1.0), Linear(1.0, 0.1)
    rewire.fit(
        net, X, y, method=method, loss="hinge", optimizer=optimizer, schedule=schedule, steps=400
    )
    return rewire.evaluate(net, X, y, "hinge").accuracy


for name, method in {
    "magnitude": RigL(every=20),
    "least signal": RigL(every=20, drop="least signal"),
}.items():
    found = np.array([accuracy(method, seed) for seed in range(20)])
    print(f"{name:>12}: {found.mean():.1%} ± {found.std(ddof=1):.1%} over {len(found)} seeds")
