"""Write docs/results.md, and its picture, from what mnist_results.py and its search leave.

python benchmarks/results_page.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from figures import draw_results
from mnist_results import (
    DENSE,
    EDGES_ROW,
    MEANS_ROW,
    METHODS,
    RAW_ROW,
    RIGL_ROW,
    ROWS,
    SPARSER_ROW,
    TABLE,
    WIDE_ROW,
)
from page import machine, table

HERE = Path(__file__).parent
PAGE, TEMPLATE = HERE.parent / "docs" / "results.md", HERE / "templates" / "results.md"

# RigL, appendix B, table 2 (arXiv 1911.11134): shape, KFLOPs, bytes, error % best and at the end.
SMALL = {
    "RigL": ("408-100-69", 12.6, 31_914, 1.44, 1.48),
    "RigL+": ("375-62-51", 6.2, 16_113, 1.57, 1.69),
}
# Accuracy % by sparsity, from the results table of sparse_learning (arXiv 1907.04840).
PUBLISHED = {
    "SNFS": (98.67, 98.53, 98.20, 97.53),
    "DSR": (98.44, 98.32, 98.14, 97.54),
    "SET": (98.39, 98.14, 97.74, 95.8),
    "DeepR": (98.19, 98.06, 98.21, 94.0),
}
# Accuracy % at the end (arXiv 2501.19107).
WIDE = {"published dense": "98.78", "published RigL": "98.61", "published CHTss": "98.83"}
# Beside which published row, and what was aimed at beyond its error.
OURS = dict.fromkeys((RIGL_ROW, SPARSER_ROW), ("RigL", None)) | dict.fromkeys(
    (RAW_ROW, MEANS_ROW, EDGES_ROW), ("RigL+", 1.44)
)


def found(name: str) -> list[dict]:
    """Return the figures of a row, one per seed."""
    return [run for seed, run in RESULTS.get(name, {}).items() if seed != "cost"]


def column(name: str, figure: str) -> np.ndarray:
    return np.array([run[figure] for run in found(name)])


def spread(values: np.ndarray) -> str:
    """Return mean ± sample standard deviation, or say that there is one seed only."""
    if len(values) < 2:
        return f"{values.mean():.2f}*" if len(values) else "–"
    return f"{values.mean():.2f} ± {values.std(ddof=1):.2f}"


def verdict(reached: bool) -> str:
    return "reached" if reached else "**not reached**"


def headline() -> str:
    """Return what a reader should remember, each figure from the results."""
    rigl, edges = column(SPARSER_ROW, "error"), column(EDGES_ROW, "error")
    dense_seconds = RESULTS[next(iter(DENSE))]["cost"]["seconds"] * ROWS[SPARSER_ROW].epochs
    seconds = RESULTS[SPARSER_ROW]["cost"]["seconds"] * ROWS[SPARSER_ROW].epochs
    wide_accuracy = 100 - column(WIDE_ROW, "error")
    best = {
        level: max(
            (100 - column(f"{name}, {level}%", "error").mean(), name)
            for name in METHODS
            if found(f"{name}, {level}%")
        )
        for level in (90, 99)
    }
    lines = [
        f"**Other inputs help more than more connections.** From edges instead of pixels, "
        f"{int(column(EDGES_ROW, 'connections').max()):,} connections err on {spread(edges)}%.",
        f"**LeNet-300-100 stays accurate.** Our best method reaches {best[90][0]:.2f}% at 90% "
        f"sparsity ({best[90][1]}) and {best[99][0]:.2f}% at 99% ({best[99][1]}).",
        f"**Three hidden layers of 1568, 99% sparse,** reach {spread(wide_accuracy)}%; the "
        f"published dense network has {WIDE['published dense']}%.",
        f"**A training of {ROWS[SPARSER_ROW].epochs} epochs** of the network in the headline takes "
        f"{seconds:.0f} s on one thread, dense PyTorch {dense_seconds:.0f} s.",
    ]
    published = SMALL["RigL"]
    return (
        f"**LeNet-300-100 with {int(column(SPARSER_ROW, 'connections').max()):,} connections errs "
        f"on {spread(rigl)}% of the test images**; the RigL paper's network of about the same cost "
        f"errs on {published[4]}%.\n\n"
        "![Left: test error of small networks, ours beside the published ones. Right: "
        "accuracy against sparsity for five methods](images/results.png)\n\n"
        + "\n".join(f"- {line}" for line in lines)
    )


def draw() -> None:
    networks = [
        (f"{name}, published", kiloflops, end, None, True)
        for name, (_, kiloflops, _, _, end) in SMALL.items()
    ]
    for name in filter(found, OURS):
        errors = column(name, "error")
        deviation = errors.std(ddof=1) if len(errors) > 1 else None
        networks.append((name, column(name, "kiloflops").max(), errors.mean(), deviation, False))
    levels = [level for level, *_ in TABLE]
    ours = {}
    for name in METHODS:
        accuracies = [100 - column(f"{name}, {level}%", "error") for level in levels]
        if all(len(values) > 1 for values in accuracies):
            ours[name] = [(values.mean(), values.std(ddof=1)) for values in accuracies]
    draw_results(networks, [f"{level}%" for level in levels], PUBLISHED, ours)


def small() -> str:
    body = [
        [f"{name}, published", shape, f"{kiloflops}", f"{size:,}", f"{end}", f"{best}"]
        for name, (shape, kiloflops, size, best, end) in SMALL.items()
    ]
    for name in filter(found, OURS):
        shapes = ", ".join("-".join(map(str, run["ranks"][:-1])) for run in found(name))
        kiloflops, size = column(name, "kiloflops").max(), int(column(name, "bytes").max())
        errors = [spread(column(name, figure)) for figure in ("error", "best")]
        body.append([name, shapes, f"{kiloflops:.2f}", f"{size:,}", *errors])
    return table(["", "stripped to", "KFLOPs", "bytes", "error % at the end", "best"], body)


def small_verdicts() -> str:
    lines = []
    for name in filter(found, OURS):
        beside, goal = OURS[name]
        _, kiloflops, size, best, end = SMALL[beside]
        error, least = column(name, "error").mean(), column(name, "best").mean()
        lines.append(
            f"- {name}, beside {beside}: KFLOPs "
            f"{verdict(column(name, 'kiloflops').max() <= kiloflops)}, bytes "
            f"{verdict(column(name, 'bytes').max() <= size)}, error at the end "
            f"{verdict(error <= end)}, best {verdict(least <= best)}"
            + (f"; {goal}% at the end {verdict(error <= goal)}." if goal else ".")
        )
    return "\n".join(lines)


def by_sparsity() -> str:
    levels = [level for level, *_ in TABLE]
    body = [[f"{name}, published", *map(str, row)] for name, row in PUBLISHED.items()]
    for name in METHODS:
        cells = [100 - column(f"{name}, {level}%", "error") for level in levels]
        body.append([name, *map(spread, cells)])
    return table(["accuracy %", *[f"{level}% sparse" for level in levels]], body)


def by_sparsity_verdicts() -> str:
    lines = []
    for place, (level, *_) in enumerate(TABLE):
        rows = {name: f"{name}, {level}%" for name in METHODS}
        means = {
            name: 100 - column(row, "error").mean() for name, row in rows.items() if found(row)
        }
        if not means:
            lines.append(f"- {level}%: not measured.")
            continue
        ours = max(means, key=means.__getitem__)
        missed = [name for name, row in PUBLISHED.items() if means[ours] < row[place]]
        outcome = f"**below {', '.join(missed)}**" if missed else "every published row is reached"
        lines.append(f"- {level}%: best of ours is {ours}, {means[ours]:.2f}%: {outcome}.")
    return "\n".join(lines)


def cost() -> str:
    body = []
    for name, row in ROWS.items():
        ours = RESULTS.get(name, {}).get("cost")
        if ours:
            lenet, large = (RESULTS[dense]["cost"]["seconds"] for dense in DENSE)
            rival = large if name == WIDE_ROW else lenet
            whole, seconds = rival * row.epochs, ours["seconds"] * row.epochs
            body.append(
                [
                    name,
                    f"{row.epochs}",
                    f"{seconds:.0f} s",
                    f"{whole:.0f} s",
                    f"{whole / seconds:.1f}×",
                    f"{ours['megabytes']:.0f} MB",
                ]
            )
    heading = ["", "epochs", "training", "dense PyTorch", "ratio", "memory"]
    rivals = "\n".join(
        f"- {name}: {found['seconds']:.2f} s an epoch, grows by {found['megabytes']:.0f} MB"
        for name, found in ((name, RESULTS[name]["cost"]) for name in DENSE)
    )
    return f"{rivals}\n\n" + table(heading, body)


def wide() -> str:
    if not found(WIDE_ROW):
        return "Not measured yet."
    accuracy = 100 - column(WIDE_ROW, "error")
    body = [*map(list, WIDE.items()), ["RigL, ours", spread(accuracy)]]
    rivals = ", ".join(
        f"{name}: {verdict(accuracy.mean() >= float(figure))}" for name, figure in WIDE.items()
    )
    return table(["", "accuracy %"], body) + f"\n\nBeside {rivals}."


def search() -> str:
    tried = json.loads((HERE / "mnist_search.json").read_text())
    heading = list(tried[0])
    return table(heading, [[str(row[name]) for name in heading] for row in tried])


def main() -> None:
    draw()
    sections = {
        "table": by_sparsity(),
        "table_verdicts": by_sparsity_verdicts(),
        "rigl_row": RIGL_ROW,
        "sparser_row": SPARSER_ROW,
        "raw_row": RAW_ROW,
        "means_row": MEANS_ROW,
        "edges_row": EDGES_ROW,
    }
    sections |= {
        section.__name__: section()
        for section in (headline, machine, small, small_verdicts, cost, wide, search)
    }
    PAGE.write_text(TEMPLATE.read_text().format(**sections))
    print(f"wrote {PAGE}")


RESULTS = json.loads((HERE / "mnist_results.json").read_text())

if __name__ == "__main__":
    main()
