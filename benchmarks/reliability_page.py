"""Write docs/reliability.md from the JSON files that the harnesses leave.

python benchmarks/reliability_page.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "reliability.md"
TEMPLATE = HERE / "templates" / "reliability.md"
JOBS = {
    "train": "the command, resumed by `--resume`",
    "fit": "`rewire.fit` with a checkpoint after every second step",
    "compare": "a study of six runs with its page",
    "compare --jobs 2": "the same by two processes, which must end with the one that is killed",
    "its workers": "the same, but one of the two processes is killed, and the study must go on",
    "workers of Dask": "the same by a cluster of Dask on this computer",
    "tune --jobs 2": "a search of settings by two processes, which replaces the trials it has lost",
    "report": "the command",
    "export": "the command, to seven formats",
    "strip": "the command",
    "torch": "a PyTorch loop that saves model, optimiser and rewirer after every second step",
    "ranks of torch": "the same by two ranks; one is killed, the other ends, both begin anew",
}


def result(name: str) -> Any:
    """Return what a harness found; None if it was not run."""
    path = HERE / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def table(heading: list[str], rows: list[list[Any]]) -> str:
    lines = [heading, ["---", *["---:"] * (len(heading) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def kills(found: dict[str, dict]) -> dict[str, str]:
    found = {name: found[name] for name in JOBS if name in found}
    columns = {
        "kills": "kills",
        "of them inside a write": "inside_writes",
        "compared": "ends",
        "different": "different",
        "errors": "errors",
        "hanging": "hanging",
    }

    def number(tally: dict, key: str) -> int:
        return len(tally[key]) if isinstance(tally[key], list) else tally[key]

    rows = [
        [name, *(number(tally, key) for key in columns.values())] for name, tally in found.items()
    ]
    sums = [sum(row[i] for row in rows) for i in range(1, len(columns) + 1)]
    return {
        "kills": f"{sums[0]:,}",
        "kills_wrong": f"{sum(sums[3:]):,}",
        "kills_inside": f"{sums[1]:,}",
        "jobs": "\n".join(f"- `{name}`: {JOBS[name]}." for name in found),
        "kills_table": table(["job", *columns], [*rows, ["together", *sums]]),
    }


def forks(found: dict[str, dict]) -> dict[str, str]:
    rows = [
        [
            name,
            one["forks"],
            one["rewirings"],
            one["hanging"] + one["parent_hangs"],
            f"{one['longest_seconds']:.2f} s",
        ]
        for name, one in found["methods"].items()
    ]
    heading = ["method", "forks", "rewirings meanwhile", "hanging", "slowest child"]
    ended = [name for name, fine in found["workers"].items() if fine]
    return {
        "forks": f"{sum(row[1] for row in rows):,}",
        "forks_hanging": str(sum(row[3] for row in rows)),
        "forks_table": table(heading, rows),
        "workers": ", ".join(ended),
        "workers_count": f"{len(ended)} of {len(found['workers'])}",
    }


KEPT = ("read", "refused")


def fuzz(found: dict[str, Any]) -> dict[str, str]:
    sections = {name: found[name] for name in ("readers", "doors", "operations")}
    tried = {name: sum(one["files"] for one in part.values()) for name, part in sections.items()}
    wrong = {name: sum(map(_broken, part.values())) for name, part in sections.items()}
    each = int(next(iter(found["operations"])).split()[0])
    return {
        "files": f"{tried['readers']:,}",
        "arrays": f"{tried['doors']:,}",
        "operations": f"{each * tried['operations']:,}",
        "files_wrong": f"{sum(wrong.values()):,}",
        "operations_wrong": f"{wrong['operations']:,}",
        "each": str(each),
        "seed": str(found["seed"]),
        "seconds": str(found["seconds allowed"]),
        "gibibytes": str(found["gibibytes allowed"]),
        "files_table": _fuzzed("reader", "files", found["readers"]),
        "arrays_table": _fuzzed("parameter", "arrays", found["doors"]),
        "files_broken": _kinds(found["readers"]),
    }


def _broken(record: dict[str, Any]) -> int:
    return sum(number for kind, number in record["answers"].items() if kind not in KEPT)


def _fuzzed(what: str, tried: str, records: dict[str, dict[str, Any]]) -> str:
    rows = [
        [
            name,
            f"{one['files']:,}",
            *(f"{one['answers'].get(kind, 0):,}" for kind in KEPT),
            f"{_broken(one):,}",
            f"{one['slowest']['seconds']:.2f}",
            f"{one['mebibytes']:.0f}",
        ]
        for name, one in records.items()
    ]
    return table([what, tried, "taken", "refused by name", "else", "slowest", "memory"], rows)


def _kinds(records: dict[str, dict[str, Any]]) -> str:
    """Say what the other answers were."""
    kinds: dict[str, int] = {}
    for one in records.values():
        for kind, number in one["answers"].items():
            if kind not in KEPT:
                kinds[kind] = kinds.get(kind, 0) + number
    listed = ", ".join(f"{kind} ({number:,})" for kind, number in kinds.items())
    return f"Else: {listed}." if listed else "No file had another answer."


def main() -> None:
    values = kills(result("kills")) | forks(result("forks")) | fuzz(result("fuzz"))
    text = TEMPLATE.read_text()
    for name, value in values.items():
        text = text.replace("{{" + name + "}}", value)
    PAGE.write_text(text)


if __name__ == "__main__":
    main()
