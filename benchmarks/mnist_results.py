"""What small sparse networks reach on MNIST, beside published figures.

A row is a training with the settings in ROWS; each is made in a process of its own, so that its
time and memory are its own. Figures go to mnist_results.json, from which results_page.py writes
docs/results.md.

    python benchmarks/mnist_results.py [--jobs 2]             all rows, three seeds
    python benchmarks/mnist_results.py "RigL, 99%"            one of them
    python benchmarks/mnist_results.py --validate ROW        as settings were chosen: train on
                                                             50,000 of the training samples,
                                                             measure on the other 10,000
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import rewire
from mnist_inputs import additions, edges, means, raw
from rewire.data import load
from rewire.methods import DSR, GMP, SET, SNFS, RigL, SRigL, Static
from rewire.optimizers import SGD
from rewire.topology import Method
from rewire.train import Training

RESULT = Path(__file__).with_suffix(".json")
SEEDS = ("0", "1", "2", "cost")
LENET = (784, 300, 100, 10)
HELD_BACK = 10_000


# -------------------------------------------------------------------------------------- settings


def cosine(time: rewire.schedules.Time, rise: float = 0.02) -> float:
    """Return the learning rate's factor: up for a while, then half a cosine down to 0."""
    if time.progress < rise:
        return max(time.progress / rise, 0.02)
    return (1 + math.cos(math.pi * (time.progress - rise) / (1 - rise))) / 2


@dataclass(frozen=True)
class Row:
    """Recipe of one training.

    ``average`` is the share of the training after which the weights at the end of each epoch are
    averaged, for the network to finish with; the wiring does not change any more by then.
    """

    method: Method
    network: dict[str, Any]
    sizes: tuple[int, ...] = LENET
    inputs: Callable[[np.ndarray], np.ndarray] = raw
    epochs: int = 100
    lr: float = 0.3
    decay: float = 1e-4
    schedule: Callable[[rewire.schedules.Time], float] = cosine
    batch: int = 100
    dropout: float = 0.0
    average: float = 1.0


def share(connections: int, sizes: tuple[int, ...]) -> float:
    """Return the density that so many connections are of a network of these sizes."""
    return connections / sum(a * b for a, b in pairwise(sizes))


OF_MEANS, OF_EDGES = (196, 150, 50, 10), (392, 150, 50, 10)
METHODS = {"static": Static(), "SET": SET(), "SNFS": SNFS(), "DSR": DSR(), "RigL": RigL()}
# Sparsity, inputs left out, epochs.
TABLE = ((90, 0.2, 60), (95, 0.15, 60), (98, 0.1, 100), (99, 0.05, 100))

RIGL_ROW = "SRigL, 99% and 89% sparse"
SPARSER_ROW = "SRigL, 99% and 90% sparse"
RAW_ROW = "SRigL, raw pixels"
MEANS_ROW = "GMP, means of pixels"
EDGES_ROW = "GMP, edges"
WIDE_ROW = "RigL, 784-1568-1568-1568-10, 99%"

ROWS = {
    RIGL_ROW: Row(
        SRigL(ablate_below=0.4),
        {"sparsity": (0.99, 0.89, 0)},
        epochs=400,
        lr=0.5,
        dropout=0.15,
        average=0.75,
    ),
    SPARSER_ROW: Row(
        SRigL(ablate_below=0.4),
        {"sparsity": (0.99, 0.9, 0)},
        epochs=400,
        lr=0.2,
        dropout=0.15,
        average=0.75,
    ),
    RAW_ROW: Row(
        SRigL(ablate_below=0.4),
        {"density": (1400 / (784 * 300), 1100 / (300 * 50), 1)},
        sizes=(784, 300, 50, 10),
        epochs=400,
        lr=0.2,
        dropout=0.07,
        average=0.75,
    ),
    MEANS_ROW: Row(
        GMP(density=share(2660, OF_MEANS), end=0.5, scope="network"),
        {"density": 0.5},
        sizes=OF_MEANS,
        inputs=means,
        epochs=300,
        lr=0.6,
        average=0.75,
    ),
    EDGES_ROW: Row(
        GMP(density=share(1700, OF_EDGES), end=0.5, scope="network"),
        {"density": 0.5},
        sizes=OF_EDGES,
        inputs=edges,
        epochs=200,
        decay=2e-4,
        average=0.75,
    ),
    WIDE_ROW: Row(
        RigL(every=200),
        {"sparsity": (0.99, 0.99, 0.99, 0)},
        sizes=(784, 1568, 1568, 1568, 10),
        lr=0.1,
        batch=32,
        dropout=0.2,
    ),
} | {
    f"{name}, {sparsity}%": Row(
        method,
        {"sparsity": sparsity / 100, "distribution": "erk"},
        dropout=dropout,
        epochs=epochs,
    )
    for sparsity, dropout, epochs in TABLE
    for name, method in METHODS.items()
}


