"""A million damaged files for all readers, and odd arrays and operations on networks.

python benchmarks/fuzz.py [--only readers|doors|operations] [--seconds 86400] [--share 1] [--seed 0]

Counts by kind of answer go to fuzz.json (``--out``), and it goes on where it stopped. The exit
status is 1 where a promise was broken. Every file and array
follows from the seed, the name of what takes it, and its number alone; of those that break the
promise, the first few numbers are kept, with what happened. A process of its own reads, with an
address space of 2 GiB more than it starts with; one that dies is counted as "crash", one that gives
no answer at all as "hanging".
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import resource
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from fuzzing.doors import Door, doors, try_array
from fuzzing.judge import GIBIBYTES, SECONDS, Answer, answer, limit_memory, try_file
from fuzzing.operations import operate
from fuzzing.reader import Reader
from fuzzing.readers import readers

RESULT = Path(__file__).with_suffix(".json")
SECTIONS = {"readers", "doors", "operations"}
BATCH = 100
SHOWN = 3
ARRAYS = 2_000  # of each parameter
OPERATIONS, EACH = 60_000, 40


class Subject(NamedTuple):
    """What is tried.

    Parameters
    ----------
    section, name : str
        Where its record is.
    count : int
        How often it is tried.
    attempt : callable
        From a number and a folder to the answer.
    """

    section: str
    name: str
    count: int
    attempt: Callable[[int, Path], Answer]


def subjects(seed: int, share: float) -> list[Subject]:
    """Return readers of files, functions that take arrays, and operations on networks."""

    def file(reader: Reader, number: int, folder: Path) -> Answer:
        return try_file(reader, number, folder, seed)

    def array(door: Door, number: int, folder: Path) -> Answer:
        return try_array(door, number, seed)

    def operations(number: int, folder: Path) -> Answer:
        return answer(lambda: operate(random.Random(f"{seed} {number}"), EACH, folder))

    every = readers()
    warm_up(every)
    found = [Subject("readers", one.name, one.files, partial(file, one)) for one in every]
    found += [Subject("doors", one.name, ARRAYS, partial(array, one)) for one in doors()]
    found.append(Subject("operations", f"{EACH} at a time", OPERATIONS // EACH, operations))
    return [one._replace(count=int(share * one.count)) for one in found]


def batch(subject: Subject, begin: int, count: int, answers: Any) -> None:
    """Try some numbers in a process of its own, and send each answer, and then its memory."""
    limit_memory()
    before = largest_memory()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(begin, begin + count):
            answers.send(subject.attempt(number, Path(folder)))
    answers.send(largest_memory() - before)
    answers.close()


def largest_memory() -> float:
    """Return the most that this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def answers_of(subject: Subject, begin: int, count: int) -> tuple[list[Answer], float]:
    """Return the answers to some numbers, and the memory that they took."""
    mine, others = multiprocessing.Pipe(duplex=False)
    context = multiprocessing.get_context("fork")  # what is tried is there already
    process = context.Process(target=batch, args=(subject, begin, count, others))
    process.start()
    others.close()
    found: list[Answer] = []
    try:
        while mine.poll(20 * SECONDS):  # by the clock, on a machine that may be busy
            one = mine.recv()
            if not isinstance(one, Answer):
                process.join()
                return found, one
            found.append(one)
        process.kill()
        kind = "hanging"
    except EOFError:
        kind = "crash"
    process.join()
    return [*found, Answer(kind, f"exit code {process.exitcode}")], 0.0


def count(record: dict[str, Any], answers: list[Answer], memory: float) -> None:
    """Add answers to a subject's record."""
    for one in answers:
        record["answers"][one.kind] = record["answers"].get(one.kind, 0) + 1
        if not one.kept and len(record["broken"]) < SHOWN:
            record["broken"].append(
                {"number": record["files"], "kind": one.kind, "details": one.details}
            )
        if one.seconds > record["slowest"]["seconds"]:
            slowest = {"seconds": round(one.seconds, 3), "number": record["files"]}
            record["slowest"] = slowest
        record["files"] += 1
    record["mebibytes"] = round(max(record["mebibytes"], memory), 1)


def empty_record() -> dict[str, Any]:
    nothing = {"seconds": 0.0, "number": 0}
    return {"files": 0, "answers": {}, "broken": [], "slowest": nothing, "mebibytes": 0.0}


def warm_up(every: list[Reader]) -> None:
    """Read what is undamaged, so that all that is imported and compiled is there."""
    with tempfile.TemporaryDirectory() as folder:
        for reader in every:
            for seed in reader.seeds:
                path = Path(folder, reader.file)
                path.write_bytes(seed)
                reader.use(reader.read(path))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=86_400, help="stop after so long")
    parser.add_argument("--share", type=float, default=1, help="of all files")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULT, help="file of the counts")
    parser.add_argument("--only", choices=sorted(SECTIONS))
    given = parser.parse_args()
    result = json.loads(given.out.read_text()) if given.out.exists() else {}
    if result.get("seed") != given.seed:
        result = {"seed": given.seed}
    result |= {"seconds allowed": SECONDS, "gibibytes allowed": GIBIBYTES}
    warnings.simplefilter("ignore")
    every, end = subjects(given.seed, given.share), time.monotonic() + given.seconds
    every = [one for one in every if given.only in (None, one.section)]
    left = every
    while left and time.monotonic() < end:
        for one in left:
            record = result.setdefault(one.section, {}).setdefault(one.name, empty_record())
            some = min(BATCH, one.count - record["files"])
            if some > 0 and time.monotonic() < end:
                count(record, *answers_of(one, record["files"], some))
                given.out.write_text(json.dumps(result, indent=1) + "\n")
        left = [one for one in left if result[one.section][one.name]["files"] < one.count]
    sections = sorted({one.section for one in every} & result.keys())
    broke = [say(section, result[section]) for section in sections]
    sys.exit(any(broke))


def say(section: str, records: dict[str, Any]) -> bool:
    """Print how much was tried, and what broke; return whether something did."""
    tried = sum(one["files"] for one in records.values())
    broken = [(name, found) for name, one in records.items() for found in one["broken"]]
    print(f"{section}: {tried:,} tried, {len(broken)} broken")
    for name, found in broken:
        print(f"{name}, number {found['number']}: {found['details']}")
    return bool(broken)


if __name__ == "__main__":
    main()
