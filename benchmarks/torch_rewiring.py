"""What rewiring a PyTorch model costs, as a share of its training time.

Models are made sparse and trained with AdamW on random data, rewired by RigL. A rewiring costs
most at the beginning, when most connections move; the cosine lets it fall until it ends at 75% of
the training. So a whole schedule is run, with a rewiring every few steps, and the mean of all its
rewirings is taken. To it come what the step before takes longer, because it is recorded, and the
step after, because the kernels look at the new connections for the first time. The share is that of
a training with the default interval of 100 steps.

    python benchmarks/torch_rewiring.py [--rewirings N]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from statistics import fmean, median

import torch
from torch import nn

import rewire
import rewire.torch as rt
from torch_layers import processor
from torch_models import MODELS, inputs
from torch_models import build as build_wide

RESULT = Path(__file__).with_suffix(".json")
DENSITIES = (0.1, 0.05)
EVERY, END = 100, 0.75  # RigL's own
APART = 4  # steps from one rewiring to the next here: after, plain, plain, recorded
LENET = "LeNet-300-100"


def build(name: str, density: float) -> tuple[nn.Module, torch.Tensor]:
    """Return a sparse model and a batch."""
    if name != LENET:
        return build_wide(name, density), inputs(name, MODELS[name][2])
    torch.manual_seed(0)
    sizes = nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10)
    model = nn.Sequential(*sizes)
    rt.sparsify(model, density=density, exclude=("4",), seed=0)
    return model, torch.randn(100, 784)


def measure(name: str, density: float, rewirings: int) -> dict:
    """Run a schedule of so many rewirings, and return what they cost."""
    model, x = build(name, density)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    steps = round(APART * rewirings / END)
    rewirer = rt.Rewirer(model, optimizer, "rigl", every=APART, steps=steps, seed=0)
    times: dict[str, list[float]] = {"after": [], "plain": [], "recorded": [], "rewiring": []}
    kinds = ("after", "plain", "plain", "recorded")
    last = int(rewirer.due_steps[-1])
    for step in range(last):
        begin = time.perf_counter()
        model(x).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
        middle = time.perf_counter()
        if rewirer.step():
            times["rewiring"].append(time.perf_counter() - middle)
        if step >= APART:  # the first steps compile and allocate
            times[kinds[step % APART]].append(middle - begin)
    plain = median(times["plain"])
    # The first rewiring of a process allocates, and is like the second otherwise.
    costs = [times["rewiring"][1], *times["rewiring"][1:]]
    beside = sum(max(median(times[kind]) - plain, 0) for kind in ("after", "recorded"))
    whole = END * (fmean(costs) + beside)
    return {
        "model": name,
        "batch": len(x),
        "density": density,
        "connections": sum(rewirer.history[0].connections),
        "step_ms": 1e3 * plain,
        "rewiring_ms": 1e3 * fmean(costs),
        "first_rewiring_ms": 1e3 * costs[0],
        "beside_ms": 1e3 * beside,
        "share": whole / (EVERY * plain + whole),
        "share_at_first": (costs[0] + beside) / (EVERY * plain + costs[0] + beside),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rewirings", type=int, default=9)
    parser.add_argument("--only", default="", help="models whose name begins like this")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rewire.set_num_threads(1)
    rows = []
    for name in (LENET, *MODELS):
        if name.startswith(arguments.only):
            for density in DENSITIES:
                rows.append(measure(name, density, arguments.rewirings))
                print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    if not arguments.only:
        found = {"processor": processor(), "threads": 1, "every": EVERY, "end": END, "rows": rows}
        RESULT.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
