"""How to compute one network: its wiring, scratch memory, and how many threads are worth it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import NamedTuple

import numpy as np

from . import threads
from .activations import Activation
from .backends import load
from .layout import CUSTOM, Wiring, aligned, wiring
from .losses import Loss

__all__ = ["Learned", "Plan"]

# Bytes of a row of a tile: 64 float32. With 32 the sums of dot products cost more than the cache
# gains, with 128 the rows of 4096 neurons no longer fit the L2 cache.
ROW_BYTES = 256
# Small networks take the whole batch at once, up to so many bytes for all their rows: at the post's
# size a step took 6 µs rather than 19.
SMALL_BYTES = 1 << 17
# More threads are asked from this many connections times samples on: a step takes about 0.11 ns
# for each, waking a thread 20 to 50 microseconds.
WORTH_A_THREAD = 2_000_000
NARROW = 16
ALONE = np.zeros(0, np.int64)


class Learned(NamedTuple):
    """What some steps of training found out, one entry per step; before each update."""

    losses: np.ndarray
    right: np.ndarray


class Plan:
    """What the kernels need to know of a network besides its numbers.

    Several threads may use one plan at once: each call takes scratch memory of its own, which is
    kept for the next.

    Parameters
    ----------
    rank_start : ndarray of int
        Neurons of rank r are ``rank_start[r] : rank_start[r + 1]``.
    activations : sequence of Activation
        One per rank.
    row_pointer, source : ndarray
        The connection table, by target.
    dtype : dtype
        float32 or float64.
    backend : {"numba", "numpy"}, optional
        See :func:`load`.
    """

    def __init__(
        self,
        rank_start: np.ndarray,
        activations: Sequence[Activation],
        row_pointer: np.ndarray,
        source: np.ndarray,
        dtype: np.dtype,
        backend: str | None = None,
    ):
        self.kernels = load(backend)
        custom = [
            self.kernels.compile_activation(a.function, a.derivative, dtype)
            if a.code == CUSTOM
            else 0
            for a in activations
        ]
        self.wiring: Wiring = wiring(
            rank_start,
            np.array([a.code for a in activations]),
            row_pointer,
            source,
            np.array(custom, np.int64),
        )
        self.neurons, self.connections = int(rank_start[-1]), len(source)
        self.inputs = int(rank_start[1])
        self.outputs = int(rank_start[-1] - rank_start[-2])
        self.dtype = np.dtype(dtype)
        self._free: list[_Workspace] = []
        self._training, self._predicting = _Choice(), _Choice()
        codes = [(*row, 0) for row in (self.wiring.activation, self.wiring.custom)]
        layers = np.array([self.wiring.rank_start, *codes], np.int64)
        self._table = layers, self.wiring.row_pointer, self.wiring.source
        self._small = self.connections * NARROW < WORTH_A_THREAD
        self._predict_single = self.kernels.predict_single

    def predict(self, weight: np.ndarray, bias: np.ndarray, X: np.ndarray) -> np.ndarray:
        """Return the outputs, shape (batch, outputs)."""
        batch = len(X)
        out = np.empty((batch, self.outputs), self.dtype)
        if batch == 0:
            return out
        if batch == 1 and self._small:
            if not self._predict_single(*self._table, weight, bias, X, out):
                self._refuse(X)
        else:
            self._check_finite(X)
            work, number = self._take(), self._predicting.threads(self._threads(batch))
            arguments = (
                *(self.wiring, weight, bias, X, work.samples(batch)[0]),
                *work.scratch(self._tile(batch)),
                *(out, self._progress(batch, 1, self._tile(batch), number)),
            )
            self._predicting.run(self.kernels.predict, arguments, number, batch)
            self._free.append(work)
        return out

    def train(
        self,
        weight: np.ndarray,
        bias: np.ndarray,
        X: np.ndarray,
        y: np.ndarray,
        loss: Loss,
        rates: np.ndarray,
        samples: np.ndarray | None = None,
        decay: float = 0.0,
    ) -> Learned:
        """Make steps of plain gradient descent in place, one per rate.

        Parameters
        ----------
        samples : ndarray of int, shape (1 or steps, batch), optional
            Rows of X for each step; all of them in every step by default.
        """
        work = self._take()
        learned = self._train(work, weight, bias, X, y, loss, rates, samples, decay, update=True)
        self._free.append(work)
        return learned

    def gradients(
        self, weight: np.ndarray, bias: np.ndarray, X: np.ndarray, y: np.ndarray, loss: Loss
    ) -> tuple[np.ndarray, np.ndarray, Learned]:
        """Return the gradients, aligned with the table and with the neurons, and the loss."""
        work = self._take()
        learned = self._train(work, weight, bias, X, y, loss, np.zeros(1), update=False)
        _, gradient, bias_gradient = work.learning()
        out, bias_out = np.empty_like(weight), bias_gradient.copy()
        self.kernels.to_table_order(gradient, self.wiring.place, out, 0, len(out))
        self._free.append(work)
        bias_out[: self.inputs] = 0
        if loss.l2:
            out += 2 * loss.l2 * weight
            bias_out += 2 * loss.l2 * bias
        return out, bias_out, learned

    def signals(
        self, weight: np.ndarray, bias: np.ndarray, X: np.ndarray, y: np.ndarray, loss: Loss
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return all activations and sensitivities, both of shape (neurons, batch).

        The sensitivities of the inputs are 0.
        """
        work, batch = _Workspace(self, apart=True), len(X)
        self._train(work, weight, bias, X, y, loss, np.zeros(1), update=False, tile=batch)
        A, D = (flat.reshape(self.neurons, batch) for flat in work.scratch(batch))
        D[: self.inputs] = 0
        return A, D

    def activations(self, weight: np.ndarray, bias: np.ndarray, X: np.ndarray) -> np.ndarray:
        """Return the activations of all neurons, shape (neurons, batch)."""
        self._check_finite(X)
        work = _Workspace(self)
        A, D = (flat.reshape(self.neurons, len(X)) for flat in work.scratch(len(X)))
        self.kernels.place_inputs(X, work.samples(len(X))[0], A, 0, self.inputs)
        self.kernels.forward(self.wiring, weight, bias, A, D, 0, self.neurons)
        return A

    def _train(
        self,
        work: _Workspace,
        weight: np.ndarray,
        bias: np.ndarray,
        X: np.ndarray,
        y: np.ndarray,
        loss: Loss,
        rates: np.ndarray,
        samples: np.ndarray | None = None,
        decay: float = 0.0,
        *,
        update: bool,
        tile: int | None = None,
    ) -> Learned:
        self._check_finite(X)
        samples = work.samples(len(X)) if samples is None else samples
        batch, steps = samples.shape[1], len(rates)
        tile = self._tile(batch) if tile is None else tile
        number = self._training.threads(self._threads(batch))
        weight_by_source, gradient, bias_gradient = work.learning()
        learned = Learned(np.zeros(steps), np.zeros(steps, np.int64))
        arguments = (
            *(self.wiring, weight, weight_by_source, bias, X, y, samples, loss.code),
            *(loss.scale(batch, self.outputs), loss.l2, rates, decay + 2 * loss.l2, update),
            *work.scratch(tile),
            *(gradient, bias_gradient, *learned, self._progress(batch, steps, tile, number)),
        )
        self._training.run(self.kernels.train, arguments, number, steps * batch)
        return learned

    def _check_finite(self, X: np.ndarray) -> None:
        if not self.kernels.all_finite(X):
            self._refuse(X)

    def _refuse(self, X: np.ndarray) -> None:
        sample, i = np.argwhere(~np.isfinite(X))[0]
        raise ValueError(
            f"X must hold finite numbers; got {X[sample, i]} for input {i} of sample {sample}: "
            "drop or impute it"
        )

    def _take(self) -> _Workspace:
        try:
            return self._free.pop()
        except IndexError:
            return _Workspace(self)

    def _tile(self, batch: int) -> int:
        row = max(ROW_BYTES, SMALL_BYTES // self.neurons)
        return min(batch, row // self.dtype.itemsize)

    def _threads(self, batch: int) -> int:
        worth_it = self.connections * max(batch, NARROW) >= WORTH_A_THREAD
        return threads.get_num_threads() if worth_it and self.kernels.SHARES_WORK else 1

    def _progress(self, batch: int, steps: int, tile: int, number: int) -> np.ndarray:
        """Return two zeros for every phase of a pass; nothing for a thread that is alone."""
        if number == 1:
            return ALONE
        return np.zeros(2 * steps * -(-batch // tile) * (2 * len(self.wiring.rank_start) + 2), int)


class _Choice:
    """One thread or all that are worth it, whichever was faster of late.

    A second processor may be busy, or be only the other half of the first one's core; then its
    thread costs more than it brings. The bits do not depend on who computes, so this can be found
    out on the way: of 64 calls, four take turns to be measured.
    """

    AGAIN = 64

    def __init__(self) -> None:
        self.calls = 0
        self.seconds: dict[int, float] = {}

    def threads(self, most: int) -> int:
        """Return how many to use for this call."""
        if most == 1:
            return 1
        turn = self.calls % self.AGAIN
        self.calls += 1
        if turn < 4:
            return most if turn % 2 == 0 else 1
        return min((most, 1), key=lambda number: self.seconds.get(number, 0.0))

    def run(self, function: Callable, arguments: tuple, number: int, size: int) -> None:
        """Make the call; remember its time per unit of size, averaged over the last few."""
        begin = perf_counter()
        threads.together(function, arguments, number)
        seconds = (perf_counter() - begin) / size
        before = self.seconds.get(number, seconds)
        # The very first call may have compiled: what is far below is taken as it is.
        average = seconds if seconds < before / 2 else 0.7 * before + 0.3 * seconds
        self.seconds[number] = average


class _Workspace:
    """Scratch arrays, allocated at first use; for one call at a time.

    A and D are one array, which halves the memory: the backward pass does not read A[s] any more
    once D[s] is written. They are ``apart`` for custom activations, whose slopes wait in D, and
    where someone wants to look at both.
    """

    def __init__(self, plan: Plan, apart: bool = False):
        self.neurons, self.connections, self.dtype = plan.neurons, plan.connections, plan.dtype
        self.apart = apart or bool((plan.wiring.activation == CUSTOM).any())
        self._samples = np.arange(0).reshape(1, 0)
        self._scratch: tuple[np.ndarray, np.ndarray] | None = None
        self._learning: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None

    def samples(self, batch: int) -> np.ndarray:
        """Return 0 ... batch - 1, shape (1, batch)."""
        if self._samples.shape[1] != batch:
            self._samples = np.arange(batch).reshape(1, batch)
        return self._samples

    def scratch(self, tile: int) -> tuple[np.ndarray, np.ndarray]:
        """Return flat A and D for ``tile`` columns."""
        size = self.neurons * tile
        if self._scratch is None or self._scratch[0].size != size:
            A = aligned(size, self.dtype)
            self._scratch = A, aligned(size, self.dtype) if self.apart else A
        return self._scratch

    def learning(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return weights and gradients in source order, and the gradients of the biases."""
        if self._learning is None:
            self._learning = (
                aligned(self.connections, self.dtype),
                aligned(self.connections, self.dtype),
                np.zeros(self.neurons, self.dtype),
            )
        return self._learning
