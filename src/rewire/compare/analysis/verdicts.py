"""The findings of a comparison in sentences."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rewire.io import percent

from ..study import Study
from .pairs import ALPHA, Pair, seeds_needed
from .ranking import Ranking
from .statistics import Statistics

__all__ = [
    "figure",
    "headline",
    "listed",
    "machines_of",
    "notes",
    "on_machines",
    "p_value",
    "ranking_sentences",
    "unresolved",
]

# Pairs that are named one by one, and not only counted.
MOST_NAMED = 6


def headline(study: Study, statistics: Mapping[str, Statistics], pairs: Sequence[Pair]) -> str:
    """Return in one sentence which method is best, and from which others it can be told apart.

    Parameters
    ----------
    study : Study
        With at least one run.
    statistics : mapping of str to Statistics
        Of its methods.
    pairs : sequence of Pair
        All of them.
    """
    best = best_of(statistics, study.measure)
    if best is None:
        return f"No method has a mean {study.measure} that is a finite number"
    show = figure(study.measure)
    mean = f"mean {study.measure}, {show(statistics[best].mean)}"
    often = _seeds([found.runs for found in statistics.values()])
    if len(statistics) == 1:
        return f"{best} has a {mean.replace(',', ' of')} over {often}"
    highest = "highest" if study.measure == "accuracy" else "lowest"
    common = max(pair.difference.pairs for pair in pairs)
    if common < seeds_needed(len(statistics)):
        return (
            f"{often[0].upper()}{often[1:]} cannot tell {len(statistics)} methods apart, at least "
            f"{seeds_needed(len(statistics))} are needed; so far {best} has the {highest} {mean}"
        )
    own = [pair for pair in pairs if best in (pair.method, pair.other)]
    apart, alike = (
        [pair.other if pair.method == best else pair.method for pair in own if pair.apart is told]
        for told in (True, False)
    )
    start = f"{best} has the {highest} {mean} over {often}"
    if not apart:
        return f"{start}, and cannot be told apart from {listed(alike, 'or')}"
    if not alike:
        return f"{start}, and can be told apart from {listed(apart)}"
    return f"{start}; it can be told apart from {listed(apart)}, but not from {listed(alike, 'or')}"


def best_of(statistics: Mapping[str, Statistics], measure: str) -> str | None:
    """Return the method with the best mean; None where no mean is a finite number."""
    means = {name: own.mean for name, own in statistics.items() if math.isfinite(own.mean)}
    choose = max if measure == "accuracy" else min
    return choose(means, key=means.__getitem__) if means else None


def unresolved(pairs: Sequence[Pair]) -> str:
    """Return which pairs cannot be told apart, and what that means."""
    alike = [pair for pair in pairs if not pair.apart]
    if not pairs:
        return ""
    if not alike:
        return "All methods can be told apart from each other."
    return (
        f"Cannot be told apart: {_named(alike, len(pairs))}. That does not make them equal: more "
        "seeds may show a difference."
    )


def ranking_sentences(ranking: Ranking, pairs: Sequence[Pair]) -> list[str]:
    """Return what average ranks say, and where they disagree with the pairs.

    Parameters
    ----------
    ranking : Ranking
    pairs : sequence of Pair
        Of the same methods.
    """
    found = "that the methods differ" if ranking.p < ALPHA else "no difference between the methods"
    lines = [
        f"Friedman's test of the ranks over {ranking.seeds} seeds finds {found} "
        f"(χ² = {ranking.friedman:.4g}, {p_value(ranking.p)}).",
        "Bars join methods of which no two can be told apart, seed by seed (Wilcoxon's test, "
        "Holm's correction, 5%); a dot marks each of them.",
        "By Nemenyi's test, two methods differ if their average ranks are at least "
        f"{ranking.critical_difference:.2f} apart, the critical difference at 5%.",
    ]
    close = [pair for pair in pairs if pair.apart and ranking.close(pair.method, pair.other)]
    far = [pair for pair in pairs if not pair.apart and not ranking.close(pair.method, pair.other)]
    if close:
        lines.append(f"It would not tell apart: {_named(close, len(pairs))}.")
    if far:
        lines.append(f"It would also tell apart: {_named(far, len(pairs))}.")
    if not close and not far:
        lines.append("It agrees with the bars on every pair.")
    return lines


def notes(study: Study, statistics: Mapping[str, Statistics]) -> list[str]:
    """Return the differences between methods other than where their connections go."""
    found = []
    optimizers = {method: study.parts[method]["optimizer"] for method in study.methods}
    usual = max(optimizers.values(), key=list(optimizers.values()).count)
    for method, optimizer in optimizers.items():
        if optimizer != usual:
            found.append(
                f"{method} needs momentum: it had {optimizer}, the others {usual} "
                "(the same for all with momentum 0.9)"
            )
    connections = {method: own.connections for method, own in statistics.items()}
    if len(set(connections.values())) > 1 or any(low != high for low, high in connections.values()):
        ends = [f"{method} {_range(*ends)}" for method, ends in connections.items()]
        found.append(f"connections at the end differ: {', '.join(ends)}")
    for method, own in statistics.items():
        if own.diverged:
            what = "1 run is not finite; it counts"
            if own.diverged > 1:
                what = f"{own.diverged} runs is not finite; they count"
            found.append(f"{method}: the loss of {what}")
    return found


def machines_of(study: Study) -> dict[str, dict[str, Any]]:
    """Return the kinds of processors that runs were made on, and how many each made."""
    counts = Counter(run.machine for run in study.runs)
    return {
        kind: {"cpu": one.cpu, "features": one.features, "runs": counts[kind]}
        for kind, one in study.machines.items()
    }


def on_machines(study: Study) -> list[str]:
    """Return a sentence where runs were made on several kinds of processors."""
    found = {kind: own for kind, own in machines_of(study).items() if own["runs"]}
    if len(found) < 2:
        return []
    parts = [f"{own['cpu']} ({kind}) {own['runs']:,}" for kind, own in found.items()]
    return [
        f"runs were made on {len(found)} kinds of processors: {', '.join(parts)}; the last bits of "
        "a figure may depend on the kind"
    ]


def figure(measure: str, unit: str = "%", sign: str = "") -> Callable[[float], str]:
    """Return what writes an accuracy in per cent, or a loss."""

    def show(value: float) -> str:
        if math.isnan(value):
            return "–"
        if measure == "accuracy" and unit and not sign:
            return percent(value)
        if measure == "accuracy":
            return f"{100 * value:{sign}.1f}{unit}"
        return f"{value:{sign}.4g}"

    return show


def p_value(p: float) -> str:
    """Return a p value as a statement, such as ``p = 0.012``."""
    return "p unknown" if math.isnan(p) else f"p = {p:.2g}" if p >= 0.001 else "p < 0.001"


def listed(names: Sequence[str], last: str = "and") -> str:
    """Return names as a list in a sentence.

    Examples
    --------
    >>> listed(["set"]), listed(["static", "set"]), listed(["static", "set", "dsr"], "or")
    ('set', 'static and set', 'static, set or dsr')
    """
    *most, end = names
    return f"{', '.join(most)} {last} {end}" if most else end


def _named(pairs: Sequence[Pair], of: int) -> str:
    if len(pairs) > MOST_NAMED:
        return f"{len(pairs)} of {of} pairs"
    return "; ".join(f"{pair.method} and {pair.other}" for pair in pairs)


def _seeds(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return f"{_range(low, high)} seed{'s' if high > 1 else ''}"


def _range(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"
