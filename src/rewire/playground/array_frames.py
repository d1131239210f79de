"""What a frame shows of a network of the array engine."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np

from rewire.graph import Network
from rewire.graph.densities import block_densities
from rewire.report.strongest_paths import strongest_paths
from rewire.topology.births import Birthdays

__all__ = ["MAX_DRAWN", "Changes", "boundaries", "show"]

MAX_DRAWN = 2000  # connections; of larger networks densities and the strongest paths are shown
BLOCKS = 24  # along each side of a picture of densities
MAX_SAMPLES, FEW_SAMPLES = 256, 32  # on which activity is measured, of small and large networks
GRID, LEAST_GRID = 40, 12  # points along each side of a boundary
GRID_WORK = 10_000_000  # connections times points of a boundary, about, at most
MAX_TILES = 80  # neurons, if each is to have its own small boundary
TILE = 10  # points along each side of one
FULL_COLOUR = 2.0  # scores beyond this are drawn in full colour: twice the margin of the loss


class Changes:
    """What was dropped and grown last, and after how many steps each connection was born.

    Parameters
    ----------
    net : Network
    """

    def __init__(self, net: Network):
        self.dropped: list[list[int]] = []
        self.grown: list[list[int]] = []
        self.step = 0
        self._birthdays = Birthdays(net.connections.next_birth)

    def begin(self, net: Network) -> tuple[np.ndarray, int]:
        """Return what :meth:`end` needs to know of a network before a change."""
        return _keys(net), net.connections.next_birth

    def end(self, net: Network, before: tuple[np.ndarray, int], step: int) -> None:
        """Note what has changed since, after so many steps."""
        keys, first = before
        new = net.connections.birth >= first
        gone = np.setdiff1d(keys, _keys(net), assume_unique=True)[:MAX_DRAWN]
        self.dropped = np.stack((gone % net.size, gone // net.size), axis=1).tolist()
        grown = (net.connections.source[new], net.connections.target[new])
        self.grown = np.stack(grown, axis=1)[:MAX_DRAWN].tolist()
        self._note(net, step)

    def clear(self, net: Network, step: int) -> None:
        """Forget what was dropped and grown, as neurons are numbered anew."""
        self.dropped, self.grown = [], []
        self._note(net, step)

    def ages(self, birth: np.ndarray, step: int) -> np.ndarray:
        """Return how many steps ago connections were born."""
        return step - self._birthdays.of(birth)

    def copy(self) -> Changes:
        """Return an independent copy."""
        made = copy(self)
        made._birthdays = copy(self._birthdays)
        return made

    def _note(self, net: Network, step: int) -> None:
        self.step = step
        if net.connections.next_birth > self._birthdays.before[-1]:
            self._birthdays.add(net.connections.next_birth, step)


def show(
    net: Network, X: np.ndarray, frozen: np.ndarray, changes: Changes, step: int
) -> dict[str, Any]:
    """Return wiring, neurons and counts of a network, fit for JSON."""
    table, living = net.connections, net.alive()
    whole = len(table) <= MAX_DRAWN and net.size <= MAX_DRAWN
    rows = np.arange(len(table)) if whole else strongest_paths(net)
    target = np.searchsorted(table.indptr, rows, side="right") - 1
    shown = np.arange(net.size) if whole else np.union1d(table.source[rows], target)
    activity = _activity(net, X, MAX_SAMPLES if whole else FEW_SAMPLES)
    ages = changes.ages(table.birth[rows], step)
    rank = np.repeat(np.arange(len(net.ranks)), net.ranks)
    hidden = slice(int(net.rank_start[1]), int(net.rank_start[-2]))
    found: dict[str, Any] = {
        "ranks": list(net.ranks),
        "neurons": [
            {
                "id": i,
                "rank": int(rank[i]),
                "alive": bool(living[i]),
                "frozen": bool(frozen[i]),
                "bias": _round(float(net.bias[i])),
                "activity": _round(activity),
            }
            for i, activity in zip(shown.tolist(), activity[shown].tolist(), strict=True)
        ],
        "connections": [
            [int(s), int(t), _round(w), int(age)]
            for s, t, w, age in zip(
                table.source[rows], target, table.weight[rows].tolist(), ages, strict=True
            )
        ],
        "whole": whole,
        "dropped": changes.dropped,
        "grown": changes.grown,
        "changed": changes.step,
        "n_connections": len(table),
        "possible": net.possible_connections,
        "flops": net.forward_flops(),
        "dense_flops": net.forward_flops(net.possible_connections),
        "dead": int((~living[hidden]).sum()),
    }
    if not whole:
        found["blocks"] = [
            {"source_rank": r, "target_rank": s, "density": np.round(density, 4).tolist()}
            for (r, s), density in block_densities(net, BLOCKS).items()
        ]
    return found


def boundaries(net: Network, extent: Sequence[float] | None, look: int | None) -> dict[str, Any]:
    """Return the boundary of the output or of one neuron, and small ones of all neurons.

    Rows go from the top down. 255 is an output of ``FULL_COLOUR`` and more, or a neuron's largest
    activation, 0 the opposite, 128 zero.
    """
    if extent is None or net.ranks[0] != 2:
        return {}
    size = int(np.sqrt(GRID_WORK / max(len(net.connections), 1)))
    size = min(max(size, LEAST_GRID), GRID)
    look = look if look is not None and look < net.size else None
    small = net.size <= MAX_TILES
    if look is None and not small:
        values = net.predict(_grid(extent, size, net.dtype))[:, 0]
        return {"boundary": _picture(size, values, FULL_COLOUR, None)}
    A = _activations(net, _grid(extent, size, net.dtype))
    own = A[net.size - 1] if look is None else A[look]
    scale = FULL_COLOUR if look is None else float(np.abs(own).max()) or 1.0
    found = {"boundary": _picture(size, own, scale, look)}
    if small:
        tiles = A.reshape(net.size, size, size)[:, :: size // TILE, :: size // TILE]
        largest = np.abs(A).max(axis=1)
        largest[largest == 0] = 1
        shades = _shades(tiles / largest[:, None, None])
        found["tiles"] = {"size": tiles.shape[1], "values": _base64(shades)}
    return found


def _picture(size: int, values: np.ndarray, scale: float, of: int | None) -> dict[str, Any]:
    return {"size": size, "values": _base64(_shades(values / scale)), "of": of}


def _grid(extent: Sequence[float], size: int, dtype: np.dtype) -> np.ndarray:
    left, right, bottom, top = extent
    across, up = np.linspace(left, right, size), np.linspace(top, bottom, size)
    points = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    return np.ascontiguousarray(points, dtype)


def _shades(values: np.ndarray) -> np.ndarray:
    values = np.nan_to_num(values, posinf=1, neginf=-1)
    return np.clip(np.rint(128 + 127.5 * np.clip(values, -1, 1)), 0, 255).astype(np.uint8)


def _base64(shades: np.ndarray) -> str:
    return base64.b64encode(shades.tobytes()).decode("ascii")


def _activations(net: Network, X: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        return net.program().activations(net.connections.weight, net.bias, X)


def _activity(net: Network, X: np.ndarray, most: int) -> np.ndarray:
    every = max(1, -(-len(X) // most))
    A = _activations(net, np.ascontiguousarray(X[::every]))
    return np.nan_to_num(np.abs(A).mean(axis=1), posinf=0)


def _keys(net: Network) -> np.ndarray:
    return net.connections.target.astype(np.int64) * net.size + net.connections.source


def _round(value: float) -> float:
    return float(f"{value:.4g}")
