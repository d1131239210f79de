"""One sparse layer inside PyTorch, forward and backward: ours and everybody else's.

Float32, with the gradients of input, weights and biases. Candidates take turns in one process for
each number of threads; figures are medians, ratios are to the dense layer. The figures of each
processor stand beside those of others in torch_layers.json. SparseProp and sparselab are measured
where they are installed, in an environment that has PyTorch already:

    pip install pybind11 setuptools wheel
    pip install --no-deps --no-build-isolation sparseprop==0.1.14 sparselab==0.2.2
    python benchmarks/torch_layers.py [--rounds N] [--quick] [--cpu-time] [--shapes 0 1 ...]

With ``--shapes`` only some are measured anew, by their positions among linear layers, then
convolutions.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

RESULT = Path(__file__).with_suffix(".json")
# Rows, inputs, outputs.
LINEAR = [(512, 1024, 1024), (2048, 512, 2048), (128, 4096, 4096)]
# Images, input channels, output channels, pixels a side, kernel.
CONVOLUTIONS = [
    (16, 64, 64, 32, 3),
    (16, 128, 128, 16, 3),
    (16, 256, 256, 14, 3),
    (32, 512, 512, 7, 3),
    (8, 64, 64, 56, 3),
    (16, 256, 1024, 14, 1),
]
SHAPES = [("Linear", s) for s in LINEAR] + [("Conv2d", s) for s in CONVOLUTIONS]
DENSITIES = {"Linear": (0.2, 0.1, 0.05, 0.02), "Conv2d": (0.1, 0.05, 0.02)}
ABOVE = (0.3, 0.4, 0.5, 0.65, 0.8)  # densities among which the crossover is sought
DENSE, OURS, CSR, MASKED = "dense", "rewire", "PyTorch CSR", "mask"
SPARSEPROP, SPARSELAB = "SparseProp", "sparselab"
REST = 0.02  # seconds; by then PyTorch's threads no longer spin
# sparselab keeps what it knows of a layer by ``id``: a new one in an old one's place would get it.
_alive: list[nn.Module] = []


class Masked(nn.Module):
    """A dense layer whose weight is multiplied by a mask: what most tools do."""

    def __init__(self, dense: nn.Module):
        super().__init__()
        self.dense, self.mask = dense, (dense.weight != 0).float()

    def forward(self, x: Tensor) -> Tensor:
        """As the layer, with its masked weight."""
        weight, layer = self.dense.weight * self.mask, self.dense
        if isinstance(layer, nn.Linear):
            return F.linear(x, weight, layer.bias)
        return F.conv2d(x, weight, layer.bias, layer.stride, layer.padding)


class SparseCSR(nn.Module):
    """PyTorch's own CSR tensors."""

    def __init__(self, dense: nn.Linear):
        super().__init__()
        self.weight = nn.Parameter(dense.weight.detach().to_sparse_csr())
        self.bias = nn.Parameter(dense.bias.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        """As the layer."""
        return (self.weight @ x.T).T + self.bias


def candidates(sparse: nn.Module) -> dict[str, nn.Module]:
    """Return layers that compute the same, as far as each package can be had."""
    dense = sparse.to_dense()
    linear = isinstance(dense, nn.Linear)
    found: dict[str, nn.Module] = {DENSE: dense, OURS: sparse, MASKED: Masked(sparse.to_dense())}
    if linear:
        found[CSR] = SparseCSR(dense)
    try:
        from sparseprop.modules import SparseConv2d, SparseLinear

        if linear:
            found[SPARSEPROP] = SparseLinear.from_dense(dense)
        else:
            for name, flag in (("a", False), ("b", True)):
                other = SparseConv2d.from_dense(dense, vectorizing_over_on=flag)
                found[f"{SPARSEPROP} {name}"] = other
    except ImportError:
        pass
    try:
        from sparselab.nn import SparseLinear as LabLinear

        if linear:
            sizes = dense.in_features, dense.out_features
            found[SPARSELAB] = LabLinear(*sizes, sparsity=1 - sparse.density)
            _alive.append(found[SPARSELAB])
    except ImportError:
        pass
    return found


def passes(layer: nn.Module, x: Tensor, grad: Tensor) -> Callable[[], None]:
    """Return a function that makes one forward and one backward pass."""

    def run() -> None:
        x.grad = None
        for parameter in layer.parameters():
            parameter.grad = None
        layer(x).backward(grad)

    return run


def medians(
    calls: dict[str, Callable[[], None]], rounds: int, clock: Callable[[], float], rest: float
) -> dict[str, float]:
    """Let calls take turns; return the median milliseconds of those that did not fail.

    A turn is two calls, of which the second counts: the first finds caches as the others left them
    and threads asleep, which in a training no layer does.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 1):
        for name, call in list(calls.items()):
            time.sleep(rest)
            try:
                call()
                begin = clock()
                call()
            except RuntimeError as error:
                print(f"{name}: {error}", file=sys.stderr)
                del calls[name], times[name]
                continue
            if turn:
                times[name].append(clock() - begin)
    return {name: 1e3 * statistics.median(seconds) for name, seconds in times.items()}


def layer_of(kind: str, shape: tuple[int, ...], density: float) -> tuple[nn.Module, Tensor]:
    """Return our layer and an input for it."""
    import rewire.torch as rt

    if kind == "Linear":
        rows, inputs, outputs = shape
        return rt.Linear(inputs, outputs, density=density, seed=0), torch.randn(rows, inputs)
    images, inputs, outputs, side, kernel = shape
    layer = rt.Conv2d(inputs, outputs, kernel, padding=kernel // 2, density=density, seed=0)
    return layer, torch.randn(images, inputs, side, side)


def measure(
    threads: int, rounds: int, quick: bool, cpu_time: bool, chosen_shapes: list[int]
) -> list[dict]:
    """Time every candidate on every layer, in this process."""
    import rewire

    torch.set_num_threads(threads)
    rewire.set_num_threads(threads)
    torch.manual_seed(0)
    clock, rest = (time.process_time, 0.0) if cpu_time else (time.perf_counter, REST)
    rows = []
    for kind, shape in (SHAPES[number] for number in chosen_shapes):
        for density in DENSITIES[kind]:
            layer, x = layer_of(kind, shape, density)
            x.requires_grad_()
            grad = torch.randn(layer(x).shape)
            chosen = candidates(layer)
            if quick:
                chosen = {name: chosen[name] for name in (DENSE, OURS)}
            calls = {name: passes(module, x, grad) for name, module in chosen.items()}
            times = medians(calls, rounds, clock, rest)
            row = {"kind": kind, "shape": shape, "density": density, "threads": threads}
            row |= {"cpu_time": cpu_time, "milliseconds": times}
            row["ratio"] = {name: times[DENSE] / value for name, value in times.items()}
            shown = "  ".join(f"{name} {ratio:.2f}" for name, ratio in row["ratio"].items())
            print(f"{kind} {shape} at {density}, {threads} thread(s): {shown}", file=sys.stderr)
            rows.append(row)
        rows.append(crossover(kind, shape, threads, rounds, clock, rest))
    return rows


def crossover(
    kind: str,
    shape: tuple[int, ...],
    threads: int,
    rounds: int,
    clock: Callable[[], float],
    rest: float,
) -> dict:
    """Find the density at which the dense layer becomes faster, between two that are measured."""
    layer, x = layer_of(kind, shape, ABOVE[0])
    x.requires_grad_()
    grad = torch.randn(layer(x).shape)
    calls = {DENSE: passes(layer.to_dense(), x, grad)}
    for density in ABOVE:
        calls[str(density)] = passes(layer_of(kind, shape, density)[0], x, grad)
    times = medians(calls, max(rounds // 2, 3), clock, rest)
    excess = [times[str(density)] - times[DENSE] for density in ABOVE]
    found = ABOVE[-1]
    for i, value in enumerate(excess):
        if value > 0:
            low = (ABOVE[i - 1], excess[i - 1]) if i else (0.0, -times[DENSE])
            found = low[0] + (ABOVE[i] - low[0]) * -low[1] / (value - low[1])
            break
    print(f"{kind} {shape}, {threads} thread(s): crossover {found:.2f}", file=sys.stderr)
    return {"kind": kind, "shape": shape, "threads": threads, "crossover": found}


def merged(known: list[dict], rows: list[dict]) -> list[dict]:
    """Return all rows, new ones in the place of those of the same layer, in the usual order."""

    def key(row: dict) -> tuple:
        layer = SHAPES.index((row["kind"], tuple(row["shape"])))
        return row["threads"], layer, "crossover" in row, -row.get("density", 0)

    return [row for _, row in sorted({key(row): row for row in [*known, *rows]}.items())]


def processor() -> str:
    """Return the processor's name, with its family and model, as clouds hide the name."""
    values = {}
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        values.setdefault(name.strip(), value.strip())
    return f"{values['model name']} (family {values['cpu family']}, model {values['model']})"


def main() -> None:
    """Measure in a process for each number of threads; write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--quick", action="store_true", help="only ours and dense PyTorch")
    parser.add_argument(
        "--cpu-time", action="store_true", help="processor time on one thread, for a busy machine"
    )
    everything = range(len(SHAPES))
    parser.add_argument("--shapes", type=int, nargs="+", default=everything, choices=everything)
    parser.add_argument("--threads", type=int, help="(internal) measure here and print JSON")
    options = parser.parse_args()
    if options.threads:
        warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta")
        flags = options.quick, options.cpu_time
        rows = measure(options.threads, options.rounds, *flags, options.shapes)
        print(json.dumps(rows))
        return
    rows = []
    for threads in (1,) if options.cpu_time else (1, 2):
        command = [sys.executable, __file__, f"--threads={threads}", f"--rounds={options.rounds}"]
        command += ["--shapes", *map(str, options.shapes)]
        command += ["--quick"] * options.quick + ["--cpu-time"] * options.cpu_time
        environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
        done = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, check=True, text=True
        )
        rows += json.loads(done.stdout)
    if not options.quick:
        known = json.loads(RESULT.read_text()) if RESULT.exists() else {}
        known[processor()] = merged(known.get(processor(), []), rows)
        RESULT.write_text(json.dumps(known, indent=1) + "\n")


if __name__ == "__main__":
    main()
