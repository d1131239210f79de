"""From the settings of a recipe to the parts of a training."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from rewire import defaults, losses, methods, optimizers, schedules
from rewire.graph import Network, mlp
from rewire.optimizers import Optimizer
from rewire.schedules import Schedule
from rewire.topology import Method
from rewire.train.defaults import default_optimizer

from .recipe import LOSSES, Recipe
from .width import width_notice, with_width

__all__ = [
    "density_notice",
    "make_loss",
    "make_method",
    "make_network",
    "make_optimizer",
    "make_schedule",
    "method_options",
    "resolve_optimizer",
    "silence_constants",
    "without_unused_options",
]


def make_network(
    recipe: Recipe, inputs: int, outputs: int, *, dense: bool = False, dtype: Any = None
) -> Network:
    """Return the network at the start.

    Parameters
    ----------
    recipe : Recipe
    inputs, outputs : int
    dense : bool, default False
        Whether it has all connections, for a method that prunes.
    dtype : dtype, optional
        Instead of the recipe's.
    """
    recipe = with_width(recipe, inputs, outputs)
    sparsity, density = recipe.sparsity, recipe.density
    if sparsity is None and density is None:
        sparsity = (defaults.SPARSITY,)
    numbers = density if sparsity is None else sparsity
    assert numbers is not None
    common: dict[str, Any] = {
        "activation": recipe.activation,
        "init": recipe.init,
        "wiring": recipe.wiring,
        "dtype": recipe.dtype if dtype is None else dtype,
        "seed": recipe.seed,
    }
    assert recipe.hidden is not None
    sizes = [inputs, *recipe.hidden, outputs]
    if dense:
        return mlp(sizes, **common)
    return mlp(
        sizes,
        sparsity=_whole_or_layers(sparsity),
        density=_whole_or_layers(density),
        # What is given per layer needs no spreading, and is taken as it is.
        distribution=recipe.distribution if len(numbers) == 1 else "uniform",
        min_fan_in=recipe.min_fan_in if len(numbers) == 1 else 1,
        **common,
    )


def density_notice(recipe: Recipe, net: Network) -> str | None:
    """Return a sentence where a network at the start is not as the recipe says, else None.

    It may be denser, or have fewer neurons than a layer has by default.

    Parameters
    ----------
    recipe : Recipe
    net : Network
        As :func:`make_network` returned it, not dense.

    Examples
    --------
    >>> recipe = Recipe("iris", hidden=100)
    >>> density_notice(recipe, make_network(recipe, 4, 3)).split(",")[0]
    'density raised from 10% to 47.9%'
    """
    if recipe.hidden is None:
        return width_notice(recipe, net)
    given = recipe.density if recipe.sparsity is None else recipe.sparsity
    if given is not None and len(given) > 1:
        return None
    wanted = 1 - defaults.SPARSITY if given is None else given[0]
    if recipe.sparsity is not None:
        wanted = 1 - wanted
    if len(net.connections) <= round(round(wanted * net.possible_connections, 9)):
        return None
    return (
        f"density raised from {100 * wanted:.3g}% to {100 * net.density:.3g}%, so that every "
        f"neuron has a fan-in of at least {recipe.min_fan_in}, or reads all there is"
    )


def silence_constants(
    net: Network,
    X: Any,
    names: Sequence[str] | None = None,
    *,
    samples: str = "all training samples",
) -> str | None:
    """Set the weights from inputs that are 0 in all training samples to 0, in place.

    They would never be trained, and add what is random to the answers once such an input varies.
    A standardized input that is constant is 0.

    Parameters
    ----------
    net : Network
        At the start.
    X : array or SciPy sparse matrix, shape (samples, inputs)
        As the network learns them.
    names : sequence of str, optional
        Of the inputs.
    samples : str, optional
        What X holds, for the sentence.

    Returns
    -------
    str or None
        A sentence that names the inputs; None where each varies.
    """
    # But for rounding: numbers of deviation 1 have a sum of at least 1.
    constant = np.ravel(abs(X).sum(axis=0)) < 1e-6
    if not constant.any():
        return None
    net.connections.weight[np.isin(net.connections.source, np.flatnonzero(constant))] = 0
    shown = [names[k] if names else f"number {k}" for k in np.flatnonzero(constant)[:5]]
    noun = "input" if constant.sum() == 1 else "inputs"
    more = f" and {constant.sum() - 5} more" if constant.sum() > 5 else ""
    return f"{noun} {', '.join(shown)}{more}: the same in {samples}, so not used"


def _whole_or_layers(numbers: tuple[float, ...] | None) -> Any:
    """Return a single number, meant for the whole network, without its tuple."""
    return numbers[0] if numbers is not None and len(numbers) == 1 else numbers


def method_options(name: str) -> tuple[str, ...]:
    """Return the options that a method names itself, such as ``("fraction", "every", "end")``."""
    parameters = inspect.signature(methods.registry[name]).parameters.values()
    return tuple(one.name for one in parameters if one.kind is not one.VAR_KEYWORD)


def without_unused_options(recipe: Recipe) -> Recipe:
    """Return the recipe without the options that its method does not take.

    Where several methods share a recipe, or one may be exchanged for another, each is given what
    it knows.
    """
    if not isinstance(recipe.method, str):
        return recipe
    known = method_options(recipe.method)
    return replace(
        recipe,
        every=recipe.every if "every" in known else None,
        fraction=recipe.fraction if "fraction" in known else None,
        method_options={k: v for k, v in recipe.method_options.items() if k in known},
    )


def make_method(
    recipe: Recipe,
    *,
    densities: Sequence[float] | None = None,
    every: int | str | None = None,
) -> Method:
    """Return the method.

    Parameters
    ----------
    recipe : Recipe
    densities : sequence of float, optional
        Of the layers at the end, for a method that prunes and is given no density itself.
    every : int or "epoch", optional
        Default of the recipe's ``every``, for methods that have this option.

    Raises
    ------
    ValueError
        For options that the method does not take.
    """
    given = {"every": recipe.every, "fraction": recipe.fraction, **recipe.method_options}
    given = {name: value for name, value in given.items() if value is not None}
    if not isinstance(recipe.method, str):
        return methods.get(recipe.method, **given)
    known = method_options(recipe.method)
    _check_options(recipe.method, known, given)
    usual = {"density": densities, "every": every}
    usual = {k: v for k, v in usual.items() if k in known and v is not None}
    return methods.get(recipe.method, **(usual | given))


def _check_options(method: str, known: tuple[str, ...], given: Mapping[str, Any]) -> None:
    takes_parts = any(
        one.kind is one.VAR_KEYWORD
        for one in inspect.signature(methods.registry[method]).parameters.values()
    )
    parts = [one.name for one in fields(Method)] if takes_parts else []
    for name in given:
        if name not in known and name not in parts:
            own = ", ".join(known) or "none"
            raise ValueError(f"the options of method {method!r} are: {own}; got {name}")


def make_loss(recipe: Recipe, task: str) -> losses.Loss:
    """Return the loss, which must be one of the task's."""
    fitting = LOSSES[task]
    if recipe.loss is not None and recipe.loss not in fitting:
        raise ValueError(
            f"loss must be one of {', '.join(fitting)} for a {task}; got {recipe.loss!r}"
        )
    return type(losses.get(recipe.loss or fitting[0]))(recipe.l2)


