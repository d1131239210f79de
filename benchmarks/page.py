"""Write docs/benchmarks.md, and its picture, from the JSON files that the benchmarks leave.

python benchmarks/page.py
"""

from __future__ import annotations

import json
import platform
from pathlib import Path

from executors import table as executors_table
from figures import draw_benchmarks

HERE = Path(__file__).parent
PAGE, TEMPLATE = HERE.parent / "docs" / "benchmarks.md", HERE / "templates" / "benchmarks.md"
LARGE = "3072-4096-4096-10"
# The lowest ratio that is accepted, with one thread and with two.
FLOORS = {
    ("784-1024-1024-10", 0.1): (3.3, 3),
    ("784-1024-1024-10", 0.05): (6, 5),
    ("784-1024-1024-10", 0.01): (18, 12),
    ("3072-4096-4096-10", 0.1): (3.5, 3.5),
    ("3072-4096-4096-10", 0.05): (7.5, 7.5),
    ("3072-4096-4096-10", 0.01): (30, 30),
}


def result(name: str):
    return json.loads((HERE / f"{name}.json").read_text())


def table(heading: list[str], rows: list[list[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    cores = sum(line.startswith("processor") for line in lines)
    return f"{cores} virtual processors of an {model}, Python {platform.python_version()}"


def steps(network: str, threads: int) -> list[dict]:
    """Return the training steps of one network, densest first."""
    return [
        row
        for row in result("training_step")
        if (row["network"], row["threads"], row["rest"]) == (network, threads, True)
    ]


def headline() -> str:
    """Return what a reader should remember, each figure from its JSON file."""
    dense, *_, sparse = [row["ratio"]["rewire"] for row in steps(LARGE, 1)]
    taken = {name: row["megabytes"] for name, row in result("memory").items() if name != "huge"}
    one_thread = result("epoch")["rows"][0]
    post = result("small")["the post's runs"]
    one = result("small")["inference"]["1"]
    rewiring_ = result("rewiring")["large"][0]
    lines = [
        f"An **epoch of MNIST** (LeNet-300-100, 98% sparse) takes "
        f"{1e3 * one_thread['seconds']['rewire, rigl']:.0f} ms with RigL on one thread: "
        f"{one_thread['ratio']['rewire, rigl']:.0f} times faster than dense PyTorch.",
        f"**Training adds {taken['rewire']:.0f} MB** to the process where dense PyTorch adds "
        f"{taken['PyTorch dense']:.0f} MB and PyTorch with masks {taken['PyTorch masked']:.0f} MB "
        f"({LARGE} at density 1%).",
        f"**One sample** goes through LeNet-300-100 in {one['rewire_microseconds']:.1f} µs, "
        f"{one['ratio']:.0f} times faster than through dense PyTorch.",
        f"**One rewiring** with exact gradients of all absent connections takes "
        f"{rewiring_['dense_steps']:.1f} of a dense training step.",
        f"**The post's two trainings** take {1e3 * post['array_seconds']:.0f} ms: "
        f"{post['ratio']:,.0f} times faster than our scalar engine.",
        *first_training_headline(),
    ]
    return (
        f"**A training step is {dense:.0f} times faster than dense PyTorch's at density 10%, and "
        f"{sparse:.0f} times faster at 1%** ({LARGE}, one thread).\n\n"
        "![Speed of a training step relative to dense PyTorch at three densities, and the memory "
        "that training takes](images/benchmarks.png)\n\n" + "\n".join(f"- {line}" for line in lines)
    )


def first_training_headline() -> list[str]:
    """Return the line for the first training, if it has been measured."""
    if not (HERE / "first_training.json").exists():
        return []
    found = result("first_training")
    first, later = (found[f"default, {cache} cache"] for cache in ("empty", "warm"))
    return [
        f"**The first training on a machine** waits {first['compiling_seconds']:.0f} s for the "
        f"compiler; with the kernels on disk a small one takes {later['fit_seconds']:.1f} s in all."
    ]


def training_step() -> str:
    parts = []
    rows = result("training_step")
    for threads, rest in ((1, True), (2, True), (2, False)):
        chosen = [row for row in rows if (row["threads"], row["rest"]) == (threads, rest)]
        names = list(chosen[0]["ratio"])
        body = [
            [
                row["network"],
                f"{row['density']:g}",
                *[f"{row['milliseconds'][n]:.2f} ms ({row['ratio'][n]:.2f}×)" for n in names],
                f"{FLOORS[row['network'], row['density']][threads - 1]:g}×",
                *([gain(row["one_thread_to_chosen"])] if threads > 1 else []),
            ]
            for row in chosen
        ]
        plural = "thread" if threads == 1 else "threads"
        without = "" if rest else ", without pauses between turns"
        heading = ["network", "density", *names, "lowest accepted"]
        heading += ["gain of threads"] * (threads > 1)
        parts.append(f"### {threads} {plural}{without}\n\n" + table(heading, body))
    return "\n\n".join(parts)


def gain(ratio: dict[str, float]) -> str:
    low, high = ratio["low_quartile"], ratio["high_quartile"]
    return f"{ratio['median']:.2f} ({low:.2f} to {high:.2f})"


def kernels() -> str:
    found = result("kernels")
    body = [
        [
            row["network"],
            f"{row['density']:g}",
            name,
            f"{figures['nanoseconds_a_connection_and_128_samples']:.1f}",
            f"{figures['gigaflops']:.0f}",
            f"{figures['share_of_fma']:.0%}",
            f"{figures['share_of_l2']:.0%}",
        ]
        for row in found["networks"]
        for name, figures in row["kernels"].items()
    ]
    rates = found["machine"]
    heading = ["network", "density", "kernel", "ns", "GFLOP/s", "share of FMA", "share of L2"]
    return (
        f"The machine reaches {rates['gigaflops']:.0f} GFLOP/s of fused multiply-adds (FMA) on one "
        f"thread, and reads 256-byte rows at random places of the L2 cache at "
        f"{rates['gigabytes_a_second']:.0f} GB/s.\n\n" + table(heading, body)
    )


def blocks() -> str:
    found = result("network_blocks")
    densities = sorted({row["density"] for row in found}, reverse=True)
    gains = {(row["samples"], *row["shape"], row["density"]): row for row in found}
    body = [
        [
            f"{sources} → {targets}",
            str(samples),
            name,
            *[f"{gains[samples, sources, targets, d][name]['gain']:.2f}" for d in densities],
        ]
        for samples, sources, targets in dict.fromkeys(key[:3] for key in gains)
        for name in ("forward", "backward")
    ]
    heading = ["neurons", "samples", "pass", *[f"{density:g}" for density in densities]]
    return table(heading, body)


def small() -> str:
    found = result("small")
    post = found["the post's runs"]
    inference = [
        [
            batch,
            f"{figures['rewire_microseconds']:.1f} µs",
            f"{figures['one_by_one_microseconds']:.1f} µs",
            f"{figures['torch_microseconds']:.1f} µs",
            f"{figures['ratio']:.1f}×",
        ]
        for batch, figures in found["inference"].items()
    ]
    shares = dict(found["Python's share of a step"])
    compiled = shares.pop("compiled")["microseconds_a_step"]
    body = [
        [count, f"{figures['microseconds_a_step']:.1f}", f"{figures['share_of_python']:.0%}"]
        for count, figures in shares.items()
    ]
    return (
        f"- The post's two trainings take {1e3 * post['array_seconds']:.1f} ms once compiled, and "
        f"{post['scalar_seconds']:.1f} s on the scalar engine: **{post['ratio']:,.0f}×**.\n"
        "- A step of the post's network (2-16-16-1, 68 connections, 100 samples, float64):\n\n"
        + table(["", "µs per step", "spent in Python"], body)
        + f"\n\n  The compiled step takes {compiled:.1f} µs, measured over 4000 steps in one call; "
        "everything else counts as Python's. With one step per call Python's share cannot fall to "
        f"10%: that would leave {compiled / 9:.1f} µs around the step, and unpacking the arguments "
        "of a compiled call already takes Numba about 0.7 µs."
        "\n\n- Inference with LeNet-300-100 at 98% sparsity, one thread:\n\n"
        + table(["samples", "rewire", "rewire, one by one", "PyTorch dense", "ratio"], inference)
    )


def epoch() -> str:
    found = result("epoch")
    names = list(found["rows"][0]["seconds"])
    body = [
        [str(row["threads"])]
        + [f"{row['seconds'][name]:.3f} s ({row['ratio'][name]:.1f}×)" for name in names]
        for row in found["rows"]
    ]
    return f"Data: {found['data']}.\n\n" + table(["threads", *names], body)


def memory() -> str:
    found = result("memory")
    huge = found["huge"]
    body = [[n, f"{found[n]['megabytes']:.0f} MB"] for n in found if n != "huge"]
    return (
        table(["", "memory added"], body)
        + f"\n\n{huge['network']}, {huge['connections']:,} connections and {huge['neurons']:,} "
        f"neurons, are built in {huge['build_seconds']:.1f} s. A step on 2 samples takes "
        f"{huge['step_seconds']:.2f} s, an epoch of 68 such steps "
        f"**{huge['epoch_of_68_steps_seconds']:.0f} s** (published, on a laptop: 112 minutes, "
        f"arXiv 1901.09181), and the process grows by {huge['peak_megabytes']:,.0f} MB."
    )


def rewiring() -> str:
    found = result("rewiring")
    body = [
        [
            str(row["threads"]),
            f"{row['milliseconds']['rewiring']:.0f} ms",
            f"{row['milliseconds']['dense step']:.0f} ms",
            f"{row['dense_steps']:.2f}",
        ]
        for row in found["large"]
    ]
    moved, memory_, post = found["large"][0]["moved"], found["memory"], found["post"]
    hebb_ = ", ".join(f"{name} {took:.0f} ms" for name, took in found["hebb"].items())
    return (
        table(["threads", "rewiring", "dense training step", "rewiring / dense step"], body)
        + f"\n\n- {moved:,} connections move. The process grows by {memory_['megabytes']:.0f} MB "
        f"at its peak; the dense gradient alone would take "
        f"{memory_['dense_gradient_megabytes']:.0f} MB.\n"
        f"- Cannistraci-Hebb growth on 784-1568-1568-1568-10 at density 0.01, 1 thread: {hebb_}.\n"
        f"- On the post's network one takes {1e3 * post['milliseconds_a_rewiring']:.0f} µs; "
        f"its two trainings, with 19 rewirings, take {post['milliseconds_of_both_runs']:.1f} ms, "
        f"{post['share_of_both_runs']:.0%} of it in rewiring."
    )


def first_training() -> str:
    """Return the section on the first training, if it has been measured."""
    if not (HERE / "first_training.json").exists():
        return ""
    found = result("first_training")
    body = []
    for name in dict.fromkeys(row.split(",")[0] for row in found):
        first, later = (found[f"{name}, {cache} cache"] for cache in ("empty", "warm"))
        body.append(
            [
                name,
                str(first["kernels_compiled"]),
                f"{first['compiling_seconds']:.1f} s",
                f"{first['fit_seconds']:.1f} s ({first['fit_processor_seconds']:.1f} s)",
                f"{later['fit_seconds']:.2f} s ({later['fit_processor_seconds']:.2f} s)",
            ]
        )
    heading = ["optimiser", "kernels", "compiling", "`fit`, first", "`fit`, later"]
    return (
        "\n## The first training\n\n"
        "`python benchmarks/first_training.py` trains a small network for three epochs in a fresh "
        "process: first with an empty cache of kernels, later with the kernels on disk. Seconds of "
        "processor time are in brackets. On another processor, about 2.5 times slower at "
        "compiling, the first training compiles for 15 to 18 s; compiled function by function, as "
        "Numba does by itself, the kernels took 56 s there.\n\n" + table(heading, body) + "\n"
    )


def recording() -> str:
    body = [
        [
            task,
            f"{1e3 * figures['seconds_without']:.0f} ms",
            f"{1e3 * figures['seconds_with']:.0f} ms",
            f"**{figures['share_of_recorder']:.1%}**",
            str(figures["frames"]),
            f"{figures['page_megabytes']:.1f} MB in {figures['page_seconds']:.2f} s",
        ]
        for task, figures in result("recording").items()
    ]
    heading = ["training", "not recorded", "recorded", "spent recording", "frames", "page"]
    return table(heading, body)


def executors() -> str:
    return executors_table(result("executors"))


def scalar() -> str:
    body = [
        [
            step,
            *[f"{ms:.0f} ms" for ms in figures["milliseconds"].values()],
            f"{figures['ratio']:.1f}×",
        ]
        for step, figures in result("scalar_engine").items()
    ]
    return table(["", "rewire.scalar", "one node per operation", "ratio"], body)


def main() -> None:
    draw_benchmarks(steps(LARGE, 1), result("memory"))
    sections = (
        *(headline, machine, training_step, kernels, blocks, first_training, rewiring),
        *(small, epoch, memory, recording, executors, scalar),
    )
    PAGE.write_text(
        TEMPLATE.read_text().format(**{section.__name__: section() for section in sections})
    )
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
