"""What the estimators' parameters mean: their ranges, their text, and the parts they stand for."""

from __future__ import annotations

import inspect
from numbers import Integral, Real
from typing import Any, TypeVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from rewire import methods
from rewire.activations import Activation
from rewire.graph import Network, mlp
from rewire.optimizers import SGD, Adam, AdamW, Optimizer
from rewire.schedules import Cosine, Linear, Schedule
from rewire.topology import Method

__all__ = [
    "CONSTRAINTS",
    "REWIRE_EVERY",
    "choose_method",
    "default_interval",
    "documented",
    "make_network",
    "make_optimizer",
    "make_schedule",
]

DEFAULT_SPARSITY = 0.8
REWIRE_EVERY, LEAST_REWIRINGS = 100, 20

SCHEDULES = {"constant": None, "linear": Linear(1.0, 0.01), "cosine": Cosine(1.0, stop=0.01)}
OPTIMIZERS = ("sgd", "adam", "adamw")

POSITIVE_COUNT = Interval(Integral, 1, None, closed="left")

CONSTRAINTS: dict[str, list[Any]] = {
    "hidden_layer_sizes": ["array-like", POSITIVE_COUNT],
    "sparsity": [Interval(Real, 0, 1, closed="left"), "array-like", None],
    "density": [Interval(Real, 0, 1, closed="right"), "array-like", None],
    "distribution": [StrOptions({"uniform", "er", "erk"})],
    "method": [str, Method, None],
    "every": [POSITIVE_COUNT, StrOptions({"epoch"}), None],
    "activation": [str, Activation],
    "optimizer": [StrOptions(set(OPTIMIZERS))],
    "learning_rate": [Interval(Real, 0, None, closed="neither")],
    "schedule": [StrOptions(set(SCHEDULES)), callable],
    "momentum": [Interval(Real, 0, 1, closed="left")],
    "weight_decay": [Interval(Real, 0, None, closed="left")],
    "batch_size": [POSITIVE_COUNT],
    "max_epochs": [POSITIVE_COUNT],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
    "patience": [POSITIVE_COUNT],
    "strip": ["boolean"],
    "warm_start": ["boolean"],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
}

PARAMETERS = """\
hidden_layer_sizes : array-like of int or int, default (100,)
        Neurons in each hidden layer.
    sparsity, density : float or array-like of float, optional
        Share of connections that is left out, in [0, 1), or that exists, in (0, 1]; give at most
        one, for the whole network or for each layer. Sparsity 0.8 by default. A method that
        prunes a dense network, such as ``"gmp"``, ends with it.
    distribution : {"er", "erk", "uniform"}, default "er"
        How one number is spread over the layers; see :func:`rewire.mlp`.
    method : str or rewire.topology.Method, default "rigl"
        Where connections go: a name in ``rewire.methods.registry``, or a method with parts of your
        own choice. None or ``"static"``: the wiring stays as it is.
    every : int or "epoch", optional
        Steps between rewirings, for a method by name. By default 100, or a twentieth of the
        training where that is less, so that short trainings rewire too.
    activation : str or rewire.activations.Activation, default "relu"
        Of the hidden layers.
    optimizer : {"adam", "adamw", "sgd"}, default "adam"
    learning_rate : float, default 0.01
    schedule : callable or "cosine", "linear", "constant", default "cosine"
        How the learning rate goes down to a hundredth in the course of ``fit``; or a function of a
        :class:`rewire.schedules.Time` that returns a factor.
    momentum : float, default 0.9
        Nesterov's, in [0, 1); for ``"sgd"`` only.
    weight_decay : float, default 0
        Added to the gradient, or with ``"adamw"`` taken off the weights directly.
    batch_size : int, default 128
        Data of no more samples than that are learnt all at once, in their order.
    max_epochs : int, default 100
        Passes over the data in one ``fit``.
    early_stopping : bool, default False
        Keep a part of the data for validation, stop once the loss there is not getting better, and
        return to the best network.
    validation_fraction : float, default 0.1
        That part, in (0, 1); of each class alike.
    patience : int, default 10
        Epochs to wait for a better validation loss.
    strip : bool, default False
        Remove dead neurons after ``fit``; the function stays the same.
    warm_start : bool, default False
        Whether ``fit`` goes on with the network of the call before.
    random_state : int, RandomState or None, default None
        Of first wiring and weights, order of samples, rewiring and the validation part.
    verbose : bool, default False
        Whether to write a line to standard error after every epoch."""

