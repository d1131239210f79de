"""MNIST with 6,700 connections: trained, stripped, written as a C file without dependencies.

Needs MNIST's own files in the folder that REWIRE_DATA_DIR names, or a network to fetch them.
"""

import os
import sys
from pathlib import Path

import rewire
from rewire.data import load
from rewire.export import export
from rewire.topology import Cosine

out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/examples")
out.mkdir(parents=True, exist_ok=True)
epochs = float(os.environ.get("EPOCHS", "20"))

data = load("mnist")
net = rewire.mlp([784, 300, 100, 10], sparsity=[0.99, 0.89, 0], seed=0)
history = rewire.fit(
    net,
    data.X,
    data.y,
    method="rigl",
    optimizer=rewire.SGD(lr=0.2, momentum=0.9, nesterov=True, weight_decay=1e-4),
    schedule=Cosine(1.0, stop=0.01),
    epochs=epochs,
    batch_size=100,
    progress=True,
)
score = rewire.evaluate(net, data.X_test, data.y_test)
small = net.strip()
export(small, out / "mnist.c")
print(small.summary())
spent, dense = history["flops"][-1], history["dense_flops"][-1]
print(f"{score.accuracy:.2%} of the test images right, {history['seconds'][-1]:.1f} s of training")
print(f"{spent / dense:.1%} of the FLOPs that a dense network would have taken")
