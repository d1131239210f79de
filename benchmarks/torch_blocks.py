"""What it gains to read rows in blocks: passes over one linear layer with blocks and without.

Processor time on one thread, float32, medians of calls in turns.

    python benchmarks/torch_blocks.py [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from rewire.kernels import layer_tables
from rewire.kernels.geometry import Window, window_adjacency
from rewire.kernels.layer_plan import LayerPlan
from torch_layers import LINEAR, processor

RESULT = Path(__file__).with_suffix(".json")
DENSITIES = (0.2, 0.1, 0.05, 0.02)
NEVER = 1_000_000_000  # blocks


def passes(shape: tuple[int, int, int], density: float, blocks: bool) -> dict[str, Callable]:
    """Return the passes over a layer, with a plan that uses blocks, or one that does not."""
    rng, (rows, inputs, outputs) = np.random.default_rng(0), shape
    exists = rng.random((outputs, inputs)) < density
    indptr = np.concatenate([[0], np.cumsum(exists.sum(axis=1))]).astype(np.int32)
    window = Window(inputs, outputs)
    adjacency = window_adjacency(indptr, np.nonzero(exists)[1].astype(np.int32), window)
    X, output_grad = (rng.standard_normal((rows, n), np.float32) for n in (inputs, outputs))
    weight = rng.standard_normal(len(adjacency.source), np.float32)
    out, input_grad, weight_grad = map(np.empty_like, (output_grad, X, weight))
    plan, usual = LayerPlan(adjacency, window, "numba"), layer_tables.FEWEST_BLOCKS

    def forward() -> None:
        plan.forward((1, 1), weight, None, X, out, lambda: 1)

    def backward() -> None:
        gradients = input_grad, weight_grad, None
        plan.backward((1, 1), weight, X, output_grad, *gradients, lambda: 1)

    layer_tables.FEWEST_BLOCKS = usual if blocks else NEVER
    forward()
    backward()
    layer_tables.FEWEST_BLOCKS = usual
    return {"forward": forward, "backward": backward}


def gain(with_blocks: Callable, without: Callable, rounds: int) -> float:
    """Return how many times faster calls are with blocks."""
    times: dict[Callable, list[float]] = {with_blocks: [], without: []}
    for _ in range(rounds):
        for call, found in times.items():
            call()
            begin = time.process_time()
            call()
            found.append(time.process_time() - begin)
    return statistics.median(times[without]) / statistics.median(times[with_blocks])


def main() -> None:
    """Measure all layers; write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds, rows = parser.parse_args().rounds, []
    for shape in LINEAR:
        for density in DENSITIES:
            one, other = (passes(shape, density, blocks) for blocks in (True, False))
            found = {name: gain(one[name], other[name], rounds) for name in one}
            rows.append({"shape": shape, "density": density, "gain": found})
            print(rows[-1], flush=True)
    known = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    known[processor()] = rows
    RESULT.write_text(json.dumps(known, indent=1) + "\n")


if __name__ == "__main__":
    main()
