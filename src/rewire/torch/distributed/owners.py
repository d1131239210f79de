"""Layers divided among the processes: the owner of each finds the candidates to grow in it.

An owner receives what the others have recorded of its layers, their rows or the products of them,
whichever is less, and looks for the strongest gradients of the batch of all. So no process receives
everything, and all look at the same time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial, reduce
from operator import add
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rewire.connectivity import Signals
from rewire.topology.growth import NewConnections

from ..rewiring.streaming import Streaming
from .channel import Channel, Failure, attempt
from .local_passes import LocalPasses, PassSize, Question, is_less_as_products

__all__ = ["Division", "Owners"]


class Division(NamedTuple):
    """What all processes are told of the layers.

    Attributes
    ----------
    products : list of bool
        Whether products are sent of each layer, instead of rows.
    """

    products: list[bool]

    def layers_of(self, rank: int, size: int) -> range:
        """Return the layers that one of so many processes owns."""
        return range(rank, len(self.products), size)


class Owners:
    """One process among those that find the candidates of a rewiring.

    Parameters
    ----------
    channel : Channel
    local : LocalPasses
        Of this process.
    streaming : Streaming
        Finds the candidates of this process's layers.
    factor : float
        By which all gradients are multiplied.
    """

    def __init__(self, channel: Channel, local: LocalPasses, streaming: Streaming, factor: float):
        self._channel, self._local = channel, local
        self._streaming, self._factor = streaming, factor

    def find(self, sizes: Sequence[list[list[PassSize]]]) -> tuple[list[Signals], Streaming]:
        """Let all processes find the candidates of their layers, and take them over.

        Parameters
        ----------
        sizes : sequence of list of list of PassSize
            Of what was recorded, by rank and layer.

        Returns
        -------
        signals : list of Signals
            Of the batch of all processes: its size.
        streaming : Streaming
            With all candidates.
        """
        by_layer = [[one for of_rank in sizes for one in of_rank[n]] for n in range(len(sizes[0]))]
        self._streaming.check_recorded([bool(passes) for passes in by_layer])
        windows, size = self._local.windows, self._channel.size
        division = Division(list(map(is_less_as_products, windows, by_layer)))
        answers = self._channel.ask(division, lambda: self.answer(division))
        for rank, tensors in enumerate(answers):
            ends = iter([tensor.numpy() for tensor in tensors])
            for layer in division.layers_of(rank, size):
                for number in self._streaming.parts_of(layer):
                    self._streaming.found[number] = NewConnections(next(ends), next(ends))
        for layer, passes in enumerate(by_layer):
            for number in self._streaming.parts_of(layer):
                self._streaming.columns[number] = sum(one.columns for one in passes)
        return [self._streaming.signals()], self._streaming

    def answer(self, division: Division) -> list[Tensor]:
        """Exchange what was recorded, and return the candidates of this process's layers.

        What fails is raised when all has been sent and received, so that nobody is left waiting.
        """
        size, rank = self._channel.size, self._channel.rank
        received, errors = dict[int, list[list[Tensor]]](), list[Exception]()
        for layer, products in enumerate(division.products):
            share, error = attempt(partial(self._share, layer, products))
            if error is not None:
                errors.append(error)
            owner = layer % size
            if owner == rank:
                received[layer] = self._receive(share or [], errors)
            else:
                _, error = attempt(partial(self._send, owner, share, error))
                errors += [error] if error is not None else []
        if errors:
            raise errors[0]
        for layer in division.layers_of(rank, size):
            self._look_at(layer, division.products[layer], received.pop(layer))
        return [
            torch.from_numpy(np.ascontiguousarray(ends))
            for layer in division.layers_of(rank, size)
            for number in self._streaming.parts_of(layer)
            for ends in self._streaming.found[number]
        ]

    def _share(self, layer: int, products: bool) -> list[Tensor]:
        """Return what this process has recorded of a layer; products group by group."""
        if not products:
            return self._local.answer(Question("passes", 0, layer))
        groups = range(len(self._streaming.parts_of(layer)))
        return [
            one
            for group in groups
            for one in self._local.answer(Question("products", 0, layer, group))
        ]

    def _send(self, owner: int, share: list[Tensor] | None, error: Exception | None) -> None:
        failure = None if error is None else Failure.of(error, self._channel.rank)
        self._channel.send(owner, failure, share or [])

    def _receive(self, own: list[Tensor], errors: list[Exception]) -> list[list[Tensor]]:
        """Return the shares of all processes, by rank."""
        shares = []
        for rank in range(self._channel.size):
            if rank == self._channel.rank:
                shares.append(own)
                continue
            answer, error = attempt(partial(self._channel.receive, rank))
            if error is None and isinstance(answer.message, Failure):
                error = answer.message.error
            if error is None:
                shares.append(answer.tensors)
            else:
                errors.append(error)
        return shares

    def _look_at(self, layer: int, products: bool, shares: list[list[Tensor]]) -> None:
        """Find the candidates of a layer; sums run over ranks, and over the passes of each."""
        if not products:
            pairs = [pair for s in shares for pair in zip(s[::2], s[1::2], strict=True)]
            self._streaming.consume(layer, [(x, grad * self._factor) for x, grad in pairs])
            return
        numbers = self._streaming.parts_of(layer)
        for group, number in enumerate(numbers):
            passes = [len(share) // len(numbers) for share in shares]
            found = [
                one.numpy()
                for share, n in zip(shares, passes, strict=True)
                for one in share[group * n : (group + 1) * n]
            ]
            total = np.abs(reduce(add, found) * self._factor)
            self._streaming.look_at(number, partial(_block, total))


def _block(total: np.ndarray, targets: slice, sources: slice) -> np.ndarray:
    return total[targets, sources].copy()
