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
    "report": "the command",
    "export": "the command, to seven formats",
    "strip": "the command",
    "torch": "a PyTorch loop that saves model, optimiser and rewirer after every second step",
}


def result(name: str) -> Any:
    """Return what a harness found; None if it was not run."""
    path = HERE / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def table(heading: list[str], rows: list[list[Any]]) -> str:
    lines = [heading, ["---", *["---:"] * (len(heading) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def kills(found: dict[str, dict]) -> dict[str, str]:
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


def main() -> None:
    values = kills(result("kills")) | forks(result("forks"))
    text = TEMPLATE.read_text()
    for name, value in values.items():
        text = text.replace("{{" + name + "}}", value)
    PAGE.write_text(text)


if __name__ == "__main__":
    main()
