"""Write docs/torch-speed.md from what torch_layers.py, torch_one_row.py and torch_models.py leave.

python benchmarks/torch_page.py
"""

from __future__ import annotations

import json
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "torch-speed.md"
INTRODUCTION = """# Speed of sparse layers in PyTorch

How many times faster than PyTorch's dense layer: forward and backward with all gradients, float32.
Candidates take turns in one process; figures are medians. A layer's turn is two calls, of which the
second counts: the first finds the caches as the others left them.
`torch_layers.py`, `torch_calls.py`, `torch_one_row.py` and `torch_models.py` in `benchmarks`
measure, `torch_page.py` writes this page.
[Sparse layers in PyTorch](torch.md) says what to make of it.

*mask*: a dense weight times a mask, what most tools do. *PyTorch CSR*: a weight that is a sparse
CSR tensor. SparseProp 0.1.14, for convolutions the better of its two variants, and sparselab 0.2.2
are measured where they are installed; a dash means that a package has no such layer or was missing.
"""
BLOCKS = """### Rows read in blocks

The rows that a layer's connections read do not fit the L1 cache. The kernels cut them into blocks
and compute all sums from one block, then from the next, where a sum has 12 connections or more with
each block (20 in the backward pass); rows that not even L2 holds are cut into larger blocks at
lower densities. Times faster than without blocks, one thread, copies and ordering included, by
`torch_blocks.py`; where blocks are not used, what differs from 1 is chance:
"""
TRIED = """
Tried on the forward pass alone and left out: visiting a block's sums in the order of their
connections, so that the processor foresees where loops end (6% faster at 1024 rows and density 0.1,
slower at 4096); rows of 32 columns (slower than 64 where blocks gain); reading weights where they
lie in the table instead of ordering them by block (half the gain at 1024 rows, twice the time at
4096). The networks of `rewire.mlp` read without blocks: [why](benchmarks.md#rows-read-in-blocks).
"""
BUSY = """
The machine was busy with other work: these figures are processor time, on one thread.
"""
ONE_ROW = """### One row, 4096 → 11008

Inference without gradients, as a language model makes it for each token: the time goes into reading
weights. Each call takes another of several layers, which no cache holds together. A connection is
read as 6 bytes: its weight in float32 and its source in 16 bits; with `int8_inference=True` as 3.
The error is of the outputs, root mean square, beside those of float64.
"""
CALLS = """### Calls of small layers

32 rows, density 0.25, one thread, forward and backward, microseconds of processor time by
`torch_calls.py`. Where a dense layer multiplies at most 32,768 times (rows × in × out), `Linear`
scatters its weights into a dense one and lets PyTorch compute, as a call of a kernel costs more:
"""
OURS, DENSE = "rewire", "dense"


