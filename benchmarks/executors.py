"""What the driver of a study costs: 10,000 tiny trainings by one worker, by two, and by Dask's two.

Each mode runs in a process of its own and writes to executors.json how long it took, which share of
the workers' time was spent outside trainings, the driver's own processor time, and its peak memory.

    python benchmarks/executors.py                 all modes (minutes)
    python benchmarks/executors.py "two processes" one of them
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from rewire.compare import run_study, study_config
from rewire.executors import lanes
from rewire.executors.local import WorkerProcess

RESULT = Path(__file__).with_suffix(".json")
PAGE = RESULT.parent.parent / "docs" / "scale.md"
RUNS = 10_000
METHODS = ("static", "rigl")


class Counting:
    """Adds up the seconds that workers spend on trainings, of whatever executor."""

    seconds = 0.0
    batches = 0

    @classmethod
    def add(cls, future) -> None:
        if not future.cancelled() and future.exception() is None and future.result().outcomes:
            cls.seconds += future.result().seconds
            cls.batches += 1


class CountedProcess(WorkerProcess):
    """A worker process whose answers are counted."""

    def submit(self, function, /, *arguments):
        future = super().submit(function, *arguments)
        if arguments:  # and not the question that it is begun with
            future.add_done_callback(Counting.add)
        return future


@contextmanager
def processes(number):
    """Yield what run_study takes for so many processes of its own."""
    with mock.patch.object(lanes, "WorkerProcess", CountedProcess):
        yield {"executor": CountedProcess} if number == 1 else {"jobs": number}


@contextmanager
def dask(number):
    """Yield what run_study takes for so many workers of Dask on this computer."""
    from distributed import Client, LocalCluster

    shape = {"n_workers": number, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**shape) as cluster, Client(cluster) as client:
        executor = client.get_executor(pure=False)
        submit = executor.submit

        def counted(function, /, *arguments):
            future = submit(function, *arguments)
            future.add_done_callback(Counting.add)
            return future

        executor.submit = counted
        yield {"executor": executor}


MODES = {
    "one process": (processes, 1),
    "two processes": (processes, 2),
    "Dask, two workers": (dask, 2),
}


def measure(mode: str, runs: int) -> dict:
    """Run a study in this process and return what it cost."""
    opened, workers = MODES[mode]
    config = study_config("moons", total_steps=60)
    seeds = range(runs // len(METHODS))
    with tempfile.TemporaryDirectory() as folder, opened(workers) as options:
        # Workers import and load what is compiled before the clock starts.
        run_study(config, METHODS, range(10**6, 10**6 + 50), **options)
        Counting.seconds, Counting.batches = 0.0, 0
        begin, own = time.perf_counter(), time.process_time()
        done = run_study(config, METHODS, seeds, out=folder, **options)
        seconds, own = time.perf_counter() - begin, time.process_time() - own
    assert len(done.runs) == runs
    return {
        "runs": runs,
        "workers": workers,
        "seconds": seconds,
        "runs_per_second": runs / seconds,
        "share_outside": 1 - Counting.seconds / (workers * seconds),
        "runs_per_batch": runs / Counting.batches,
        "driver_microseconds_per_run": 1e6 * own / runs,
        "driver_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "processors": os.cpu_count(),
    }


def table(found: dict[str, dict]) -> str:
    """Return the measurements as Markdown."""
    heading = [
        "workers",
        "seconds",
        "runs a second",
        "outside trainings",
        "driver's processor time a run",
        "driver's peak memory",
    ]
    lines = [f"| {' | '.join(heading)} |", "| --- " * len(heading) + "|"]
    for name, own in found.items():
        cells = [
            name,
            f"{own['seconds']:.0f}",
            f"{own['runs_per_second']:.0f}",
            f"{own['share_outside']:.1%}",
            f"{own['driver_microseconds_per_run'] / 1000:.2f} ms",
            f"{own['driver_megabytes']:.0f} MB",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def write_page() -> None:
    """Write the table into docs/scale.md."""
    text, made = PAGE.read_text(), table(json.loads(RESULT.read_text()))
    mark = "(<!-- executors -->\n).*?(<!-- /executors -->)"
    PAGE.write_text(re.sub(mark, rf"\1\n{made}\n\n\2", text, flags=re.S))


def main() -> None:
    """Measure each mode in a process of its own, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modes", nargs="*", choices=[*MODES, []], help="all by default")
    parser.add_argument("--page", action="store_true", help="write the page alone")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        print(json.dumps(measure(options.modes[0], options.runs)))
        return
    if options.page:
        write_page()
        return
    found = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    for mode in options.modes or MODES:
        command = [sys.executable, __file__, mode, "--here", "--runs", str(options.runs)]
        ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found[mode] = json.loads(ran.stdout.splitlines()[-1])
        print(mode, json.dumps(found[mode], indent=2))
        ordered = {name: found[name] for name in MODES if name in found}
        RESULT.write_text(json.dumps(ordered, indent=2) + "\n")
    write_page()


if __name__ == "__main__":
    main()
