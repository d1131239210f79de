"""What recording a training for its report costs: of the post's network and of one for MNIST.

Trains each several times without and with a recorder, in turns, and writes to recording.json the
medians of both, of the share of the time that the recorder itself took, and what the report weighs
and took to write.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

import rewire
from rewire.data import moons
from rewire.report import Recorder, write_report

RESULT = Path(__file__).with_suffix(".json")
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
    method = rewire.methods.get("rigl", every=every)
    begin = perf_counter()
    rewire.fit(
        net,
        X,
        y,
        method=method,
        total_steps=steps,
        seed=0,
        callbacks=[recorder] if recorder else [],
    )
    return perf_counter() - begin, recorder


def costs(task, repeats):
    """Return what recording one training costs."""
    measure(*task, record=True)  # compiles
    plain, timed = [], []
    for _ in range(repeats):
        plain.append(measure(*task, record=False)[0])
        timed.append(measure(*task, record=True))
    recording = timed[-1][1].recording
    with tempfile.TemporaryDirectory() as folder:
        begin = perf_counter()
        page = write_report([recording], Path(folder) / "report.html")
        writing, size = perf_counter() - begin, page.stat().st_size
    return {
        "seconds_without": median(plain),
        "seconds_with": median(seconds for seconds, _ in timed),
        "share_of_recorder": median(recorder.seconds / seconds for seconds, recorder in timed),
        "frames": len(recording.frames),
        "page_megabytes": size / 1e6,
        "page_seconds": writing,
    }


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    found = {}
    for name, task in TASKS.items():
        figures = found[name] = costs(task, repeats)
        print(
            f"{name}: {figures['seconds_without']:.4f} s without, {figures['seconds_with']:.4f} s "
            f"with a recorder, which itself took {figures['share_of_recorder']:.2%}; "
            f"{figures['frames']} frames; page {figures['page_megabytes']:.2f} MB in "
            f"{figures['page_seconds']:.2f} s"
        )
    RESULT.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