def table(heading: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def ratio(row: dict, name: str) -> str:
    """Return a candidate's ratio, the best of its variants."""
    found = [value for key, value in row["ratio"].items() if key.startswith(name)]
    return f"{max(found):.1f}" if found else "–"


def shape_of(row: dict) -> str:
    """Return a shape as people write it."""
    if row["kind"] == "Linear":
        rows, inputs, outputs = row["shape"]
        return f"{rows} × {inputs} → {outputs}"
    images, inputs, outputs, side, kernel = row["shape"]
    return f"{images} × {inputs} → {outputs}, {side}×{side}, kernel {kernel}×{kernel}"


def layers(rows: list[dict], kind: str, threads: int) -> str:
    """Return the table of one kind of layer."""
    chosen = [row for row in rows if (row["kind"], row["threads"]) == (kind, threads)]
    others = ["mask", "PyTorch CSR", "SparseProp", "sparselab"]
    others = [o for o in others if any(ratio(r, o) != "–" for r in chosen if "ratio" in r)]
    crossing = {shape_of(row): row["crossover"] for row in chosen if "crossover" in row}
    lines = []
    for row in chosen:
        if "ratio" not in row:
            continue
        shape, dense = shape_of(row), row["milliseconds"][DENSE]
        figures = [f"**{ratio(row, OURS)}**", *(ratio(row, other) for other in others)]
        lines.append(
            [shape, f"{row['density']}", f"{dense:.1f}", *figures, f"{crossing[shape]:.2f}"]
        )
    heading = ["rows or images × in → out", "density", "dense, ms", "rewire", *others]
    return table([*heading, "dense is faster from density"], lines)


def in_blocks(rows: list[dict]) -> str:
    """Return the table of what blocks gain."""
    found: dict[str, dict[float, dict[str, float]]] = {}
    for row in rows:
        shape = shape_of({"kind": "Linear", "shape": row["shape"]})
        found.setdefault(shape, {})[row["density"]] = row["gain"]
    lines = [
        [shape, name, *(f"{gain[name]:.2f}" for gain in gains.values())]
        for shape, gains in found.items()
        for name in ("forward", "backward")
    ]
    densities = next(iter(found.values()))
    return table(["rows × in → out", "pass", *map(str, densities)], lines)


def one_row(rows: list[dict]) -> str:
    """Return the table of inference with one row."""
    lines = []
    for row in rows:
        times, errors = row["milliseconds"], row["error"]
        sparse = [
            part
            for kind in ("float32", "int8")
            for part in (
                f"{times[kind]:.2f} (**{times[DENSE] / times[kind]:.1f}**)",
                f"{errors[kind]:.1g}",
            )
        ]
        lines.append([f"{row['threads']}", f"{row['density']}", f"{times[DENSE]:.2f}", *sparse])
    heading = ["threads", "density", "dense, ms", "float32, ms (times faster)", "error"]
    return table([*heading, "int8, ms (times faster)", "error"], lines)


def calls(rows: list[dict]) -> str:
    """Return the table of what calls of small layers cost."""
    lines = [
        [
            f"{row['size']} → {row['size']}",
            f"{row['F.linear']:.0f}",
            f"{row['rewire']:.0f} ({row['rewire'] / row['F.linear']:.1f})",
        ]
        for row in rows
    ]
    return table(["in → out", "`F.linear`, µs", "rewire, µs (times as long)"], lines)


def models(found: dict) -> str:
    """Return the table of whole models."""
    lines = []
    for name, figures in found.items():
        for what in ("training", "inference, 1", "inference, 64"):
            times = figures[what]
            sparse = [f"{value:.1f} (**{times['dense'] / value:.1f}**)" for value in times.values()]
            lines.append([name, what, f"{times['dense']:.1f}", *sparse[1:]])
        for what, unit in (("peak memory, MB", 1), ("bytes of the state", 1_000_000)):
            label = "MB of the state" if unit > 1 else what
            lines.append([name, label, *(f"{v / unit:.1f}" for v in figures[what].values())])
    return table(["model", "ms (times faster)", "dense", "density 0.1", "density 0.05"], lines)


def main() -> None:
    """Write the page."""
    measured = json.loads((HERE / "torch_layers.json").read_text())
    whole = json.loads((HERE / "torch_models.json").read_text())
    single = json.loads((HERE / "torch_one_row.json").read_text())
    blocks = json.loads((HERE / "torch_blocks.json").read_text())
    small = json.loads((HERE / "torch_calls.json").read_text())
    parts = [INTRODUCTION]
    for processor, rows in measured.items():
        busy = any(row.get("cpu_time") for row in rows)
        parts.append(f"## {processor}\n" + (BUSY if busy else ""))
        for threads in sorted({row["threads"] for row in rows}):
            parts.append(f"### Layers, {threads} thread{'s' if threads > 1 else ''}\n")
            parts += [layers(rows, kind, threads) + "\n" for kind in ("Linear", "Conv2d")]
        if processor in blocks:
            parts += [BLOCKS, in_blocks(blocks[processor]), TRIED]
        if processor in small:
            parts += [CALLS, calls(small[processor]) + "\n"]
        if processor in single:
            parts += [ONE_ROW, one_row(single[processor]) + "\n"]
        if processor in whole:
            parts.append("### Whole models\n")
            parts.append(
                "Training is one step with AdamW; the layers at the ends stay dense. In a step of "
                "ResNet-18 at density 0.1 a quarter of the time goes into batch norm and ReLU, in "
                "one of GPT half into attention, GELU and layer norm: these bound the ratio. Peak "
                "memory is of the model, its optimiser and two steps; PyTorch and the compiled "
                "kernels take some 300 MB besides.\n"
            )
            parts.append(models(whole[processor]["models"]) + "\n")
    PAGE.write_text("\n".join(parts))


if __name__ == "__main__":
    main()
