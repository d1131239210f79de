"""What the first training on a machine waits for: compiling, and what a later process still waits.

Each training is a fresh process with an empty kernel cache, then another one that finds the
kernels on disk. Seconds of processor time count little of what else the machine does; the wall
clock is beside them.

    python benchmarks/first_training.py
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RESULT = Path(__file__).with_suffix(".json")
OPTIMIZERS = "default", "SGD", "Adam"


def train(optimizer: str) -> dict:
    """Train a small network for three epochs in this process."""
    begin = time.perf_counter()
    import numpy as np
    from numba.core import event

    import rewire

    spent = {"seconds": 0.0, "kernels": 0, "depth": 0, "begin": 0.0}

    class Listener(event.Listener):
        def on_start(self, event):
            spent["depth"] += 1
            if spent["depth"] == 1:
                spent["begin"] = time.perf_counter()

        def on_end(self, event):
            spent["depth"] -= 1
            if spent["depth"] == 0:
                spent["kernels"] += 1
                spent["seconds"] += time.perf_counter() - spent["begin"]

    event.register("numba:compile", Listener())
    net = rewire.mlp([20, 64, 64, 3], density=0.3, seed=0)
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((600, 20)).astype(np.float32), rng.integers(0, 3, 600)
    chosen = {}
    if optimizer != "default":
        chosen["optimizer"] = getattr(rewire.optimizers, optimizer)()
    imported = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    rewire.fit(net, X, y, seed=0, epochs=3, **chosen)
    return {
        "import_seconds": imported - begin,
        "fit_seconds": time.perf_counter() - imported,
        "fit_processor_seconds": resource.getrusage(resource.RUSAGE_SELF).ru_utime - before,
        "compiling_seconds": spent["seconds"],
        "kernels_compiled": spent["kernels"],
    }


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(train(sys.argv[1])))
        return
    result = {}
    for optimizer in OPTIMIZERS:
        with tempfile.TemporaryDirectory() as folder:
            for cache in ("empty", "warm"):
                done = subprocess.run(
                    [sys.executable, __file__, optimizer],
                    env=os.environ | {"NUMBA_CACHE_DIR": folder},
                    stdout=subprocess.PIPE,
                    check=True,
                    text=True,
                )
                result[f"{optimizer}, {cache} cache"] = json.loads(done.stdout)
                print(optimizer, cache, done.stdout.strip(), flush=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
