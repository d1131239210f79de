"""Which connections a layer begins with, and checks of tables that come from outside."""

from __future__ import annotations

import numpy as np
import torch

from rewire.kernels.geometry import Window

__all__ = ["check_table", "connections_of", "generator_from", "largest", "random_wiring"]


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


def check_table(indptr: torch.Tensor, source: torch.Tensor, window: Window) -> str | None:
    """Return what is wrong with a table, or None."""
    rows, columns = indptr.cpu().numpy(), source.cpu().numpy()
    if rows.shape != (window.out_channels + 1,) or rows[0] != 0 or (np.diff(rows) < 0).any():
        return f"indptr must rise from 0 in {window.out_channels + 1} numbers"
    if rows[-1] != len(columns):
        return f"indptr must end at the number of connections, {len(columns)}; got {rows[-1]}"
    if len(columns) and not (columns.min() >= 0 and columns.max() < window.sources):
        return f"source must be in [0, {window.sources})"
    inside = np.ones(len(columns), bool)
    inside[rows[:-1][rows[:-1] < len(columns)]] = False
    if (np.diff(columns, prepend=-1)[inside] <= 0).any():
        return "source must rise within each target"
    return None


def _indptr(fan_in: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(fan_in)]).astype(np.int32)
