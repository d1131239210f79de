"""Kill processes at random moments, and see whether anything is lost.

Each job is first done without interruption. Then it is started and killed, again and again, until
it gets to its end, and what it leaves must be the same bits; a process that was killed must have
left everything such that the next one goes on without an error, and its own processes must end.
Of some jobs a process that works for them is killed instead, and they must go on by themselves. One
process loads the library; each job is a process forked from it.

    python benchmarks/kills.py [--kills 1000]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

RESULT = Path(__file__).with_suffix(".json")
# A job hangs if for so many seconds neither it nor what works for it uses the processor, or if it
# takes so many more than ten times what it takes alone.
LONGEST = 8.0
LOOK = 0.25  # seconds from one look at the processor's time to the next
# In the command of a process of multiprocessing that works, and in that of one that forks such.
SPAWNED, FORKED = "spawn_main", "multiprocessing.forkserver"


@dataclass
class Tally:
    """What happened to one kind of job."""

    kills: int = 0
    inside_writes: int = 0
    ends: int = 0
    different: int = 0
    errors: list[str] = field(default_factory=list)
    hanging: int = 0
    longest_seconds: float = 0.0


class Harness:
    """Starts one job again and again and kills it.

    Parameters
    ----------
    job : callable
        Takes a folder, and goes on there from where an earlier call was killed.
    contents : callable
        From a folder to what the job has made, for comparison.
    workers : bool
        Whether a process that works for the job is killed, and not the job itself.
    """

    def __init__(self, job, contents, place: Path, seed: int, workers: bool = False):
        self.job, self.contents, self.place, self.workers = job, contents, place, workers
        self.random, self.tally = random.Random(seed), Tally()
        folder = self._folder("whole")
        begin = time.monotonic()
        assert self._run(folder, None) == 0, (place / "output.txt").read_text()[-2000:]
        self.seconds = time.monotonic() - begin
        self.expected = contents(folder)

    def kill(self, times: int) -> Tally:
        """Kill the job so many times."""
        folder, anew = self._folder("killed"), True
        while self.tally.kills < times:
            begin = time.monotonic()
            status = self._run(folder, self.random.uniform(0, 1.1 * self.seconds))
            if status == signal.SIGKILL:
                self._count(folder)
            else:
                if anew:  # the machine may have been busy, or compiling, before
                    self.seconds = min(self.seconds, time.monotonic() - begin)
                self._ended(status, folder)
                folder = self._folder("killed")
            anew = status != signal.SIGKILL
        self._ended(self._run(folder, None), folder)
        return self.tally

    def _count(self, folder: Path) -> None:
        self.tally.kills += 1
        self.tally.inside_writes += any(folder.rglob(".*.partial"))

    def _folder(self, name: str) -> Path:
        folder = self.place / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def _ended(self, status: int, folder: Path) -> None:
        self.tally.ends += 1
        if status == -1:
            self.tally.hanging += 1
        elif status:
            self.tally.errors.append((self.place / "output.txt").read_text().strip()[-300:])
        elif self.contents(folder) != self.expected or any(folder.rglob(".*")):
            self.tally.different += 1

    def _run(self, folder: Path, delay: float | None) -> int:
        """Return the status of a process that does the job; -1 if it hangs."""
        child = os.fork()
        if child == 0:
            self._be_child(folder)
        begin = time.monotonic()
        limit = 10 * getattr(self, "seconds", LONGEST) + LONGEST
        used, busy, looked = -1.0, begin, begin
        while (now := time.monotonic()) < min(begin + limit, busy + LONGEST):
            if now > looked + LOOK:
                looked, before, used = now, used, processor_seconds(child)
                busy = now if used != before else busy
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                self.tally.longest_seconds = max(
                    self.tally.longest_seconds, time.monotonic() - begin
                )
                return status
            if delay is not None and time.monotonic() > begin + delay:
                if not self.workers:
                    return self._kill(child)
                # A cluster's own start, before the job's first file, is not ours to survive.
                if any(folder.iterdir()) and self._kill_worker(child):
                    self._count(folder)
                    delay = None
            time.sleep(0.0005)
        self._kill(child)
        return -1

    def _kill(self, child: int) -> int:
        """Kill the job; what works for it must end as well."""
        theirs = psutil.Process(child).children(recursive=True)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        for one in idle(theirs):
            self.tally.hanging += 1
            one.kill()
        return status

    def _kill_worker(self, child: int) -> bool:
        """Kill one of the processes that train, if there is one yet."""
        with suppress(psutil.Error):  # it has just ended
            theirs = psutil.Process(child).children(recursive=True)
            found = [one for one in theirs if trains(one)]
            if found:
                self.random.choice(found).kill()
                return True
        return False

    def _be_child(self, folder: Path) -> None:
        output = os.open(self.place / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        try:
            self.job(folder)
        except BaseException as error:
            os.write(2, f"{type(error).__name__}: {error}".encode())
            os._exit(1)
        os._exit(0)


def trains(process: psutil.Process) -> bool:
    """Return whether a process trains, and does not serve those that do."""
    command, parent = (" ".join(one.cmdline()) for one in (process, process.parent()))
    return SPAWNED in command or (FORKED in command and FORKED in parent)


def processor_seconds(process: int) -> float:
    """Return what a process and all that it has started, and that goes on, have used."""
    with suppress(psutil.Error):  # it has just ended
        parent = psutil.Process(process)
        return seconds_of([parent, *parent.children(recursive=True)])
    return 0.0


def seconds_of(processes: list[psutil.Process]) -> float:
    """Return the processor's time of those that still go on."""
    found = 0.0
    for one in processes:
        with suppress(psutil.Error):
            found += sum(one.cpu_times()[:2])
    return found


def idle(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Wait for processes to end; return those that stay and do nothing."""
    used = -1.0
    for _ in range(10):
        before, used = used, seconds_of(processes)
        if used == before:
            break
        _, processes = psutil.wait_procs(processes, timeout=LONGEST)
    return processes


def main() -> None:
    from kill_jobs import jobs

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", help="these jobs; what was found for others is kept")
    arguments = parser.parse_args()
    found = json.loads(RESULT.read_text()) if arguments.only and RESULT.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        made = jobs(Path(folder))
        for number, (name, (job, contents, *workers)) in enumerate(made.items()):
            if arguments.only and name not in arguments.only:
                continue
            begin = time.monotonic()
            share = arguments.kills // len(made) + (number < arguments.kills % len(made))
            place = Path(folder, name)
            place.mkdir()
            harness = Harness(job, contents, place, arguments.seed + number, *workers)
            found[name] = asdict(harness.kill(share))
            took = time.monotonic() - begin
            print(f"{name}: {found[name]}, {took:.0f} s", flush=True)
            RESULT.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
