"""A training as a state that can be stopped after any step and resumed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from time import perf_counter
from typing import Any

import numpy as np

from rewire import defaults, losses, methods, optimizers, schedules
from rewire.connectivity import Signals
from rewire.graph import Network
from rewire.io import percent
from rewire.losses import Loss
from rewire.optimizers import Optimizer
from rewire.schedules import Schedule, Time
from rewire.topology import Method, Rewirer
from rewire.topology.growth import NotANumberError
from rewire.validation import of_type, real_number, whole_number

from .batches import batch_sizes, leave_out_inputs
from .class_weights import weighted_by_class
from .defaults import choose_total_steps, default_loss, default_optimizer
from .divergence import all_finite, divergence, gradients_overflow
from .evaluation import PIECE, accuracy, score
from .fingerprint import describe_network, describe_training
from .history import History, RunningTotals
from .samples import Samples
from .sources import check_targets_given, example_targets
from .stopping import EarlyStopping
from .streaming import StreamSamples, open_samples, open_validation
from .trainer import WORK_PER_CALL, Trainer

__all__ = ["Training"]

# A step goes forward once and backward twice, to the sensitivities and to the gradients.
PASSES = 3


class Training:
    """Trains and rewires a network from report to report; :func:`rewire.fit` is the front door.

    Everything random follows from the seed and the number of the step alone, so that a stopped
    training resumes to the same bits.

    Parameters
    ----------
    net : Network
        Trained in place.
    X, y
        Inputs and targets, as for :func:`rewire.fit`; checked here, once.
    method, loss, optimizer, schedule
        Names or parts, as for :func:`rewire.fit`.
    epochs, total_steps, batch_size, report_every, input_dropout, class_weight, seed
        As for :func:`rewire.fit`.
    validation_data, early_stopping
        As for :func:`rewire.fit`.

    Attributes
    ----------
    samples : Samples
        Inputs and targets, checked, and the loss; of a stream, those that are in memory.
    validation : Samples, StreamSamples or None
    step, total_steps : int
        Steps made, and steps in the whole training.
    history : History
    stopped : str or None
        Why it ended early, if it did; a callback may set it.
    interrupted : bool
        A signal handler sets this to make :meth:`advance` return within moments; set it back
        before calling that again.
    early_stopping : EarlyStopping or None
    on_rewiring : callable or None
        Called with the Training after every rewiring; its time does not count in ``seconds``.

    Raises
    ------
    ValueError
        For data that do not fit the network, and settings out of range; nothing is changed then.

    Examples
    --------
    A loop of your own:

    >>> import rewire
    >>> from rewire.data import moons
    >>> net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    >>> training = Training(net, *moons(seed=0), total_steps=100, report_every=50)
    >>> while not training.finished:
    ...     uninterrupted = training.advance()
    >>> training.history["step"]
    [50, 100]
    """

    def __init__(
        self,
        net: Network,
        X: Any,
        y: Any = None,
        *,
        method: Method | str | None = defaults.METHOD,
        loss: str | Loss | None = None,
        optimizer: str | Optimizer | None = None,
        epochs: float | None = None,
        total_steps: int | None = None,
        batch_size: int = defaults.BATCH_SIZE,
        schedule: str | Schedule | None = None,
        validation_data: Any = None,
        early_stopping: EarlyStopping | int | None = None,
        report_every: int | None = None,
        input_dropout: float = 0.0,
        class_weight: str | Mapping[Any, float] | None = None,
        seed: int = 0,
    ):
        of_type(net, "net", Network)
        check_targets_given(X, y)
        loss = default_loss(net, example_targets(X, y)) if loss is None else losses.get(loss)
        if class_weight is not None:
            loss, (X, y), validation_data = weighted_by_class(
                loss, class_weight, (X, y), validation_data
            )
        optimizer = default_optimizer(loss) if optimizer is None else optimizers.get(optimizer)
        self.net, self.loss = net, loss
        batch_size, seed = whole_number(batch_size, "batch_size", 1), whole_number(seed, "seed")
        self.samples, self.batches = open_samples(net, X, y, loss, batch_size, seed)
        per_epoch = self.batches.per_epoch
        self.total_steps = choose_total_steps(epochs, total_steps, per_epoch)
        self.schedule = schedules.get("constant" if schedule is None else schedule)
        self.validation: Samples | StreamSamples | None = None
        self.early_stopping: EarlyStopping | None = None
        if validation_data is not None:
            self.validation = open_validation(net, validation_data, loss)
        if early_stopping is not None:
            self.early_stopping = EarlyStopping.fresh(early_stopping, self.validation)
        if report_every is None:
            report_every = max(per_epoch, self.total_steps // 100)
        self.report_every = whole_number(report_every, "report_every", 1)
        self.input_dropout = real_number(input_dropout, "input_dropout", 0, 1)
        self.trainer, self.base_lr = Trainer(net, loss, optimizer), optimizer.lr
        # Last, as a method may begin by adding columns to the network.
        self.rewirer = Rewirer(
            methods.get(method),
            net,
            total_steps=self.total_steps,
            steps_per_epoch=per_epoch,
            optimizer=optimizer,
            # The batches have spawn keys that begin with 0.
            seed=np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,))),
        )
        self.step = 0
        self.stopped: str | None = None
        self.interrupted = False
        self.on_rewiring: Callable[[Training], None] | None = None
        self.history = History(rewirings=self.rewirer.history)
        self.running = RunningTotals()
        self.flops = self.dense_flops = self.seconds = 0.0
        self.network_at_start = describe_network(net)

    @cached_property
    def fingerprint(self) -> dict[str, str]:
        """Network, data and settings in words: what must be the same to resume a training."""
        return describe_training(self)

    @property
    def finished(self) -> bool:
        """Whether all steps are made, or the training was stopped."""
        return self.step >= self.total_steps or self.stopped is not None

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of a step (from 0)."""
        return self.base_lr * self.schedule(Time(step, self.total_steps))

    def advance(self) -> bool:
        """Train up to the next report and append it to the history.

        Returns
        -------
        bool
            False if it was interrupted on the way; the next call continues from there.
        """
        begin = perf_counter()
        end = min(self.step - self.step % self.report_every + self.report_every, self.total_steps)
        if self.step == 0 and self.rewirer.due(0) and not self.rewirer.history:
            self.trainer.optimizer.begin(self.net)
            self._rewire()
        while self.step < end and not self.interrupted:
            self._stretch(self._next_rewiring(end))
            if self.step < self.total_steps and self.rewirer.due(self.step):
                self._rewire()
        self.seconds += perf_counter() - begin
        if self.step < end:
            return False
        self.history.rows.append(self._report())
        if self.early_stopping is not None:
            self.early_stopping(self)
        return True

    def finish(self) -> None:
        """Give the network its best state, where early stopping has kept it."""
        if self.early_stopping is not None:
            self.early_stopping.restore_best(self.net)

    def __str__(self) -> str:
        """Return the last report as one line."""
        if not self.history.rows:
            return "nothing measured yet"
        row = self.history.rows[-1]
        line = f"step {row['step']:,} of {self.total_steps:,}: loss {row['loss']:.4f}"
        if row["accuracy"] is not None:
            line += f", accuracy {percent(row['accuracy'], 2)}"
        if row["validation_loss"] is not None:
            line += f", validation loss {row['validation_loss']:.4f}"
        if row["validation_accuracy"] is not None:
            line += f", validation accuracy {percent(row['validation_accuracy'], 2)}"
        moves = f"{row['moved']:,} move{'' if row['moved'] == 1 else 's'}"
        return f"{line}, {moves} of {row['connections']:,} connections"

    def _next_rewiring(self, end: int) -> int:
        later = self.rewirer.due_steps[self.rewirer.due_steps > self.step]
        return min(end, int(later[0])) if len(later) else end

    def _stretch(self, end: int) -> None:
        """Learn batches up to a step, or fewer if that would take too long."""
        rows = self.batches.stretch(self.step, min(end, self.step + self._steps_per_call()))
        rates = [self.learning_rate(step) for step in range(self.step, self.step + len(rows))]
        samples = self.samples.at(self.batches, self.step)
        if self.input_dropout or (samples.sparse and not self.batches.whole):
            order, there = np.full_like(rows, -1), rows >= 0
            X, y = samples.take(rows[there])
            order[there] = np.arange(len(X))
            if self.input_dropout:
                leave_out_inputs(X, order, self.input_dropout, self.batches.seed, self.step)
            learned = self.trainer.learn(X, y, order, rates, checked=True)
        elif self.batches.whole:
            learned = self.trainer.learn(*self._batch(self.step), None, rates, checked=True)
        else:
            learned = self.trainer.learn(samples.X, samples.y, rows, rates, checked=True)
        self.step += len(rows)
        sizes = batch_sizes(rows)
        if not all_finite(learned.losses, self.net.connections.weight, self.net.bias):
            raise self._diverged()
        self.running.add(learned.losses, learned.n_correct, sizes)
        work = int(sizes.sum()) * PASSES
        self.flops += work * self.net.forward_flops()
        self.dense_flops += work * self.net.forward_flops(self.net.possible_connections)

    def _diverged(self) -> ValueError:
        return divergence(self.step, self.base_lr)

    def _steps_per_call(self) -> int:
        """Return how many steps take a moment, with inputs few enough to copy if need be."""
        size = self.net.size + len(self.net.connections)
        steps = WORK_PER_CALL // (self.batches.size * size)
        if self.samples.sparse or self.input_dropout:
            steps = min(steps, PIECE // (self.batches.size * self.net.ranks[0]))
        return max(steps, 1)

    def _rewire(self) -> None:
        method = self.rewirer.method
        last = self.step
        if method.skip_update or self.step == 0:
            last += 1
        # Full batches are all the same: one is enough.
        latest = method.batches if self.batches.per_epoch > 1 else 1
        recent = range(max(last - latest, 0), last)
        part = slice(None) if method.growth_samples == "all" else slice(-1, None)
        batches = [self._batch(step) for step in recent] if method.looks_at_data else []

        def signals() -> list[Signals]:
            return [self.net.signals(X[part], y[part], self.loss) for X, y in batches]

        rate = self.learning_rate(max(last - 1, 0))
        try:
            with np.errstate(over="ignore", invalid="ignore"):  # checked afterwards
                record = self.rewirer.rewire(self.step, signals, learning_rate=rate)
        except NotANumberError as error:
            if gradients_overflow(signals(), self.net.dtype):
                raise self._diverged() from error
            raise
        self.flops += record.flops
        self.running.moved += record.moved
        if method.skip_update and self.step:
            self.step += 1  # the batch of this step went into the rewiring
        if self.on_rewiring is not None:
            begin = perf_counter()
            self.on_rewiring(self)
            self.seconds -= perf_counter() - begin

    def _batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        samples = self.samples.at(self.batches, step)
        if self.batches.whole and not samples.sparse:
            return samples.X, samples.y
        return samples.take(self.batches.rows(step))

    def _report(self) -> dict[str, Any]:
        running, self.running = self.running, RunningTotals()
        validation = None if self.validation is None else score(self.net, self.validation)
        return {
            "step": self.step,
            "epoch": self.step / self.batches.per_epoch,
            "loss": running.loss / max(running.samples, 1),
            "accuracy": accuracy(self.loss, running.n_correct, running.samples),
            "validation_loss": validation and validation.loss,
            "validation_accuracy": validation and validation.accuracy,
            "learning_rate": self.learning_rate(self.step - 1),
            "connections": len(self.net.connections),
            "moved": running.moved,
            "flops": self.flops,
            "dense_flops": self.dense_flops,
            "seconds": self.seconds,
        }
