"""The post's experiment: one network trained twice, with static wiring and with RigL."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial

import numpy as np

from rewire.data import moons
from rewire.export import from_scalar, to_scalar
from rewire.losses import Hinge
from rewire.methods import PostRigL, Static
from rewire.optimizers import SGD
from rewire.report import Recorder
from rewire.scalar import SparseMLP, loss, rigl_update, strip, strip_deadneurons
from rewire.topology import Rewirer
from rewire.train import Trainer

from .scalar_recording import ScalarFrames, history_rows, rewiring_record

__all__ = [
    "ENGINES",
    "STEPS",
    "MethodRun",
    "Reproduction",
    "fan_ins",
    "layer_sizes",
    "reproduce_post",
]

METHODS = ("static", "rigl")
STEPS = 400
REWIRE_EVERY = 20
DROP_FRACTION = 0.3

OnStep = Callable[[str, int, float, float], None]


@dataclass
class MethodRun:
    """One of the two trainings: its measurements before each step, and the trained network.

    Attributes
    ----------
    method : {"static", "rigl"}
    model : SparseMLP
    losses, accuracies : list of float
        On the training data, before each step.
    final_loss, final_accuracy : float
        On the training data, after the last step.
    rewirings : list of int
        Steps after which connections moved.
    seconds : float
        Time of training, without that of the recorder.
    recorder : Recorder
        Holds the recording for a report.
    """

    method: str
    model: SparseMLP
    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    final_loss: float = math.nan
    final_accuracy: float = math.nan
    rewirings: list[int] = field(default_factory=list)
    seconds: float = 0.0
    recorder: Recorder = field(default_factory=lambda: Recorder(data="moons"))

    def __repr__(self) -> str:
        end = f", loss {self.final_loss:.4g}" if self.losses else ""
        return (
            f"<MethodRun {self.method}: {layer_sizes(self.model)}, {len(self.losses)} steps{end}>"
        )


@dataclass(repr=False)
class Reproduction:
    """Both trainings, and the network trained with RigL stripped of its dead neurons.

    Attributes
    ----------
    seed : int
    engine : {"array", "scalar"}
    X, y : ndarray
        The data.
    static, rigl : MethodRun
    stripped_once : SparseMLP
        Stripped by the post's single pass, ``strip_deadneurons``.
    stripped : SparseMLP
        Stripped by ``strip``, which removes all dead neurons and keeps the function.
    """

    seed: int
    engine: str
    X: np.ndarray
    y: np.ndarray
    static: MethodRun
    rigl: MethodRun
    stripped_once: SparseMLP
    stripped: SparseMLP

    def __repr__(self) -> str:
        return (
            f"<Reproduction with seed {self.seed} by the {self.engine} engine\n"
            f"  static    {self.static!r}\n"
            f"  rigl      {self.rigl!r}\n"
            f"  stripped  {layer_sizes(self.stripped)}, by the post's single pass "
            f"{layer_sizes(self.stripped_once)}>"
        )


def reproduce_post(
    seed: int = 1337, engine: str = "array", on_step: OnStep | None = None
) -> Reproduction:
    """Run the post's experiment.

    The data are two moons (100 points, noise 0.1). The network is 2-16-16-1 with sparsities 0, 0.9
    and 0.8, wired to the first inputs, with weights from ±0.1. It is trained by 400 full-batch
    steps of gradient descent at learning rate 1 - 0.9 k / 400. RigL rewires every layer after each
    20th step but the first, at a drop fraction of 0.3 times the learning rate. It grows by the
    gradient of the last sample alone, because the post's code starts anew at every sample.

    Parameters
    ----------
    seed : int, default 1337
        Seed of the data and of the initial network; the default is the post's.
    engine : {"array", "scalar"}, default "array"
        What computes: the array engine, in float64, or the teaching core.
    on_step : callable, optional
        Called as ``on_step(method, step, loss, accuracy)`` after every step.

    Returns
    -------
    Reproduction

    Raises
    ------
    ValueError
        For an unknown engine.

    Examples
    --------
    >>> reproduction = reproduce_post()
    >>> layer_sizes(reproduction.rigl.model), layer_sizes(reproduction.stripped)
    ('16-16-1', '7-4-1')
    """
    if engine not in ENGINES:
        raise ValueError(f"engine must be one of {sorted(ENGINES)}; got {engine!r}")
    X, y = moons(n_samples=100, noise=0.1, seed=seed)
    if engine == "array":  # a first run compiles the kernels, which is no part of a training's time
        _train_array(MethodRun("rigl", _network(seed)), X, y, lambda *_: None)
    runs = []
    for method in METHODS:
        run = MethodRun(method, _network(seed))
        begin = time.perf_counter()
        ENGINES[engine](run, X, y, on_step or (lambda *_: None))
        run.seconds = time.perf_counter() - begin - run.recorder.seconds
        total_loss, accuracy = loss(run.model, X.tolist(), y.tolist())
        run.final_loss, run.final_accuracy = end = total_loss.data, accuracy
        run.recorder.recording.rows = history_rows(run.losses, run.accuracies, end, run.seconds)
        runs.append(run)
    static, rigl = runs
    once, exact = strip_deadneurons(rigl.model), strip(rigl.model)
    return Reproduction(seed, engine, X, y, static, rigl, stripped_once=once, stripped=exact)


def fan_ins(model: SparseMLP) -> list[list[int]]:
    """Return the fan-in of every neuron, layer by layer."""
    return [[len(neuron.w) for neuron in layer.neurons] for layer in model.layers]


def layer_sizes(model: SparseMLP) -> str:
    """Return the number of neurons of each layer as text, such as ``7-4-1``."""
    return "-".join(str(len(layer.neurons)) for layer in model.layers)


def _network(seed: int) -> SparseMLP:
    """Return the post's network before its training."""
    return SparseMLP(
        2, [16, 16, 1], [0.0, 0.9, 0.8], wiring="first", init=0.1, rng=random.Random(seed)
    )


