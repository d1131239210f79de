"""What a rewiring costs: beside a dense training step, in memory, and at the size of the post.

RigL on 3072-4096-4096-10 at density 0.01 (output layer dense), batch 128, float32, against the
whole training step of dense PyTorch on the same network: they take turns in one process for each
number of threads. Memory is the growth of a process at its peak by one rewiring, after the network
has made a step and a small one was rewired. The link predictors of Cannistraci-Hebb training are
measured at their paper's size.

    python benchmarks/rewiring.py [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

RESULT = Path(__file__).with_suffix(".json")
SIZES, DENSITY = [3072, 4096, 4096, 10], [0.01, 0.01, 1]
SMALL = [8, 8, 8, 10]
BATCH = 128
REST = 0.02  # seconds, for PyTorch's threads to stop spinning
POST_REWIRINGS, POST_CALLS = 19, 200


def large(sizes: list[int]):
    """Return a network that has been trained for a step, its rewirer and a batch."""
    import numpy as np

    import rewire
    from rewire.topology import Rewirer

    random = np.random.default_rng(0)
    net = rewire.mlp(sizes, density=DENSITY, seed=0)
    X = random.normal(size=(BATCH, sizes[0])).astype(np.float32)
    y = random.integers(0, 10, BATCH)
    rewire.Trainer(net, "cross_entropy", rewire.optimizers.SGD(0.01)).step(X, y)
    return net, Rewirer("rigl", net, total_steps=1000, seed=0), X, y


def seconds(function) -> float:
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def compare(threads: int, rounds: int) -> dict:
    """Time a rewiring and a dense step in turns."""
    import torch

    import rewire
    from candidates import CANDIDATES

    torch.set_num_threads(threads)
    rewire.set_num_threads(threads)
    net, rewirer, X, y = large(SIZES)
    dense = next(c for c in CANDIDATES if c.name == "PyTorch dense")(net)
    times: dict[str, list[float]] = {"rewiring": [], "dense step": []}
    for turn in range(rounds + 1):
        for name, function in (
            ("rewiring", lambda: rewirer.rewire(100, [net.signals(X, y)])),
            ("dense step", lambda: dense.step(X, y)),
        ):
            time.sleep(REST)
            took = seconds(function)
            if turn:
                times[name].append(took)
    medians = {name: statistics.median(found) for name, found in times.items()}
    return {
        "threads": threads,
        "moved": rewirer.history[-1].moved,
        "milliseconds": {name: 1e3 * found for name, found in medians.items()},
        "dense_steps": medians["rewiring"] / medians["dense step"],
    }


def memory() -> dict:
    """Measure how far one rewiring raises the peak of this process."""
    from memory import peak_bytes

    net, rewirer, X, y = large(SMALL)
    rewirer.rewire(100, [net.signals(X, y)])
    net, rewirer, X, y = large(SIZES)
    before = peak_bytes()
    rewirer.rewire(100, [net.signals(X, y)])
    return {
        "megabytes": (peak_bytes() - before) / 1e6,
        "dense_gradient_megabytes": 4e-6 * net.possible_connections,
    }


def hebb(rounds: int) -> dict:
    """Time growth by link prediction on 784-1568-1568-1568-10 at density 0.01."""
    import rewire
    from rewire.topology import Rewirer

    found = {}
    for name in ("cht", "chts"):
        net = rewire.mlp([784, 1568, 1568, 1568, 10], density=0.01, seed=0)
        rewirer = Rewirer(name, net, total_steps=1000, steps_per_epoch=10, seed=0)
        times = [seconds(lambda at=rewirer: at.rewire(10)) for _ in range(rounds + 1)]
        found[name] = 1e3 * statistics.median(times[1:])
    return found


def post(rounds: int) -> dict:
    """Time the rewirings of the post's network, and its experiment as a whole."""
    import rewire
    from rewire.data import moons
    from rewire.losses import Hinge
    from rewire.methods import PostRigL
    from rewire.reproduce import reproduce_post
    from rewire.topology import Rewirer

    X, y = moons(n_samples=100, noise=0.1, seed=1337)

    def rewirings() -> None:
        net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], dtype="float64", seed=0)
        rewirer = Rewirer(PostRigL(), net, total_steps=400)
        for _ in range(POST_CALLS):
            rewirer.rewire(21, [net.signals(X[-1:], y[-1:], Hinge())], learning_rate=0.7)

    reproduce_post()
    runs = [reproduce_post() for _ in range(rounds)]
    each = statistics.median(seconds(rewirings) for _ in range(rounds)) / POST_CALLS
    both = statistics.median(run.static.seconds + run.rigl.seconds for run in runs)
    return {
        "milliseconds_a_rewiring": 1e3 * each,
        "milliseconds_of_both_runs": 1e3 * both,
        "share_of_both_runs": POST_REWIRINGS * each / both,
    }


def in_a_process_of_its_own(part: str, rounds: int, threads: int) -> dict:
    command = [sys.executable, __file__, f"--part={part}", f"--rounds={rounds}"]
    done = subprocess.run(
        [*command, f"--threads={threads}"],
        env=os.environ | {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    found = json.loads(done.stdout)
    print(f"{part}, {threads} thread(s): {found}", file=sys.stderr, flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--part", help="(internal) measure this here and print JSON")
    parser.add_argument("--threads", type=int, default=1, help="(internal)")
    arguments = parser.parse_args()
    rounds = arguments.rounds
    if arguments.part:
        parts = {
            "compare": lambda: compare(arguments.threads, rounds),
            "memory": memory,
            "hebb": lambda: hebb(rounds),
            "post": lambda: post(rounds),
        }
        print(json.dumps(parts[arguments.part]()))
        return
    found = {
        "large": [in_a_process_of_its_own("compare", rounds, threads) for threads in (1, 2)],
        "memory": in_a_process_of_its_own("memory", rounds, 2),
        "hebb": in_a_process_of_its_own("hebb", rounds, 1),
        "post": in_a_process_of_its_own("post", rounds, 1),
    }
    RESULT.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
