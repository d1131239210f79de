"""How strongly weights decay where nobody says so: chosen by cross-validation."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np

from rewire import defaults
from rewire.graph import Network
from rewire.losses import Loss
from rewire.train import evaluate, fit
from rewire.train.defaults import choose_total_steps

from .build import make_schedule
from .choices import first_network, planned
from .recipe import Recipe

__all__ = ["with_decay"]

# By how much weights may shrink in an epoch instead of defaults.DECAY_PER_EPOCH: the less noise
# there is in a table, the better weights are remembered.
OTHERS = (0.01, 0.1)
# Tables with fewer samples tell no difference, in those with more it hardly matters.
FEWEST, MOST = 30, 10_000
# Wider ones, with more numbers in all, would take long.
NUMBERS = 1_000_000
FOLDS = 3
# Tables with more samples are split once, to train on three quarters.
ONE_SPLIT, QUARTERS = 2_000, 4
# Parts that samples held out are measured in, to know how sure a difference is.
BLOCKS = 5


def with_decay(
    recipe: Recipe, X: Any, y: np.ndarray, loss: Loss, outputs: int, dtype: Any = None
) -> Recipe:
    """Return the recipe with the weight decay of AdamW that suits its table.

    Weights shrink by 3% in an epoch at the first learning rate; by 1% or 10% where networks that
    are trained so have a lower loss on samples held out, by more than a standard error. These are
    short of a third of the samples at a time, or once of a quarter where there are many.

    Parameters
    ----------
    recipe : Recipe
        Unchanged if it has a weight decay, class weights or another optimizer, if it stops early,
        for fewer than 30 or more than 10,000 samples, and for more than a million numbers in X.
    X : array or SciPy sparse matrix, shape (samples, inputs)
    y : ndarray
        Targets as the loss takes them.
    loss : Loss
    outputs : int
        Of the network.
    dtype : dtype, optional
        Of the network; by default the recipe's.

    Examples
    --------
    >>> from rewire import losses
    >>> X = np.random.default_rng(0).normal(size=(200, 6))
    >>> recipe = Recipe("", optimizer="adamw", lr=0.01, batch_size=32, epochs=50)
    >>> exact = with_decay(recipe, X, X[:, :1] * X[:, 1:2], losses.get("mean_squared_error"), 1)
    >>> round(exact.weight_decay * exact.lr * 7, 3)  # in the 7 steps of an epoch
    0.01
    """
    samples = X.shape[0]
    short = FEWEST <= samples <= MOST and samples * X.shape[1] <= NUMBERS
    if not short or not _is_open(recipe):
        return recipe
    choices = (defaults.DECAY_PER_EPOCH, *OTHERS)
    random = np.random.default_rng(np.random.SeedSequence(recipe.seed, spawn_key=(2,)))
    parts = FOLDS if samples <= ONE_SPLIT else QUARTERS
    part = random.permutation(samples) % parts
    found: list[list[float]] = [[] for _ in choices]
    for number in range(FOLDS if samples <= ONE_SPLIT else 1):
        seen, held_out = np.flatnonzero(part != number), np.flatnonzero(part == number)
        for measured, decay in zip(found, choices, strict=True):
            trial = _decaying(recipe, decay, len(seen))
            net = _trained(trial, X[seen], y[seen], loss, outputs, dtype)
            blocks = np.array_split(held_out, BLOCKS)
            measured += [evaluate(net, X[rows], y[rows], loss).loss for rows in blocks]
    return _decaying(recipe, choices[_surely_lowest(np.array(found))], samples)


def _is_open(recipe: Recipe) -> bool:
    plain = recipe.early_stopping is None and recipe.class_weight is None
    return plain and recipe.optimizer == "adamw" and recipe.weight_decay is None


def _surely_lowest(losses: np.ndarray) -> int:
    """Return the row of the lowest mean, if it is surely lower than the first one's, else 0.

    Examples
    --------
    >>> _surely_lowest(np.array([[2.0, 3, 4], [1, 2.1, 3], [3, 4, 5]]))
    1
    >>> _surely_lowest(np.array([[2.0, 3, 4], [0, 6, 2.5]]))
    0
    """
    best = int(losses.mean(axis=1).argmin())
    gain = losses[0] - losses[best]
    return best if gain.mean() > gain.std(ddof=1) / len(gain) ** 0.5 else 0


def _decaying(recipe: Recipe, per_epoch: float, samples: int) -> Recipe:
    """Return the recipe with the weight decay that shrinks weights so in an epoch."""
    assert recipe.lr is not None
    assert recipe.batch_size is not None
    steps = -(-samples // recipe.batch_size)
    return replace(recipe, weight_decay=round(per_epoch / (recipe.lr * steps), 12))


def _trained(
    recipe: Recipe, X: Any, y: np.ndarray, loss: Loss, outputs: int, dtype: Any
) -> Network:
    net, densities, _ = first_network(recipe, X.shape[1], outputs, table=True, dtype=dtype)
    method, optimizer = planned(recipe, "classification", len(y), densities)
    batch_size = recipe.batch_size or defaults.BATCH_SIZE
    steps = choose_total_steps(recipe.epochs, recipe.total_steps, -(-len(y) // batch_size))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the training itself says what there is to say
        fit(
            net,
            X,
            y,
            method=method,
            loss=loss,
            optimizer=optimizer,
            total_steps=steps,
            batch_size=batch_size,
            schedule=make_schedule(recipe),
            report_every=steps,  # once: reports take time, and nobody reads them
            seed=recipe.seed,
        )
    return net
