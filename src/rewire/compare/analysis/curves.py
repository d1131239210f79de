"""Figures of a grid: what each method reaches at each cost, with settings chosen off the test set.

Settings of :data:`rewire.compare.grid.COSTS` decide what a network or its training costs: they
make the points of a curve. Of the others, each method is given at each point the values that have
the best mean on samples held out of its training part, the same for all seeds. What is measured
has no part in that choice, so the figures shown are not better for there being more to choose from.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..grid import COSTS, Cell
from ..study import Study
from ..trial import Trial
from .pairs import Pair, pairwise, seeds_needed
from .statistics import Statistics, summarise

__all__ = ["Curve", "Point", "curves_of", "headline_of", "how_chosen", "too_few"]


@dataclass(frozen=True)
class Point:
    """One method at one cost.

    Attributes
    ----------
    cost : dict of str to str
        The varied settings that it costs by, as a person would type them.
    chosen : dict of str to str
        The other varied settings: those that were chosen.
    candidates : int
        Among how many combinations of them.
    validation : float, optional
        Mean figure that they were chosen by.
    statistics : Statistics
        With the difference to the first method at the same cost.
    corrected : float, optional
        p of that difference, by Holm's method for all pairs of methods at the same cost.
    density, flops, training_flops, bytes, seconds : float
        Means over the runs (of seconds the median), all at the end of the training.
    """

    cost: dict[str, str]
    chosen: dict[str, str]
    candidates: int
    validation: float | None
    statistics: Statistics
    corrected: float | None
    density: float
    flops: float
    training_flops: float
    bytes: float
    seconds: float


@dataclass(frozen=True)
class Curve:
    """The points of one method; where nothing is chosen, of one of its settings."""

    name: str
    method: str
    points: tuple[Point, ...]


def curves_of(study: Study, reach: float | None = None) -> list[Curve]:
    """Return a curve for each method, its points from the least dense network to the densest.

    Parameters
    ----------
    study : Study
        Of a grid.
    reach : float, optional
        Of :func:`summarise`.
    """
    costs = [name for name in study.config.vary if name in COSTS]
    others = [name for name in study.config.vary if name not in COSTS]
    apart = others if not study.config.choose else []
    groups: dict[Cell, list[Cell]] = {}
    for cell in study.config.cells:
        groups.setdefault(_part(study, cell, costs + apart), []).append(cell)
    found: dict[tuple[str, Cell], list[Point]] = {}
    for cells in groups.values():
        picked = {name: _best(study, name, cells) for name in study.methods}
        runs = [run for name in study.methods for run in _runs_of(study, name, picked[name])]
        statistics = summarise(runs, study.measure, reach, study.methods[0])
        pairs = pairwise(runs, study.measure)
        for name, own in statistics.items():
            label = name, _part(study, picked[name], apart)
            point = _point(study, name, picked[name], len(cells), own, pairs)
            found.setdefault(label, []).append(point)
    order = sorted(found, key=lambda label: study.methods.index(label[0]))
    return [
        Curve(
            ", ".join([name, *(f"{s} {text}" for s, text in zip(apart, part, strict=True))]),
            name,
            tuple(sorted(found[name, part], key=lambda point: (point.density, point.flops))),
        )
        for name, part in order
    ]


def how_chosen(study: Study) -> str:
    """Return in words how settings were chosen, or that none were."""
    others = [name for name in study.config.vary if name not in COSTS]
    if not others:
        return "No setting was chosen: every one that varies is shown."
    if not study.config.choose:
        return (
            f"Nothing was chosen: each value of {' and '.join(others)} has a curve of its own. To "
            "pick the best of them by what is shown would make it look better than it is."
        )
    better = "highest" if study.measure == "accuracy" else "lowest"
    share = study.config.choose
    part = f"{share:.0%} of" if share < 1 else f"{share:.0f} of"
    return (
        f"{' and '.join(others)}: each method has at each point the values with the {better} mean "
        f"{study.measure} over all seeds on {part} the samples to train on, held out by the seed "
        "for this choice alone. What is shown was measured on others, and had no part in it."
    )


def headline_of(study: Study, curves: Sequence[Curve]) -> str:
    """Return which method has the best mean at how many costs."""
    if len(study.methods) == 1:
        return f"{study.methods[0]} at {len(study.config.cells)} settings"
    best = max if study.measure == "accuracy" else min
    word = "highest" if study.measure == "accuracy" else "lowest"
    places: dict[tuple[tuple[str, str], ...], list[tuple[float, str]]] = {}
    for curve in curves:
        for point in curve.points:
            mean = point.statistics.mean
            if math.isfinite(mean):
                places.setdefault(tuple(point.cost.items()), []).append((mean, curve.method))
    winners = [best(own, key=lambda one: one[0])[1] for own in places.values()]
    if not winners:
        return f"No method has a mean {study.measure} that is a finite number"
    counts = {name: winners.count(name) for name in study.methods if name in winners}
    (most, number), *others = sorted(counts.items(), key=lambda one: -one[1])
    points = f"{number} of {len(winners)} point{'s' if len(winners) > 1 else ''}"
    start = f"{most} has the {word} mean {study.measure} at {points}"
    return ", ".join([start, *(f"{name} at {own}" for name, own in others)])


def too_few(study: Study) -> list[str]:
    """Return a sentence where there are too few seeds for telling any two methods apart."""
    needed = seeds_needed(len(study.methods))
    if len(study.methods) < 2 or len(study.seeds) >= needed:
        return []
    seeds = f"{len(study.seeds)} seed{'s' * (len(study.seeds) > 1)}"
    return [f"{seeds} cannot tell {len(study.methods)} methods apart, at least {needed} are needed"]


def _part(study: Study, cell: Cell, names: Sequence[str]) -> Cell:
    return tuple(text for name, text in zip(study.config.vary, cell, strict=True) if name in names)


def _runs_of(study: Study, method: str, cell: Cell) -> list[Trial]:
    return [run for run in study.runs if run.method == method and run.settings == cell]


def _best(study: Study, method: str, cells: Sequence[Cell]) -> Cell:
    """Return the cell with the best mean validation, over the seeds that all of them have."""
    if len(cells) == 1:
        return cells[0]
    own = [{run.seed: run.validation for run in _runs_of(study, method, cell)} for cell in cells]
    there = [(cell, by_seed) for cell, by_seed in zip(cells, own, strict=True) if by_seed]
    common = set.intersection(*(set(by_seed) for _, by_seed in there)) if there else set()
    if not common:
        return cells[0]
    sign = 1 if study.measure == "accuracy" else -1
    scores = [_score([by_seed[seed] for seed in common], sign) for _, by_seed in there]
    return there[int(np.argmax(scores))][0]


def _score(values: Sequence[float | None], sign: int) -> float:
    """Return a mean of which more is better; one run that is no number makes it the worst."""
    return float(np.mean([-math.inf if v is None or math.isnan(v) else sign * v for v in values]))


def _point(
    study: Study,
    method: str,
    cell: Cell,
    candidates: int,
    statistics: Statistics,
    pairs: Sequence[Pair],
) -> Point:
    runs = _runs_of(study, method, cell)
    texts: dict[str, Any] = dict(zip(study.config.vary, cell, strict=True))
    known = [run.validation for run in runs if run.validation is not None]
    first = {study.methods[0], method}
    own = [pair.corrected for pair in pairs if {pair.method, pair.other} == first]
    return Point(
        cost={name: text for name, text in texts.items() if name in COSTS},
        chosen={name: text for name, text in texts.items() if name not in COSTS},
        candidates=candidates,
        validation=float(np.mean(known)) if known else None,
        statistics=statistics,
        corrected=own[0] if own else None,
        density=float(np.mean([run.connections / max(run.possible, 1) for run in runs])),
        flops=float(np.mean([run.flops for run in runs])),
        training_flops=float(np.mean([run.training_flops for run in runs])),
        bytes=float(np.mean([run.bytes for run in runs])),
        seconds=statistics.seconds,
    )
