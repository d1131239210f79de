"""The post in 30 lines: the same neurons, wired once and for all or rewired by RigL.

`rewire reproduce` repeats the post to the last digit; this is its recipe with the library's parts.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt

import rewire
from rewire.data import moons
from rewire.methods import RigL
from rewire.plot import boundary
from rewire.schedules import Linear

out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/examples")
out.mkdir(parents=True, exist_ok=True)
X, y = moons(n_samples=100, noise=0.1, seed=1337)

figure, axes = plt.subplots(2, 2, figsize=(17, 10), layout="constrained", width_ratios=[2, 1])
for row, method in zip(axes, [None, RigL(every=20)], strict=True):
    net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], init=0.1, wiring="first", seed=1337)
    rewire.fit(
        net,
        X,
        y,
        method=method,
        loss=rewire.losses.Hinge(l2=1e-4),
        optimizer=rewire.optimizers.SGD(lr=1.0),
        schedule=Linear(1.0, 0.1),
        total_steps=400,
    )
    name = method.name if method else "static"
    score, small = rewire.evaluate(net, X, y, "hinge"), net.strip()
    print(f"{name}: loss {score.loss:.3f}, {score.accuracy:.0%} right, stripped to {small.ranks}")
    net.draw(row[0], title="Rewired by RigL" if method else "Wired once and for all")
    boundary(net, X, y, row[1], title=f"{score.accuracy:.0%} right")
figure.savefig(out / "the_post.webp", dpi=75, pil_kwargs={"quality": 90})
