"""MNIST with 6,700 connections: train, strip, write a C file without dependencies.

Needs MNIST's files in the folder that REWIRE_DATA_DIR names, or the internet to fetch them.
"""

import os
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import rewire
from rewire.data import load
from rewire.schedules import Cosine

out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/examples")
out.mkdir(parents=True, exist_ok=True)
epochs = float(os.environ.get("EPOCHS", "20"))

data = load("mnist")
net = rewire.mlp([784, 300, 100, 10], sparsity=[0.99, 0.89, 0], seed=0)
before = net.connections.fan_out[:784]
history = rewire.fit(
    net,
    data.X,
    data.y,
    method="rigl",
    optimizer=rewire.optimizers.SGD(lr=0.2, momentum=0.9, nesterov=True, weight_decay=1e-4),
    schedule=Cosine(1.0, stop=0.01),
    epochs=epochs,
    batch_size=100,
    progress=True,
)
score = rewire.evaluate(net, data.X_test, data.y_test)
small = net.strip()
small.save(out / "mnist.c")
print(small.summary())
spent, dense = history["flops"][-1], history["dense_flops"][-1]
print(f"{score.accuracy:.2%} of the test images right, {history['seconds'][-1]:.1f} s of training")
print(f"{spent / dense:.1%} of the FLOPs that a dense network would have taken")

# Where the network looks: connections out of each pixel, and the weights of its busiest neurons.
after, table = net.connections.fan_out[:784], net.connections
busiest = 784 + np.argsort(-table.fan_in[784:1084])[:8]
figure, axes = plt.subplot_mosaic("AABB0123;AABB4567", figsize=(14, 4), layout="constrained")
for name, counts, title in (("A", before, "before"), ("B", after, "after")):
    shown = axes[name].imshow(counts.reshape(28, 28), cmap="Purples", vmin=0, vmax=after.max())
    axes[name].set_title(f"Connections out of each pixel, {title} training", fontsize=10)
figure.colorbar(shown, ax=axes["B"], shrink=0.8)
for place, neuron in enumerate(busiest):
    weights, rows = np.zeros(784), table.rows(neuron)
    weights[table.source[rows]] = table.weight[rows]
    axes[str(place)].imshow(weights.reshape(28, 28), cmap="RdBu", vmin=-1, vmax=1)
    axes[str(place)].set_title(f"weights into {net.label(neuron)}", fontsize=10)
for ax in axes.values():
    ax.set(xticks=[], yticks=[])
figure.savefig(out / "mnist.png", dpi=70, pil_kwargs={"optimize": True})

figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4), layout="constrained")
history.plot(left)
right.hist(
    [before, after], bins=range(int(after.max()) + 2), label=["before training", "after RigL"]
)
right.set(xlabel="connections out of a pixel", ylabel="pixels")
right.legend()
figure.savefig(out / "mnist_history.png", dpi=70, pil_kwargs={"optimize": True})
