"""A million damaged files for all readers, counted by kind of answer into fuzz.json.

python benchmarks/fuzz.py [SECONDS] [FILES]

Goes on where it stopped, for at most so many seconds, to so many files of each reader (50,000 by
default). Every file follows from its reader's name and its number alone; of those that break the
promise, the first few numbers are kept, with what happened. A process of its own reads, with an
address space of 2 GiB more than it starts with; one that dies is counted as "crash".
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path

from fuzzing.judge import GIBIBYTES, SECONDS, limit_memory, try_file
from fuzzing.readers import readers

RESULT = Path(__file__).with_suffix(".json")
BATCH = 500
SHOWN = 3


def batch(index: int, begin: int, count: int, answers) -> None:
    """Try some files in a process of its own, and send each answer."""
    limit_memory()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(begin, begin + count):
            answers.send((number, *try_file(ALL[index], number, Path(folder))))
    answers.close()


def answers_of(index: int, begin: int, count: int) -> list[tuple[int, str, str]]:
    """Return number, kind and details of each file; a process that dies is one of them."""
    mine, others = multiprocessing.Pipe(duplex=False)
    context = multiprocessing.get_context("fork")  # the readers are there already
    process = context.Process(target=batch, args=(index, begin, count, others))
    process.start()
    others.close()
    found = []
    try:
        while True:
            found.append(mine.recv())
    except EOFError:
        process.join()
    if len(found) < count:
        found.append((begin + len(found), "crash", f"exit code {process.exitcode}"))
    return found


def count(record: dict, answers: list[tuple[int, str, str]]) -> None:
    """Add answers to a reader's record."""
    for number, kind, details in answers:
        record["files"] += 1
        record["answers"][kind] = record["answers"].get(kind, 0) + 1
        if kind not in ("read", "refused") and len(record["broken"]) < SHOWN:
            record["broken"].append({"number": number, "kind": kind, "details": details})


def main(seconds: float, files: int) -> None:
    result = json.loads(RESULT.read_text()) if RESULT.exists() else {"readers": {}}
    result |= {"seconds allowed": SECONDS, "gibibytes allowed": GIBIBYTES}
    end = time.monotonic() + seconds
    begun = True
    while begun and time.monotonic() < end:
        begun = False
        for index, reader in enumerate(ALL):
            record = result["readers"].setdefault(
                reader.name, {"files": 0, "answers": {}, "broken": []}
            )
            if (left := min(BATCH, files - record["files"])) > 0 and time.monotonic() < end:
                count(record, answers_of(index, record["files"], left))
                begun = True
                result["files"] = sum(one["files"] for one in result["readers"].values())
                RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    given = [*map(float, sys.argv[1:]), *(86_400.0, 50_000.0)[len(sys.argv) - 1 :]]
    ALL = readers()
    main(given[0], int(given[1]))
