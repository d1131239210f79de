"""How to compute one network: its arrays, its buffers, and how many threads are worth it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from rewire.activations import Activation
from rewire.kernels import threads
from rewire.kernels.adjacency import Adjacency
from rewire.kernels.autotune import ThreadTuner
from rewire.kernels.backends import get_backend
from rewire.kernels.layout import CUSTOM, Descent, Ranks, StepResult
from rewire.kernels.workspace import SMALL_BATCH, Workspace, consecutive, padded
from rewire.losses import Loss

__all__ = ["Program", "StepResult"]

# Bytes of a row of a tile: 64 float32. With 32 the sums of dot products cost more than the cache
# gains, with 128 the rows of 4096 neurons no longer fit the L2 cache.
ROW_BYTES = 256
# Small networks take the whole batch at once, up to so many bytes for all their rows: at the post's
# size a step took 6 µs rather than 19.
SMALL_BYTES = 1 << 17
# Several threads are used from this many connections times samples on: a step takes about 0.11 ns
# for each, waking a thread 20 to 50 microseconds.
MIN_WORK_PER_THREAD = 2_000_000
# Small networks take up to so many samples 16 at a time, as that leaves little over at the end.
MAX_SMALL_BATCH = 64
COUNT = np.dtype(np.int64)
NO_PROGRESS = np.zeros(0, COUNT)  # for a thread that is alone
PLAIN = Descent()


class Program:
    """What the kernels need to know of a network besides its parameters.

    Several threads may use one program at once: each call takes a workspace of its own, which is
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
        See :func:`rewire.kernels.get_backend`.
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
        self.kernels = get_backend(backend)
        custom = [
            self.kernels.compile_activation(a.function, a.derivative, dtype)
            if a.code == CUSTOM
            else 0
            for a in activations
        ]
        self.ranks = Ranks.of(rank_start, [a.code for a in activations], custom)
        self.neurons, self.connections = int(rank_start[-1]), len(source)
        self.adjacency = Adjacency.from_csr(indptr, source, self.neurons, backend)
        self.inputs = int(rank_start[1])
        self.outputs = int(rank_start[-1] - rank_start[-2])
        self.dtype = np.dtype(dtype)
        self._free: list[Workspace] = []
        self._empty = np.zeros(0, self.dtype)
        # What is fast depends on the batch, so there is a tuner for each doubling of it.
        self._training: dict[int, ThreadTuner] = defaultdict(ThreadTuner)
        self._predicting: dict[int, ThreadTuner] = defaultdict(ThreadTuner)
        row = max(ROW_BYTES, SMALL_BYTES // self.neurons)
        self._columns = row // self.dtype.itemsize
        # For up to so many samples one thread is enough; for few of them predict_few is best.
        single = (MIN_WORK_PER_THREAD - 1) // max(self.connections, 1)
        self._max_single = single if single >= SMALL_BATCH else 0
        self._max_small = min(MAX_SMALL_BATCH, self._max_single)

    def predict(self, weight: np.ndarray, bias: np.ndarray, X: np.ndarray) -> np.ndarray:
        """Return the outputs, shape (batch, outputs)."""
        out, work = np.empty((len(X), self.outputs), self.dtype), self._take()
        if len(X) <= self._max_small:
            finite = self._predict_small(work, weight, bias, X, out)
        else:
            finite = self.kernels.all_finite(X)
            if finite:
                self._predict_many(work, weight, bias, X, out)
        self._free.append(work)
        if not finite:
            self._refuse(X)
        return out

    def _predict_small(
        self, work: Workspace, weight: np.ndarray, bias: np.ndarray, X: np.ndarray, out: np.ndarray
    ) -> bool:
        one, several = work.predict_small()
        if len(X) == 1:
            return one(weight, bias, X, out)
        return several(weight, bias, X, padded(len(X)), out)

    def _predict_many(
        self, work: Workspace, weight: np.ndarray, bias: np.ndarray, X: np.ndarray, out: np.ndarray
    ) -> None:
        batch = len(X)
        tuner = self._predicting[batch.bit_length()]
        number = tuner.threads(self._threads(batch))
        if number == 1 and batch <= SMALL_BATCH:
            tuner.run(self._predict_small, (work, weight, bias, X, out), number, batch)
            return
        tile = min(batch, self._columns)
        progress = self._progress(batch, 1, tile, number)
        arguments = weight, bias, X, consecutive(batch)[0], out, progress
        tuner.run(work.predict(tile), arguments, number, batch)

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
            Rows of X for each step, -1 at the end of a step that has fewer; all of them in every
            step by default.
        descent : Descent, optional
            Momentum, decay and more; none of them by default.
        checked : bool, default False
            Whether X and y are known to be acceptable.
        """
        work = self._take()
        check = not checked
        result = self._train(work, weight, bias, X, y, loss, rates, samples, descent, True, check)
        self._free.append(work)
        return result

    def gradients(
        self, weight: np.ndarray, bias: np.ndarray, X: np.ndarray, y: np.ndarray, loss: Loss
    ) -> tuple[np.ndarray, np.ndarray, StepResult]:
        """Return the gradients, aligned with the table and with the neurons, and the loss."""
        work = self._take()
        result = self._train(work, weight, bias, X, y, loss, np.zeros(1))
        _, gradient, bias_gradient = work.gradients()
        out, bias_out = np.empty_like(weight), bias_gradient.copy()
        self.kernels.to_table_order(gradient, self.adjacency.csc_position, out, 0, len(out))
        self._free.append(work)
        bias_out[: self.inputs] = 0
        if loss.l2:
            out += 2 * loss.l2 * weight
            bias_out += 2 * loss.l2 * bias
        return out, bias_out, result

    def signals(
        self, weight: np.ndarray, bias: np.ndarray, X: np.ndarray, y: np.ndarray, loss: Loss
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return all activations and sensitivities, both of shape (neurons, batch).

        The sensitivities of the inputs are 0.
        """
        work, batch = self._workspace(separate=True), len(X)
        self._train(work, weight, bias, X, y, loss, np.zeros(1), tile=batch)
        A, D = (flat.reshape(self.neurons, batch) for flat in work.tile(batch))
        D[: self.inputs] = 0
        return A, D

    def activations(self, weight: np.ndarray, bias: np.ndarray, X: np.ndarray) -> np.ndarray:
        """Return the activations of all neurons, shape (neurons, batch)."""
        if not self.kernels.all_finite(X):
            self._refuse(X)
        work, batch = self._workspace(), len(X)
        outputs = np.empty((batch, self.outputs), self.dtype)
        work.predict(batch)(weight, bias, X, consecutive(batch)[0], outputs, NO_PROGRESS)
        return work.tile(batch)[0].reshape(self.neurons, batch)

    def _train(
        self,
        work: Workspace,
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
        samples = consecutive(len(X)) if samples is None else samples
        batch, steps = samples.shape[1], len(rates)
        tile = min(batch, self._columns) if tile is None else tile
        run, progress = work.train(tile), NO_PROGRESS
        if batch > self._max_single:
            tuner = self._training[batch.bit_length()]
            number = tuner.threads(self._threads(batch))
            progress = self._progress(batch, steps, tile, number)
            run = tuner.wrap(run, number, steps * batch)
        result = StepResult(np.zeros(steps), np.zeros(steps, COUNT))
        velocity, bias_velocity, square, bias_square, decay, *kept = descent
        if velocity is None:
            velocity = bias_velocity = self._empty
        if square is None:
            square = bias_square = self._empty
        # The fields of Parameters, Batch, Objective, rates, Descent, flags, StepResult: one by one,
        # as making tuples of them would take longer than the rest of this method.
        acceptable = run(
            weight,
            bias,
            X,
            y,
            samples,
            loss.code,
            loss.scale(1, self.outputs),
            loss.l2,
            rates,
            velocity,
            bias_velocity,
            square,
            bias_square,
            decay + 2 * loss.l2,
            *kept,
            update,
            check,
            result.losses,
            result.n_correct,
            progress,
        )
        if not acceptable:
            loss.check(y, self.outputs)
            self._refuse(X)
        return result

    def _refuse(self, X: np.ndarray) -> None:
        sample, i = np.argwhere(~np.isfinite(X))[0]
        raise ValueError(
            f"X must hold finite numbers; got {X[sample, i]} for input {i} of sample {sample}: "
            "drop or impute it"
        )

    def _take(self) -> Workspace:
        try:
            return self._free.pop()
        except IndexError:
            return self._workspace()

    def _workspace(self, separate: bool = False) -> Workspace:
        return Workspace(self.kernels, self.ranks, self.adjacency, self.dtype, separate)

    def _threads(self, batch: int) -> int:
        single = batch <= self._max_single or not self.kernels.SHARES_WORK
        return 1 if single else threads.get_num_threads()

    def _progress(self, batch: int, steps: int, tile: int, number: int) -> np.ndarray:
        """Return two zeros for every phase of a pass; nothing for a thread that is alone."""
        if number == 1:
            return NO_PROGRESS
        return np.zeros(2 * steps * -(-batch // tile) * (2 * len(self.ranks.start) + 2), int)
