"""A million damaged files for all readers, counted by kind of answer into fuzz.json.

python benchmarks/fuzz.py [--seconds 86400] [--share 1] [--seed 0]

Goes on where it stopped. Every file follows from the seed, its reader's name and its number alone;
of those that break the promise, the first few numbers are kept, with what happened. A process of
its own reads, with an address space of 2 GiB more than it starts with; one that dies is counted as
"crash", one that gives no answer at all as "hanging".
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from fuzzing.judge import GIBIBYTES, SECONDS, Answer, limit_memory, try_file
from fuzzing.reader import Reader
from fuzzing.readers import readers

RESULT = Path(__file__).with_suffix(".json")
BATCH = 500
SHOWN = 3


def batch(reader: Reader, seed: int, begin: int, count: int, answers: Any) -> None:
    """Try some files in a process of its own, and send each answer, and then its memory."""
    limit_memory()
    before = largest_memory()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(begin, begin + count):
            answers.send(try_file(reader, number, Path(folder), seed))
    answers.send(largest_memory() - before)
    answers.close()


def largest_memory() -> float:
    """Return the most that this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def answers_of(reader: Reader, seed: int, begin: int, count: int) -> tuple[list[Answer], float]:
    """Return the answers to some files, and the memory that they took."""
    mine, others = multiprocessing.Pipe(duplex=False)
    context = multiprocessing.get_context("fork")  # the seeds are there already
    process = context.Process(target=batch, args=(reader, seed, begin, count, others))
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
    """Add answers to a reader's record."""
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
    given = parser.parse_args()
    result = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    if result.get("seed") != given.seed:
        result = {"seed": given.seed, "readers": {}}
    result |= {"seconds allowed": SECONDS, "gibibytes allowed": GIBIBYTES}
    every, end, begun = readers(), time.monotonic() + given.seconds, True
    warm_up(every)
    while begun and time.monotonic() < end:
        begun = False
        for reader in every:
            record = result["readers"].setdefault(reader.name, empty_record())
            left = min(BATCH, int(given.share * reader.files) - record["files"])
            if left > 0 and time.monotonic() < end:
                count(record, *answers_of(reader, given.seed, record["files"], left))
                begun = True
                result["files"] = sum(one["files"] for one in result["readers"].values())
                RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
