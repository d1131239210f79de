"""Settings that a recipe leaves open, chosen to suit its data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rewire import defaults
from rewire.graph import Network
from rewire.optimizers import Optimizer
from rewire.topology import Method
from rewire.train.defaults import choose_total_steps

from .build import (
    density_notice,
    make_method,
    make_network,
    make_optimizer,
    resolve_optimizer,
)
from .outputs import rescale_outputs
from .recipe import Recipe

if TYPE_CHECKING:
    from rewire.data import Dataset

    from .experiment import Experiment

__all__ = ["first_network", "in_words", "is_table", "planned", "rewiring_interval", "with_choices"]


def is_table(data: Dataset) -> bool:
    """Return whether data come from columns of any kind, not from arrays or a named data set."""
    return data.encoder is not None


def with_choices(recipe: Recipe, data: Dataset, samples: int | None = None) -> Recipe:
    """Return the recipe with optimizer, learning rate, batch size and more as suits the data.

    Tables are learnt as the estimators of :mod:`rewire.sklearn` learn them. Arrays and named data
    sets have the defaults of :func:`rewire.fit`. What the recipe says stays as it is.

    Parameters
    ----------
    recipe : Recipe
    data : Dataset
        As the recipe loads it.
    samples : int, optional
        To learn from, where the data are but some of them.

    Examples
    --------
    >>> from rewire.data import load
    >>> chosen = with_choices(Recipe("iris"), load("iris"))
    >>> chosen.optimizer, chosen.lr, chosen.batch_size
    ('sgd', 0.1, 128)
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"x": [0.5, 1.5, 2.5, 4.0], "y": ["a", "b", "a", "b"]})
    >>> chosen = with_choices(Recipe("ab.csv"), load(frame, target="y"))
    >>> chosen.optimizer, chosen.lr, chosen.batch_size, chosen.epochs, chosen.loss
    ('adamw', 0.01, 32, 200, 'binary_cross_entropy')
    """
    chosen: dict[str, Any] = {"batch_size": defaults.BATCH_SIZE}
    if is_table(data):
        chosen = _for_table(recipe, data, len(data.y) if samples is None else samples)
    open_ones = {name: one for name, one in chosen.items() if getattr(recipe, name) is None}
    recipe = replace(recipe, **open_ones)
    optimizer, lr = resolve_optimizer(recipe, data.task)
    return replace(recipe, optimizer=optimizer, lr=lr)


def _for_table(recipe: Recipe, data: Dataset, samples: int) -> dict[str, Any]:
    """Return what suits a table, also of settings that the recipe has."""
    found: dict[str, Any] = {"batch_size": defaults.TABLE_BATCH_SIZE}
    if recipe.optimizer is None:
        found |= {"optimizer": defaults.TABLE_OPTIMIZER, "lr": defaults.TABLE_LR}
    if recipe.total_steps is None:
        batch = recipe.batch_size or defaults.TABLE_BATCH_SIZE
        found["epochs"] = _table_epochs(-(-samples // batch))
    if data.task == "classification" and len(data.classes) == 2:
        found["loss"] = "binary_cross_entropy"
    return found


def _table_epochs(steps_per_epoch: int) -> int:
    """Return how often a table is seen.

    Examples
    --------
    >>> _table_epochs(100), _table_epochs(10_000), _table_epochs(10**6)
    (200, 15, 1)
    """
    return max(1, min(defaults.TABLE_EPOCHS, defaults.TABLE_STEPS // steps_per_epoch))


def first_network(
    recipe: Recipe, inputs: int, outputs: int, *, table: bool, dtype: Any = None
) -> tuple[Network, list[float] | None, str | None]:
    """Return the network at the start of a training.

    Parameters
    ----------
    recipe : Recipe
    inputs, outputs : int
    table : bool
        Whether a table is to be learnt: outputs then begin small.
    dtype : dtype, optional
        Instead of the recipe's.

    Returns
    -------
    network : Network
        Dense if the method prunes a dense one.
    densities : list of float or None
        Of the layers at the end, where the network is dense at the start. A method that prunes a
        sparse one (``GraNet(initial="sparse")``) has its own.
    notice : str or None
        A sentence, if the densities are not those asked for.
    """
    net, densities = make_network(recipe, inputs, outputs, dtype=dtype), None
    notice = density_notice(recipe, net)
    if make_method(recipe).initial == "dense":
        densities = net.layer_densities()
        net = make_network(recipe, inputs, outputs, dtype=dtype, dense=True)
    if table:
        rescale_outputs(net, defaults.FIRST_OUTPUTS)
    return net, densities, notice


def planned(
    recipe: Recipe, task: str, samples: int, densities: Sequence[float] | None
) -> tuple[Method, Optimizer]:
    """Return method and optimizer to learn a table of so many samples.

    Parameters
    ----------
    recipe : Recipe
        With a batch size.
    task : {"classification", "regression"}
    samples : int
    densities : sequence of float, optional
        As of :func:`make_method`.
    """
    assert recipe.batch_size is not None
    per_epoch = -(-samples // recipe.batch_size)
    every = rewiring_interval(choose_total_steps(recipe.epochs, recipe.total_steps, per_epoch))
    method = make_method(recipe, densities=densities, every=every)
    return method, make_optimizer(recipe, task, per_epoch)


def rewiring_interval(total_steps: int) -> int:
    """Return the steps between two rewirings where a table is learnt by a method by its name.

    Examples
    --------
    >>> rewiring_interval(10_000), rewiring_interval(400)
    (100, 20)
    """
    return max(1, min(defaults.REWIRE_EVERY, total_steps // defaults.LEAST_REWIRINGS))


def in_words(experiment: Experiment) -> str:
    """Return how an experiment is trained, whether that was said or chosen.

    Examples
    --------
    >>> from rewire.experiment import prepare_experiment
    >>> in_words(prepare_experiment(Recipe("iris")))
    'sgd, learning rate 0.1 (cosine), momentum 0.9; 1,000 steps of 128 samples (500 epochs)'
    """
    recipe, training = experiment.recipe, experiment.training
    optimizer = training.trainer.optimizer
    parts = [f"{recipe.optimizer}, learning rate {optimizer.lr:g} ({recipe.schedule})"]
    if recipe.optimizer == "sgd":
        parts.append(f"momentum {recipe.momentum:g}")
    if decay := getattr(optimizer, "weight_decay", 0):
        parts.append(f"weight decay {decay:.3g}")
    epochs = training.total_steps / training.batches.per_epoch
    return (
        f"{', '.join(parts)}; {training.total_steps:,} steps of {training.batches.size:,} samples "
        f"({epochs:,.3g} epochs)"
    )
