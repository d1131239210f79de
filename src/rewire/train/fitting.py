"""The training loop as one function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypedDict, Unpack

from rewire.graph import Network
from rewire.io import as_path, received, remove_leftovers, sole_writer
from rewire.losses import Loss
from rewire.optimizers import Optimizer
from rewire.schedules import Schedule
from rewire.topology import Method
from rewire.validation import several

from .checkpoint import load_checkpoint, save_checkpoint
from .history import History
from .progress import check_progress, showing
from .stopping import EarlyStopping
from .throttle import Throttle
from .training import Training

__all__ = ["Callback", "TrainingOptions", "fit", "told"]

Callback = Callable[[Training], None]


class TrainingOptions(TypedDict, total=False):
    """The options of :class:`Training`, for type checkers; defaults are in its signature."""

    method: Method | str | None
    loss: str | Loss | None
    optimizer: str | Optimizer | None
    epochs: float | None
    total_steps: int | None
    batch_size: int
    schedule: str | Schedule | None
    validation_data: Any
    early_stopping: EarlyStopping | int | None
    report_every: int | None
    input_dropout: float
    class_weight: str | Mapping[Any, float] | None
    seed: int


def fit(
    net: Network,
    X: Any,
    y: Any = None,
    *,
    callbacks: Sequence[Callback] = (),
    checkpoint: str | Path | None = None,
    progress: bool | str = False,
    **options: Unpack[TrainingOptions],
) -> History:
    """Train a network and rewire it on the way.

    Parameters
    ----------
    net : Network
        Trained in place.
    X : array-like, SciPy sparse matrix, or rewire.data.Stream, shape (samples, inputs)
        A stream is read piece by piece, so that it may be larger than memory.
    y : array-like
        Class numbers of shape (samples,), or targets of shape (samples, outputs); left out with a
        stream, which has them.
    method : str, Method or None, default "reviving rigl"
        Where connections go: a name in ``rewire.methods.registry``, a method, or None to leave the
        wiring as it is.
    loss : str or Loss, optional
        A name in ``rewire.losses.registry``, or a loss. By default ``"cross_entropy"`` for class
        numbers where the network has several outputs, ``"hinge"`` for the labels -1 and +1,
        ``"binary_cross_entropy"`` for 0 and 1, otherwise ``"mean_squared_error"``.
    optimizer : str or Optimizer, optional
        A name in ``rewire.optimizers.registry``, or an optimiser, such as ``Adam(lr=0.01)``. By
        default ``SGD(lr=0.1, momentum=0.9, nesterov=True)``, and ``Adam(lr=0.01)`` for
        ``"mean_squared_error"``, whose gradients grow with the error and make SGD diverge.
    epochs, total_steps : number, optional
        Length of the training, in passes over the data or in steps; give one. By default 10
        epochs, or 1000 steps where that is more.
    batch_size : int, default 128
        Samples in a step. Where there are fewer, all of them, in their order.
    schedule : str or callable, optional
        Of the learning rate: a name in ``rewire.schedules.registry`` (``"linear"``, ``"cosine"``),
        or a function from a :class:`rewire.schedules.Time` to a factor, such as
        ``Linear(1, 0.1)``. Constant by default.
    validation_data : (X, y) or rewire.data.Stream, optional
        Measured at every report; a stream is then read once, piece by piece.
    early_stopping : EarlyStopping or int, optional
        Stop when validation no longer improves, in accuracy where there is one and otherwise in
        loss; a number is the patience in reports.
    report_every : int, optional
        Steps between two reports; by default an epoch, and at least a hundredth of the training.
    input_dropout : float, default 0
        Share of the inputs to leave out of each sample, chosen anew each time, in [0, 1); the
        others are scaled up to make up for it. Against overfitting (Srivastava et al., JMLR 15,
        2014, use 0.2). Rewiring looks at whole samples.
    class_weight : {"balanced"} or mapping, optional
        How much each class counts in the loss: ``"balanced"`` gives all of them the same weight in
        sum, so that rare ones are not overlooked; a mapping holds a weight for each class number
        (or label), 1 for those that it lacks. Weights are brought to mean 1 over the samples.
    seed : int, default 0
        Of the order of samples, the inputs left out and the method's random choices.
    callbacks : sequence of callable
        Called with the :class:`~rewire.train.Training` after every report. To end the training, a
        callback sets ``training.stopped`` to a reason. If it has a method ``begin``, that is called
        with the Training before the first step; if it has a method ``end``, with the Training when
        it is over, and with the error that ended it, or None.
    checkpoint : path, optional
        A ``.safetensors`` file, written every few seconds and at the end. If it exists, the
        training resumes from it, to the same bits as without the interruption; data and settings
        must be the same. One training at a time may write it: another one is refused.
    progress : bool or "widget", default False
        Whether to show a bar with the last report, in terminals and notebooks; a log gets lines,
        the first report, the last, and one every few seconds. ``"widget"`` shows a notebook the
        network while it learns and rewires, and lets one operate on it afterwards; see
        :func:`rewire.play`.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        For data that do not fit the network, and settings out of range; nothing is changed then.
        Also if the training diverges.
    OSError
        If the checkpoint cannot be written, or another training is writing it.

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
    callbacks = several(callbacks, "callbacks", "functions of a Training")
    if not all(map(callable, callbacks)):
        raise TypeError(f"callbacks must be functions of a Training; got {received(callbacks[0])}")
    if checkpoint is not None:
        checkpoint = as_path(checkpoint, "checkpoint")
    check_progress(progress)
    training = Training(net, X, y, **options)
    with nullcontext() if checkpoint is None else sole_writer(checkpoint):
        _train(training, callbacks, checkpoint, progress)
    return training.history


