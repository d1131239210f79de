"""One whole training step of sparse networks, ours and everybody else's.

Forward, all gradients of the connections that exist, SGD step; softmax cross-entropy, float32,
batch 128; uniform density in the hidden layers, output layer dense. Candidates take turns in one
process for each number of threads, in another order each round; figures are medians, ratios are to
dense PyTorch. "rewire" may use all the threads and chooses how many.

    python benchmarks/training_step.py [--rounds N] [--quick]
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
NETWORKS = [
    (sizes, density)
    for sizes in ([784, 1024, 1024, 10], [3072, 4096, 4096, 10])
    for density in (0.1, 0.05, 0.01)
]
REFERENCE = "PyTorch dense"
CHOSEN, ALONE = "rewire", "rewire, 1 thread"
BATCH = 128
REST = 0.02  # seconds; by then PyTorch's threads no longer spin and take a processor from the next
# Threads, whether there is a rest before each turn, whether only ours and dense PyTorch.
RUNS = [(1, True, False), (2, True, False), (2, False, True)]
SLOW = 0.3  # seconds; a step that takes longer is its own warm-up


def measure(threads: int, rest: bool, rounds: int, quick: bool) -> list[dict]:
    """Time every candidate on every network, in this process."""
    import numpy as np
    import torch

    import rewire
    from candidates import CANDIDATES

    torch.set_num_threads(threads)
    rewire.set_num_threads(threads)
    random = np.random.default_rng(0)
    rows = []
    for sizes, density in NETWORKS:
        net = rewire.mlp(sizes, density=[density, density, 1], seed=0)
        X = random.normal(size=(BATCH, sizes[0])).astype(np.float32)
        y = random.integers(0, 10, BATCH)
        chosen = CANDIDATES[:4] if quick else CANDIDATES
        candidates = [candidate(net) for candidate in chosen]
        times: dict[str, list[float]] = {candidate.name: [] for candidate in candidates}
        for turn in range(rounds + 1):
            # In another order each time, so that none always has the same one before it.
            for candidate in random.permutation(np.array(candidates, object)):
                time.sleep(REST if rest else 0)
                if turn == 0 or statistics.median(times[candidate.name]) < SLOW:
                    candidate.step(X, y)  # caches and threads as in a run of its own
                begin = time.perf_counter()
                candidate.step(X, y)
                times[candidate.name].append(time.perf_counter() - begin)
        medians = {name: statistics.median(seconds) for name, seconds in times.items()}
        row = {
            "network": "-".join(map(str, sizes)),
            "density": density,
            "threads": threads,
            "rest": rest,
            "milliseconds": {name: 1e3 * seconds for name, seconds in medians.items()},
            "ratio": {name: medians[REFERENCE] / seconds for name, seconds in medians.items()},
            "one_thread_to_chosen": one_thread_to_chosen(times),
        }
        print_row(row)
        rows.append(row)
    return rows


def one_thread_to_chosen(times: dict[str, list[float]]) -> dict[str, float]:
    """Time of one thread over that of as many as were chosen, round by round; above 1: a gain."""
    ratios = [alone / chosen for alone, chosen in zip(times[ALONE], times[CHOSEN], strict=True)]
    low, median, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return {"median": median, "low_quartile": low, "high_quartile": high}


def print_row(row: dict) -> None:
    figures = "  ".join(
        f"{name} {row['milliseconds'][name]:.2f} ms ({ratio:.2f}x)"
        for name, ratio in row["ratio"].items()
    )
    where = f"{row['network']} at {row['density']}, {row['threads']} thread(s)"
    where += "" if row["rest"] else " without rest"
    gain = row["one_thread_to_chosen"]
    figures += f"  1 thread / chosen {gain['median']:.2f}"
    figures += f" ({gain['low_quartile']:.2f}-{gain['high_quartile']:.2f})"
    print(f"{where}: {figures}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--quick", action="store_true", help="only ours and dense PyTorch")
    parser.add_argument("--threads", type=int, help="(internal) measure here and print JSON")
    parser.add_argument("--hurry", action="store_true", help="(internal) no rest before a turn")
    arguments = parser.parse_args()
    if arguments.threads:
        rest, rounds = not arguments.hurry, arguments.rounds
        print(json.dumps(measure(arguments.threads, rest, rounds, arguments.quick)))
        return
    rows = []
    for threads, rest, quick in RUNS:
        environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
        command = [sys.executable, __file__, f"--threads={threads}", f"--rounds={arguments.rounds}"]
        command += ["--quick"] * (quick or arguments.quick) + ["--hurry"] * (not rest)
        done = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, check=True, text=True
        )
        rows += json.loads(done.stdout)
    if not arguments.quick:
        RESULT.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
