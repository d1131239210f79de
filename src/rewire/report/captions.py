"""The text of a page, for readers who know nothing about sparse networks yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rewire.io import percent

__all__ = ["caption", "display_name", "drops_and_grows", "lede", "title"]

_NAMES = {
    "chts": "CHTs",
    "chtss": "CHTss",
    "granet": "GraNet",
    "lottery ticket": "Lottery ticket",
    "post rigl": "RigL",
    "reviving rigl": "Reviving RigL",
    "rigl": "RigL",
    "srigl": "SRigL",
    "static": "Static wiring",
}

_WEAKEST = "drops the connections with the smallest weights"
_GRADIENT = "grows as many where the gradient of the loss is largest"
_RANDOM = "grows as many at random"
_DOES = {
    "rigl": (_WEAKEST, _GRADIENT),
    "reviving rigl": (f"restarts idle neurons, {_WEAKEST}", _GRADIENT),
    "post rigl": (_WEAKEST, _GRADIENT),
    "srigl": (_WEAKEST, _GRADIENT),
    "set": (_WEAKEST, _RANDOM),
    "dsr": (_WEAKEST, _RANDOM),
    "mest": ("drops the least important connections", _RANDOM),
    "snfs": (_WEAKEST, "grows as many where the momentum of the gradient is largest"),
    "granet": (_WEAKEST, "grows some of them again where the gradient of the loss is largest"),
    "gmp": (_WEAKEST, "grows none"),
    "snip": ("drops the connections that affect the loss least", "grows none"),
    "lottery ticket": (_WEAKEST, "grows none"),
}
_CHT = "grows as many where short paths through the network suggest a connection"


def display_name(method: str) -> str:
    """Return a method's name as papers write it."""
    return _NAMES.get(method, method.upper() if len(method) <= 5 else method)


def drops_and_grows(method: str) -> tuple[str, str]:
    """Return what a method drops and what it grows, as two parts of a sentence."""
    if method.startswith("cht"):
        return _WEAKEST, _CHT
    return _DOES.get(method, ("drops some connections", "grows others"))


def title(runs: Sequence[Mapping[str, Any]]) -> str:
    """Return one sentence on how all runs ended.

    Parameters
    ----------
    runs : sequence of mapping
        ``name``, ``moves`` (whether it may move connections), ``moved`` (how often one moved),
        ``score`` (text, such as "88% accuracy"), ``neurons`` (hidden and output neurons) and
        ``needed`` (those of them that are not dead at the end); and, for a model of ``layers``,
        ``density``.
    """
    parts = []
    for run in runs:
        moving = f", moving connections {run['moved']:,} times," if run["moves"] else ""
        if run["layers"]:
            rest = f"{percent(run['density'])} of the possible connections"
        else:
            of_all = f"{run['needed']:,} of its" if run["needed"] < run["neurons"] else "all its"
            rest = f"{of_all} {run['neurons']:,} neurons in use"
        parts.append(f"{run['name']}{moving} ends at {run['score']} with {rest}")
    return "; ".join(parts)


def lede(
    methods: Sequence[str], data: Sequence[str | None], whole: bool, layers: bool = False
) -> list[str]:
    """Return how to read the page, in a few sentences.

    Parameters
    ----------
    methods, data : sequence
        Of each run; None for data without a name.
    whole : bool
        Whether all neurons and connections are drawn.
    layers : bool, default False
        Whether a model of layers is among them.
    """
    who = _who_learns(data)
    lines = [
        f"{who}. Circles are neurons and lines are connections, from the "
        "inputs at the top to the outputs at the bottom. Blue connections have positive weights "
        "and orange ones negative weights; wider lines mean larger weights."
    ]
    if layers:
        lines = [
            f"{who}. The page shows the strongest paths through layers that follow each other, the "
            "density of each part of a layer's wiring and, of convolutions, the kernels with the "
            "largest weights."
        ]
    elif not whole:
        lines = [
            f"{who}. There are too many connections to draw, so the page "
            "shows the strongest paths from inputs to outputs, the density of each part of the "
            "wiring, and how many connections the neurons have."
        ]
    for method in dict.fromkeys(methods):
        if method == "static":
            lines.append("With static wiring, the connections never move.")
            continue
        drop, grow = drops_and_grows(method)
        marks = (" (dashed red)", " (green)") if whole else ("", "")
        lines.append(
            f"At every rewiring, {display_name(method)} {drop}{marks[0]} and {grow}{marks[1]}; "
            "between rewirings the network trains as usual."
        )
    if whole:
        lines.append(
            "A neuron on no path from an input to an output is dead and drawn dashed: stripping it "
            "does not change what the network computes."
        )
    lines.append("Press Play or move the slider to watch the training from the start.")
    return lines


def _who_learns(data: Sequence[str | None]) -> str:
    """Return what learns on which data, each named once."""
    different = list(dict.fromkeys(data))
    if len(different) == 1:
        return "A sparse network learns" + (f" on the data “{data[0]}”" if data[0] else "")
    *most, last = [f"“{name}”" if name else "data without a name" for name in different]
    return f"Sparse networks learn on different data, {', '.join(most)} and {last}"


def caption(
    kind: str,
    step: int,
    total_steps: int,
    dropped: int,
    grown: int,
    totals: Sequence[int],
    unit: str | None = None,
) -> str:
    """Return what happened between the frame before and this one.

    Parameters
    ----------
    kind : str
        The frame's kind.
    step, total_steps : int
        Steps done and planned.
    dropped, grown : int
        Connections dropped and grown since the frame before.
    totals : sequence of int
        As in :func:`rewire.report.frame_features.extract_features`.
    unit : str, optional
        What a model of layers has for neurons, of which it says nothing if none are hidden.
    """
    connections, possible, hidden, dead = (int(n) for n in totals[:4])
    wiring = f"{connections:,} of {possible:,} possible connections"
    if not totals[9]:
        return (
            f"After step {step:,} of {total_steps:,}: the training has diverged; some weights "
            "are no longer finite."
        )
    dying = (
        f"; {dead:,} of {hidden:,} hidden {unit or 'neuron'}s {'is' if dead == 1 else 'are'} dead"
    )
    if unit and not hidden:
        dying = ""
    if kind == "start":
        when = "Before training" if step == 0 else f"After step {step:,}"
        return f"{when}: {wiring}{dying}."
    when = f"After step {step:,} of {total_steps:,}"
    if kind == "kept":
        return f"{when}: the best network on validation data, which early stopping kept{dying}."
    if dropped or grown:
        return f"{when}: {dropped:,} connections dropped, {grown:,} grown{dying}."
    if kind == "rewiring":
        return f"{when}: a rewiring moved no connection{dying}."
    end = ", the end" if kind == "end" else ""
    return f"{when}{end}: same wiring, new weights{dying}."