def _train(
    training: Training,
    callbacks: Sequence[Callback],
    checkpoint: Path | None,
    progress: bool | str,
) -> None:
    """Train to the end, from a checkpoint where there is one."""
    save = None if checkpoint is None else _resume(training, checkpoint)
    with told(callbacks, training), showing(training, progress) as report:
        while not training.finished:
            training.advance()
            for callback in callbacks:
                callback(training)
            report(training)
            if save is not None:
                save(training.finished)
        training.finish()


def _resume(training: Training, checkpoint: str | Path) -> Throttle:
    """Load the checkpoint if it exists, and return the function that saves from now on."""
    remove_leftovers(checkpoint)
    if Path(checkpoint).exists():
        load_checkpoint(training, checkpoint)
    else:
        save_checkpoint(training, checkpoint)  # to find out now whether it can be written
    return Throttle(lambda: save_checkpoint(training, checkpoint))


@contextmanager
def told(callbacks: Sequence[Callback], training: Training) -> Iterator[None]:
    """Tell callbacks that a training begins, and those that know of it how it ends."""
    begun: list[Callback] = []
    error: BaseException | None = None
    try:
        for callback in callbacks:
            getattr(callback, "begin", _nothing)(training)
            begun.append(callback)
        yield
    except BaseException as raised:
        error = raised
        raise
    finally:
        for callback in begun:
            getattr(callback, "end", _nothing)(training, error)


def _nothing(*_: Any) -> None:
    """No-op default for a callback's ``begin`` and ``end``."""


def _signature() -> inspect.Signature:
    """Return fit's signature with the options of Training spelt out, for help() and notebooks."""
    *own, _ = inspect.signature(fit).parameters.values()  # the last one is **options
    names = {one.name for one in own}
    options = inspect.signature(Training).parameters.values()
    options_first = [*own[:3], *(one for one in options if one.name not in names), *own[3:]]
    return inspect.Signature(options_first, return_annotation="History")


fit.__signature__ = _signature()  # type: ignore[attr-defined]
