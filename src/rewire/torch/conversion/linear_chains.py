"""Sparse Linear layers that feed each other, as far as a model tells: networks within a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from torch import fx, nn

from rewire.connectivity import Block, ConnectionTable
from rewire.kernels.layout import LEAK

from ..layers.linear import Linear
from .network import FUNCTIONS, METHODS, MODULES, PASSING, Tracer

__all__ = ["LinearChain", "alive", "find_linear_chains"]

# What follows in a model: a layer, the name of an activation ("" of none), or something else.
Step = Linear | str | None


class LinearChain(NamedTuple):
    """Layers each of which is read by the next alone, through a known activation.

    Attributes
    ----------
    layers : list of Linear
    activations : list of str
        After each layer but the last.
    """

    layers: list[Linear]
    activations: list[str]


def find_linear_chains(
    model: nn.Module, layers: Sequence[nn.Module], trace: bool = True
) -> list[LinearChain]:
    """Return the chains of at least two Linear layers with biases among some layers of a model.

    With ``trace``, a model that :func:`torch.fx.symbolic_trace` can trace is followed through its
    ``forward``; of others each ``nn.Sequential`` is known.

    Examples
    --------
    >>> def layer():
    ...     return Linear(8, 8, density=0.5, seed=0)
    >>> model = nn.Sequential(layer(), nn.ReLU(), nn.Dropout(), layer(), nn.GELU(), layer())
    >>> [chain.activations for chain in find_linear_chains(model, list(model))]
    [['relu']]
    """
    paths = _paths_of_forward(model) if trace else None
    if paths is None:
        inner = [module for module in model.modules() if type(module) is nn.Sequential]
        paths = [[_of_module(step) for step in module] for module in inner]
    known = {id(layer) for layer in layers}
    links = [link for path in paths for link in _links(path) if {id(link[0]), id(link[2])} <= known]
    read = Counter(id(one) for one, _, _ in links)
    fed = Counter(id(other) for _, _, other in links)
    following = {id(link[0]): link for link in links if read[id(link[0])] == fed[id(link[2])] == 1}
    starts = [one for one, _, _ in following.values() if id(one) not in fed]
    return [_chain(layer, following) for layer in starts]


def _chain(layer: Linear, following: dict[int, tuple[Linear, str, Linear]]) -> LinearChain:
    chain = LinearChain([layer], [])
    while id(layer) in following:
        _, activation, layer = following[id(layer)]
        chain.layers.append(layer)
        chain.activations.append(activation)
    return chain


def _links(path: Sequence[Step]) -> Iterator[tuple[Linear, str, Linear]]:
    """Yield neighbours on a path, with the activation between them."""
    layers = [(i, step) for i, step in enumerate(path) if isinstance(step, Linear)]
    for (first, one), (second, other) in pairwise(layers):
        between = [step for step in path[first + 1 : second] if step != ""]
        fits = one.out_features == other.in_features and one is not other
        biases = one.bias is not None and other.bias is not None
        if fits and biases and len(between) <= 1 and None not in between:
            yield one, str(between[0]) if between else "linear", other


def _paths_of_forward(model: nn.Module) -> list[list[Step]] | None:
    """Return what follows each layer in the model's ``forward``; None if it cannot be traced."""
    try:
        graph = Tracer().trace(model)
    except Exception:  # whatever a forward raises where it meets no tensors
        return None
    return list(_traced_paths(graph, model))


def _traced_paths(graph: fx.Graph, model: nn.Module) -> Iterator[list[Step]]:
    """Yield, from each layer on, what follows alone up to the next layer."""
    calls = Counter(node.target for node in graph.nodes if node.op == "call_module")
    for node in graph.nodes:
        path = [_of_node(node, model, calls)]
        while (isinstance(path[-1], str) or len(path) == 1) and len(node.users) == 1:
            (node,) = node.users
            path.append(_of_node(node, model, calls))
        if isinstance(path[0], Linear):
            yield path


def _of_node(node: fx.Node, model: nn.Module, calls: Counter[object]) -> Step:
    if node.op == "call_module":
        step = _of_module(model.get_submodule(str(node.target)))
        return None if isinstance(step, Linear) and calls[node.target] > 1 else step
    names = METHODS if node.op == "call_method" else FUNCTIONS
    if node.target in names and node.kwargs.get("negative_slope", LEAK) == LEAK:
        return names[node.target]
    return "" if node.target in PASSING else None


def _of_module(module: nn.Module) -> Step:
    if isinstance(module, Linear):
        return module
    kind = type(module)
    if kind in MODULES and getattr(module, "negative_slope", LEAK) == LEAK:
        return MODULES[kind]
    return "" if kind in PASSING else None


def alive(table: ConnectionTable, blocks: Sequence[Block], result: np.ndarray) -> None:
    """Set to False, in place, the targets in a chain that are on no path through it.

    Parameters
    ----------
    table : ConnectionTable
    blocks : sequence of Block
        Of the chain's layers: the targets of each are the sources of the next.
    result : ndarray of bool, shape (units,)
    """
    source, target = table.source, table.target
    read = np.ones(len(blocks[-1].targets), bool)
    fed = np.ones(len(blocks[0].sources), bool)
    rows = [slice(*table.indptr[[b.targets.start, b.targets.stop]].tolist()) for b in blocks]
    ends = [
        (source[row] - block.sources.start, target[row] - block.targets.start)
        for row, block in zip(rows, blocks, strict=True)
    ]
    for block, (s, t) in zip(blocks[:-1], ends, strict=False):
        fed = np.bincount(t[fed[s]], minlength=len(block.targets)) > 0
        result[block.targets.start : block.targets.stop] &= fed
    for block, before, (s, t) in zip(blocks[:0:-1], blocks[-2::-1], ends[:0:-1], strict=True):
        read = np.bincount(s[read[t]], minlength=len(block.sources)) > 0
        result[before.targets.start : before.targets.stop] &= read
