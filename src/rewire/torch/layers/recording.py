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

__all__ = ["LatestPasses", "Passes", "Recording", "record", "recorded"]

# The inputs and the output gradients of one layer's backward passes.
Passes = list[tuple[Tensor, Tensor]]

# What is recorded at present, with the versions of the tensors, by the address of a layer's table:
# compiled code knows no layers.
Recorded = list[tuple[Tensor, Tensor, tuple[int, int]]]
_passes: dict[int, Recorded] = {}


def recorded(source: Tensor) -> bool:
    """Return whether the layer with this table is being recorded."""
    return bool(_passes) and source.data_ptr() in _passes


def record(source: Tensor, x: Tensor, output_grad: Tensor, *, eager: bool = False) -> None:
    """Keep the input and the output gradient of a backward pass, if they are wanted.

    Passes with infinite gradients, after which ``torch.amp.GradScaler`` skips the step, are not
    kept. Copies are made of what may be overwritten: by compiled code, which reuses memory, and of
    leaves, as a training loop may write its next batch into the same memory. What eager autograd
    has made is kept as it is, so that a recorded step takes hardly more memory than any other.
    """
    passes = _passes.get(source.data_ptr()) if _passes else None
    if passes is not None and bool(output_grad.isfinite().all()):
        x = x.detach() if eager and not x.is_leaf else x.detach().clone()
        output_grad = output_grad.detach() if eager else output_grad.detach().clone()
        passes.append((x, output_grad, _versions(x, output_grad)))


def _versions(x: Tensor, output_grad: Tensor) -> tuple[int, int]:
    return version_of(x), version_of(output_grad)


def _checked(passes: Recorded) -> Passes:
    """Return the passes, which must be as they were recorded."""
    for x, output_grad, versions in passes:
        if _versions(x, output_grad) != versions:
            raise RuntimeError(
                advise(
                    "inputs and output gradients of sparse layers must stay as they are from a "
                    "backward pass to the rewirer's step; got one of shape "
                    f"{tuple(x.shape)} that was changed in place",
                    "call rewirer.step() before them",
                    "change a copy, as by x.clone()",
                )
            )
    return [(x, output_grad) for x, output_grad, _ in passes]


class Recording:
    """Records the backward passes of some layers between :meth:`start` and :meth:`stop`.

    Parameters
    ----------
    layers : sequence of SparseLayer
    """

    def __init__(self, layers: Sequence[SparseLayer]):
        self._layers, self._own = layers, dict[int, Recorded]()

    @property
    def running(self) -> bool:
        """Whether passes are being recorded."""
        return bool(self._own)

    def start(self) -> None:
        """Forget what was recorded, and record from now on."""
        self.discard()
        self._own = {layer.source.data_ptr(): [] for layer in self._layers}
        _passes.update(self._own)

    def stop(self) -> list[Passes]:
        """Record no longer; return what was recorded, one list for each layer.

        Raises
        ------
        RuntimeError
            If a tensor of it was changed in place meanwhile.
        """
        return [_checked(passes) for passes in self.discard()]

    def discard(self) -> list[Recorded]:
        """Record no longer; return what was recorded, unchecked."""
        own, self._own = self._own, {}
        for address, passes in own.items():
            if _passes.get(address) is passes:  # and not another recording's
                del _passes[address]
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
    """

    def __init__(self, layers: Sequence[SparseLayer], number: int):
        self._recording = Recording(layers)
        self.batches: deque[list[Passes]] = deque(maxlen=number)

    def record(self, wanted: bool) -> None:
        """Record the next batch; if that is not wanted, forget the others."""
        if wanted:
            self._recording.start()
        else:
            self.batches.clear()

    def take(self) -> None:
        """Keep what was recorded since :meth:`record`."""
        if self._recording.running:
            self.batches.append(self._recording.stop())

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
