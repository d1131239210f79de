"""Gradients that are the same bits on any number of processes.

A batch is divided into a fixed number of shards, whatever the number of processes; each process
works on its own, one after the other, and gradients are added in pairs of neighbours:
(g₀ + g₁) + (g₂ + g₃). Two processes hold g₀ + g₁ and g₂ + g₃, four hold one each, one holds all:
the additions are the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn

from rewire.io import advise

from ..layers.connections import version_of
from .channel import Channel

__all__ = ["Shards", "add_in_pairs"]


class Shards:
    """Divides batches into shards, and adds the gradients of all of them.

    Parameters
    ----------
    model : torch.nn.Module
    count : int
        Shards of the batch of all processes: a power of two that their number divides.
    channel : Channel
    seed : int
        Of dropout and the like: each shard of each step begins with a seed of its own.

    Attributes
    ----------
    summed : bool
        Whether the gradients of all shards have been added since this was last set to False.
    """

    def __init__(self, model: nn.Module, count: int, channel: Channel, seed: int):
        if count < 1 or count & (count - 1) or count % channel.size:
            raise ValueError(
                advise(
                    "shards must be a power of two that the number of processes divides; got "
                    f"{count} with {channel.size} processes",
                    "train on 1, 2, 4 or 8 processes",
                    "give more shards",
                )
            )
        self.count, self.channel, self.seed, self.summed = count, channel, seed, False
        self._model = model
        self._parameters = [p for p in model.parameters() if p.requires_grad]

    def divide(self, step: int, tensors: Sequence[Tensor]) -> Iterator[tuple[Tensor, ...]]:
        """Yield this process's shards; when they are used up, ``grad`` is the mean of all shards.

        Parameters
        ----------
        step : int
            Steps made so far.
        tensors : sequence of Tensor
            This process's part of the batch, along the first axis.
        """
        local = self.count // self.channel.size
        kept = self._take()
        sums: list[tuple[int, list[Tensor | None]]] = []
        with self.channel.during(f"the sum of gradients of step {step + 1}"):
            try:
                first = self.channel.rank * local
                for number, shard in enumerate(_parts(tensors, local), first):
                    versions = self._versions()
                    with self._seeded(step, number):
                        yield shard
                    self._check(versions)
                    add_in_pairs(sums, self._take())
            except BaseException as error:
                self._give_up(error)
                raise
            total = self._of_all([(len(t), t.dtype) for t in tensors], sums[0][1])
        for parameter, before, gradient in zip(self._parameters, kept, total, strict=True):
            parameter.grad = gradient if before is None or gradient is None else before + gradient
        self.summed = True

    def _take(self) -> list[Tensor | None]:
        """Return the gradients, which the parameters have no longer."""
        taken = [p.grad for p in self._parameters]
        for p in self._parameters:
            p.grad = None
        return taken

    def _of_all(self, sizes: list, own: list[Tensor | None]) -> list[Tensor | None]:
        """Return the mean over all shards of all processes."""
        report = sizes, [gradient is not None for gradient in own]
        reports = self.channel.collect(lambda: report)
        if self.channel.leads:
            with self.channel.leading():
                if any(sizes != reports[0][0] for sizes, _ in reports):
                    raise ValueError(
                        "all processes must have parts of one size; got (rows, type) "
                        f"{[sizes for sizes, _ in reports]}, by rank"
                    )
            anywhere = [any(has) for has in zip(*(has for _, has in reports), strict=True)]
            self.channel.decide(anywhere)
        else:
            anywhere = self.channel.obey(lambda question: [])
        return self._gathered_sum(own, anywhere)

    def _gathered_sum(self, own: list[Tensor | None], anywhere: list[bool]) -> list[Tensor | None]:
        chosen = [p for p, has in zip(self._parameters, anywhere, strict=True) if has]
        parts = [g for g, has in zip(own, anywhere, strict=True) if has]
        found: dict[int, Tensor] = {}
        for kind in dict.fromkeys((p.dtype, p.device) for p in chosen):
            here = [
                (p, torch.zeros_like(p) if g is None else g)
                for p, g in zip(chosen, parts, strict=True)
                if (p.dtype, p.device) == kind
            ]
            total = self._sum_of_all(torch.cat([g.reshape(-1) for _, g in here])) / self.count
            pieces = total.split([p.numel() for p, _ in here])
            found |= {id(p): piece.view_as(p) for (p, _), piece in zip(here, pieces, strict=True)}
        return [found.get(id(p)) for p in self._parameters]

    def _sum_of_all(self, own: Tensor) -> Tensor:
        """Add one vector of each process in pairs."""
        if self.channel.size == 1:
            return own
        sent = own.cpu()
        received = [torch.empty_like(sent) for _ in range(self.channel.size)]
        with self.channel.watching():
            dist.all_gather(received, sent, group=self.channel.group)
        self.channel.bytes += sent.nbytes * self.channel.size
        sums: list[tuple[int, list[Tensor | None]]] = []
        for one in received:
            add_in_pairs(sums, [one])
        total = sums[0][1][0]
        assert total is not None
        return total.to(own.device)

    def _give_up(self, error: BaseException) -> None:
        """Tell the others, who wait for this process's gradients."""

        def fail() -> None:
            if isinstance(error, GeneratorExit):
                raise RuntimeError(
                    "the loop over the shards of a batch was left early; its own output says why"
                )
            raise error

        if self.channel.size > 1:
            with suppress(Exception):  # this process raises its own error
                self.channel.collect(fail)

    def _versions(self) -> dict[str, int]:
        return {name: version_of(buffer) for name, buffer in self._model.named_buffers()}

    def _check(self, versions: dict[str, int]) -> None:
        """Refuse buffers that a shard changes: each process would have others."""
        for name, version in self._versions().items():
            if version != versions.get(name, version):
                raise ValueError(
                    advise(
                        f"buffers must stay as they are for a deterministic rewirer; got {name!r}, "
                        "which the forward pass changes, so that it depends on the number of "
                        "processes",
                        "use GroupNorm or LayerNorm instead of BatchNorm",
                        "freeze the statistics by eval() of those layers",
                    )
                )

    @contextmanager
    def _seeded(self, step: int, number: int) -> Iterator[None]:
        """Let random numbers of a shard depend on nothing but the step and the shard."""
        seed = int(
            np.random.SeedSequence([self.seed, step, number]).generate_state(1, np.uint64)[0]
        )
        devices = {p.device.index for p in self._parameters if p.device.type == "cuda"}
        with torch.random.fork_rng(devices=sorted(devices)):
            torch.manual_seed(seed % 2**63)
            yield


