"""Fork in the middle of rewirings of another thread, and see whether anybody hangs.

A thread rewires without a pause while the main thread forks; each child trains for a step, rewires
and must end within eight seconds. Beside that, a training with every kind of worker that the field
uses: processes of multiprocessing and loky, and those of a PyTorch DataLoader.

    python benchmarks/forks.py [--forks 500]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import rewire
from rewire.topology import Rewirer

RESULT = Path(__file__).with_suffix(".json")
METHODS = ("rigl", "reviving rigl", "snfs", "set", "cht")
LONGEST = 8.0  # seconds


def rewiring(method: str, seed: int = 0) -> Callable[[], None]:
    """Return a function that trains a network for a step and rewires it."""
    rng = np.random.default_rng(0)
    net = rewire.mlp([64, 400, 300, 10], density=0.1, seed=seed)
    X, y = rng.standard_normal((64, 64)).astype(np.float32), rng.integers(0, 10, 64)
    trainer = rewire.Trainer(net, "cross_entropy", rewire.optimizers.SGD(0.01, momentum=0.9))
    at_work = Rewirer(
        method,
        net,
        total_steps=10**6,
        steps_per_epoch=10,
        optimizer=trainer.optimizer,
        seed=seed,
    )

    def once() -> None:
        trainer.step(X, y)
        at_work.rewire(10, lambda: [net.signals(X, y)])

    once()
    return once


def once_of_each(method: str) -> int:
    rewiring(method)()
    return 1


def fork_beside(method: str, forks: int, seed: int = 0) -> dict:
    """Fork so many times while another thread rewires."""
    ours, theirs, draw = rewiring(method), rewiring(method, 1), random.Random(seed)
    stop, rewirings = threading.Event(), [0]

    def without_a_pause() -> None:
        while not stop.is_set():
            ours()
            rewirings[0] += 1

    thread = threading.Thread(target=without_a_pause, daemon=True)
    thread.start()
    seconds = []
    for _ in range(forks):
        time.sleep(draw.uniform(0, 0.005))
        seconds.append(_child(theirs))
    stop.set()
    thread.join(LONGEST)
    return {
        "forks": forks,
        "hanging": sum(took is None for took in seconds),
        "parent_hangs": thread.is_alive(),
        "rewirings": rewirings[0],
        "longest_seconds": max(took for took in [0.0, *seconds] if took is not None),
    }


def _child(work: Callable[[], None]) -> float | None:
    """Return how long a forked process takes for a piece of work; None if it hangs or fails."""
    begin = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    while time.monotonic() < begin + LONGEST:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return None if status else time.monotonic() - begin
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def workers(method: str = "rigl") -> dict[str, bool]:
    """Let other libraries' workers rewire while this process does; return which of them ended."""
    from joblib import Parallel, delayed
    from torch.utils.data import DataLoader

    ours, stop = rewiring(method), threading.Event()
    thread = threading.Thread(target=lambda: [ours() for _ in iter(stop.is_set, True)], daemon=True)
    thread.start()
    found = {}
    for start in ("fork", "forkserver", "spawn"):
        with multiprocessing.get_context(start).Pool(2) as pool:
            done = pool.map_async(once_of_each, [method] * 4).get(60)
        found[f"multiprocessing, {start}"] = done == [1] * 4
    done = Parallel(n_jobs=2, timeout=60)(delayed(once_of_each)(method) for _ in range(4))
    found["loky"] = done == [1] * 4
    loader = DataLoader([method] * 4, num_workers=2, collate_fn=_rewire_all, timeout=60)
    found["PyTorch DataLoader"] = [*loader] == [1] * 4
    stop.set()
    thread.join(LONGEST)
    return found


def _rewire_all(methods: list[str]) -> int:
    return once_of_each(methods[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--forks", type=int, default=500)
    arguments = parser.parse_args()
    share = arguments.forks // len(METHODS)
    found = {"methods": {method: fork_beside(method, share) for method in METHODS}}
    print(found, flush=True)
    found["workers"] = workers()
    print(found["workers"], flush=True)
    RESULT.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
