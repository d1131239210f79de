"""Count what processes send each other, and write the table of docs/torch-distributed.md.

torchrun --standalone --nproc-per-node 4 benchmarks/torch_traffic.py

Sparse models are counted; what dense masks would send is what DistributedDataParallel sends for the
dense model in each step, and one byte for each weight, the masks, at each rewiring, from the first
process to all others.
"""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.algorithms.ddp_comm_hooks.default_hooks import allreduce_hook
from torch.nn.parallel import DistributedDataParallel

import rewire.torch as rt

FIGURES = Path(__file__).with_suffix(".json")
PAGE = Path(__file__).parents[1] / "docs" / "torch-distributed.md"
EVERY, STEPS, DENSITY = 5, 20, 0.1
COLUMNS = ("dense step", "sparse step", "masks", "rewiring", "busiest, masks", "busiest")


def perceptron() -> nn.Sequential:
    """784-1024-1024-10."""
    widths = (784, 1024, 1024)
    layers = [m for pair in pairwise(widths) for m in (nn.Linear(*pair), nn.ReLU())]
    return nn.Sequential(*layers, nn.Linear(1024, 10))


def convolutions() -> nn.Sequential:
    """Three convolutions of 64 channels on 32×32 pixels."""
    between = [m for _ in range(2) for m in (nn.Conv2d(64, 64, 3, padding=1), nn.ReLU())]
    first = nn.Conv2d(3, 64, 3, padding=1), nn.ReLU()
    return nn.Sequential(*first, *between, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


MODELS = {
    "perceptron 784-1024-1024-10": (perceptron, (128, 784)),
    "3 convolutions of 64 channels, 32×32 pixels": (convolutions, (16, 3, 32, 32)),
}


def counted(model: nn.Module) -> tuple[DistributedDataParallel, list[int]]:
    """Wrap a model so that the bytes of its gradients are counted, one number for each bucket."""
    sent: list[int] = []

    def hook(group, bucket):
        sent.append(bucket.buffer().nbytes)
        return allreduce_hook(group, bucket)

    wrapped = DistributedDataParallel(model)
    wrapped.register_comm_hook(None, hook)
    return wrapped, sent


def measure(make, shape: tuple[int, ...]) -> dict:
    """Train both models for a few steps."""
    dense, sparse = make(), rt.sparsify(make(), density=DENSITY, seed=0)
    size = dist.get_world_size()
    found: dict = {"rows": shape[0], "processes": size, "density": DENSITY}
    for name, model in (("dense", dense), ("sparse", sparse)):
        wrapped, sent = counted(model)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        rewirer = None
        if name == "sparse":
            rewirer = rt.Rewirer(wrapped, optimizer, "rigl", steps=STEPS, every=EVERY, seed=0)
        for _ in range(STEPS):
            optimizer.zero_grad()
            wrapped(torch.randn(shape)).square().mean().backward()
            optimizer.step()
            if rewirer is not None:
                rewirer.step()
        found[f"{name} step"] = sum(sent) // STEPS
        if rewirer is not None:
            everyone = [0] * size
            dist.all_gather_object(everyone, rewirer.traffic[0])  # the largest
            found["rewiring"], found["busiest"] = sum(everyone) // 2 // size, max(everyone)
    masks = sum(p.numel() for p in dense.parameters() if p.dim() > 1)
    found["masks"], found["busiest, masks"] = masks * (size - 1) // size, masks * (size - 1)
    return found


def table(figures: dict[str, dict]) -> str:
    """Return the table of the page."""
    lines = [
        "| | a step, dense masks | a step, sparse | a rewiring, masks | a rewiring, sparse "
        "| the busiest process, masks | the busiest, sparse |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in figures.items():
        numbers = (row[key] / 1e6 for key in COLUMNS)
        lines.append(
            f"| {name}, {row['rows']} rows | " + " | ".join(f"{n:.2f}" for n in numbers) + " |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure on all processes; the first one writes."""
    dist.init_process_group("gloo")
    torch.set_num_threads(1)
    torch.manual_seed(dist.get_rank())
    figures = {name: measure(*parts) for name, parts in MODELS.items()}
    if dist.get_rank() == 0:
        FIGURES.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
        text = PAGE.read_text()
        mark = "(<!-- traffic -->\n).*?(<!-- /traffic -->)"
        PAGE.write_text(re.sub(mark, rf"\1\n{table(figures)}\n\n\2", text, flags=re.S))
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
