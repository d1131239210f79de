"""What a frame shows of a network of the teaching core; standard library only."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from rewire.scalar import strip

if TYPE_CHECKING:
    from .scalar_engine import ScalarLane

__all__ = ["Changes", "show"]

GRID = 18  # points along each side of a boundary
TILE = 9  # points along each side of the small ones of all neurons
L2 = 1e-4  # as in rewire.scalar.loss
FULL_COLOUR = 2.0  # scores beyond this are drawn in full colour: twice the margin of the loss

Pairs = Sequence[tuple[int, int]]
Signals = list[list[float]]  # the outputs of each neuron, inputs first, on some samples


@dataclass(frozen=True)
class Changes:
    """What was dropped and grown last, as keys of neurons, and after how many steps."""

    dropped: Pairs = ()
    grown: Pairs = ()
    step: int = 0


def show(lane: ScalarLane, extent: Sequence[float] | None, look: int | None) -> dict[str, Any]:
    """Return wiring, neurons, counts and pictures of a network, fit for JSON."""
    ranks, model = lane.ranks, lane.model
    keys = [*range(model.nin), *(n.key for layer in model.layers for n in layer.neurons)]
    number = {key: i for i, key in enumerate(keys)}
    on_data = signals(model, lane.X)
    connections, first = [], 0
    for rank, layer in enumerate(model.layers):
        for neuron in layer.neurons:
            target = number[neuron.key]
            for i, w in neuron.w.items():
                age = lane.steps - neuron.born[keys[first + i]]
                connections.append([first + i, target, _round(w.data), age])
        first += ranks[rank]
    neurons = _neurons(lane, keys, on_data)
    hidden = neurons[ranks[0] : -ranks[-1]]
    possible = sum(a * b for a, b in pairwise(ranks))
    biases = sum(ranks[1:])
    found: dict[str, Any] = {
        **_score(lane, on_data[-1]),
        "ranks": ranks,
        "neurons": neurons,
        "connections": connections,
        "whole": True,
        "dropped": _numbers(lane.changes.dropped, number),
        "grown": _numbers(lane.changes.grown, number),
        "changed": lane.changes.step,
        "n_connections": len(connections),
        "possible": possible,
        "flops": 2 * len(connections) + biases,
        "dense_flops": 2 * possible + biases,
        "dead": sum(not neuron["alive"] for neuron in hidden),
    }
    return found if extent is None else {**found, **_pictures(model, extent, look)}


def signals(model: Any, X: Sequence[Sequence[float]]) -> Signals:
    """Return the outputs of all neurons on some samples, computed without derivatives."""
    found: Signals = [[x[i] for x in X] for i in range(model.nin)]
    sources = found[:]
    for layer in model.layers:
        outputs = []
        for neuron in layer.neurons:
            total = [neuron.b.data] * len(X)
            for i, w in neuron.w.items():
                weight = w.data
                total = [t + weight * x for t, x in zip(total, sources[i], strict=True)]
            outputs.append([max(0.0, t) for t in total] if neuron.nonlin else total)
        found += outputs
        sources = outputs
    return found


def _score(lane: ScalarLane, output: list[float]) -> dict[str, Any]:
    pairs = list(zip(output, lane.y, strict=True))
    hinge = sum(max(0.0, 1 - label * score) for score, label in pairs) / max(len(pairs), 1)
    penalty = L2 * sum(p.data**2 for p in lane.model.parameters())
    right = sum((score > 0) == (label > 0) for score, label in pairs)
    return {"loss": hinge + penalty, "accuracy": right / max(len(pairs), 1)}


def _neurons(lane: ScalarLane, keys: Sequence[int], on_data: Signals) -> list[dict[str, Any]]:
    living = {n.key for layer in strip(lane.model).layers for n in layer.neurons}
    read = {i for i in range(lane.model.nin) if any(i in n.w for n in lane.model.layers[0].neurons)}
    parts: list[Any] = [None] * lane.model.nin
    parts += [neuron for layer in lane.model.layers for neuron in layer.neurons]
    ranks = [rank for rank, size in enumerate(lane.ranks) for _ in range(size)]
    return [
        {
            "id": i,
            "rank": ranks[i],
            "alive": i in read if part is None else key in living,
            "frozen": part is not None and part.frozen,
            "bias": 0.0 if part is None else _round(part.b.data),
            "activity": _round(sum(map(abs, outputs)) / max(len(outputs), 1)),
        }
        for i, (key, part, outputs) in enumerate(zip(keys, parts, on_data, strict=True))
    ]


def _pictures(model: Any, extent: Sequence[float], look: int | None) -> dict[str, Any]:
    left, right, bottom, top = extent
    share = [i / (GRID - 1) for i in range(GRID)]
    points = [
        [left + across * (right - left), top - down * (top - bottom)]
        for down in share
        for across in share
    ]
    found = signals(model, points)
    look = look if look is not None and look < len(found) else None
    own = found[-1] if look is None else found[look]
    scale = FULL_COLOUR if look is None else max(map(abs, own)) or 1.0
    every = GRID // TILE
    rows = [i for i in range(GRID * GRID) if i // GRID % every == 0 and i % GRID % every == 0]
    tiles = bytearray()
    for outputs in found:
        largest = max(map(abs, outputs)) or 1.0
        tiles += _shades([outputs[i] for i in rows], largest)
    return {
        "boundary": {"size": GRID, "values": _base64(_shades(own, scale)), "of": look},
        "tiles": {"size": TILE, "values": _base64(tiles)},
    }


def _shades(values: Sequence[float], scale: float) -> bytes:
    return bytes(
        min(255, max(0, round(128 + 127.5 * min(1.0, max(-1.0, value / scale)))))
        for value in values
    )


def _numbers(pairs: Pairs, number: dict[int, int]) -> list[list[int]]:
    return [[number[s], number[t]] for s, t in pairs if s in number and t in number]


def _base64(shades: bytes | bytearray) -> str:
    return base64.b64encode(shades).decode("ascii")


def _round(value: float) -> float:
    return float(f"{value:.4g}")