def resolve_optimizer(recipe: Recipe, task: str) -> tuple[str, float]:
    """Return the optimiser's name and its learning rate, where the task decides the defaults."""
    name, rate = recipe.optimizer, recipe.lr
    if name is None:
        usual = default_optimizer(losses.get(LOSSES[task][0]))
        name = type(usual).__name__.lower()
        if name != "sgd" and rate is None:
            rate = usual.lr
    if rate is None:
        # The same step in the long run whatever the momentum: lr / (1 - momentum) is 1.
        rate = round(1 - recipe.momentum, 12) if name == "sgd" else optimizers.get(name).lr
    return name, rate


def make_optimizer(recipe: Recipe, task: str, steps_per_epoch: int | None = None) -> Optimizer:
    """Return the optimiser; where none is named, the one that suits the task.

    Parameters
    ----------
    recipe : Recipe
    task : {"classification", "regression"}
    steps_per_epoch : int, optional
        From which AdamW's weight decay follows, if the recipe names none; without it, it is the
        optimiser's own.

    Examples
    --------
    >>> make_optimizer(Recipe("wine", optimizer="adamw", lr=0.01), "classification", 5)
    AdamW(lr=0.01, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.6)
    """
    name, rate = resolve_optimizer(recipe, task)
    decay = recipe.weight_decay
    if decay is None and name == "adamw" and steps_per_epoch is not None:
        decay = round(defaults.DECAY_PER_EPOCH / (rate * steps_per_epoch), 12)
    given: dict[str, Any] = {"lr": rate, "weight_decay": decay}
    if name == "sgd":
        nesterov = recipe.nesterov and recipe.momentum > 0
        given |= {"momentum": recipe.momentum, "nesterov": nesterov}
    return optimizers.get(name, **{k: v for k, v in given.items() if v is not None})


def make_schedule(recipe: Recipe) -> Schedule:
    """Return the factor of the learning rate over time."""
    options: dict[str, Any] = {}
    if recipe.schedule in ("linear", "cosine"):
        options = {"final_lr": recipe.final_lr}
    elif recipe.schedule == "multistep":
        options = {"drop_at": recipe.drop_at, "drop_lr": recipe.drop_lr}
    return schedules.get(recipe.schedule, **options)
