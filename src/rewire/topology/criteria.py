"""What to drop and what to grow: criteria are functions of the moment, and one decorator each.

A drop criterion returns a score for every connection, and the lowest are dropped. A grow criterion
returns a score for every pair of a block of targets and sources, and the highest are grown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from rewire.io import Decorated, Registry

from .candidates import NotANumberError, Sources
from .context import RewiringContext, View, declared
from .selection import earlier_of_same

__all__ = [
    "DropCriterion",
    "GrowCriterion",
    "drop_criteria",
    "drop_criterion",
    "grow_criteria",
    "grow_criterion",
]


class _Criterion(Decorated):
    def __init__(
        self, name: str, function: Callable, needs: Iterable[str] = (), uniform: bool = False
    ):
        self.name, self.function, self.needs = name, function, declared(needs)
        self.uniform = uniform
        self.__doc__ = function.__doc__

    def using(self, **options: Any):
        """Return the same criterion with other options."""
        return type(self)(self.name, partial(self.function, **options), self.needs, self.uniform)

    @property
    def options(self) -> dict[str, Any]:
        """What :meth:`using` set."""
        return dict(getattr(self.function, "keywords", {}))

    def __repr__(self) -> str:
        options = "".join(f", {key}={value!r}" for key, value in self.options.items())
        return f"<{type(self).__name__} {self.name!r}{options}>"


class DropCriterion(_Criterion):
    """Scores what exists; the lowest are dropped. Made by :func:`drop_criterion`."""

    def __call__(self, now: RewiringContext) -> np.ndarray:
        """Return one score per connection."""
        score = np.asarray(self.function(View(now, self.name, self.needs)))
        if score.shape != now.weight.shape:
            raise ValueError(
                f"drop criterion {self.name!r} must return one score per connection, shape "
                f"{now.weight.shape}; got {score.shape}"
            )
        if np.isnan(score).any():
            raise NotANumberError(f"drop criterion {self.name!r} returned NaN")
        return score


class GrowCriterion(_Criterion):
    """Scores what is absent; the highest are grown. Made by :func:`grow_criterion`.

    ``uniform`` marks random growth, which needs no scores.
    """

    def __call__(self, now: RewiringContext, targets: slice, sources: Sources) -> np.ndarray:
        """Return scores of shape (targets, sources), floats in an array to write to."""
        scores = np.asarray(self.function(View(now, self.name, self.needs), targets, sources))
        among = sources.stop - sources.start if isinstance(sources, slice) else len(sources)
        wanted = targets.stop - targets.start, among
        if scores.shape != wanted:
            raise ValueError(
                f"grow criterion {self.name!r} must return one score per target and source, shape "
                f"{wanted}; got {scores.shape}"
            )
        if scores.dtype.kind == "f" and scores.flags.writeable:
            return scores
        return scores.astype(np.float64)


drop_criteria: Registry[DropCriterion] = Registry("drop criterion")
grow_criteria: Registry[GrowCriterion] = Registry("grow criterion")


def drop_criterion(name: str, needs: Iterable[str] = ()) -> Callable[[Callable], DropCriterion]:
    """Register a function of the moment as a drop criterion.

    Parameters
    ----------
    name : str
        For the command line, the documentation and the contract tests, which all find it then.
    needs : iterable of str
        What it reads besides weights and wiring: ``"signals"``, ``"gradient"``, ``"momentum"``,
        ``"age"``. What cannot be had is refused when a method is bound to a network.

    Examples
    --------
    Drop the connections that carry the least signal:

    >>> @drop_criterion("least signal", needs=["signals"])
    ... def least_signal(now):
    ...     return np.abs(now.weight) * np.abs(now.activation).mean(axis=1)[now.source]
    >>> least_signal
    <DropCriterion 'least signal'>
    >>> drop_criteria.remove("least signal")
    """
    return lambda function: drop_criteria.add(name, DropCriterion(name, function, needs))


def grow_criterion(name: str, needs: Iterable[str] = ()) -> Callable[[Callable], GrowCriterion]:
    """Register a function of (now, targets, sources) as a grow criterion.

    Targets are a slice of neurons, sources a slice or an array of them; it returns a new array of
    shape (targets, sources). The parameters are those of :func:`drop_criterion`.

    Examples
    --------
    Grow where source and target are active together:

    >>> @grow_criterion("hebbian", needs=["signals"])
    ... def hebbian(now, targets, sources):
    ...     return now.activation[targets] @ now.activation[sources].T
    >>> hebbian
    <GrowCriterion 'hebbian'>
    >>> grow_criteria.remove("hebbian")
    """
    return lambda function: grow_criteria.add(name, GrowCriterion(name, function, needs))


# ------------------------------------------------------------------------------------- to drop


@drop_criterion("magnitude")
def magnitude(now: RewiringContext) -> np.ndarray:
    r"""Drop the smallest \|w\|."""
    return np.abs(now.weight)


@drop_criterion("sign magnitude")
def sign_magnitude(now: RewiringContext) -> np.ndarray:
    """Drop the smallest positive and the largest negative weights, equal shares of both.

    SET's rule (arXiv 1707.04780). The score is a weight's rank within its sign and its group, over
    how many there are; zeros count as positive.
    """
    negative = now.weight < 0
    order = np.lexsort((now.birth, now.target, np.abs(now.weight), negative, now.group))
    kind = 2 * now.group[order] + negative[order]
    score = np.empty(len(kind))
    score[order] = (earlier_of_same(kind) + 0.5) / np.bincount(kind, minlength=1)[kind]
    return score


@drop_criterion("magnitude and gradient", needs=["gradient"])
def magnitude_and_gradient(now: RewiringContext, balance: float = 1.0) -> np.ndarray:
    r"""Drop the smallest \|w\| + λ \|dL/dw\| (MEST, arXiv 2110.14032); λ is ``balance``."""
    return np.abs(now.weight) + balance * np.abs(now.gradient)


@drop_criterion("sensitivity", needs=["gradient"])
def sensitivity(now: RewiringContext) -> np.ndarray:
    r"""Drop the smallest \|w · dL/dw\|, what the loss would notice least (SNIP, 1810.02340)."""
    return np.abs(now.weight * now.gradient)


@drop_criterion("relative importance")
def relative_importance(now: RewiringContext) -> np.ndarray:
    r"""Drop the smallest share in the weights around it (CHT, arXiv 2501.19107).

    \|w_ts\| / Σ_t' \|w_t's\| + \|w_ts\| / Σ_s' \|w_ts'\|: among what leaves the source, and among
    what enters the target.
    """
    size = np.abs(now.weight).astype(np.float64)
    score = np.zeros(len(size))
    for ends in (now.source, now.target):
        total = np.bincount(ends, size, minlength=now.net.size)[ends]
        score += np.divide(size, total, out=np.zeros(len(size)), where=total > 0)
    return score


@drop_criterion("random")
def random_drop(now: RewiringContext) -> np.ndarray:
    """Drop at random; a baseline."""
    return now.generator.random(len(now.weight))


@drop_criterion("soft magnitude")
def soft_magnitude(now: RewiringContext, temperature: float = 1.0) -> np.ndarray:
    r"""Keep connections at random, the probability in proportion to \|w\|^temperature (CHTs).

    Drawing without replacement is taking the largest of log p + Gumbel noise.
    """
    return _soft(np.abs(now.weight), temperature, now.generator)


@drop_criterion("soft relative importance")
def soft_relative_importance(now: RewiringContext, temperature: float = 1.0) -> np.ndarray:
    """Keep connections at random in proportion to their relative importance (CHTs)."""
    return _soft(relative_importance.function(now), temperature, now.generator)


def _soft(score: np.ndarray, temperature: float, generator: np.random.Generator) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return temperature * np.log(score, dtype=np.float64) + generator.gumbel(size=score.shape)


# ------------------------------------------------------------------------------------- to grow


@grow_criterion("gradient", needs=["signals"])
def gradient(now: RewiringContext, targets: slice, sources: Sources) -> np.ndarray:
    r"""Grow the largest \|dL/dw\| = \|D[target] · A[source]\| (RigL, arXiv 1911.11134)."""
    product = now.sensitivity[targets] @ now.activation[sources].T
    return np.abs(product, out=product)


@grow_criterion("momentum", needs=["momentum", "signals"])
def momentum(now: RewiringContext, targets: slice, sources: Sources) -> np.ndarray:
    r"""Grow the largest \|momentum\| (SNFS, arXiv 1907.04840), from the last few batches.

    The paper keeps a momentum for every absent connection, a dense array. Here it is the sum
    Σ βⁱ gᵢ over the method's last ``batches``, newest i = 0, computed anew with the present
    weights: memory for their activations and sensitivities, and never a dense one.
    """
    A, D = now.recent
    product = D[targets] @ A[sources].T
    return np.abs(product, out=product)


def _uniform(now: RewiringContext, targets: slice, sources: Sources) -> np.ndarray:
    """Grow at random, each absent connection with the same probability (SET, DSR)."""
    count = len(np.arange(now.net.size)[sources])
    return now.generator.random((targets.stop - targets.start, count))


random_growth = grow_criteria.add("random", GrowCriterion("random", _uniform, uniform=True))
