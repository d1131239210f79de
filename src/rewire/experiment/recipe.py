"""Everything that decides a run, as plain data that JSON can hold."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from rewire import defaults, losses, methods
from rewire.graph import Network, mlp
from rewire.optimizers import SGD, Adam, AdamW, Optimizer
from rewire.schedules import Cosine, Linear, MultiStep, Schedule
from rewire.topology import Method
from rewire.train.defaults import default_optimizer

__all__ = ["LOSSES", "OPTIMIZERS", "SCHEDULES", "Recipe"]

OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {"sgd": SGD, "adam": Adam, "adamw": AdamW}
DEFAULT_SPARSITY = 0.9
# The first is the default.
LOSSES = {
    "classification": ("cross_entropy", "hinge", "binary_cross_entropy"),
    "regression": ("mean_squared_error",),
}
SCHEDULES = ("constant", "linear", "cosine", "multistep")


@dataclass(frozen=True)
class Recipe:
    """What to train on, which network, by which method, and how.

    Parameters
    ----------
    data : str
        A name that :func:`rewire.data.load` knows, or a file.
    target : str, optional
        The column to predict, of a file.
    ignore : tuple of str
        Columns to leave out, of a table.
    task : {"classification", "regression"}, optional
        Of a file; by default its targets decide.
    standardize : bool, optional
        Whether to bring inputs to mean 0 and deviation 1; by default for files only.
    validation : float, default 0.1
        Share (or number) of the training samples that are kept for validation; 0 for none.
    hidden : tuple of int
        Neurons in each hidden layer.
    sparsity, density : tuple of float, optional
        Of the whole network (one number), or of each layer; give one of the two. Sparsity 0.9 by
        default.
    distribution, activation, init, wiring
        See :func:`rewire.mlp`.
    method : str
        A name in ``rewire.methods.registry``.
    method_options : dict
        Of the method, such as ``{"every": 100}``; None stands for its own default.
    loss : str, optional
        By default what fits the data: cross-entropy for classes, squared error for numbers.
    l2 : float, default 0
        The loss's penalty on all weights and biases.
    optimizer : {"sgd", "adam", "adamw"}, optional
        By default SGD for classes, and for a regression Adam with learning rate 0.01.
    lr : float, optional
        By default 0.1 for SGD and 0.001 for others that are named.
    momentum, nesterov
        Of SGD.
    weight_decay : float, optional
        By default the optimiser's own.
    schedule : {"constant", "linear", "cosine", "multistep"}
        How the learning rate goes down: not at all; to ``final_lr`` of itself in equal steps or
        along a cosine; or by ``drop_lr`` at each of ``drop_at``.
    epochs, total_steps : number, optional
        How long; give one.
    batch_size, early_stopping, seed
        See :func:`rewire.fit`.
    dtype : {"float32", "float64"}
    """

    data: str
    target: str | None = None
    ignore: tuple[str, ...] = ()
    task: str | None = None
    standardize: bool | None = None
    validation: float = 0.1
    hidden: tuple[int, ...] = (100,)
    sparsity: tuple[float, ...] | None = None
    density: tuple[float, ...] | None = None
    distribution: str = "uniform"
    activation: str = "relu"
    init: str | float = "fan_in"
    wiring: str = "random"
    method: str = defaults.METHOD
    method_options: Mapping[str, Any] = field(default_factory=dict)
    loss: str | None = None
    l2: float = 0.0
    optimizer: str | None = None
    lr: float | None = None
    momentum: float = 0.9
    nesterov: bool = True
    weight_decay: float | None = None
    schedule: str = "cosine"
    final_lr: float = 0.01
    drop_lr: float = 1 / 3
    drop_at: tuple[float, ...] = (0.5, 0.75)
    epochs: float | None = None
    total_steps: int | None = None
    batch_size: int = 128
    early_stopping: int | None = None
    seed: int = 0
    dtype: str = "float32"

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """Return the settings that :meth:`to_dict` gave, also by way of JSON."""
        known = {one.name for one in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ValueError(f"settings must be among {', '.join(sorted(known))}; got {unknown[0]}")
        plain: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return cls(**plain)

    # ------------------------------------------------------------------------------- the parts

    def make_network(self, inputs: int, outputs: int, dense: bool = False) -> Network:
        """Return the network at the start; with ``dense``, with all its connections."""
        densities = {"sparsity": _one(self.sparsity), "density": _one(self.density)}
        if self.sparsity is None and self.density is None:
            densities["sparsity"] = DEFAULT_SPARSITY
        return mlp(
            [inputs, *self.hidden, outputs],
            **({} if dense else densities),
            distribution="uniform" if dense else self.distribution,
            activation=self.activation,
            init=self.init,
            wiring=self.wiring,
            dtype=self.dtype,
            seed=self.seed,
        )

    def make_method(self, sparse: Network | None = None) -> Method:
        """Return the method; one that begins dense ends with as many connections as ``sparse``."""
        options = {k: v for k, v in self.method_options.items() if v is not None}
        takes = list(inspect.signature(methods.registry[self.method]).parameters)
        parts = [one.name for one in fields(Method)] if "parts" in takes else []
        for name in options:
            if name not in takes and name not in parts:
                own = ", ".join(one for one in takes if one != "parts") or "none"
                raise ValueError(f"the options of method {self.method!r} are: {own}; got {name}")
        if sparse is not None and "density" in takes and "density" not in options:
            options["density"] = sparse.layer_densities()
        return methods.get(self.method, **options)

    def make_optimizer(self, loss: losses.Loss) -> Optimizer:
        """Return the optimiser; where none is named, the one that suits the loss."""
        name, rate = self.optimizer, self.lr
        if name is None:
            usual = default_optimizer(loss)
            name, rate = type(usual).__name__.lower(), usual.lr if rate is None else rate
        if name not in OPTIMIZERS:
            raise ValueError(f"optimizer must be one of {', '.join(OPTIMIZERS)}; got {name!r}")
        given: dict[str, Any] = {"lr": rate, "weight_decay": self.weight_decay}
        if name == "sgd":
            given |= {"momentum": self.momentum, "nesterov": self.nesterov and self.momentum > 0}
        return OPTIMIZERS[name](**{k: v for k, v in given.items() if v is not None})

    def make_schedule(self) -> Schedule | None:
        """Return the factor of the learning rate over time."""
        if self.schedule == "constant":
            return None
        if self.schedule == "linear":
            return Linear(1.0, self.final_lr)
        if self.schedule == "cosine":
            return Cosine(1.0, 1.0, self.final_lr)
        if self.schedule == "multistep":
            return MultiStep(self.drop_at, self.drop_lr)
        raise ValueError(f"schedule must be one of {', '.join(SCHEDULES)}; got {self.schedule!r}")

    def make_loss(self, task: str) -> losses.Loss:
        """Return the loss, which must be one of the task's."""
        fitting = LOSSES[task]
        if self.loss is not None and self.loss not in fitting:
            raise ValueError(
                f"loss must be one of {', '.join(fitting)} for a {task}; got {self.loss!r}"
            )
        return type(losses.get(self.loss or fitting[0]))(self.l2)


def _one(numbers: tuple[float, ...] | None) -> Any:
    """Return a single number for the whole network as such."""
    return numbers[0] if numbers is not None and len(numbers) == 1 else numbers