# What times and memory are held against: dense networks of these rows' shapes and batches.
DENSE = {
    "dense PyTorch, LeNet-300-100": ROWS[RIGL_ROW],
    "dense PyTorch, 784-1568-1568-1568-10": ROWS[WIDE_ROW],
}


# --------------------------------------------------------------------------------------- running


def data(row: Row, validate: bool) -> tuple[np.ndarray, ...]:
    """Return inputs and labels to learn from, then those to measure on."""
    found = load("mnist")
    X, y = row.inputs(found.X), found.y
    if not validate:
        return X, y, row.inputs(found.X_test), found.y_test
    order = np.random.default_rng(0).permutation(len(X))
    held_back, rest = order[-HELD_BACK:], order[:-HELD_BACK]
    return X[rest], y[rest], X[held_back], y[held_back]


class Averaging:
    """Sums up weights and biases at the end of each epoch, from some time on."""

    def __init__(self, begin: float):
        self.begin, self.count, self.sums = begin, 0, None

    def __call__(self, training: Training) -> None:
        if training.step > self.begin * training.total_steps:
            now = training.net.connections.weight, training.net.bias
            self.sums = [a + b for a, b in zip(self.sums or (0.0, 0.0), now, strict=True)]
            self.count += 1

    def finish(self, net: rewire.Network) -> None:
        if self.sums is not None:
            net.connections.weight[:], net.bias[:] = (part / self.count for part in self.sums)


