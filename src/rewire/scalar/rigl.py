"""RigL: drop the connections with the smallest weights, grow those with the largest gradients.

Evci et al., "Rigging the Lottery: Making All Tickets Winners" (arXiv 1911.11134), section 3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .value import Value

__all__ = ["Connection", "rigl_update", "top_k_param_dict"]


class Connection(NamedTuple):
    """The indices of a connection: ``model.layers[layer].neurons[neuron].w[input]``."""

    layer: int
    neuron: int
    input: int


def top_k_param_dict(
    param_tuples: Sequence[tuple],
    k: int,
    sort_fn: Callable[[Value], float] = lambda p: abs(p.data),
) -> list[tuple]:
    """Return the k tuples whose first entry, a parameter, has the largest ``sort_fn``.

    They are in descending order, and ties keep the order of ``param_tuples``. If there are fewer
    than k, all are returned.

    Examples
    --------
    >>> places = [(Value(1), "a"), (Value(-3), "b"), (Value(3), "c")]
    >>> [name for _, name in top_k_param_dict(places, 2)]
    ['b', 'c']
    """
    return sorted(param_tuples, key=lambda entry: sort_fn(entry[0]), reverse=True)[:k]


def rigl_update(
    model: Any,
    loss: Callable[..., tuple[Value, float]],
    update_fraction: float = 0.3,
    scope: str = "layer",
    dense_grad: bool | str = True,
) -> list[tuple[Connection, Connection]]:
    r"""Rewire the model once, in place.

    Of the n connections in a scope, the ``floor(update_fraction * n)`` with the smallest
    \|weight\| are dropped, and as many candidates with the largest \|dL/dw\| are grown, with weight
    zero. Candidates are the connections that did not exist before, so a dropped connection cannot
    return at once. If there are fewer candidates, fewer connections are replaced, so that their
    number never changes. Ties are broken by target neuron, then by age for existing connections
    and by input for candidates.

    Parameters
    ----------
    model : SparseMLP
        Or any model with ``layers`` of ``neurons`` that have ``w`` and ``zero_ws``.
    loss : callable
        ``loss(model, dense_grad=...)`` -> (total loss, accuracy), on the data for the gradients.
    update_fraction : float, default 0.3
        Share of the connections to replace, in [0, 1].
    scope : {"neuron", "layer", "network"}, default "layer"
        The groups within which connections compete: every neuron keeps its fan-in, every layer
        keeps its number of connections, or the whole network does.
    dense_grad : True or "last", default True
        Passed on to ``loss``: gradients of candidates over all samples, or over the last sample
        only, as in the post's code.

    Returns
    -------
    list of (Connection, Connection)
        Pairs of a dropped connection and the one grown in its place, in the order of dropping.

    Examples
    --------
    The first input is noise and the second is the label; the only connection is to the noise.

    >>> from functools import partial
    >>> from rewire.scalar import SparseMLP, loss
    >>> model = SparseMLP(2, [1], [0.5], wiring="first", init=0.1)
    >>> data = partial(loss, X=[[0.3, 1], [0.2, -1]], y=[1, -1])
    >>> rigl_update(model, data, update_fraction=1)
    [(Connection(layer=0, neuron=0, input=0), Connection(layer=0, neuron=0, input=1))]
    >>> model.layers[0].neurons[0].w
    {1: Value(data=0.0, grad=0.0)}
    """
    if not 0 <= update_fraction <= 1:
        raise ValueError(f"update_fraction must be in [0, 1]; got {update_fraction}")
    if not dense_grad:
        raise ValueError(f"dense_grad must be True or 'last', to have candidates; got {dense_grad}")
    places = [(k, j) for k, layer in enumerate(model.layers) for j in range(len(layer.neurons))]
    scopes = _group(places, scope)

    # Gradients of all connections, including those that do not exist.
    for k, j in places:
        model.layers[k].neurons[j].zero_ws = {}
    total_loss, _ = loss(model, dense_grad=dense_grad)
    model.zero_grad()
    total_loss.backward()

    moves = []
    for group in scopes:
        existing, candidates = [], []
        for k, j in group:
            neuron = model.layers[k].neurons[j]
            existing += [(p, Connection(k, j, i)) for i, p in neuron.w.items()]
            candidates += [(p, Connection(k, j, i)) for i, p in neuron.zero_ws.items()]
            neuron.zero_ws = {}
        n_update = math.floor(round(update_fraction * len(existing), 9))
        weakest = top_k_param_dict(existing, n_update, sort_fn=lambda p: -abs(p.data))
        strongest = top_k_param_dict(candidates, n_update, sort_fn=lambda p: abs(p.grad))
        for (p, old), (_, new) in zip(weakest, strongest, strict=False):
            del model.layers[old.layer].neurons[old.neuron].w[old.input]
            p.data = p.grad = 0.0
            model.layers[new.layer].neurons[new.neuron].w[new.input] = p
            moves.append((old, new))
    return moves


def _group(places: list[tuple[int, int]], scope: str) -> list[list[tuple[int, int]]]:
    """Split (layer, neuron) pairs into the groups within which connections compete."""
    keys: dict[str, Callable] = {
        "neuron": lambda k, j: (k, j),
        "layer": lambda k, j: k,
        "network": lambda k, j: None,
    }
    if scope not in keys:
        raise ValueError(f"scope must be 'neuron', 'layer' or 'network'; got {scope!r}")
    groups: dict[Any, list] = {}
    for place in places:
        groups.setdefault(keys[scope](*place), []).append(place)
    return list(groups.values())
