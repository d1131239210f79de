"""The training loop as one function."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from scipy.sparse import issparse

from rewire.graph import Network, checks
from rewire.kernels import load
from rewire.kernels.losses import Loss, named
from rewire.topology import Method, Schedule, as_method

from .checkpoint import load_checkpoint, save_checkpoint
from .history import History
from .optimizers import SGD, Optimizer
from .stopping import EarlyStopping
from .training import Training

__all__ = ["DEFAULT_METHOD", "default_loss", "fit", "prepare"]

DEFAULT_METHOD = "rigl"

# Seconds between two checkpoints, whose writing waits for the disk.
SAVE_EVERY = 5.0

Callback = Callable[[Training], None]


def fit(
    net: Network,
    X: Any,
    y: Any,
    *,
    method: Method | str | None = DEFAULT_METHOD,
    loss: str | Loss | None = None,
    optimizer: Optimizer | None = None,
    epochs: float | None = None,
    steps: int | None = None,
    batch_size: int = 128,
    schedule: Schedule | None = None,
    validation_data: tuple[Any, Any] | None = None,
    early_stopping: EarlyStopping | int | None = None,
    report_every: int | None = None,
    callbacks: Sequence[Callback] = (),
    checkpoint: str | Path | None = None,
    input_dropout: float = 0.0,
    seed: int = 0,
    progress: bool = False,
) -> History:
    """Train a network and rewire it on the way.

    Parameters
    ----------
    net : Network
        Trained in place.
    X : array-like or SciPy sparse matrix, shape (samples, inputs)
    y : array-like
        Class numbers of shape (samples,), or targets of shape (samples, outputs).
    method : Method or str, optional
        Where connections go: a name in ``rewire.topology.methods``, a method, or None for a wiring
        that stays as it is.
    loss : str or Loss, optional
        ``"cross_entropy"`` for class numbers where the network has several outputs, ``"hinge"`` for
        the labels -1 and +1, ``"binary_cross_entropy"`` for 0 and 1, otherwise
        ``"mean_squared_error"``.
    optimizer : Optimizer, optional
        ``SGD(lr=0.1, momentum=0.9, nesterov=True)`` by default.
    epochs, steps : number, optional
        How long: passes over the data, or updates; give one. 10 epochs by default.
    batch_size : int, default 128
        All samples at once, in their order, where there are not more.
    schedule : callable, optional
        From a :class:`rewire.topology.Time` to a factor for the learning rate, such as
        ``Linear(1, 0.1)``; 1 by default.
    validation_data : (X, y), optional
        Measured at every report.
    early_stopping : EarlyStopping or int, optional
        Stop once validation is not getting better; a number is its patience.
    report_every : int, optional
        Updates between two reports; an epoch by default, and at least a hundredth of the training.
    callbacks : sequence of callable
        Called with the :class:`Training` after every report; one that sets ``training.stopped`` to
        a reason ends it.
    checkpoint : path, optional
        A ``.safetensors`` file that is written now and then and at the end. If it exists already,
        the training goes on from there, to the same bits as if it had never stopped; data and
        settings must be the same.
    input_dropout : float, default 0
        Share of the inputs that each sample is learnt without, another random choice each time,
        in [0, 1); the others are scaled up to make good for it. Against overfitting (Srivastava
        et al., JMLR 15, 2014, who leave out 0.2). Rewiring looks at whole samples.
    seed : int, default 0
        Of the order of samples, of the inputs left out and of the method's random choices.
    progress : bool, default False
        Whether to write a line to standard error at every report.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        For data that do not fit the network, and settings out of range; nothing is changed then.

    Examples
    --------
    >>> import rewire
    >>> from rewire.data import load
    >>> train, test = load("digits").split(0.25, seed=0)
    >>> net = rewire.mlp([64, 100, 10], sparsity=[0.9, 0.5], seed=0)
    >>> history = fit(net, train.X, train.y, epochs=20, validation_data=(test.X, test.y))
    >>> history["validation_accuracy"][-1] > 0.9
    True
    """
    training = prepare(
        net,
        X,
        y,
        method=method,
        loss=loss,
        optimizer=optimizer,
        epochs=epochs,
        steps=steps,
        batch_size=batch_size,
        schedule=schedule,
        validation_data=validation_data,
        report_every=report_every,
        early_stopping=early_stopping,
        input_dropout=input_dropout,
        seed=seed,
    )
    if checkpoint is not None and Path(checkpoint).exists():
        load_checkpoint(training, checkpoint)
    saved = monotonic()
    while not training.finished:
        training.advance()
        for callback in callbacks:
            callback(training)
        if progress:
            print(_line(training), file=sys.stderr)
        if checkpoint is not None and (training.finished or monotonic() > saved + SAVE_EVERY):
            save_checkpoint(training, checkpoint)
            saved = monotonic()
    if training.early_stopping is not None:
        training.early_stopping.bring_back(net)
    return training.history


def prepare(
    net: Network,
    X: Any,
    y: Any,
    *,
    method: Method | str | None = DEFAULT_METHOD,
    loss: str | Loss | None = None,
    optimizer: Optimizer | None = None,
    epochs: float | None = None,
    steps: int | None = None,
    batch_size: int = 128,
    schedule: Schedule | None = None,
    validation_data: tuple[Any, Any] | None = None,
    early_stopping: EarlyStopping | int | None = None,
    report_every: int | None = None,
    input_dropout: float = 0.0,
    seed: int = 0,
) -> Training:
    """Check everything and return a training that has not begun; the parameters are :func:`fit`'s.

    For loops of one's own: call :meth:`Training.advance` until it is finished.
    """
    X = _inputs(net, X)
    samples = X.shape[0]
    if samples == 0:
        raise ValueError("X must hold at least one sample; got none")
    if isinstance(batch_size, bool) or not batch_size >= 1:
        raise ValueError(f"batch_size must be at least 1; got {batch_size}")
    if epochs is not None and steps is not None:
        raise ValueError(f"give either epochs or steps; got epochs={epochs} and steps={steps}")
    if steps is None:
        epochs = 10 if epochs is None else epochs
        if not epochs > 0:
            raise ValueError(f"epochs must be above 0; got {epochs}")
        steps = max(1, round(epochs * -(-samples // min(int(batch_size), samples))))
    if steps < 1:
        raise ValueError(f"steps must be at least 1; got {steps}")
    if not 0 <= input_dropout < 1:
        raise ValueError(f"input_dropout must be in [0, 1); got {input_dropout}")
    chosen = default_loss(net, y) if loss is None else named(loss)
    chosen.targets(y, samples, net.ranks[-1], net.dtype)
    if validation_data is not None:
        validation_data = _inputs(net, validation_data[0]), np.asarray(validation_data[1])
        chosen.targets(validation_data[1], validation_data[0].shape[0], net.ranks[-1], net.dtype)
    if isinstance(early_stopping, int):
        early_stopping = EarlyStopping(early_stopping)
    if early_stopping is not None and validation_data is None:
        raise ValueError("early_stopping needs validation_data=(X, y)")
    per_epoch = -(-samples // min(int(batch_size), samples))
    return Training(
        net,
        X,
        np.asarray(y),
        method=as_method(method),
        loss=chosen,
        optimizer=SGD(lr=0.1, momentum=0.9, nesterov=True) if optimizer is None else optimizer,
        updates=steps,
        batch_size=int(batch_size),
        schedule=schedule,
        validation=validation_data,
        report_every=report_every or max(per_epoch, steps // 100),
        early_stopping=early_stopping,
        input_dropout=float(input_dropout),
        seed=seed,
    )


def default_loss(net: Network, y: Any) -> Loss:
    """Return the loss that fits the targets; see :func:`fit`."""
    y = np.asarray(y)
    if net.ranks[-1] > 1 and y.ndim == 1:
        return named("cross_entropy")
    values = set(np.unique(y).tolist()) if y.dtype.kind in "biuf" else set()
    if values <= {-1, 1}:
        return named("hinge")
    return named("binary_cross_entropy" if values <= {0, 1} else "mean_squared_error")


def _inputs(net: Network, X: Any) -> Any:
    if issparse(X):
        if X.shape[1] != net.ranks[0]:
            raise ValueError(
                f"X must have shape (samples, {net.ranks[0]}), one column per input of the "
                f"network; got {X.shape}"
            )
        X = X.tocsr().astype(net.dtype, copy=False)
    else:
        X = checks.inputs(X, net.ranks[0], net.dtype)
    numbers = X.data[None] if issparse(X) else X
    if not load(net.backend).all_finite(numbers):
        raise ValueError("X must hold finite numbers; got infinity or NaN: drop or impute it")
    return X


def _check_targets(net: Network, loss: Loss, y: Any, samples: int) -> None:
    loss.check(loss.targets(y, samples, net.ranks[-1], net.dtype), net.ranks[-1])


def _line(training: Training) -> str:
    row = training.history.rows[-1]
    parts = [
        f"update {row['update']}/{training.updates}",
        f"loss {row['loss']:.4f}",
        f"accuracy {row['accuracy']:.2%}",
    ]
    if row["validation_loss"] is not None:
        parts.append(f"validation {row['validation_loss']:.4f} {row['validation_accuracy']:.2%}")
    return ", ".join([*parts, f"moved {row['moved']}"])