def _train_scalar(run: MethodRun, X: np.ndarray, y: np.ndarray, on_step: OnStep) -> None:
    model, frames, rewirings = run.model, ScalarFrames(), []
    loss_on_data = partial(loss, X=X.tolist(), y=y.tolist())
    method = (PostRigL() if run.method == "rigl" else Static()).name
    run.recorder.start(frames.convert(model), X, y, method=method, loss="hinge", total_steps=STEPS)
    for step in range(STEPS):
        total_loss, accuracy = loss_on_data(model)
        model.zero_grad()
        total_loss.backward()
        learning_rate = learning_rate_at(step)
        for p in model.parameters():
            p.data -= learning_rate * p.grad
        if run.method == "rigl" and rewires_after(step):
            fraction = DROP_FRACTION * learning_rate
            changes = rigl_update(model, loss_on_data, fraction, dense_grad="last")
            rewirings.append(rewiring_record(step + 1, changes, len(model.layers)))
            run.rewirings.append(step)
        if step % REWIRE_EVERY == 0 or step == STEPS - 1:
            run.recorder.take(frames.convert(model), step + 1, _frame_kind(run, step))
        run.losses.append(total_loss.data)
        run.accuracies.append(accuracy)
        on_step(run.method, step, total_loss.data, accuracy)
    run.recorder.recording.rewirings = rewirings


def _train_array(run: MethodRun, X: np.ndarray, y: np.ndarray, on_step: OnStep) -> None:
    net = from_scalar(run.model)
    hinge = Hinge(l2=1e-4)
    trainer = Trainer(net, hinge, SGD())
    method = PostRigL(DROP_FRACTION, REWIRE_EVERY) if run.method == "rigl" else Static()
    rewirer = Rewirer(method, net, total_steps=STEPS)
    recorder = run.recorder
    recorder.start(net, X, y, method=method.name, loss=hinge.name, total_steps=STEPS)
    step = 0
    while step < STEPS:
        # One compiled call for all steps up to the next rewiring or frame.
        end = min(STEPS, step - (step - 1) % REWIRE_EVERY + REWIRE_EVERY)
        result = trainer.steps(X, y, end - step, [learning_rate_at(k) for k in range(step, end)])
        for loss_value, n_correct in zip(
            result.losses.tolist(), result.n_correct.tolist(), strict=True
        ):
            run.losses.append(loss_value)
            run.accuracies.append(n_correct / len(X))
            on_step(run.method, step, loss_value, run.accuracies[-1])
            step += 1
        if rewirer.due(end):
            signals = [net.signals(X[-1:], y[-1:], hinge)]  # as the post's code looks at them
            rewirer.rewire(end, signals, learning_rate=learning_rate_at(end - 1))
            run.rewirings.append(end - 1)
        recorder.take(net, end, _frame_kind(run, end - 1))
    recorder.recording.rewirings = [asdict(record) for record in rewirer.history]
    run.model = to_scalar(net)


def _frame_kind(run: MethodRun, step: int) -> str:
    """Return why a frame is taken after a step."""
    if step == STEPS - 1:
        return "end"
    return "rewiring" if run.method == "rigl" and rewires_after(step) else "report"


def learning_rate_at(step: int) -> float:
    """Return the post's learning rate."""
    return 1 - 0.9 * step / STEPS


def rewires_after(step: int) -> bool:
    """Return whether the post rewires after this step."""
    return step % REWIRE_EVERY == 0 and step > 0


ENGINES: dict[str, Callable[[MethodRun, np.ndarray, np.ndarray, OnStep], None]] = {
    "array": _train_array,
    "scalar": _train_scalar,
}