def begin(row: Row, X: np.ndarray, y: np.ndarray, seed: int) -> Training:
    rewire.set_num_threads(1)
    return Training(
        rewire.mlp(row.sizes, seed=seed, **row.network),
        X,
        y,
        method=row.method,
        optimizer=SGD(lr=row.lr, momentum=0.9, nesterov=True, weight_decay=row.decay),
        epochs=row.epochs,
        batch_size=row.batch,
        schedule=row.schedule,
        report_every=-(-len(X) // row.batch),
        input_dropout=row.dropout,
        seed=seed,
    )


def train(row: Row, seed: int, validate: bool) -> dict[str, Any]:
    """Train once; return what the network is in the end."""
    X, y, X_test, y_test = data(row, validate)
    training = begin(row, X, y, seed)
    averaging, errors = Averaging(row.average), []
    while not training.finished:
        training.advance()
        averaging(training)
        errors.append(100 - 100 * rewire.evaluate(training.net, X_test, y_test).accuracy)
    averaging.finish(training.net)
    errors.append(100 - 100 * rewire.evaluate(training.net, X_test, y_test).accuracy)
    return {"error": errors[-1], "best": min(errors), **stripped(row, training.net)}


def cost(row: Row) -> dict[str, float]:
    """Return the processor seconds of one epoch, the second, and the memory that both took."""
    X, y, *_ = data(row, validate=False)
    # Libraries and compiled code are loaded by a small network first.
    small = Row(RigL(), {"density": 0.5}, sizes=(X.shape[1], 8, 10))
    begin(small, X[:20_000], y[:20_000], seed=0).advance()
    before = start_of_peak()
    training = begin(row, X, y, seed=0)
    training.advance()
    started = time.process_time()
    training.advance()
    return {"seconds": time.process_time() - started, "megabytes": memory("VmHWM") - before}


def start_of_peak() -> float:
    """Return the megabytes that the process has, and let its peak begin there."""
    Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")


def stripped(row: Row, net: rewire.Network) -> dict[str, Any]:
    """Return the shape without dead neurons and inputs, and its cost as RigL's table has it.

    Two FLOPs a connection; 4 bytes a weight and a bit for every possible connection of the shape.
    Biases are in neither, there or here.
    """
    small = net.strip()
    used = small.connections.fan_out[: small.ranks[0]] > 0
    ranks = (int(used.sum()), *small.ranks[1:])
    connections = len(small.connections)
    return {
        "ranks": ranks,
        "connections": connections,
        "kiloflops": (2 * connections + additions(row.inputs, used)) / 1000,
        "bytes": 4 * connections + math.ceil(sum(a * b for a, b in pairwise(ranks)) / 8),
    }


def memory(name: str) -> float:
    """Return a figure of this process in megabytes: VmRSS for what it has, VmHWM for the peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def dense_torch(row: Row) -> dict[str, float]:
    """Measure a dense network of the row's shape and batches in PyTorch as :func:`cost` does."""
    import torch

    torch.set_num_threads(1)
    found = load("mnist")
    X, y = torch.from_numpy(found.X), torch.from_numpy(found.y)
    next(torch_epochs(X[:200], y[:200], (784, 8, 10), row.batch))
    before = start_of_peak()
    epochs = torch_epochs(X, y, row.sizes, row.batch)
    next(epochs)
    started = time.process_time()
    next(epochs)
    return {"seconds": time.process_time() - started, "megabytes": memory("VmHWM") - before}


def torch_epochs(X: Any, y: Any, sizes: tuple[int, ...], size: int) -> Iterator[None]:
    """Train a dense network, epoch after epoch."""
    import torch
    from torch import nn

    layers = [part for a, b in pairwise(sizes) for part in (nn.Linear(a, b), nn.ReLU())]
    model = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(
        model.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=1e-4
    )
    while True:
        for batch in torch.randperm(len(X)).split(size):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(X[batch]), y[batch]).backward()
            optimizer.step()
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", help=f"among: {'; '.join([*ROWS, *DENSE])}")
    parser.add_argument("--seeds", nargs="+", default=SEEDS, help='seeds, or "cost"')
    parser.add_argument("--jobs", type=int, default=1, help="trainings at the same time")
    parser.add_argument("--validate", action="store_true", help="hold back training samples")
    parser.add_argument("--here", action="store_true", help="(internal) one row, printed as JSON")
    options = parser.parse_args()
    if options.here:
        (name,), (seed,) = options.rows, options.seeds
        print(json.dumps(run(name, seed, options.validate)))
        return
    rows = options.rows or [*ROWS, *DENSE]
    wanted = [(name, seed) for name in rows for seed in options.seeds]
    trainings = [(name, seed) for name, seed in wanted if seed != "cost" and name in ROWS]
    costs = [(name, seed) for name, seed in wanted if seed == "cost"]
    # Costs are measured one by one, with the machine to themselves.
    for work, jobs in ((trainings, options.jobs), (costs, 1)):
        with ThreadPoolExecutor(jobs) as pool:
            for (name, seed), found in zip(
                work, pool.map(lambda which: measure(*which, options.validate), work), strict=True
            ):
                print(f"{name}, seed {seed}: {json.dumps(found)}", flush=True)
                if not options.validate:
                    keep(name, seed, found)


def run(name: str, seed: str, validate: bool) -> dict[str, Any]:
    if name in DENSE:
        return dense_torch(DENSE[name])
    return cost(ROWS[name]) if seed == "cost" else train(ROWS[name], int(seed), validate)


def measure(name: str, seed: str, validate: bool) -> dict[str, Any]:
    """Run one training in a process of its own and return its figures."""
    command = [sys.executable, __file__, name, "--here", "--seeds", seed]
    command += ["--validate"] if validate else []
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout)


def keep(name: str, seed: str, found: dict[str, Any]) -> None:
    kept = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    kept.setdefault(name, {})[seed] = found
    RESULT.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
