"""The scalar engine against one node per scalar operation, on the post's network and data.

The reference is micrograd's own engine with the post's neuron: every product and every sum of a
neuron is a node of its own. Ours makes a neuron's weighted sum one node. Candidates take turns,
step by step, in one process; the figure is the ratio of their median times.

    python benchmarks/scalar_engine.py [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from pathlib import Path

import micrograd.engine

from rewire.data import moons
from rewire.scalar import SparseMLP, SparseNeuron, loss

RESULT = Path(__file__).with_suffix(".json")


class OneNodePerOperation(SparseNeuron):
    """The post's neuron: a Python sum of products, candidates of weight zero included."""

    def __call__(self, x, dense_grad=False):
        w = self.w
        if dense_grad:
            self.zero_ws = {i: micrograd.engine.Value(0.0) for i in range(self.nin) if i not in w}
            w = {i: w.get(i) or self.zero_ws[i] for i in range(self.nin)}
        total = sum((weight * x[i] for i, weight in w.items()), self.b)
        return total.relu() if self.nonlin else total


def micrograd_model() -> SparseMLP:
    model = new_model()
    for layer in model.layers:
        for neuron in layer.neurons:
            neuron.__class__ = OneNodePerOperation
            neuron.w = {i: micrograd.engine.Value(w.data) for i, w in neuron.w.items()}
            neuron.b = micrograd.engine.Value(0.0)
    return model


def new_model() -> SparseMLP:
    sizes, sparsities = [16, 16, 1], [0.0, 0.9, 0.8]
    return SparseMLP(2, sizes, sparsities, wiring="first", init=0.1, rng=random.Random(1337))


def micrograd_loss(model, X, y, dense_grad):
    inputs = [[micrograd.engine.Value(x) for x in row] for row in X]
    scores = [model(row, dense_grad=dense_grad) for row in inputs]
    margins = [(1 + -label * score).relu() for label, score in zip(y, scores, strict=True)]
    penalty = 1e-4 * sum(p * p for p in model.parameters())
    return sum(margins) * (1.0 / len(margins)) + penalty


def seconds_of_step(model, loss_of, dense_grad) -> float:
    begin = time.perf_counter()
    total_loss = loss_of(model, dense_grad)
    model.zero_grad()
    total_loss.backward()
    for p in model.parameters():
        p.data -= 0.1 * p.grad
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    X, y = (array.tolist() for array in moons(seed=1337))
    candidates = {
        "rewire.scalar": (new_model(), lambda m, dense: loss(m, X, y, dense_grad=dense)[0]),
        "micrograd 0.1.0": (micrograd_model(), lambda m, dense: micrograd_loss(m, X, y, dense)),
    }
    result = {}
    for step, dense_grad in [("training step", False), ("step with candidates", "last")]:
        times: dict[str, list[float]] = {name: [] for name in candidates}
        for _ in range(rounds):
            for name, (model, loss_of) in candidates.items():
                times[name].append(seconds_of_step(model, loss_of, dense_grad))
        medians = {name: statistics.median(seconds) for name, seconds in times.items()}
        ratio = medians["micrograd 0.1.0"] / medians["rewire.scalar"]
        result[step] = {"milliseconds": {n: 1e3 * s for n, s in medians.items()}, "ratio": ratio}
        print(f"{step}: " + ", ".join(f"{n} {1e3 * s:.1f} ms" for n, s in medians.items()), end="")
        print(f"; rewire.scalar is {ratio:.1f} times as fast")
    RESULT.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
