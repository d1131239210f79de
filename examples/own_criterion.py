"""A criterion of your own: drop the connections that carry the least signal."""

import sys
from pathlib import Path

import numpy as np

import rewire
from rewire.data import moons
from rewire.methods import RigL
from rewire.plot import plot_runs
from rewire.schedules import Linear
from rewire.topology import drop_criterion

out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/examples")
out.mkdir(parents=True, exist_ok=True)


@drop_criterion("least signal", needs=["signals"])
def least_signal(ctx):
    """Score |weight| times the mean activation of the source; the lowest go."""
    signal = ctx.activation.reduce(lambda rows: np.abs(rows).mean(axis=1))
    return np.abs(ctx.weight) * signal[ctx.source]


def accuracy(method, seed):
    X, y = moons(seed=seed)
    net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=seed)
    optimizer, schedule = rewire.optimizers.SGD(lr=1.0), Linear(1.0, 0.1)
    rewire.fit(
        net,
        X,
        y,
        method=method,
        loss="hinge",
        optimizer=optimizer,
        schedule=schedule,
        total_steps=400,
    )
    return rewire.evaluate(net, X, y, "hinge").accuracy


methods = {
    "static": "static",
    "magnitude": RigL(every=20),
    "least signal": RigL(every=20, drop="least signal"),
}
found = {name: [accuracy(method, seed) for seed in range(40)] for name, method in methods.items()}
for name, runs in found.items():
    mean, deviation = np.mean(runs), np.std(runs, ddof=1)
    print(f"{name:>12}: {mean:.1%} ± {deviation:.1%} over {len(runs)} seeds")
ax = plot_runs(found, title="What RigL drops: the smallest weights, or the least signal")
ax.figure.savefig(out / "own_criterion.png", pil_kwargs={"optimize": True})
