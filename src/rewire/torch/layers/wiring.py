"""Which connections a layer begins with, and checks of tables that come from outside."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from rewire.io import warn
from rewire.kernels.geometry import Window

__all__ = [
    "check_table",
    "connections_of",
    "density_from",
    "entries_of",
    "generator_from",
    "largest",
    "random_wiring",
    "warn_of_unfed",
    "wire",
]


def generator_from(seed: int | np.random.Generator | None) -> np.random.Generator:
    """Return NumPy's generator; without a seed it depends on PyTorch's, so on ``manual_seed``."""
    if seed is None:
        seed = int(torch.randint(2**62, (1,)))
    return np.random.default_rng(seed)


def random_wiring(
    targets: int, sources: int, density: float, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Choose connections at random, with a fan-in that differs by one at most.

    Returns
    -------
    indptr : ndarray of int32, shape (targets + 1,)
    source : ndarray of int32, shape (connections,)
        As many as :func:`connections_of` says, sorted within each target.
    """
    number = connections_of(targets, sources, density)
    fan_in = np.full(targets, number // targets)
    fan_in[generator.permutation(targets)[: number % targets]] += 1
    chosen = [
        np.sort(generator.choice(sources, count, replace=False, shuffle=False)) for count in fan_in
    ]
    return _indptr(fan_in), np.concatenate(chosen).astype(np.int32)


def connections_of(targets: int, sources: int, density: float) -> int:
    """Return how many connections a density means: at least one."""
    return max(1, round(density * targets * sources))


def largest(dense: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Choose the connections with the largest absolute weights; the first ones among equals.

    Parameters
    ----------
    dense : ndarray, shape (targets, sources)
    number : int

    Examples
    --------
    >>> largest(np.array([[0.0, -3.0, 1.0], [2.0, 0.0, 0.5]]), 3)[0].tolist()
    [0, 2, 3]
    """
    order = np.argsort(-np.abs(dense).ravel(), kind="stable")
    target, source = np.divmod(np.sort(order[:number]), dense.shape[1])
    return _indptr(np.bincount(target, minlength=len(dense))), source.astype(np.int32)


def entries_of(connections: int, slack: float, window: Window) -> int:
    """Return how many entries a layer has for its connections and the spare ones.

    Examples
    --------
    >>> entries_of(10, 0.25, Window(4, 5)), entries_of(10, 9.0, Window(4, 5))
    (13, 20)
    """
    if isinstance(slack, bool) or not isinstance(slack, (int, float)) or not slack >= 0:
        raise ValueError(
            f"slack must be at least 0: spare entries as a share of the connections; got {slack!r}"
        )
    possible = window.out_channels * window.sources
    return min(possible, connections + math.ceil(min(slack, possible) * connections))


def density_from(density: float | None, sparsity: float | None) -> float:
    """Return the density from exactly one of the two."""
    if (density is None) == (sparsity is None):
        raise ValueError(
            f"give either density or sparsity; got density={density} and sparsity={sparsity}"
        )
    if density is None:
        assert sparsity is not None
        if not 0 <= sparsity < 1:
            raise ValueError(f"sparsity must be in [0, 1); got {sparsity}")
        return 1 - sparsity
    if not 0 < density <= 1:
        raise ValueError(f"density must be in (0, 1]; got {density}")
    return density


def warn_of_unfed(indptr: np.ndarray, density: float, name: str = "") -> None:
    """Say how many targets have no connection."""
    unfed, targets = int((np.diff(indptr) == 0).sum()), len(indptr) - 1
    if unfed:
        least = math.ceil(1e4 / max(int(indptr[-1]), 1) * targets * density) / 1e4
        where = f" of {name}" if name else ""
        warn(
            f"density {density:.4g} leaves {unfed} of {targets} neurons{where} without inputs: "
            f"they are constant; give a density of at least {least:.4g} if that is not meant",
        )


def wire(
    window: Window,
    density: float | None,
    sparsity: float | None,
    wiring: Any,
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the table that a layer begins with, as its arguments say."""
    if isinstance(wiring, str):
        if wiring != "random":
            raise ValueError(f"wiring must be 'random' or a table (indptr, source); got {wiring!r}")
        whole = density_from(density, sparsity)
        return random_wiring(window.out_channels, window.sources, whole, generator)
    if density is not None or sparsity is not None:
        raise ValueError("density and sparsity must be None where wiring is a table")
    indptr, source = (np.ascontiguousarray(part, np.int32) for part in wiring)
    problem = check_table(torch.from_numpy(indptr), torch.from_numpy(source), window)
    if not problem and indptr[-1] != len(source):
        problem = f"indptr must end at the number of connections, {len(source)}; got {indptr[-1]}"
    if problem:
        raise ValueError(f"wiring: {problem}")
    return indptr, source


def check_table(indptr: torch.Tensor, source: torch.Tensor, window: Window) -> str | None:
    """Return what is wrong with a table, or None; entries behind its end are spare."""
    rows, columns = indptr.cpu().numpy(), source.cpu().numpy()
    if rows.dtype.kind not in "iu" or columns.dtype.kind not in "iu":
        return f"indptr and source must hold whole numbers; got {rows.dtype} and {columns.dtype}"
    if rows.shape != (window.out_channels + 1,) or rows[0] != 0 or (rows[1:] < rows[:-1]).any():
        return f"indptr must rise from 0 in {window.out_channels + 1} numbers"
    if rows[-1] > len(columns):
        return f"indptr must end at the number of connections, {len(columns)}; got {rows[-1]}"
    columns = columns[: rows[-1]]
    if len(columns) and not (columns.min() >= 0 and columns.max() < window.sources):
        return f"source must be in [0, {window.sources})"
    inside = np.ones(len(columns), bool)
    inside[rows[:-1][rows[:-1] < len(columns)]] = False
    if (np.diff(columns, prepend=-1)[inside] <= 0).any():
        return "source must rise within each target"
    return None


def _indptr(fan_in: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(fan_in)]).astype(np.int32)
