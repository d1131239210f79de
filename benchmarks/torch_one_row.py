"""Inference of one row: a linear layer 4096 → 11008, whose time goes into reading its weights.

Dense PyTorch, and ours with weights of 32 and of 8 bits. Each call takes the next of several layers
that do not fit any cache together, as in a language model, which comes to a layer once for each
token. Errors are of the outputs, root mean square, as a share of the outputs in float64.

    python benchmarks/torch_one_row.py [--rounds N]
"""

from __future__ import annotations

import argparse
import copy
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
from torch import Tensor, nn

from torch_layers import DENSE, REST, processor

RESULT = Path(__file__).with_suffix(".json")
SIZES = 4096, 11008
DENSITIES = (0.1, 0.05)
FLOAT, INT8 = "float32", "int8"
BYTES = {FLOAT: 6, INT8: 3}  # of a weight and its 16-bit index
TWO_CACHES = 64_000_000  # bytes, twice the largest cache of one processor that was measured


def layers(kind: str, density: float) -> list[nn.Module]:
    """Return equal layers, so many that no cache holds them."""
    import rewire.torch as rt

    if kind == DENSE:
        return [nn.Linear(*SIZES)]
    first = rt.Linear(*SIZES, density=density, seed=0, int8_inference=kind == INT8)
    number = TWO_CACHES // (len(first.weight) * BYTES[kind]) + 1
    return [first, *(copy.deepcopy(first) for _ in range(number))]


def error(layer: nn.Module, x: Tensor) -> float:
    """Return the error of a sparse layer's outputs."""
    exact = x.double() @ layer.dense_weight().detach().double().T + layer.bias.detach().double()
    found = layer(x).double()
    return float((found - exact).norm() / exact.norm())


@torch.no_grad()
def measure(threads: int, rounds: int) -> list[dict]:
    """Time all candidates with so many threads, in turns."""
    import rewire

    torch.set_num_threads(threads)
    rewire.set_num_threads(threads)
    torch.manual_seed(0)
    x, rows = torch.randn(1, SIZES[0]), []
    dense = itertools.cycle(layers(DENSE, 1))
    for density in DENSITIES:
        made = {kind: layers(kind, density) for kind in (FLOAT, INT8)}
        errors = {kind: error(found[0], x) for kind, found in made.items()}
        for layer in itertools.chain(*made.values()):
            layer(x)
        turns = {DENSE: dense, **{kind: itertools.cycle(found) for kind, found in made.items()}}
        times: dict[str, list[float]] = {kind: [] for kind in turns}
        for _ in range(rounds):
            for kind, turn in turns.items():
                time.sleep(REST)
                next(turn)(x)
                for _ in range(5):
                    layer, begin = next(turn), time.perf_counter()
                    layer(x)
                    times[kind].append(time.perf_counter() - begin)
        found = {kind: 1e3 * statistics.median(seconds) for kind, seconds in times.items()}
        row = {"threads": threads, "density": density, "milliseconds": found, "error": errors}
        print(row, file=sys.stderr)
        rows.append(row)
    return rows


def main() -> None:
    """Measure in a process for each number of threads; write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, help="(internal) measure here and print JSON")
    options = parser.parse_args()
    if options.threads:
        print(json.dumps(measure(options.threads, options.rounds)))
        return
    rows = []
    for threads in (1, 2):
        command = [sys.executable, __file__, f"--threads={threads}", f"--rounds={options.rounds}"]
        environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
        done = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, check=True, text=True
        )
        rows += json.loads(done.stdout)
    known = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    known[processor()] = rows
    RESULT.write_text(json.dumps(known, indent=1) + "\n")


if __name__ == "__main__":
    main()
