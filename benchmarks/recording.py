"""What recording a training for its report costs: of the post's network and of one for MNIST.

Prints, for each, the best of several trainings without and with a recorder, the share of the time
that the recorder itself took, and what the report weighs and took to write.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np

import rewire
from rewire.data import moons
from rewire.report import Recorder, write_report

# The post's task, LeNet-300-100 on inputs like MNIST's (random: the cost does not depend on them),
# and a network of a million connections.
TASKS = {
    "moons 2-16-16-1": ([2, 16, 16, 1], [0, 0.9, 0.8], 100, 400, 20),
    "LeNet-300-100": ([784, 300, 100, 10], [0.98, 0.9, 0], 6000, 1000, 100),
    "3072-4096-4096-10": ([3072, 4096, 4096, 10], [0.97, 0.97, 0.9], 1000, 100, 50),
}


def measure(ranks, sparsity, samples, steps, every, record):
    """Return seconds of training and the recorder, if one was asked for."""
    generator = np.random.default_rng(0)
    if ranks[0] == 2:
        X, y = moons(n_samples=samples, seed=0)
    else:
        X = generator.random((samples, ranks[0])).astype(np.float32)
        y = generator.integers(10, size=samples)
    net = rewire.mlp(ranks, sparsity=sparsity, seed=0)
    recorder = Recorder() if record else None
    method = rewire.topology.as_method("rigl", every=every)
    begin = perf_counter()
    rewire.fit(
        net, X, y, method=method, steps=steps, seed=0, callbacks=[recorder] if recorder else []
    )
    return perf_counter() - begin, recorder


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    for name, task in TASKS.items():
        measure(*task, record=False)  # compiles
        plain = min(measure(*task, record=False)[0] for _ in range(repeats))
        timed = [measure(*task, record=True) for _ in range(repeats)]
        seconds, recorder = min(timed, key=lambda pair: pair[0])
        with tempfile.TemporaryDirectory() as folder:
            begin = perf_counter()
            page = write_report([recorder.recording], Path(folder) / "report.html")
            writing, size = perf_counter() - begin, page.stat().st_size
        print(
            f"{name}: {plain:.4f} s without, {seconds:.4f} s with a recorder; recording took "
            f"{recorder.seconds:.5f} s ({recorder.seconds / seconds:.2%}), "
            f"{len(recorder.recording.frames)} frames; page {size / 1e6:.2f} MB in {writing:.2f} s"
        )


if __name__ == "__main__":
    main()
