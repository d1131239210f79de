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
WEAKER, STRONGER = 0.01, 0.1
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

    With the first third held out, 10% is tried, and 1% where 10% is no better than 3%. The better
    of them goes on to the other thirds, until it is worse than 3% by more than two standard errors.

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
    random = np.random.default_rng(np.random.SeedSequence(recipe.seed, spawn_key=(2,)))
    parts = FOLDS if samples <= ONE_SPLIT else QUARTERS
    part = random.permutation(samples) % parts

    def losses(decay: float, number: int) -> np.ndarray:
        seen, held_out = np.flatnonzero(part != number), np.flatnonzero(part == number)
        trial = _decaying(recipe, decay, len(seen))
        net = _trained(trial, X[seen], y[seen], loss, outputs, dtype)
        blocks = np.array_split(held_out, BLOCKS)
        return np.array([evaluate(net, X[rows], y[rows], loss).loss for rows in blocks])

    usual = defaults.DECAY_PER_EPOCH
    first = losses(usual, 0)
    other, gains = STRONGER, first - losses(STRONGER, 0)
    if gains.mean() <= 0:
        weaker = first - losses(WEAKER, 0)
        if weaker.mean() > gains.mean():
            other, gains = WEAKER, weaker
    for number in range(1, FOLDS if samples <= ONE_SPLIT else 1):
        if _is_positive(-gains, errors=2):
            break
        gains = np.append(gains, losses(usual, number) - losses(other, number))
    return _decaying(recipe, other if _is_positive(gains) else usual, samples)


def _is_open(recipe: Recipe) -> bool:
    plain = recipe.early_stopping is None and recipe.class_weight is None
    return plain and recipe.optimizer == "adamw" and recipe.weight_decay is None


def _is_positive(gains: np.ndarray, errors: float = 1) -> bool:
    """Return whether the mean is above 0 by more than so many standard errors.

    Examples
    --------
    >>> _is_positive(np.array([1, 0.9, 1])), _is_positive(np.array([2, -3, 1.5]))
    (True, False)
    """
    return bool(gains.mean() > errors * gains.std(ddof=1) / len(gains) ** 0.5)


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