def add_in_pairs(
    sums: list[tuple[int, list[Tensor | None]]], new: list[Tensor | None]
) -> list[tuple[int, list[Tensor | None]]]:
    """Add gradients to partial sums, as a binary counter does: only sums of one size are added.

    Parameters
    ----------
    sums : list of (int, list of Tensor or None)
        How many gradients each is the sum of, and the sum; falling. Changed in place.
    new : list of Tensor or None
        One for each parameter; None counts as zero.

    Returns
    -------
    list
        ``sums``.

    Examples
    --------
    >>> sums = []
    >>> for number in (1.0, 2.0, 3.0):
    ...     _ = add_in_pairs(sums, [torch.tensor(number)])
    >>> sums
    [(2, [tensor(3.)]), (1, [tensor(3.)])]
    """
    size = 1
    while sums and sums[-1][0] == size:
        before = sums.pop()[1]
        new = [
            b if a is None else a if b is None else a + b for a, b in zip(before, new, strict=True)
        ]
        size *= 2
    sums.append((size, new))
    return sums


def _parts(tensors: Sequence[Tensor], number: int) -> list[tuple[Tensor, ...]]:
    """Divide tensors along the first axis into equal parts."""
    lengths = {len(tensor) for tensor in tensors}
    if len(lengths) != 1 or (rows := lengths.pop()) % number or not rows:
        raise ValueError(
            advise(
                f"tensors must have one number of rows, a multiple of the {number} shards of this "
                f"process; got {[len(tensor) for tensor in tensors]}",
                "let the loader leave out the last, smaller batch (drop_last=True)",
            )
        )
    return list(zip(*(tensor.split(rows // number) for tensor in tensors), strict=True))
