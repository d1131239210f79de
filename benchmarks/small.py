"""Where Python's own time counts: the post's runs, its training step, inference on few samples.

python benchmarks/small.py
"""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

import rewire
from rewire import losses
from rewire.data import moons
from rewire.reproduce import reproduce_post

RESULT = Path(__file__).with_suffix(".json")


def seconds(function, repeat: int = 1) -> float:
    begin = time.perf_counter()
    for _ in range(repeat):
        function()
    return (time.perf_counter() - begin) / repeat


def the_posts_runs() -> dict:
    """Both trainings of the post, scalar and array engine in turn."""

    def both(engine: str) -> float:
        experiment = reproduce_post(engine=engine)
        return experiment.static.seconds + experiment.rigl.seconds

    both("array")
    times: dict[str, list[float]] = {"scalar": [], "array": []}
    for _ in range(3):
        times["scalar"].append(both("scalar"))
        times["array"].append(statistics.median(both("array") for _ in range(15)))
    scalar, array = (statistics.median(times[engine]) for engine in ("scalar", "array"))
    return {"scalar_seconds": scalar, "array_seconds": array, "ratio": scalar / array}


def pythons_share() -> dict:
    """How much longer a step at the post's size takes than one of 4000 in a compiled call."""
    X, y = moons(seed=1337)
    y = y.astype(float)
    net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], dtype="float64", seed=0)
    trainer = rewire.Trainer(net, losses.Hinge(l2=1e-4), rewire.optimizers.SGD(0.1))
    counts = 1, 20, 400, 4000
    times: dict[int, list[float]] = {count: [] for count in counts}
    for _ in range(30):
        for count in counts:
            step = seconds(lambda count=count: trainer.steps(X, y, count), 4000 // count) / count
            times[count].append(step)
    compiled = statistics.median(times.pop(4000))
    result = {"compiled": {"microseconds_a_step": 1e6 * compiled}}
    for count, steps in times.items():
        step = statistics.median(steps)
        result[f"{count} step{'s' * (count > 1)} a call"] = {
            "microseconds_a_step": 1e6 * step,
            "share_of_python": max(0.0, 1 - compiled / step),
        }
    return result


def inference() -> dict:
    """LeNet-300-100 at 98% sparsity on a few samples, at once and one by one, and dense PyTorch."""
    net = rewire.mlp([784, 300, 100, 10], sparsity=0.98, seed=0)
    model = nn.Sequential(
        nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10)
    )
    torch.set_num_threads(1)
    rewire.set_num_threads(1)
    result = {}
    for batch in (1, 2, 4, 8, 16):
        x = np.random.default_rng(0).normal(size=(batch, 784)).astype(np.float32)
        tensor = torch.from_numpy(x)

        def by_torch(tensor=tensor):
            with torch.inference_mode():
                return model(tensor)

        def one_by_one(x=x):
            for i in range(len(x)):
                net.predict(x[i : i + 1])

        times: dict[str, list[float]] = {"rewire": [], "one by one": [], "torch": []}
        for _ in range(50):
            times["rewire"].append(seconds(lambda x=x: net.predict(x), 100))
            times["one by one"].append(seconds(one_by_one, 20))
            times["torch"].append(seconds(by_torch, 100))
        ours, loop, theirs = map(statistics.median, times.values())
        result[str(batch)] = {
            "rewire_microseconds": 1e6 * ours,
            "one_by_one_microseconds": 1e6 * loop,
            "torch_microseconds": 1e6 * theirs,
            "ratio": theirs / ours,
        }
    return result


def main() -> None:
    result = {}
    for name, measure in [
        ("inference", inference),
        ("Python's share of a step", pythons_share),
        ("the post's runs", the_posts_runs),
    ]:
        result[name] = measure()
        print(name, json.dumps(result[name], indent=2), flush=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