ATTRIBUTES = """\
history_ : rewire.train.History
        Everything that was measured, epoch by epoch, and every rewiring.
    loss_curve_ : list of float
        The loss of each epoch.
    n_iter_ : int
        Epochs.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where X had names."""

Class = TypeVar("Class", bound=type)


def documented(estimator: Class) -> Class:
    """Put what all estimators have in common into one's docstring."""
    text = estimator.__doc__ or ""
    text = text.replace("{parameters}", PARAMETERS).replace("{attributes}", ATTRIBUTES)
    estimator.__doc__ = text
    return estimator


def make_network(
    settings: Any, inputs: int, outputs: int, dtype: np.dtype, seed: int
) -> tuple[Network, Network]:
    """Return the network to begin with, and the sparse one that fixes the number of connections.

    They are the same one unless the method prunes a dense network.
    """
    sparsity, density = _plain(settings.sparsity), _plain(settings.density)
    if sparsity is None and density is None:
        sparsity = DEFAULT_SPARSITY
    one_number = not isinstance(density if sparsity is None else sparsity, (list, tuple))
    spread = {
        "sparsity": sparsity,
        "density": density,
        "distribution": settings.distribution if one_number else "uniform",
    }
    ranks = [inputs, *np.atleast_1d(settings.hidden_layer_sizes).tolist(), outputs]
    common: dict[str, Any] = {"activation": settings.activation, "dtype": dtype, "seed": seed}
    sparse = mlp(ranks, **spread, **common)
    dense = choose_method(settings, 1, sparse).initial == "dense"
    return (mlp(ranks, **common) if dense else sparse), sparse


def choose_method(settings: Any, interval: int | str, sparse: Network) -> Method:
    """Return the method; one by name gets the interval and, if it prunes, the final densities."""
    method = settings.method
    if not isinstance(method, str):
        if settings.every is not None:
            raise ValueError(
                "every is for a method by its name; give the method its own interval, such as "
                f"RigL(every={settings.every!r})"
            )
        return methods.get(method)
    options = {
        "every": interval if settings.every is None else _plain(settings.every),
        "density": sparse.layer_densities(),
    }
    takes = inspect.signature(methods.registry[method]).parameters
    return methods.get(method, **{name: options[name] for name in options if name in takes})


def make_optimizer(settings: Any) -> Optimizer:
    """Return the optimiser."""
    rate, decay = float(settings.learning_rate), float(settings.weight_decay)
    if settings.optimizer == "sgd":
        momentum = float(settings.momentum)
        return SGD(rate, momentum, nesterov=momentum > 0, weight_decay=decay)
    kind = Adam if settings.optimizer == "adam" else AdamW
    return kind(rate, weight_decay=decay)


def make_schedule(settings: Any) -> Schedule | None:
    """Return the factor of the learning rate over time."""
    named = isinstance(settings.schedule, str)
    return SCHEDULES[settings.schedule] if named else settings.schedule


def default_interval(total_steps: int) -> int:
    """Return how many steps should lie between two rewirings of a training."""
    return max(1, min(REWIRE_EVERY, total_steps // LEAST_REWIRINGS))


def _plain(value: Any) -> Any:
    """Return NumPy's numbers as Python's."""
    return value.tolist() if isinstance(value, (np.generic, np.ndarray)) else value
