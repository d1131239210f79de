"""Neuron by neuron: a network that is operated on while it is trained."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt

import rewire
from rewire.data import moons
from rewire.plot import boundary

out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/examples")
out.mkdir(parents=True, exist_ok=True)
X, y = moons(seed=0)
net = rewire.mlp([2, 3, 1], seed=1)
trainer = rewire.Trainer(net, "hinge", rewire.optimizers.SGD(lr=0.3, momentum=0.9))
figure, axes = plt.subplots(2, 3, figsize=(14, 8), layout="constrained")


def train(steps, column=None, title=""):
    print(f"{net!r}: loss {trainer.steps(X, y, steps).losses[-1]:.3f}")
    if column is not None:
        net.draw(axes[0, column], title=title)
        score = rewire.evaluate(net, X, y, "hinge")
        boundary(net, X, y, axes[1, column], title=f"{score.accuracy:.0%} right")


train(200, 0, "Three hidden neurons")

# Three are not enough: add some, one by one.
for added in range(5):
    neuron = net.add_neuron(rank=1)
    net.connect("0_0", neuron, weight=1.0)
    net.connect("0_1", neuron, weight=-1.0 if neuron.number % 2 else 1.0)
    net.connect(neuron, "2_0", weight=0.1)
    train(200, 1 if added == 4 else None, "Five added while training")

# Add a connection that skips a rank, and remove the neuron with the weakest output.
net.connect("0_0", "2_0")
weakest = min(range(net.ranks[1]), key=lambda i: abs(net.neuron(2, 0).weights[i]))
net.remove_neuron(1, weakest)
train(400, 2, "One removed, and a shortcut")
print(net["1_0"])
figure.savefig(out / "surgery.png", dpi=70, pil_kwargs={"optimize": True})
