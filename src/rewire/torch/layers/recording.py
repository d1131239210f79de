"""Inputs and output gradients of sparse layers, recorded inside their backward passes.

A backward pass runs exactly once for each use of a layer: in eager and compiled models, under
activation checkpointing, for layers used twice and for batches in parts. Hooks on modules do not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from torch import Tensor

from rewire.io import advise

from .connections import version_of

if TYPE_CHECKING:
    from .layer import SparseLayer

__all__ = ["Consumer", "LatestPasses", "Passes", "Recording", "record", "recorded"]

# The inputs and the output gradients of one layer's backward passes.
Passes = list[tuple[Tensor, Tensor]]

# Takes a layer's input and output gradient, and keeps neither.
Consumer = Callable[[Tensor, Tensor], object]


class _Sink:
    """What is recorded of one layer, or what is done with it instead.

    Attributes
    ----------
    count : int
        Backward passes so far.
    """

    def __init__(self, consumer: Consumer | None = None):
        self.count, self._consumer = 0, consumer
        self._passes: list[tuple[Tensor, Tensor, tuple[int, int]]] = []

    def add(self, x: Tensor, output_grad: Tensor, eager: bool) -> None:
        self.count += 1
        if self._consumer is None:
            x = x.detach() if eager and not x.is_leaf else x.detach().clone()
            output_grad = output_grad.detach() if eager else output_grad.detach().clone()
            self._passes.append((x, output_grad, (version_of(x), version_of(output_grad))))
        elif self.count == 1:
            self._consumer(x.detach(), output_grad.detach())

    def passes(self) -> Passes:
        """Return the passes, which must be as they were recorded."""
        for x, output_grad, versions in self._passes:
            if (version_of(x), version_of(output_grad)) != versions:
                raise RuntimeError(
                    advise(
                        "inputs and output gradients of sparse layers must stay as they are from "
                        "a backward pass to the rewirer's step; got one of shape "
                        f"{tuple(x.shape)} that was changed in place",
                        "call rewirer.step() before that",
                        "change a copy, as by x.clone()",
                    )
                )
        return [(x, output_grad) for x, output_grad, _ in self._passes]


# What is recorded at present, by the address of a layer's table: compiled code knows no layers.
_sinks: dict[int, _Sink] = {}


def recorded(source: Tensor) -> bool:
    """Return whether the layer with this table is being recorded."""
    return bool(_sinks) and source.data_ptr() in _sinks


def record(source: Tensor, x: Tensor, output_grad: Tensor, *, eager: bool = False) -> None:
    """Keep the input and the output gradient of a backward pass, if they are wanted.

    Passes with infinite gradients, after which ``torch.amp.GradScaler`` skips the step, are not
    kept. Copies are made of what may be overwritten: by compiled code, which reuses memory, and of
    leaves, as a training loop may write its next batch into the same memory. What eager autograd
    has made is kept as it is, so that a recorded step takes hardly more memory than any other.
    """
    sink = _sinks.get(source.data_ptr()) if _sinks else None
    if sink is not None and bool(output_grad.isfinite().all()):
        sink.add(x, output_grad, eager)


class Recording:
    """Records the backward passes of some layers between :meth:`start` and :meth:`stop`.

    Parameters
    ----------
    layers : sequence of SparseLayer
    """

    def __init__(self, layers: Sequence[SparseLayer]):
        self._layers, self._own = layers, dict[int, _Sink]()

    @property
    def running(self) -> bool:
        """Whether passes are being recorded."""
        return bool(self._own)

    @property
    def counts(self) -> list[int]:
        """How many backward passes there were so far, of each layer."""
        return [sink.count for sink in self._own.values()]

    def start(self, consumers: Sequence[Consumer] | None = None) -> None:
        """Forget what was recorded, and record from now on.

        Parameters
        ----------
        consumers : sequence of callable, optional
            One for each layer, which is given its first pass; nothing is kept then.
        """
        self.discard()
        sinks = map(_Sink, consumers) if consumers else (_Sink() for _ in self._layers)
        addresses = [layer.source.data_ptr() for layer in self._layers]
        self._own = dict(zip(addresses, sinks, strict=True))
        _sinks.update(self._own)

    def stop(self) -> list[Passes]:
        """Record no longer; return what was recorded, one list for each layer.

        Raises
        ------
        RuntimeError
            If a tensor of it was changed in place meanwhile.
        """
        return [sink.passes() for sink in self.discard()]

    def discard(self) -> list[_Sink]:
        """Record no longer; return what was recorded, unchecked."""
        own, self._own = self._own, {}
        for address, sink in own.items():
            if _sinks.get(address) is sink:  # and not another recording's
                del _sinks[address]
        return list(own.values())

    def __del__(self) -> None:
        # A training that was given up must not go on recording.
        self.discard()


class LatestPasses:
    """What was recorded of the latest batches.

    Parameters
    ----------
    layers : sequence of SparseLayer
    number : int
        How many batches are kept.

    Attributes
    ----------
    batches : deque of list of Passes
        The newest last, one list of passes for each layer.
    counts : list of int
        How many passes each layer made in the last step; empty if that was not recorded.
    """

    def __init__(self, layers: Sequence[SparseLayer], number: int):
        self._recording = Recording(layers)
        self.batches: deque[list[Passes]] = deque(maxlen=number)
        self.counts: list[int] = []
        self._kept = True

    def record(self, wanted: bool, consumers: Sequence[Consumer] | None = None) -> None:
        """Record the next batch; if that is not wanted, forget the others.

        Parameters
        ----------
        wanted : bool
        consumers : sequence of callable, optional
            Are given the passes, and nothing is kept; see :meth:`Recording.start`.
        """
        if not wanted:
            self.batches.clear()
        if wanted or consumers:
            self._kept = not consumers
            self._recording.start(consumers)

    def take(self) -> None:
        """Keep what was recorded since :meth:`record`."""
        self.counts = self._recording.counts
        if self._recording.running and self._kept:
            self.batches.append(self._recording.stop())
        self._recording.discard()

    def replace(self, closure: Callable[[], Any]) -> None:
        """Keep the passes that a function makes instead of all others."""
        self.batches.clear()
        self._recording.start()
        try:
            closure()
        finally:
            passes = self._recording.stop()
        self.batches.append(passes)

    def stop(self) -> None:
        """Record no longer."""
        self._recording.discard()
