"""The training loop as one function."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import issparse

from rewire import defaults, losses, methods
from rewire.graph import Network, checks
from rewire.io import remove_leftovers
from rewire.kernels import load
from rewire.losses import Loss
from rewire.optimizers import SGD, Adam, Optimizer
from rewire.schedules import Schedule
from rewire.topology import Method

from .checkpoint import Throttle, load_checkpoint, save_checkpoint
from .history import History
from .stopping import EarlyStopping
from .training import Training

__all__ = ["DEFAULT_METHOD", "default_loss", "default_optimizer", "fit", "prepare"]

DEFAULT_METHOD = defaults.METHOD
DEFAULT_EPOCHS = defaults.EPOCHS
LEAST_UPDATES = defaults.LEAST_STEPS

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
    total_steps: int | None = None,
    batch_size: int = defaults.BATCH_SIZE,
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
        Where connections go: a name in ``rewire.methods.registry``, a method, or None for a wiring
        that stays as it is.
    loss : str or Loss, optional
        ``"cross_entropy"`` for class numbers where the network has several outputs, ``"hinge"`` for
        the labels -1 and +1, ``"binary_cross_entropy"`` for 0 and 1, otherwise
        ``"mean_squared_error"``.
    optimizer : Optimizer, optional
        By default ``SGD(lr=0.1, momentum=0.9, nesterov=True)``, and for ``"mean_squared_error"``
        ``Adam(lr=0.01)``: slopes that grow with the error would throw SGD off.
    epochs, total_steps : number, optional
        How long: passes over the data, or steps; give one. By default 10 epochs, or 1000
        steps where that is more.
    batch_size : int, default 128
        All samples at once, in their order, where there are not more.
    schedule : callable, optional
        From a :class:`rewire.schedules.Time` to a factor for the learning rate, such as
        ``Linear(1, 0.1)``; 1 by default.
    validation_data : (X, y), optional
        Measured at every report.
    early_stopping : EarlyStopping or int, optional
        Stop once validation is not getting better; a number is its patience.
    report_every : int, optional
        Steps between two reports; an epoch by default, and at least a hundredth of the training.
    callbacks : sequence of callable
        Called with the :class:`Training` after every report; one that sets ``training.stopped`` to
        a reason ends it. One that has a method ``begin`` is given the Training before it starts.
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
        total_steps=total_steps,
        batch_size=batch_size,
        schedule=schedule,
        validation_data=validation_data,
        report_every=report_every,
        early_stopping=early_stopping,
        input_dropout=input_dropout,
        seed=seed,
    )
    save = None
    if checkpoint is not None:
        remove_leftovers(checkpoint)
        if Path(checkpoint).exists():
            load_checkpoint(training, checkpoint)
        else:
            save_checkpoint(training, checkpoint)  # what cannot be written is known now
        save = Throttle(lambda: save_checkpoint(training, checkpoint))
    for callback in callbacks:
        getattr(callback, "begin", _nothing)(training)
    while not training.finished:
        training.advance()
        for callback in callbacks:
            callback(training)
        if progress:
            print(training, file=sys.stderr)
        if save is not None:
            save(training.finished)
    training.finish()
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
    total_steps: int | None = None,
    batch_size: int = defaults.BATCH_SIZE,
    schedule: Schedule | None = None,
    validation_data: tuple[Any, Any] | None = None,
    early_stopping: EarlyStopping | int | None = None,
    report_every: int | None = None,
    input_dropout: float = 0.0,
    seed: int = 0,
) -> Training:
    """Check everything and return a training that has not begun; the parameters are :func:`fit`'s.

    For loops of one's own: call :meth:`Training.advance` until it is finished.

    Examples
    --------
    >>> import rewire
    >>> from rewire.data import moons
    >>> net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    >>> training = prepare(net, *moons(seed=0), total_steps=100, report_every=50)
    >>> while not training.finished:
    ...     uninterrupted = training.advance()
    >>> training.history["step"]
    [50, 100]
    """
    X = _inputs("X", net, X)
    samples = X.shape[0]
    batch_size = min(_whole("batch_size", batch_size, 1), samples)
    per_epoch = -(-samples // batch_size)
    total_steps = _total_steps(epochs, total_steps, per_epoch)
    if not 0 <= input_dropout < 1:
        raise ValueError(f"input_dropout must be in [0, 1); got {input_dropout}")
    chosen = default_loss(net, y) if loss is None else losses.get(loss)
    y = _targets(net, chosen, y, samples)
    if validation_data is not None:
        validation_data = _validation(net, chosen, validation_data)
    if early_stopping is not None:
        if validation_data is None:
            raise ValueError("early_stopping needs validation_data=(X, y); got None")
        if not isinstance(early_stopping, EarlyStopping):
            early_stopping = EarlyStopping(_whole("early_stopping", early_stopping, 1))
        early_stopping = replace(early_stopping)  # what it remembers is of one training
    if report_every is None:
        report_every = max(per_epoch, total_steps // 100)
    return Training(
        net,
        X,
        y,
        method=methods.get(method),
        loss=chosen,
        optimizer=default_optimizer(chosen) if optimizer is None else optimizer,
        total_steps=total_steps,
        batch_size=batch_size,
        schedule=schedule,
        validation=validation_data,
        report_every=_whole("report_every", report_every, 1),
        early_stopping=early_stopping,
        seed=_whole("seed", seed, 0),
        input_dropout=float(input_dropout),
    )


def default_loss(net: Network, y: Any) -> Loss:
    """Return the loss that fits the targets; see :func:`fit`."""
    y = np.asarray(y)
    if net.ranks[-1] > 1 and y.ndim == 1:
        return losses.get("cross_entropy")
    values = set(np.unique(y).tolist()) if y.dtype.kind in "biuf" else set()
    if values <= {-1, 1}:
        return losses.get("hinge")
    return losses.get("binary_cross_entropy" if values <= {0, 1} else "mean_squared_error")


def default_optimizer(loss: Loss) -> Optimizer:
    """Return the optimiser that suits the loss; see :func:`fit`."""
    if loss.name == "mean_squared_error":
        return Adam(lr=0.01)
    return SGD(lr=0.1, momentum=0.9, nesterov=True)


def _nothing(training: Training) -> None:
    """Stand for what a callback does not have."""


def _total_steps(epochs: float | None, total_steps: int | None, per_epoch: int) -> int:
    """Return how many steps the whole training has."""
    if epochs is not None and total_steps is not None:
        raise ValueError(
            f"give either epochs or total_steps; got epochs={epochs} and total_steps={total_steps}"
        )
    if total_steps is not None:
        return _whole("total_steps", total_steps, 1)
    if epochs is None:
        return max(DEFAULT_EPOCHS * per_epoch, LEAST_UPDATES)
    if not 0 < epochs < np.inf:
        raise ValueError(f"epochs must be above 0 and finite; got {epochs}")
    return max(1, round(epochs * per_epoch))


def _targets(net: Network, loss: Loss, y: Any, samples: int) -> np.ndarray:
    """Return targets as they were given, all of them checked."""
    y = np.asarray(y)
    loss.check(loss.targets(y, samples, net.ranks[-1], net.dtype), net.ranks[-1])
    return y


def _validation(net: Network, loss: Loss, data: tuple[Any, Any]) -> tuple[Any, np.ndarray]:
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        raise ValueError(f"validation_data must be a pair (X, y); got {type(data).__name__}")
    X = _inputs("validation_data's X", net, data[0])
    try:
        return X, _targets(net, loss, data[1], X.shape[0])
    except ValueError as error:
        raise ValueError(f"validation_data: {error}") from error


def _inputs(name: str, net: Network, X: Any) -> Any:
    """Return inputs as they will be learnt, all of them checked."""
    X = X.tocsr() if issparse(X) else checks.real(X, name)
    if X.ndim != 2 or X.shape[1] != net.ranks[0] or X.shape[0] == 0:
        raise ValueError(
            f"{name} must have shape (samples, {net.ranks[0]}), at least one sample and one column "
            f"per input of the network; got {X.shape}"
        )
    with np.errstate(over="ignore"):  # what is too large is refused below, as infinite
        X = X.astype(net.dtype, copy=False)
    X = X if issparse(X) else np.ascontiguousarray(X)
    if not load(net.backend).all_finite(X.data[None] if issparse(X) else X):
        raise ValueError(
            f"{name} must hold finite numbers of {net.dtype}; got infinity or NaN: drop or impute "
            "them"
        )
    return X


def _whole(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise ValueError(f"{name} must be a whole number, at least {least}; got {value!r}")
    return int(value)
