"""What it would gain the networks of ``rewire.mlp`` to read rows in blocks that the L1 cache holds.

Each row of the table is cut, in place, where a block of the rows it reads ends. Sums from one block
are computed for all neurons, then those from the next are added. Processor time on one thread,
float32, medians of calls in turns; the best of three sizes of blocks.

    python benchmarks/network_blocks.py
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np

from rewire.kernels.layout import LINEAR, RELU, aligned_empty
from rewire.kernels.numba.activations import times_slope
from rewire.kernels.numba.compiling import inlined, kernel, part
from rewire.kernels.numba.intrinsics import at
from rewire.kernels.numba.network import L2_SHARE
from rewire.kernels.numba.rows import (
    for_each_piece,
    forward_row,
    load_row,
    prefetch_rows,
    store_sum,
    store_sums,
)
from rewire.kernels.numba.shuffles import horizontal_sum, products
from rewire.kernels.numba.simd import broadcast, load_masked, multiply_add, store_masked, zeros

RESULT = Path(__file__).with_suffix(".json")
SAMPLES = (64, 32)
SHAPES = ((784, 300), (1024, 1024), (2048, 2048), (4096, 4096))
DENSITIES = (0.2, 0.1, 0.05, 0.02)
ROWS_OF_A_BLOCK = (96, 192, 384)
ROUNDS = 21


@kernel
@part
def forward(cut, source, weight, bias, A, Z, far):
    """Z = relu(bias + weighted sums of rows of A), by blocks."""
    for b in range(cut.shape[0] - 1):
        code = RELU if b == cut.shape[0] - 2 else LINEAR
        for t in range(Z.shape[0]):
            ends, out = (cut[b, t], cut[b + 1, t]), (A, Z, t, bias[t], 0, A.shape[1], b > 0)
            forward_row(code, far, weight, source, *ends, *out)


@inlined
def backward_piece(row, column, count, like):
    """As the piece of the kernel, but sums begin with, and are left in, rows of their own."""
    far, weight, target, k, last, A, D, R, gradient, s, first, end = row
    one, offset = zeros(A, 1), s * A.shape[1] + column
    a, value = load_masked(A, offset, count, like), broadcast(A.dtype.type(0), like)
    if not first:
        value = load_masked(R, offset, count, like)
    while k + 4 <= last:
        if far:
            prefetch_rows(D, target, k, column, like)
        d = load_row(D, target, k, column, count, like)
        value, p = multiply_add(at(weight, k), d, value), products(a, d, one)
        d = load_row(D, target, k + 1, column, count, like)
        value, q = multiply_add(at(weight, k + 1), d, value), products(a, d, one)
        d = load_row(D, target, k + 2, column, count, like)
        value, r = multiply_add(at(weight, k + 2), d, value), products(a, d, one)
        d = load_row(D, target, k + 3, column, count, like)
        value = multiply_add(at(weight, k + 3), d, value)
        store_sums(gradient, k, p, q, r, products(a, d, one), column > 0)
        k += 4
    while k < last:
        d = load_row(D, target, k, column, count, like)
        value = multiply_add(at(weight, k), d, value)
        store_sum(gradient, k, products(a, d, one), column > 0)
        k += 1
    if end:
        value = times_slope(RELU, a, value, R, offset, count)
    store_masked(R, offset, count, value)
    return horizontal_sum(products(value, broadcast(A.dtype.type(1), like), one))


@kernel
@part
def backward(cut, target, weight, A, D, R, gradient, bias_gradient, far):
    """R = relu' times weighted sums of rows of D, and the gradients of weights, by blocks."""
    for b in range(cut.shape[0] - 1):
        for s in range(A.shape[0]):
            ends, end = (np.intp(cut[b, s]), np.intp(cut[b + 1, s])), b == cut.shape[0] - 2
            row = far, weight, target, *ends, A, D, R, gradient, s, b == 0, end
            bias_gradient[s] = for_each_piece(backward_piece, A, 0, A.shape[1], row)


def cuts(indptr: np.ndarray, index: np.ndarray, units: int, rows: int) -> np.ndarray:
    """Return where each row of a table has its blocks, shape (blocks + 1, rows)."""
    blocks, n = -(-units // rows), len(indptr) - 1
    place = index // rows * n + np.repeat(np.arange(n), np.diff(indptr))
    counts = np.bincount(place, minlength=blocks * n).reshape(blocks, n)
    return (indptr[:-1] + np.vstack([np.zeros(n, int), counts.cumsum(axis=0)])).astype(np.int32)


def passes(
    sources: int, targets: int, density: float, samples: int
) -> dict[str, dict[int, Callable]]:
    """Return calls of both passes, by the rows of a block; all rows are one block."""
    rng = np.random.default_rng(0)
    exists = rng.random((targets, sources)) < density
    tables = {}
    for name, matrix in (("forward", exists), ("backward", exists.T)):
        indptr = np.concatenate([[0], np.cumsum(matrix.sum(axis=1))])
        tables[name] = indptr, np.nonzero(matrix)[1].astype(np.int32), matrix.shape[1]
    A, Z, R = (aligned_empty(n * samples, np.float32) for n in (sources, targets, sources))
    A, Z, R = (one.reshape(-1, samples) for one in (A, Z, R))
    A[:], Z[:] = rng.standard_normal(A.shape), rng.standard_normal(Z.shape)
    weight = rng.standard_normal(int(exists.sum()), np.float32)
    gradient, bias, sums = np.empty_like(weight), np.zeros(targets, np.float32), R[:, 0].copy()
    found: dict[str, dict[int, Callable]] = {"forward": {}, "backward": {}}
    for name, (indptr, index, units) in tables.items():
        for rows in (units, *(rows for rows in ROWS_OF_A_BLOCK if rows < units)):
            cut = cuts(indptr, index, units, rows)
            far = rows == units and units * samples * 4 > L2_SHARE
            fixed = (cut, index, weight)
            arrays = (bias, A, Z.copy()) if name == "forward" else (A, Z, R, gradient, sums)
            call = forward if name == "forward" else backward
            found[name][rows] = lambda call=call, all_=(*fixed, *arrays, far): call(*all_)
    return found


def nanoseconds(calls: dict[int, Callable], connections: int) -> dict[int, float]:
    """Return the time of a connection in each call."""
    times: dict[int, list[float]] = {rows: [] for rows in calls}
    for _ in range(ROUNDS):
        for rows, call in calls.items():
            call()
            begin = time.process_time()
            call()
            times[rows].append(time.process_time() - begin)
    return {rows: 1e9 * statistics.median(all_) / connections for rows, all_ in times.items()}


def main() -> None:
    """Measure all shapes and densities; write the results."""
    found = []
    for samples, shape, density in product(SAMPLES, SHAPES, DENSITIES):
        row: dict = {"samples": samples, "shape": shape, "density": density}
        for name, calls in passes(*shape, density, samples).items():
            plain, *blocked = nanoseconds(calls, int(np.prod(shape) * density)).values()
            row[name] = {"nanoseconds": plain, "gain": plain / min(blocked)}
        found.append(row)
        print(json.dumps(row), flush=True)
    RESULT.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
