"""Several processes that train one model, and rewire it in the same way.

The first process compares checksums of all, decides, from the gradients of the batch of all, and
sends the others the change: whole numbers, which all of them apply. Where it can be done, the
processes divide the search for candidates among each other (:mod:`.owners`).
"""

from __future__ import annotations

import copy
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from rewire.connectivity import Signals
from rewire.io import advise
from rewire.topology.changes import Change

from ..layers.layer import SparseLayer
from ..layers.recording import Passes
from ..rewiring.layered_model import LayeredModel
from ..rewiring.reviving import Renewal
from ..rewiring.streaming import Streaming
from .channel import Channel
from .local_passes import LocalPasses, PassSize
from .owners import Owners
from .packing import PackedChange
from .setup import (
    copy_from_first,
    group_of,
    ignore_tables,
    is_wrapped,
    refuse_sharded,
)
from .shards import Shards
from .signals import GlobalBatch, RowsAnywhere

__all__ = ["Processes", "processes_of"]

Batches = Sequence[list[Passes]]
Decision = tuple[Change, list[Renewal | None]]
Decide = Callable[[list[Signals], Streaming | None], Decision]


class Report(NamedTuple):
    """What each process says before a rewiring.

    Attributes
    ----------
    step : int
    sums : list of (int, int)
        Checksums of the wiring and of the weights of each layer.
    sizes : list
        Of the passes that were recorded, by batch and layer.
    """

    step: int
    sums: list[tuple[int, int]]
    sizes: list[list[list[PassSize]]]


