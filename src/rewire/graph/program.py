"""How to compute one network: its wiring, scratch memory, and how many threads are worth it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rewire.activations import Activation
from rewire.kernels import threads
from rewire.kernels.backends import load
from rewire.kernels.choice import Choice
from rewire.kernels.layout import CUSTOM, Descent, Wiring, wiring
from rewire.kernels.scratch import FEW, Scratch, in_order, padded
from rewire.losses import Loss

__all__ = ["Program", "StepResult"]

# Bytes of a row of a tile: 64 float32. With 32 the sums of dot products cost more than the cache
# gains, with 128 the rows of 4096 neurons no longer fit the L2 cache.
ROW_BYTES = 256
# Small networks take the whole batch at once, up to so many bytes for all their rows: at the post's
# size a step took 6 µs rather than 19.
SMALL_BYTES = 1 << 17
# More threads are asked from this many connections times samples on: a step takes about 0.11 ns
# for each, waking a thread 20 to 50 microseconds.
WORTH_A_THREAD = 2_000_000
# Small networks take up to so many samples 16 at a time, as that leaves little over at the end.
SEVERAL = 64
COUNT = np.dtype(np.int64)
ALONE = np.zeros(0, COUNT)


PLAIN = Descent()


class StepResult(NamedTuple):
    """What some steps of training found out, one entry per step; before each update."""

    losses: np.ndarray
    right: np.ndarray


class Program:
    """What the kernels need to know of a network besides its numbers.

    Several threads may use one plan at once: each call takes scratch memory of its own, which is
    kept for the next.

    Parameters
    ----------
    rank_start : ndarray of int
        Neurons of rank r are ``rank_start[r] : rank_start[r + 1]``.
    activations : sequence of Activation
        One per rank.
    indptr, source : ndarray
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
        indptr: np.ndarray,
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
            indptr,
            source,
            np.array(custom, np.int64),
        )
        self.neurons, self.connections = int(rank_start[-1]), len(source)
        self.inputs = int(rank_start[1])
        self.outputs = int(rank_start[-1] - rank_start[-2])
        self.dtype = np.dtype(dtype)
        self._free: list[Scratch] = []
        self._nothing = np.zeros(0, self.dtype)
        # What is fast depends on the batch, so there is a choice for each doubling of it.
        self._training: dict[int, Choice] = defaultdict(Choice)
        self._predicting: dict[int, Choice] = defaultdict(Choice)
        # A plain tuple is passed on in a third of the time that a named one takes.
        self._wiring = tuple(self.wiring)
        row = max(ROW_BYTES, SMALL_BYTES // self.neurons)
        self._columns = row // self.dtype.itemsize
        # For up to so many samples one thread is enough; for few of them predict_few is best.
        alone = (WORTH_A_THREAD - 1) // max(self.connections, 1)
        self._alone = alone if alone >= FEW else 0
        self._quick = min(SEVERAL, self._alone)

    def predict(self, weight: np.ndarray, bias: np.ndarray, X: np.ndarray) -> np.ndarray:
        """Return the outputs, shape (batch, outputs)."""
        out, work = np.empty((len(X), self.outputs), self.dtype), self._take()
        if len(X) <= self._quick:
            finite = self._predict_few(work, weight, bias, X, out)
        else:
            finite = self.kernels.all_finite(X)
            if finite:
                self._predict_many(work, weight, bias, X, out)
        self._free.append(work)
        if not finite:
            self._refuse(X)
        return out

    def _predict_few(
        self, work: Scratch, weight: np.ndarray, bias: np.ndarray, X: np.ndarray, out: np.ndarray
    ) -> bool:
        one, several = work.few()
        if len(X) == 1:
            return one(weight, bias, X, out)
        return several(weight, bias, X, padded(len(X)), out)

    def _predict_many(
        self, work: Scratch, weight: np.ndarray, bias: np.ndarray, X: np.ndarray, out: np.ndarray
    ) -> None:
        batch = len(X)
        choice = self._predicting[batch.bit_length()]
        number = choice.threads(self._threads(batch))
        if number == 1 and batch <= FEW:
            choice.run(self._predict_few, (work, weight, bias, X, out), number, batch)
            return
        tile = min(batch, self._columns)
        arguments = (
            *(self._wiring, weight, bias, X, in_order(batch)[0], *work.tile(tile)),
            *(out, self._progress(batch, 1, tile, number)),
        )
        choice.run(self.kernels.predict, arguments, number, batch)

    def train(
        self,
        weight: np.ndarray,
        bias: np.ndarray,
        X: np.ndarray,
        y: np.ndarray,
        loss: Loss,
        rates: np.ndarray,
        samples: np.ndarray | None = None,
        descent: Descent = PLAIN,
        checked: bool = False,
    ) -> StepResult:
        """Make steps of gradient descent in place, one per rate.

        Parameters
        ----------
        samples : ndarray of int, shape (1 or steps, batch), optional
            Rows of X for each step; all of them in every step by default.
        descent : Descent, optional
            Momentum and decay; neither by default.
        checked : bool, default False
            Whether X and y are known to be acceptable.
        """
        work = self._take()
        check = not checked
        learned = self._train(work, weight, bias, X, y, loss, rates, samples, descent, True, check)
        self._free.append(work)
        return learned

    def gradients(
        self, weight: np.ndarray, bias: np.ndarray, X: np.ndarray, y: np.ndarray, loss: Loss
    ) -> tuple[np.ndarray, np.ndarray, StepResult]:
        """Return the gradients, aligned with the table and with the neurons, and the loss."""
        work = self._take()
        learned = self._train(work, weight, bias, X, y, loss, np.zeros(1))
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
        work, batch = Scratch(self.kernels, self.wiring, self.dtype, apart=True), len(X)
        self._train(work, weight, bias, X, y, loss, np.zeros(1), tile=batch)
        A, D = (flat.reshape(self.neurons, batch) for flat in work.tile(batch))
        D[: self.inputs] = 0
        return A, D

    def activations(self, weight: np.ndarray, bias: np.ndarray, X: np.ndarray) -> np.ndarray:
        """Return the activations of all neurons, shape (neurons, batch)."""
        if not self.kernels.all_finite(X):
            self._refuse(X)
        work = Scratch(self.kernels, self.wiring, self.dtype)
        A, D = (flat.reshape(self.neurons, len(X)) for flat in work.tile(len(X)))
        self.kernels.place_inputs(X, in_order(len(X))[0], A, 0, self.inputs)
        self.kernels.forward(self.wiring, weight, bias, A, D, 0, self.neurons)
        return A

    def _train(
        self,
        work: Scratch,
        weight: np.ndarray,
        bias: np.ndarray,
        X: np.ndarray,
        y: np.ndarray,
        loss: Loss,
        rates: np.ndarray,
        samples: np.ndarray | None = None,
        descent: Descent = PLAIN,
        update: bool = False,
        check: bool = True,
        tile: int | None = None,
    ) -> StepResult:
        samples = in_order(len(X)) if samples is None else samples
        batch, steps = samples.shape[1], len(rates)
        tile = min(batch, self._columns) if tile is None else tile
        run, progress = work.train(tile), ALONE
        if batch > self._alone:
            choice = self._training[batch.bit_length()]
            number = choice.threads(self._threads(batch))
            progress = self._progress(batch, steps, tile, number)
            run = choice.running(run, number, steps * batch)
        learned = StepResult(np.zeros(steps), np.zeros(steps, COUNT))
        velocity, bias_velocity, decay, momentum, nesterov = descent
        if velocity is None:
            velocity = bias_velocity = self._nothing
        acceptable = run(
            weight,
            bias,
            X,
            y,
            samples,
            loss.code,
            loss.scale(batch, self.outputs),
            loss.l2,
            rates,
            decay + 2 * loss.l2,
            velocity,
            bias_velocity,
            momentum,
            nesterov,
            update,
            check,
            learned.losses,
            learned.right,
            progress,
        )
        if not acceptable:
            loss.check(y, self.outputs)
            self._refuse(X)
        return learned

    def _refuse(self, X: np.ndarray) -> None:
        sample, i = np.argwhere(~np.isfinite(X))[0]
        raise ValueError(
            f"X must hold finite numbers; got {X[sample, i]} for input {i} of sample {sample}: "
            "drop or impute it"
        )

    def _take(self) -> Scratch:
        try:
            return self._free.pop()
        except IndexError:
            return Scratch(self.kernels, self.wiring, self.dtype)

    def _threads(self, batch: int) -> int:
        alone = batch <= self._alone or not self.kernels.SHARES_WORK
        return 1 if alone else threads.get_num_threads()

    def _progress(self, batch: int, steps: int, tile: int, number: int) -> np.ndarray:
        """Return two zeros for every phase of a pass; nothing for a thread that is alone."""
        if number == 1:
            return ALONE
        return np.zeros(2 * steps * -(-batch // tile) * (2 * len(self.wiring.rank_start) + 2), int)
