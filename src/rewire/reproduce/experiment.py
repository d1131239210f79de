"""The experiment itself: one network trained twice, with its wiring fixed and with RigL."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial

import numpy as np

from rewire.data import moons
from rewire.graph import Network
from rewire.losses import Hinge
from rewire.methods import PostRigL, Static
from rewire.optimizers import SGD
from rewire.report import Recorder
from rewire.scalar import SparseMLP, loss, rigl_update, strip, strip_deadneurons
from rewire.topology import Rewirer
from rewire.train import Trainer

from .frames import ScalarFrames, figures, moved

__all__ = ["ENGINES", "STEPS", "Experiment", "Run", "fan_ins", "run_experiment"]

METHODS = ("static", "rigl")
STEPS = 400
REWIRE_EVERY = 20
DROP_FRACTION = 0.3

OnStep = Callable[[str, int, float, float], None]


@dataclass
class Run:
    """One training run: what it measured before each step's step, and the trained network.

    The recorder is for a report; what it takes does not count among the ``seconds``.
    """

    method: str
    model: SparseMLP
    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    rewirings: list[int] = field(default_factory=list)
    seconds: float = 0.0
    recorder: Recorder = field(default_factory=lambda: Recorder(data="moons"))


@dataclass
class Experiment:
    """Both runs, and the network of the second stripped of its dead neurons.

    Attributes
    ----------
    stripped_once : SparseMLP
        By the post's single pass, ``strip_deadneurons``.
    stripped : SparseMLP
        By ``strip``, which removes all dead neurons and keeps the function.
    """

    seed: int
    engine: str
    X: np.ndarray
    y: np.ndarray
    static: Run
    rigl: Run
    stripped_once: SparseMLP
    stripped: SparseMLP


def run_experiment(
    seed: int = 1337, engine: str = "array", on_step: OnStep | None = None
) -> Experiment:
    """Run the post's experiment.

    Moons (100 points, noise 0.1), a network 2-16-16-1 with sparsities 0, 0.9 and 0.8 wired to the
    first inputs, weights from ±0.1; 400 full-batch steps of gradient descent at learning rate
    1 - 0.9 k / 400; for RigL a rewiring of every layer after each 20th step but the first, at
    0.3 times the learning rate. Its growth gradient is that of the last sample alone, because the
    post's code renews the candidates at every sample.

    Parameters
    ----------
    seed : int, default 1337
        Of the data and of the initial network.
    engine : {"array", "scalar"}, default "array"
        What computes: the array engine, in float64, or the teaching core.
    on_step : callable, optional
        Called as ``on_step(method, step, loss, accuracy)`` after every step.

    Returns
    -------
    Experiment
    """
    if engine not in ENGINES:
        raise ValueError(f"engine must be one of {sorted(ENGINES)}; got {engine!r}")
    X, y = moons(n_samples=100, noise=0.1, seed=seed)
    if engine == "array":  # once for nothing: what has to be compiled is no part of a training
        _train_array(Run("rigl", _network(seed)), X, y, lambda *_: None)
    runs = []
    for method in METHODS:
        run = Run(method, _network(seed))
        begin = time.perf_counter()
        ENGINES[engine](run, X, y, on_step or (lambda *_: None))
        run.seconds = time.perf_counter() - begin - run.recorder.seconds
        total_loss, accuracy = loss(run.model, X.tolist(), y.tolist())
        end = total_loss.data, accuracy
        run.recorder.recording.rows = figures(run.losses, run.accuracies, end, run.seconds)
        runs.append(run)
    static, rigl = runs
    return Experiment(
        seed=seed,
        engine=engine,
        X=X,
        y=y,
        static=static,
        rigl=rigl,
        stripped_once=strip_deadneurons(rigl.model),
        stripped=strip(rigl.model),
    )


def fan_ins(model: SparseMLP) -> list[list[int]]:
    """Return the fan-in of every neuron, layer by layer."""
    return [[len(neuron.w) for neuron in layer.neurons] for layer in model.layers]


def _network(seed: int) -> SparseMLP:
    """Return the post's network before its training."""
    return SparseMLP(
        2, [16, 16, 1], [0.0, 0.9, 0.8], wiring="first", init=0.1, rng=random.Random(seed)
    )


def _train_scalar(run: Run, X: np.ndarray, y: np.ndarray, on_step: OnStep) -> None:
    model, frames, rewirings = run.model, ScalarFrames(), []
    loss_on_data = partial(loss, X=X.tolist(), y=y.tolist())
    method = (PostRigL() if run.method == "rigl" else Static()).name
    run.recorder.start(frames.of(model), X, y, method=method, loss="hinge", total_steps=STEPS)
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
            rewirings.append(moved(step + 1, changes, len(model.layers)))
            run.rewirings.append(step)
        if step % REWIRE_EVERY == 0 or step == STEPS - 1:
            run.recorder.take(frames.of(model), step + 1, _kind(run, step))
        run.losses.append(total_loss.data)
        run.accuracies.append(accuracy)
        on_step(run.method, step, total_loss.data, accuracy)
    run.recorder.recording.rewirings = rewirings


def _train_array(run: Run, X: np.ndarray, y: np.ndarray, on_step: OnStep) -> None:
    net = Network.from_scalar(run.model)
    hinge = Hinge(l2=1e-4)
    trainer = Trainer(net, hinge, SGD())
    method = PostRigL(DROP_FRACTION, REWIRE_EVERY) if run.method == "rigl" else Static()
    rewirer = Rewirer(method, net, total_steps=STEPS)
    recorder = run.recorder
    recorder.start(net, X, y, method=method.name, loss=hinge.name, total_steps=STEPS)
    step = 0
    while step < STEPS:
        # Up to the next rewiring, and a report now and then, in one compiled call.
        end = min(STEPS, step - (step - 1) % REWIRE_EVERY + REWIRE_EVERY)
        learned = trainer.steps(X, y, end - step, [learning_rate_at(k) for k in range(step, end)])
        for loss_value, right in zip(learned.losses.tolist(), learned.n_correct.tolist(), strict=True):
            run.losses.append(loss_value)
            run.accuracies.append(right / len(X))
            on_step(run.method, step, loss_value, run.accuracies[-1])
            step += 1
        if rewirer.due(end):
            rewirer.rewire(end, [(X, y)], hinge, learning_rate_at(end - 1))
            run.rewirings.append(end - 1)
        recorder.take(net, end, _kind(run, end - 1))
    recorder.recording.rewirings = [asdict(record) for record in rewirer.history]
    run.model = net.to_scalar()


def _kind(run: Run, step: int) -> str:
    """Say why a frame is taken after a step."""
    if step == STEPS - 1:
        return "end"
    return "rewiring" if run.method == "rigl" and rewires_after(step) else "report"


def learning_rate_at(step: int) -> float:
    """Return the post's learning rate."""
    return 1 - 0.9 * step / STEPS


def rewires_after(step: int) -> bool:
    """Say whether the post rewires after this step."""
    return step % REWIRE_EVERY == 0 and step > 0


ENGINES: dict[str, Callable[[Run, np.ndarray, np.ndarray, OnStep], None]] = {
    "array": _train_array,
    "scalar": _train_scalar,
}
