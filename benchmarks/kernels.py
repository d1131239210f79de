"""Each kernel as a share of what the machine can do: fused multiply-adds, and rows read from L2.

The machine's rates are measured in the same run, on one thread: multiply-adds in registers, and
256-byte rows (64 float32, one tile of the batch) at random places in 512 KB.

    python benchmarks/kernels.py
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
from numba import njit

import rewire
from rewire import kernels
from rewire.kernels.layout import aligned_empty
from rewire.kernels.numba.simd import load, multiply_add, store, zeros

RESULT = Path(__file__).with_suffix(".json")
TILE = 64
NETWORKS = [
    (sizes, density)
    for sizes in ([784, 1024, 1024, 10], [3072, 4096, 4096, 10])
    for density in (0.1, 0.05, 0.01)
]


@njit(nogil=True)
def multiply_adds(a, count):
    """Eight independent chains of fused multiply-adds, one register each."""
    like = zeros(a, 1)
    r = s = t = u = v = w = x = y = load(a, 0, like)
    for _ in range(count):
        r, s = multiply_add(a[0], r, r), multiply_add(a[0], s, s)
        t, u = multiply_add(a[0], t, t), multiply_add(a[0], u, u)
        v, w = multiply_add(a[0], v, v), multiply_add(a[0], w, w)
        x, y = multiply_add(a[0], x, x), multiply_add(a[0], y, y)
    store(a, 0, r + s + t + u + v + w + x + y)


@njit(nogil=True)
def read_rows(a, index):
    """Add up rows at random places."""
    value = zeros(a, 4)
    for i in index:
        value = value + load(a, i * 64, value)
    store(a, 0, value)


def best(call, seconds: float = 0.4) -> float:
    """Return the least time of a call, which is made for so long."""
    call()
    least, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        begin = time.perf_counter()
        call()
        least = min(least, time.perf_counter() - begin)
    return least


def machine() -> dict:
    a = aligned_empty(512 * 256, np.float32)
    a[:] = 0
    index = np.random.default_rng(0).integers(0, 2048, 200_000)
    count, register = 1_000_000, 16
    fma = 8 * 2 * register * count / best(lambda: multiply_adds(a, count))
    rows = len(index) * 256 / best(lambda: read_rows(a, index))
    return {"gigaflops": fma / 1e9, "gigabytes_a_second": rows / 1e9}


def kernels_of(sizes: list[int], density: float, rates: dict) -> dict:
    net = rewire.mlp(sizes, density=[density, density, 1], seed=0)
    program, weight, bias = net.program(), net.connections.weight, net.bias
    ranks, adjacency = program.ranks, program.adjacency
    random, n, m = np.random.default_rng(0), net.size, len(net.connections)
    A, D = (aligned_empty(n * TILE, np.float32).reshape(n, TILE) for _ in range(2))
    A[:], D[:] = random.normal(size=(2, n, TILE))
    ordered, gradient = aligned_empty(m, np.float32), aligned_empty(m, np.float32)
    ordered[:], gradient[:], bias_gradient = weight, 0, np.zeros(n, np.float32)
    inputs, outputs = int(net.rank_start[1]), int(net.rank_start[-2])
    first = int(adjacency.csc_indptr[inputs])
    k, learning = kernels.get_backend("numba"), (gradient, bias_gradient, True)
    table, by_source = adjacency[:2], (adjacency.csc_indptr, adjacency.target, ordered)
    calls = {
        "forward": (lambda: k.forward(ranks, *table, weight, bias, A, D, 0, n), 2, m),
        "backward and gradient": (
            lambda: k.backward(ranks, *by_source, A, D, *learning, inputs, outputs),
            4,
            m - first,
        ),
        "gradient of the first layer": (
            lambda: k.backward(ranks, *by_source, A, D, *learning, 0, inputs),
            2,
            first,
        ),
    }
    result = {}
    for name, (call, flops, connections) in calls.items():
        seconds = best(call)
        gigaflops = flops * TILE * connections / seconds / 1e9
        gigabytes = 4 * TILE * connections / seconds / 1e9
        result[name] = {
            "nanoseconds_a_connection_and_128_samples": 2e9 * seconds / connections,
            "gigaflops": gigaflops,
            "share_of_fma": gigaflops / rates["gigaflops"],
            "share_of_l2": gigabytes / rates["gigabytes_a_second"],
        }
        print(f"{sizes[0]} {density} {name}: {json.dumps(result[name])}", flush=True)
    return result


def main() -> None:
    rates = machine()
    print("machine:", json.dumps(rates))
    rows = [
        {"network": "-".join(map(str, s)), "density": d, "kernels": kernels_of(s, d, rates)}
        for s, d in NETWORKS
    ]
    RESULT.write_text(json.dumps({"machine": rates, "networks": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
