"""An epoch of MNIST: LeNet-300-100 at 98% sparsity, and the same network dense in PyTorch.

python benchmarks/epoch.py

The data are in memory. MNIST is read from the folder that REWIRE_DATA_DIR names; without it, random
data of the same shape stand in for it, which cost the same.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import nn

import rewire
from rewire.data import load

RESULT = Path(__file__).with_suffix(".json")
RANKS, SPARSITY, BATCH = [784, 300, 100, 10], 0.98, 100
EPOCHS = 5  # of each training: a method may rewire so many times in all, however long it is
REPEATS = 5
# PyTorch's threads keep spinning for a while and would take time from whoever comes next.
REST = 0.05


def data() -> tuple[str, np.ndarray, np.ndarray]:
    """Return what it is, inputs and class numbers."""
    if os.environ.get("REWIRE_DATA_DIR"):
        mnist = load("mnist")
        return "MNIST", mnist.X, mnist.y
    generator = np.random.default_rng(0)
    X = generator.random((60_000, RANKS[0]), dtype=np.float32)
    return "random data of MNIST's shape", X, generator.integers(10, size=len(X))


def dense_torch(X: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    """Return a training of dense PyTorch as a user writes it, without a DataLoader's overhead."""
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(RANKS):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    model, loss = nn.Sequential(*layers[:-1]), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    samples, targets = torch.from_numpy(X), torch.from_numpy(y)

    def training() -> None:
        for _ in range(EPOCHS):
            for rows in torch.randperm(len(samples)).split(BATCH):
                optimizer.zero_grad()
                loss(model(samples[rows]), targets[rows]).backward()
                optimizer.step()

    return training


def ours(X: np.ndarray, y: np.ndarray, method: str) -> Callable[[], None]:
    """Return a training by ``rewire.fit``, all its checks included."""
    net = rewire.mlp(RANKS, sparsity=SPARSITY, seed=0)
    optimizer = rewire.optimizers.SGD(lr=0.1, momentum=0.9, nesterov=True)

    def training() -> None:
        rewire.fit(
            net, X, y, method=method, optimizer=optimizer, epochs=EPOCHS, batch_size=BATCH, seed=0
        )

    return training


def main() -> None:
    """Measure in turns, with one thread and with two, and write the medians."""
    name, X, y = data()
    candidates = {
        "PyTorch dense": dense_torch(X, y),
        "rewire, static": ours(X, y, "static"),
        "rewire, rigl": ours(X, y, "rigl"),
        "rewire, reviving rigl": ours(X, y, "reviving rigl"),
    }
    result: dict = {"data": name, "rows": []}
    for threads in (1, 2):
        torch.set_num_threads(threads)
        rewire.set_num_threads(threads)
        times: dict[str, list[float]] = {candidate: [] for candidate in candidates}
        for training in candidates.values():
            training()
        for _ in range(REPEATS):
            for candidate, training in candidates.items():
                time.sleep(REST)
                begin = time.perf_counter()
                training()
                times[candidate].append((time.perf_counter() - begin) / EPOCHS)
        seconds = {candidate: statistics.median(taken) for candidate, taken in times.items()}
        dense = seconds["PyTorch dense"]
        row = {"threads": threads, "seconds": seconds}
        row["ratio"] = {candidate: dense / taken for candidate, taken in seconds.items()}
        result["rows"].append(row)
        print(json.dumps(row, indent=2), flush=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
