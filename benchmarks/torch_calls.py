"""What a call of a small sparse layer costs: forward and backward with all gradients, one thread.

Dense PyTorch by ``F.linear`` and ours take turns in one process; figures are medians over rounds of
a thousand calls, of the processor's time.

    python benchmarks/torch_calls.py [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import rewire.torch as rt
from torch_layers import processor

RESULT = Path(__file__).with_suffix(".json")
SIZES, ROWS, DENSITY = (16, 32, 64, 128), 32, 0.25
CALLS = 1000


def step(layer: Callable[[Tensor], Tensor], parameters: list[nn.Parameter], x: Tensor) -> float:
    """Return the microseconds of a call."""
    grad = torch.ones(ROWS, x.shape[1])
    begin = time.process_time()
    for _ in range(CALLS):
        x.grad = None
        for parameter in parameters:
            parameter.grad = None
        layer(x).backward(grad)
    return 1e6 * (time.process_time() - begin) / CALLS


def measure(size: int, rounds: int) -> dict:
    """Time both with so many inputs and outputs."""
    x = torch.randn(ROWS, size, requires_grad=True)
    dense, sparse = nn.Linear(size, size), rt.Linear(size, size, density=DENSITY, seed=0)

    def linear(x: Tensor) -> Tensor:
        return F.linear(x, dense.weight, dense.bias)

    turns = {"F.linear": (linear, dense), "rewire": (sparse, sparse)}
    times: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(rounds + 1):
        for name, (layer, module) in turns.items():
            times[name].append(step(layer, list(module.parameters()), x))
    return {"size": size, **{name: statistics.median(t[1:]) for name, t in times.items()}}


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    torch.manual_seed(0)
    known = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    known[processor()] = [measure(size, rounds) for size in SIZES]
    for row in known[processor()]:
        print(row, f"{row['rewire'] / row['F.linear']:.2f}")
    RESULT.write_text(json.dumps(known, indent=1) + "\n")


if __name__ == "__main__":
    main()
