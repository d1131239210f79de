"""How much memory building and training a network takes, and a network of 1.8 million neurons.

Each candidate builds 3072-4096-4096-10 at density 0.01 (output layer dense) and makes steps on a
batch of 128, in a process of its own; the figure is the growth of the process at its peak, after
libraries and compiled code were loaded and used once on a small network.

    python benchmarks/memory.py
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

RESULT = Path(__file__).with_suffix(".json")
SMALL, LARGE = [8, 8, 8, 10], [3072, 4096, 4096, 10]
HUGE = [3312, 600_000, 600_000, 600_000, 5]
HUGE_FAN_IN = [18, 18, 19, 600_000]


def peak_bytes() -> int:
    """Return the most memory that this process ever had."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    raise OSError("this system does not tell the peak memory of a process")


def rewire_large(sizes: list[int]) -> None:
    import numpy as np

    import rewire

    rewire.set_num_threads(2)
    net = rewire.mlp(sizes, density=[0.01, 0.01, 1], seed=0)
    trainer = rewire.Trainer(net, "cross_entropy", rewire.optimizers.SGD(0.01))
    X = np.ones((128, sizes[0]), np.float32)
    for _ in range(3):
        trainer.step(X, np.zeros(128, int))


def torch_dense(sizes: list[int]) -> None:
    torch_large(sizes, masked=False)


def torch_masked(sizes: list[int]) -> None:
    torch_large(sizes, masked=True)


def torch_large(sizes: list[int], masked: bool) -> None:
    import torch
    from torch import nn

    torch.manual_seed(0)
    layers = [nn.Linear(a, b) for a, b in pairwise(sizes)]
    model = nn.ModuleList(layers)
    masks = [(torch.rand_like(layer.weight) < 0.01).float() if masked else None for layer in layers]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    X, y = torch.ones(128, sizes[0]), torch.zeros(128, dtype=torch.long)
    for _ in range(3):
        optimizer.zero_grad()
        signal = X
        for layer, mask in zip(layers, masks, strict=True):
            weight = layer.weight if mask is None else layer.weight * mask
            signal = nn.functional.linear(signal, weight, layer.bias)
            if layer is not layers[-1]:
                signal = signal.relu()
        nn.functional.cross_entropy(signal, y).backward()
        optimizer.step()


CANDIDATES = {
    "rewire": rewire_large,
    "PyTorch dense": torch_dense,
    "PyTorch masked": torch_masked,
}


def measure_huge() -> dict:
    import numpy as np

    import rewire

    rewire_large(SMALL)
    before = peak_bytes()
    begin = time.perf_counter()
    density = [fan_in / inputs for fan_in, inputs in zip(HUGE_FAN_IN, HUGE, strict=False)]
    net = rewire.mlp(HUGE, density=density, seed=0)
    built = time.perf_counter()
    trainer = rewire.Trainer(net, "cross_entropy", rewire.optimizers.SGD(0.01))
    X, y = np.random.default_rng(0).normal(size=(2, HUGE[0])).astype(np.float32), [0, 1]
    trainer.step(X, y)
    begin_steps = time.perf_counter()
    for _ in range(5):
        trainer.step(X, y)
    step = (time.perf_counter() - begin_steps) / 5
    return {
        "network": "-".join(map(str, HUGE)),
        "neurons": net.size,
        "connections": len(net.connections),
        "build_seconds": built - begin,
        "step_seconds": step,
        "epoch_of_68_steps_seconds": 68 * step,
        "peak_megabytes": (peak_bytes() - before) / 2**20,
    }


def measure(name: str) -> dict:
    if name == "huge":
        return measure_huge()
    CANDIDATES[name](SMALL)
    before = peak_bytes()
    CANDIDATES[name](LARGE)
    return {"megabytes": (peak_bytes() - before) / 2**20}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--candidate", help="(internal) measure one here and print JSON")
    candidate = parser.parse_args().candidate
    if candidate:
        print(json.dumps(measure(candidate)))
        return
    result = {}
    for name in [*CANDIDATES, "huge"]:
        command = [sys.executable, __file__, f"--candidate={name}"]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
        result[name] = json.loads(done.stdout)
        print(name, json.dumps(result[name]), flush=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
