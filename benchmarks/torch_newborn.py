"""With which second moment a new connection should begin under Adam: a comparison on MNIST.

A new connection begins with zeros in the optimiser's state, as one at the start of a training does.
But the bias correction has faded by then, so that AdamW's first step for it is about 3.2 times the
learning rate. Two other beginnings would make it smaller: the square of the connection's gradient
(then the step is a tenth of the rate) and the mean of the layer's other connections. The images are
the training set's, 10,000 of them held back; figures are of these.

    REWIRE_DATA_DIR=... python benchmarks/torch_newborn.py [--steps N] [--seeds N]
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import rewire
import rewire.torch as rt
from rewire.data import load

RESULT = Path(__file__).with_suffix(".json")
BEGINNINGS = ("zero", "gradient", "mean")
SETTINGS = tuple(itertools.product((0.05, 0.02), (1e-3, 5e-3), (100, 25)))
BATCH, HELD_BACK = 128, 10_000


class Beginnings:
    """Gives the connections that a rewiring has grown another second moment."""

    def __init__(self, rewirer: rt.Rewirer, optimizer: torch.optim.Optimizer, kind: str):
        self.model, self.optimizer, self.kind = rewirer._model, optimizer, kind
        self.signals: Any = None
        make = self.model.signals

        def watched(*arguments: Any) -> Any:
            self.signals = make(*arguments)
            return self.signals

        self.model.signals = watched  # type: ignore[method-assign]

    def set(self, first_birth: int) -> None:
        """Set it for all that were born from ``first_birth`` on."""
        table, ends = self.model.connections, self.model._ends()
        target = table.target
        new = np.flatnonzero(table.birth >= first_birth)
        for layer, first, last in zip(self.model.layers.values(), ends, ends[1:], strict=False):
            rows = new[(new >= first) & (new < last)]
            moment = self.optimizer.state[layer.weight]["exp_avg_sq"]
            born = torch.zeros(len(moment), dtype=torch.bool)
            born[torch.from_numpy(rows - first)] = True
            if self.kind == "mean":
                moment[born] = moment[~born].mean()
            elif self.kind == "gradient":
                D = self.signals.sensitivity[target[rows]]
                A = self.signals.activation[table.source[rows]]
                moment[born] = torch.from_numpy(np.einsum("ij,ij->i", D, A)).float() ** 2


def train(
    kind: str, setting: tuple[float, float, int], seed: int, steps: int, data: list[Tensor]
) -> tuple[float, float]:
    """Train LeNet-300-100; return the error in percent and the loss on what was held back."""
    density, lr, every = setting
    torch.manual_seed(seed)
    sizes = nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10)
    model = rt.sparsify(nn.Sequential(*sizes), density=density, exclude=("4",), seed=seed)
    optimizer = torch.optim.AdamW(rt.parameter_groups(model, weight_decay=0.01), lr=lr)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps)
    rewirer = rt.Rewirer(model, optimizer, "rigl", steps=steps, every=every, seed=seed)
    beginnings = Beginnings(rewirer, optimizer, kind)
    X, y = (part[:-HELD_BACK] for part in data)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        rows = torch.randint(0, len(X), (BATCH,), generator=generator)
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(X[rows]), y[rows]).backward()
        optimizer.step()
        scheduler.step()
        first = rewirer._model.connections.next_birth
        if rewirer.step() and kind != "zero":
            beginnings.set(first)
    X, y = (part[-HELD_BACK:] for part in data)
    with torch.no_grad():
        out = model(X)
    wrong = (out.argmax(1) != y).float().mean().item()
    return 100 * wrong, nn.functional.cross_entropy(out, y).item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--seeds", type=int, default=4)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rewire.set_num_threads(1)
    mnist = load("mnist")
    X = torch.tensor(np.asarray(mnist.X[:60_000], np.float32))
    X = (X - X.mean()) / X.std()
    data = [X, torch.tensor(np.asarray(mnist.y[:60_000]).astype(int))]
    rows = []
    for setting, kind in itertools.product(SETTINGS, BEGINNINGS):
        runs = [train(kind, setting, s, arguments.steps, data) for s in range(arguments.seeds)]
        errors, losses = zip(*runs, strict=True)
        row = dict(zip(("density", "lr", "every"), setting, strict=True)) | {"newborn": kind}
        row |= {"error": fmean(errors), "error_sd": stdev(errors)}
        row |= {"loss": fmean(losses), "loss_sd": stdev(losses)}
        rows.append(row)
        print(json.dumps(row), file=sys.stderr, flush=True)
    RESULT.write_text(
        json.dumps({"steps": arguments.steps, "seeds": arguments.seeds, "rows": rows}, indent=2)
        + "\n"
    )


if __name__ == "__main__":
    main()
