"""Criteria: what to drop and what to grow, each a decorated function of the context.

A drop criterion returns a score for every connection, and the lowest are dropped. A grow criterion
returns a score for every pair of some targets and sources, and the highest are grown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from rewire.io import Decorated, Registry
from rewire.kernels.block import block_products

from .context import CheckedContext, RewiringContext, declared
from .growth import NotANumberError, Sources, width
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
    """Scores existing connections; the lowest are dropped. Made by :func:`drop_criterion`."""

    def __call__(self, ctx: RewiringContext) -> np.ndarray:
        """Return one score per connection."""
        score = np.asarray(self.function(CheckedContext(ctx, self.name, self.needs)))
        if score.shape != ctx.weight.shape:
            raise ValueError(
                f"drop criterion {self.name!r} must return one score per connection, shape "
                f"{ctx.weight.shape}; got {score.shape}"
            )
        if np.isnan(score).any():
            raise NotANumberError(f"drop criterion {self.name!r} returned NaN")
        return score


class GrowCriterion(_Criterion):
    """Scores candidates; the highest are grown. Made by :func:`grow_criterion`.

    ``uniform`` marks random growth, which needs no scores.
    """

    def __call__(self, ctx: RewiringContext, targets: slice, sources: Sources) -> np.ndarray:
        """Return scores of shape (targets, sources), floats in an array to write to."""
        scores = np.asarray(
            self.function(CheckedContext(ctx, self.name, self.needs), targets, sources)
        )
        wanted = width(targets), width(sources)
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
    """Register a function of the context as a drop criterion.

    Parameters
    ----------
    name : str
        For ``RigL(drop=name)`` and the like, and for the contract tests.
    needs : iterable of str
        What it reads besides weights and wiring: ``"signals"``, ``"gradient"``, ``"momentum"``,
        ``"age"``. A model or an optimiser that lacks it is refused when a Rewirer is made.

    Examples
    --------
    Drop the connections that carry the weakest signal:

    >>> @drop_criterion("least signal", needs=["signals"])
    ... def least_signal(ctx):
    ...     signal = ctx.activation.reduce(lambda rows: np.abs(rows).mean(axis=1))
    ...     return np.abs(ctx.weight) * signal[ctx.source]
    >>> least_signal
    <DropCriterion 'least signal'>
    >>> drop_criteria.remove("least signal")
    """
    return lambda function: drop_criteria.add(name, DropCriterion(name, function, needs))


def grow_criterion(name: str, needs: Iterable[str] = ()) -> Callable[[Callable], GrowCriterion]:
    """Register a function of (ctx, targets, sources) as a grow criterion.

    Targets are a slice of units, sources a slice or an array of them; it returns a new array of
    shape (targets, sources). The parameters are those of :func:`drop_criterion`.

    Examples
    --------
    Grow where source and target are active together:

    >>> @grow_criterion("hebbian", needs=["signals"])
    ... def hebbian(ctx, targets, sources):
    ...     return ctx.activation[targets] @ ctx.activation[sources].T
    >>> hebbian
    <GrowCriterion 'hebbian'>
    >>> grow_criteria.remove("hebbian")
    """
    return lambda function: grow_criteria.add(name, GrowCriterion(name, function, needs))


# ------------------------------------------------------------------------------------- to drop


@drop_criterion("magnitude")
def magnitude(ctx: RewiringContext) -> np.ndarray:
    r"""Drop the smallest \|w\|."""
    return np.abs(ctx.weight)


@drop_criterion("sign magnitude")
def sign_magnitude(ctx: RewiringContext) -> np.ndarray:
    """Drop the smallest positive and the largest negative weights, equal shares of both.

    SET's rule (arXiv 1707.04780). The score is a weight's rank within its sign and its group, over
    how many there are; zeros count as positive.
    """
    negative = ctx.weight < 0
    order = np.lexsort((ctx.birth, ctx.target, np.abs(ctx.weight), negative, ctx.group))
    kind = 2 * ctx.group[order] + negative[order]
    score = np.empty(len(kind))
    score[order] = (earlier_of_same(kind) + 0.5) / np.bincount(kind, minlength=1)[kind]
    return score


@drop_criterion("magnitude and gradient", needs=["gradient"])
def magnitude_and_gradient(ctx: RewiringContext, balance: float = 1.0) -> np.ndarray:
    r"""Drop the smallest \|w\| + λ \|dL/dw\| (MEST, arXiv 2110.14032); λ is ``balance``."""
    return np.abs(ctx.weight) + balance * np.abs(ctx.gradient)


@drop_criterion("sensitivity", needs=["gradient"])
def sensitivity(ctx: RewiringContext) -> np.ndarray:
    r"""Drop the smallest \|w · dL/dw\|, what the loss would notice least (SNIP, 1810.02340)."""
    return np.abs(ctx.weight * ctx.gradient)


@drop_criterion("relative importance")
def relative_importance(ctx: RewiringContext) -> np.ndarray:
    r"""Drop the smallest relative to the weights around it (CHT, arXiv 2501.19107).

    \|w_ts\| / Σ_t' \|w_t's\| + \|w_ts\| / Σ_s' \|w_ts'\|: among what leaves the source, and among
    what enters the target.
    """
    size = np.abs(ctx.weight).astype(np.float64)
    score = np.zeros(len(size))
    for ends in (ctx.source, ctx.target):
        total = np.bincount(ends, size, minlength=ctx.table.units)[ends]
        score += np.divide(size, total, out=np.zeros(len(size)), where=total > 0)
    return score


@drop_criterion("random")
def random_drop(ctx: RewiringContext) -> np.ndarray:
    """Drop at random; a baseline."""
    return ctx.generator.random(len(ctx.weight))


@drop_criterion("soft magnitude")
def soft_magnitude(ctx: RewiringContext, temperature: float = 1.0) -> np.ndarray:
    r"""Keep connections at random, the probability in proportion to \|w\|^temperature (CHTs).

    Drawing without replacement is taking the largest of log p + Gumbel noise.
    """
    return _soft(np.abs(ctx.weight), temperature, ctx.generator)


@drop_criterion("soft relative importance")
def soft_relative_importance(ctx: RewiringContext, temperature: float = 1.0) -> np.ndarray:
    """Keep connections at random in proportion to their relative importance (CHTs)."""
    return _soft(relative_importance.function(ctx), temperature, ctx.generator)


def _soft(score: np.ndarray, temperature: float, generator: np.random.Generator) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return temperature * np.log(score, dtype=np.float64) + generator.gumbel(size=score.shape)


# ------------------------------------------------------------------------------------- to grow


@grow_criterion("gradient", needs=["signals"])
def gradient(ctx: RewiringContext, targets: slice, sources: Sources) -> np.ndarray:
    r"""Grow the largest \|dL/dw\| = \|D[target] · A[source]\| (RigL, arXiv 1911.11134)."""
    return _sizes(ctx, ctx.sensitivity[targets], ctx.activation[sources])


@grow_criterion("momentum", needs=["momentum", "signals"])
def momentum(ctx: RewiringContext, targets: slice, sources: Sources) -> np.ndarray:
    r"""Grow the largest \|momentum\| (SNFS, arXiv 1907.04840), from the last few batches.

    The paper keeps a momentum for every absent connection, a dense array. Here it is the sum
    Σ βⁱ gᵢ over the method's last ``batches``, newest i = 0, computed anew with the present
    weights: memory for their activations and sensitivities, and never a dense one.
    """
    A, D = ctx.recent
    return _sizes(ctx, D[targets], A[sources])


def _sizes(ctx: RewiringContext, D: np.ndarray, A: np.ndarray) -> np.ndarray:
    r"""Return \|D[target] · A[source]\| for all of them."""
    if isinstance(D, np.ndarray) and isinstance(A, np.ndarray):
        product = block_products(A, D, backend=ctx.model.backend)
    else:  # rows that several processes hold together
        product = D @ A.T
    return np.abs(product, out=product)


def _uniform(ctx: RewiringContext, targets: slice, sources: Sources) -> np.ndarray:
    """Grow at random, each absent connection with the same probability (SET, DSR)."""
    return ctx.generator.random((width(targets), width(sources)))


random_growth = grow_criteria.add("random", GrowCriterion("random", _uniform, uniform=True))
