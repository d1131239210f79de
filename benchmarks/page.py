"""Write docs/benchmarks.md from the JSON files that the benchmarks leave.

python benchmarks/page.py
"""

from __future__ import annotations

import json
import platform
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
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
        without = "" if rest else ", without the rest between turns"
        heading = ["network", "density", *names, "our floor"]
        heading += ["1 thread / chosen"] * (threads > 1)
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
        f"The machine, one thread: {rates['gigaflops']:.0f} GFLOP/s of fused multiply-adds, "
        f"{rates['gigabytes_a_second']:.0f} GB/s of 256-byte rows at random places in L2.\n\n"
        + table(heading, body)
    )


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
        f"- The post's two trainings, warm: {1e3 * post['array_seconds']:.1f} ms, scalar engine "
        f"{post['scalar_seconds']:.1f} s: **{post['ratio']:,.0f}×**.\n"
        "- A step of the post's network (2-16-16-1, 68 connections, 100 samples, float64):\n\n"
        + table(["", "µs a step", "spent in Python"], body)
        + f"\n\n  The compiled step takes {compiled:.1f} µs (4000 of them in one call), all else "
        "counts as Python's. One step a call cannot go under 10%: that would leave "
        f"{compiled / 9:.1f} µs for everything around it, less than Numba alone needs to take the "
        "33 arguments of a call (0.7 µs), before a single shape or target is checked."
        "\n\n- Inference, LeNet-300-100 at 98% sparsity, one thread:\n\n"
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
        table(["", "growth of the process"], body)
        + f"\n\n{huge['network']}, {huge['connections']:,} connections and {huge['neurons']:,} "
        f"neurons: built in {huge['build_seconds']:.1f} s; a step on 2 samples takes "
        f"{huge['step_seconds']:.2f} s, an epoch of 68 such steps "
        f"**{huge['epoch_of_68_steps_seconds']:.0f} s** (published on a laptop: 112 minutes, "
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
        table(["threads", "a rewiring", "a dense training step", "dense steps a rewiring"], body)
        + f"\n\n- {moved:,} connections move. The process grows by {memory_['megabytes']:.0f} MB "
        f"at its peak; the dense gradient alone would take "
        f"{memory_['dense_gradient_megabytes']:.0f} MB.\n"
        f"- Cannistraci-Hebb growth, 784-1568-1568-1568-10 at density 0.01, one thread: {hebb_}.\n"
        f"- The post's network: {1e3 * post['milliseconds_a_rewiring']:.0f} µs, of which 19 are "
        f"{post['share_of_both_runs']:.0%} of its two trainings "
        f"({post['milliseconds_of_both_runs']:.1f} ms)."
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
    heading = ["a training", "not recorded", "recorded", "spent in recording", "frames", "page"]
    return table(heading, body)


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
    PAGE.write_text(
        f"""# Benchmarks

Written by `make bench`, which measures everything anew. Figures are medians, candidates take turns
within one run, and ratios are within one run.

Machine: {machine()}. Its second processor is not always a whole core, so that figures for two
threads vary by up to a factor of two from minute to minute, PyTorch's as well as ours.

## One training step

`python benchmarks/training_step.py`: forward, all gradients, SGD step; cross-entropy, float32,
batch 128; uniform density in the hidden layers, output layer dense. In brackets: speed relative to
dense PyTorch. The order is another one in every round. Before each candidate's turn there is a rest
of 20 ms: PyTorch's threads keep spinning for a while after a step and take the second processor
from whoever comes next, which is what the last table shows: there ours often comes right after
PyTorch. *rewire* chooses by trials how many threads it uses; the last column says what that brings:
the time of one thread over that of as many as were chosen, round by round, as the median and the
middle half. Around 1, one thread was chosen, or the second processor brought nothing.
*Tuned* is dense PyTorch with buffers kept, the step part of the product, no autograd.
SparseProp is not among them, as it is not published as a package.

{training_step()}

## Where the time goes

`python benchmarks/kernels.py`: nanoseconds are for one connection and 128 samples. More than 100%
of L2 means that some rows are found in L1.

{kernels()}

## A rewiring

`python benchmarks/rewiring.py`: RigL on 3072-4096-4096-10 at density 0.01 (output layer dense),
batch 128, with gradients of all absent connections; in turns with dense PyTorch's training step.

{rewiring()}

## Small networks and single samples

`python benchmarks/small.py`

{small()}

## An epoch of MNIST

`python benchmarks/epoch.py`: LeNet-300-100 at 98% sparsity, batch 100, SGD with Nesterov's
momentum, data in memory; by `rewire.fit` with all its checks and rewirings, in turns with the same
network dense in PyTorch, batches indexed from one tensor. Trainings are of five epochs, figures for
one of them; in brackets: speed relative to PyTorch.

{epoch()}

## Memory

`python benchmarks/memory.py`: building 3072-4096-4096-10 at density 0.01 (output layer dense) and
training it on batches of 128; the peak of a process of its own, after everything was loaded and
used once on a small network.

{memory()}

## Recording for a report

`python benchmarks/recording.py`: whole trainings of `rewire.fit` with RigL, without and with a
`Recorder`, in turns: the post's network for 400 steps, LeNet-300-100 for 1000, and a network of
900,000 connections for 100. What the recorder took is measured within; the difference between the
two times is smaller than their scatter.

{recording()}

## The scalar engine

`python benchmarks/scalar_engine.py`: one full-batch training step of the post's network in pure
Python. The reference is micrograd 0.1.0's engine with the post's neuron, in which every product and
every sum is a node of its own; here a neuron's weighted sum is one node.

{scalar()}
"""
    )
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