class Processes:
    """The processes that train one model.

    Parameters
    ----------
    model : torch.nn.Module
        As it was given, perhaps in DistributedDataParallel. All processes get the first one's
        parameters and buffers.
    layers : dict of str to SparseLayer
        Those that are rewired, by name.
    shards : int
        Into so many a batch is divided for sums in a fixed order; 0 without them.
    generator : numpy.random.Generator
        Of the rewirer; it is left as it is.
    timeout : float
        Seconds that a process waits for another.

    Attributes
    ----------
    rank : int
    shards : Shards or None
    traffic : list of int
        Bytes that this process has sent and received at each rewiring.

    Raises
    ------
    ValueError
        If the processes' models differ.
    """

    def __init__(
        self,
        model: nn.Module,
        layers: Mapping[str, SparseLayer],
        shards: int,
        generator: np.random.Generator,
        timeout: float,
    ):
        self.layers, self.traffic = layers, list[int]()
        self.channel = Channel(group := group_of(model), timeout)
        self.shards = None
        if shards and is_wrapped(model):
            raise ValueError(
                advise(
                    "model must not be in DistributedDataParallel, which averages the gradients "
                    "itself, where the rewirer is deterministic",
                    "give the model without it, to the rewirer and to the training loop",
                )
            )
        seed = self._begin(int(copy.deepcopy(generator).integers(2**62)))
        if group is not None:
            copy_from_first(model, self.channel.group, self.channel.ranks[0])
            if not shards:
                ignore_tables(model)
        if shards:
            self.shards = Shards(model, shards, self.channel, seed)
        self._factor = 1 / (shards or self.channel.size)

    @property
    def rank(self) -> int:
        """Number of this process."""
        return self.channel.rank

    def _begin(self, seed: int) -> int:
        """Compare the models' shapes; return the first process's seed."""
        shapes = {name: (len(m.weight), m.window) for name, m in self.layers.items()}
        reports = self.channel.collect(lambda: (shapes, seed))
        if not self.channel.leads:
            return self.channel.obey(lambda question: [])
        with self.channel.leading():
            for rank, (others, _) in enumerate(reports):
                _check_shapes(shapes, others, rank)
        self.channel.decide(seed)
        return seed

    def state_dict(self) -> dict[str, Any]:
        """Return the rank, and the seed of the shards."""
        return {"rank": self.rank, "seed": None if self.shards is None else self.shards.seed}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue with the seed of the shards, on any number of processes."""
        if self.shards is not None and state.get("seed") is not None:
            self.shards.seed = state["seed"]

    def check_step(self, with_closure: bool) -> None:
        """Refuse a step that leaves the order of sums to chance."""
        if self.shards is None:
            return
        if with_closure:
            raise ValueError(
                "closure must be None for a deterministic rewirer, which looks at the passes of "
                "the loop over shards()"
            )
        if not self.shards.summed:
            raise ValueError(
                "every step of a deterministic rewirer needs gradients from a loop over "
                "rewirer.shards(...) that has run to its end"
            )
        self.shards.summed = False

    def decide(
        self,
        step: int,
        model: LayeredModel,
        batches: Callable[[], Batches],
        candidates: Callable[[], Streaming | None],
        decide: Decide,
    ) -> Decision:
        """Return what the first process decides.

        Parameters
        ----------
        step : int
            Steps of the optimiser made so far.
        model : LayeredModel
        batches : callable
            Returns what this process has recorded.
        candidates : callable
            Returns what finds the candidates, layer by layer, where that can be done before.
        decide : callable
            From signals of the batch of all processes, and the candidates if they were found, to a
            change, and what was revived before.

        Raises
        ------
        RuntimeError
            If the processes' connections or weights differ, or one of them failed.
        ConnectionError
            If one of them has ended.
        """
        before, channel = self.channel.bytes, self.channel
        local, owners = LocalPasses([], []), None
        streaming: Streaming | None = None

        def report() -> Report:
            nonlocal local, streaming
            local = LocalPasses([layer.window for layer in self.layers.values()], batches())
            streaming = candidates()
            return Report(step, [_checksums(m) for m in self.layers.values()], local.sizes())

        with channel.during(f"the rewiring after step {step}"):
            reports = channel.collect(report)
            if streaming is not None:
                owners = Owners(channel, local, streaming, self._factor)
            if channel.leads:
                with channel.leading():
                    self._compare(reports)
                    if owners is None:
                        decision = decide(self._signals(model, local, reports), None)
                    else:
                        decision = decide(*owners.find([report.sizes[0] for report in reports]))
                packed = PackedChange.of(decision[0], model.connections.units)
                channel.decide((packed, decision[1]))
            else:
                packed, renewals = channel.obey(local.answer if owners is None else owners.answer)
                decision = packed.change(), renewals
        self.traffic.append(channel.bytes - before)
        return decision

    def _signals(
        self, model: LayeredModel, local: LocalPasses, reports: list[Report]
    ) -> list[Signals]:
        found = []
        for batch in range(len(local.batches)):
            sizes = [report.sizes[batch] for report in reports]
            whole = GlobalBatch(self.channel, local, batch, sizes, self._factor)
            found.append(model.signals(whole.recorded(), RowsAnywhere()))
        return found

    def _compare(self, reports: list[Report]) -> None:
        """Raise RuntimeError if a process differs from the first one."""
        first = reports[0]
        for rank, other in enumerate(reports):
            if other.step != first.step or len(other.sizes) != len(first.sizes):
                raise RuntimeError(
                    f"all processes must make the same steps; rank {rank} is after step "
                    f"{other.step}, rank 0 after step {first.step}: call rewirer.step() equally "
                    "often on all"
                )
            for name, own, found in zip(self.layers, first.sums, other.sums, strict=True):
                if own != found:
                    raise RuntimeError(_difference(name, own[0] != found[0], rank, first.step))


def _difference(name: str, in_wiring: bool, rank: int, step: int) -> str:
    what = "connections" if in_wiring else "weights"
    return advise(
        f"{name or 'the layer'}: all processes must have the same {what}; those of rank {rank} "
        f"differ from those of rank 0 before the rewiring after step {step}",
        "train the model in DistributedDataParallel, which averages the gradients",
        "load the same checkpoint on all processes, and change no weights on one alone",
    )


def _check_shapes(own: Mapping[str, Any], others: Mapping[str, Any], rank: int) -> None:
    for name in own.keys() | others.keys():
        if own.get(name) != others.get(name):
            number, found = own.get(name, (0,))[0], others.get(name, (0,))[0]
            raise ValueError(
                f"{name or 'the layer'}: all processes must have the same layers; got {number} "
                f"connections on rank 0 and {found} on rank {rank}: build the model in the same "
                "way on all"
            )


def _checksums(layer: SparseLayer) -> tuple[int, int]:
    """Return checksums of a layer's wiring and of its weights and biases."""
    values = [layer.weight] if layer.bias is None else [layer.weight, layer.bias]
    return _checksum([layer.indptr, layer.source]), _checksum(values)


def _checksum(tensors: Sequence[Tensor]) -> int:
    found = 0
    for tensor in tensors:
        data = tensor.detach().cpu().contiguous().view(-1).view(torch.uint8)
        found = zlib.crc32(np.from_dlpack(data).tobytes(), found)
    return found


def processes_of(
    model: nn.Module,
    layers: Mapping[str, SparseLayer],
    shards: int,
    generator: np.random.Generator,
    timeout: float,
) -> Processes | None:
    """Return the processes that train a model, or None if this one does alone."""
    refuse_sharded(model)
    if group_of(model) is None and not shards:
        return None
    return Processes(model, layers, shards, generator, timeout)
