"""Paths through the layers of a PyTorch model that follow each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rewire.connectivity import ConnectionTable
from rewire.connectivity.table import Columns
from rewire.graph.graph import Graph
from rewire.graph.strip import alive

from .frame_features import drawn_features
from .strongest_paths import strongest_paths

if TYPE_CHECKING:
    from rewire.torch.anatomy import Anatomy, Wires

__all__ = ["chain_features", "chain_graph"]


def chain_features(anatomy: Anatomy) -> tuple[dict[str, np.ndarray], list[int]]:
    """Return the strongest paths, and counts of neurons as in ``totals``.

    The counts are of hidden neurons, dead ones, living ones except inputs, and connections between
    living ones; all are 0 unless the chain is the whole model, as other paths are not known.
    """
    graph = chain_graph(anatomy)
    if not anatomy.chain:
        return drawn_features(graph, np.zeros(0, np.int64), np.ones(0, bool)), [0, 0, 0, 0]
    whole = len(anatomy.chain) == len(anatomy.layers)
    living = alive(graph) if whole else np.ones(graph.size, bool)
    found = drawn_features(graph, strongest_paths(graph), living)
    if not whole:
        return found, [0, 0, 0, 0]
    table, start = graph.connections, graph.rank_start
    hidden = living[start[1] : start[-2]]
    between = living[table.source] & np.repeat(living, table.fan_in)
    counts = len(hidden), (~hidden).sum(), living[start[1] :].sum(), table["count"][between].sum()
    return found, [int(count) for count in counts]


def chain_graph(anatomy: Anatomy) -> Graph:
    """Return the graph: a rank for the inputs of the chain, and one for the targets of each layer.

    Inputs of a convolution are channels at positions of the kernel. Further on a channel is one
    neuron: of several connections between two, the one with the largest weight stands for all, and
    the column ``count`` says how many there are.
    """
    ranks: list[int] = []
    parts, biases = [], []
    for number in anatomy.chain:
        layer, wires = anatomy.layers[number], anatomy.wires(number)
        positions = layer.positions
        if not ranks:
            ranks, biases = [layer.channels * positions], [np.zeros(layer.channels * positions)]
            source = wires.channel * positions + wires.position
        else:  # behind a Flatten, several inputs of a Linear are pixels of one channel
            source = wires.channel // (layer.channels // ranks[-1])
        first = sum(ranks)
        parts.append(_merged(source + first - ranks[-1], wires.target + first, wires))
        ranks.append(layer.targets)
        biases.append(anatomy.bias(number))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)] or [np.zeros(0)] * 5
    source, target, weight, birth, count = columns
    table = ConnectionTable(sum(ranks), source, target, weight, birth)
    table.data["count"] = count
    bias = np.nan_to_num(np.concatenate([np.zeros(0), *biases]), posinf=0, neginf=0)
    return Graph(ranks, table, Columns({"bias": bias}), [])


def _merged(source: np.ndarray, target: np.ndarray, wires: Wires) -> tuple[np.ndarray, ...]:
    """Return source, target, weight, birth and count of connections, by target and source."""
    weight = np.nan_to_num(wires.weight, posinf=0, neginf=0)
    key = target.astype(np.int64) * (int(target.max(initial=0)) + 1) + source
    if (np.diff(key) > 0).all():
        return source, target, weight, wires.birth, np.ones(len(key), np.int64)
    order = np.lexsort((-np.abs(weight), key))
    _, first, count = np.unique(key[order], return_index=True, return_counts=True)
    kept = order[first]
    return source[kept], target[kept], weight[kept], wires.birth[kept], count
