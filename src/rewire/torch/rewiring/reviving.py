"""Idle units of a PyTorch model started anew, where its layers are known to feed each other.

Such layers are a network: it is made for the moment, revived as one, and its weights are taken
over. :class:`rewire.topology.Revival` says which units are idle, and how weights are chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import torch

from rewire.connectivity import Block, Rows, Signals

from ..conversion.linear_chains import LinearChain
from .optimizer_state import OptimizerState

if TYPE_CHECKING:
    from rewire.graph import Network

__all__ = ["Renewal", "revive_chain", "take_over"]


class Renewal(NamedTuple):
    """What reviving has changed in a chain, for other processes too.

    Attributes
    ----------
    units : ndarray of int
        Those that were revived, by their numbers as targets.
    values : list of (ndarray, ndarray)
        Weights and biases of each layer of the chain afterwards.
    flops : int
        What the search cost.
    """

    units: np.ndarray
    values: list[tuple[np.ndarray, np.ndarray]]
    flops: int


def revive_chain(
    chain: LinearChain,
    blocks: Sequence[Block],
    state: OptimizerState,
    signals: Sequence[Signals],
    generator: np.random.Generator,
    **options: Any,
) -> Renewal | None:
    """Revive the idle units between the layers of a chain, in place.

    The model computes the same on the samples looked at. The signals are brought up to date: the
    activations of revived units are new ones, and their sensitivities 0, as nothing reads them.

    Parameters
    ----------
    chain : LinearChain
    blocks : sequence of Block
        Of the chain's layers.
    state : OptimizerState
        Cleared for revived units and their connections.
    signals : sequence of Signals
    generator : numpy.random.Generator
    **options
        Of :meth:`rewire.graph.Network.revive`.

    Returns
    -------
    Renewal or None
        None if no unit was idle.
    """
    net = _network(chain)
    batches = [_of_network(net, blocks, batch) for batch in signals]
    if None in batches:  # layers that saw different samples: not each other's, after all
        return None
    found = net.revive(cast("list[Signals]", batches), generator, **options)
    if not len(found.units):
        return None
    fresh = np.zeros(net.size, bool)
    fresh[found.units] = True
    rank = np.searchsorted(net.rank_start, found.units, side="right") - 1
    first = np.array([0, *(block.targets.start for block in blocks)])
    ends = np.cumsum([layer.n_connections for layer in chain.layers])
    weights = np.split(net.connections.weight, ends[:-1])
    biases = np.split(net.bias, net.rank_start[1:-1])[1:]
    units = found.units - net.rank_start[rank] + first[rank]
    renewal = Renewal(units, list(zip(weights, biases, strict=True)), found.flops)
    take_over(chain, blocks, renewal, state)
    for batch in signals:
        _update(net, blocks, batch, fresh)
    return renewal


def _network(chain: LinearChain) -> Network:
    """Return the chain as a network; its outputs are those of the last layer, linear."""
    from rewire.graph import Network  # a door: only models with chains need networks

    ranks = [chain.layers[0].in_features, *(layer.out_features for layer in chain.layers)]
    starts = np.cumsum([0, *ranks])
    sources, targets, weights, biases = [], [], [], [np.zeros(ranks[0])]
    for rank, layer in enumerate(chain.layers):
        indptr, source, weight = layer.arrays()
        sources.append(starts[rank] + source)
        targets.append(starts[rank + 1] + np.repeat(np.arange(len(indptr) - 1), np.diff(indptr)))
        weights.append(weight)
        assert layer.bias is not None
        biases.append(layer.bias.detach().double().cpu().numpy())
    double = chain.layers[0].weight.dtype == torch.float64
    return Network.from_connections(
        ranks,
        np.concatenate(sources),
        np.concatenate(targets),
        np.concatenate(weights),
        bias=np.concatenate(biases),
        activation=[*chain.activations, "linear"],
        dtype="float64" if double else "float32",
    )


def _of_network(net: Network, blocks: Sequence[Block], batch: Signals) -> Signals | None:
    """Return a batch's signals with one row for each neuron; None where columns do not match."""
    A, D = _rows(batch)
    columns = {A.columns(block.sources) for block in blocks}
    columns |= {D.columns(block.targets) for block in blocks}
    if len(columns) > 1:
        return None
    shape = net.size, columns.pop()
    activation, sensitivity = np.zeros(shape, net.dtype), np.zeros(shape, net.dtype)
    for block, first, middle, end in _ranks(net, blocks):
        activation[first:middle] = A.own(block.sources)
        sensitivity[middle:end] = D.own(block.targets)
    return Signals(activation, sensitivity, batch.flops)


def _update(net: Network, blocks: Sequence[Block], batch: Signals, fresh: np.ndarray) -> None:
    """Write the activations and sensitivities of revived units into a batch's signals."""
    A, D = _rows(batch)
    table = net.connections
    for rank, ((block, first, middle, end), (reader, *_)) in enumerate(
        pairwise(_ranks(net, blocks)), 1
    ):
        x, readers = A.own(block.sources), A.own(reader.sources)
        sensitivity = D.own(block.targets)
        for unit in np.flatnonzero(fresh[middle:end]):
            rows = table.rows(int(middle + unit))
            sums = table.weight[rows] @ x[table.source[rows] - first] + net.bias[middle + unit]
            readers[unit] = net.activations[rank](sums)
            sensitivity[unit] = 0


def take_over(
    chain: LinearChain,
    blocks: Sequence[Block],
    renewal: Renewal,
    state: OptimizerState,
) -> None:
    """Give a chain's layers new numbers, and clear what the optimiser keeps for revived units."""
    before = np.zeros(chain.layers[0].in_features, bool)
    for layer, block, (weight, bias) in zip(chain.layers, blocks, renewal.values, strict=True):
        indptr, source, _ = layer.arrays()
        fresh = np.isin(np.arange(block.targets.start, block.targets.stop), renewal.units)
        renewed = np.repeat(fresh, np.diff(indptr)) | before[source]
        assert layer.bias is not None
        with torch.no_grad():
            layer.weight[: len(source)] = torch.from_numpy(weight).to(layer.weight)
            layer.bias.copy_(torch.from_numpy(bias))
        state.clear(layer.weight, np.flatnonzero(renewed))
        state.clear(layer.bias, np.flatnonzero(fresh))
        before = fresh


def _ranks(net: Network, blocks: Sequence[Block]) -> list[tuple[Block, int, int, int]]:
    """Return each block with the first neuron of its sources and of its targets, and the end."""
    starts = net.rank_start.tolist()
    return list(zip(blocks, starts, starts[1:], starts[2:], strict=False))


def _rows(batch: Signals) -> tuple[Rows, Rows]:
    assert isinstance(batch.activation, Rows)
    assert isinstance(batch.sensitivity, Rows)
    return batch.activation, batch.sensitivity
