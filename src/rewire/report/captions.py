"""What a page says in words: for someone who has read nothing about sparse networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["caption", "drops_and_grows", "lede", "method_name", "title"]

_NAMES = {"post rigl": "RigL", "rigl": "RigL", "static": "Static wiring", "chts": "CHTs"}
_NAMES |= {"chtss": "CHTss", "granet": "GraNet", "srigl": "SRigL", "lottery ticket": "Lottery"}

_WEAKEST = "takes away the connections with the smallest weights"
_GRADIENT = "grows as many where the slope of the loss says that a new one would help most"
_RANDOM = "grows as many at places drawn at random"
_DOES = {
    "rigl": (_WEAKEST, _GRADIENT),
    "post rigl": (_WEAKEST, _GRADIENT),
    "srigl": (_WEAKEST, _GRADIENT),
    "set": (_WEAKEST, _RANDOM),
    "dsr": (_WEAKEST, _RANDOM),
    "mest": ("takes away the connections that matter least", _RANDOM),
    "snfs": (_WEAKEST, "grows as many where the momentum of the gradient is largest"),
    "granet": (_WEAKEST, "grows a share of them again where the slope of the loss is largest"),
    "gmp": (_WEAKEST, "grows none"),
    "snip": ("takes away the connections that matter least to the loss", "grows none"),
    "lottery ticket": (_WEAKEST, "grows none"),
}
_CHT = "grows as many where paths through the network suggest a link"


def method_name(method: str) -> str:
    """Return what people call a method."""
    return _NAMES.get(method, method.upper() if len(method) <= 5 else method)


def drops_and_grows(method: str) -> tuple[str, str]:
    """Return what a method does at a rewiring, in two halves of a sentence."""
    if method.startswith("cht"):
        return _WEAKEST, _CHT
    return _DOES.get(method, ("takes some connections away", "grows others"))


def title(runs: Sequence[Mapping[str, Any]]) -> str:
    """Return one sentence about all runs and how they ended.

    Parameters
    ----------
    runs : sequence of mapping
        ``name``, ``moves`` (whether it may move connections), ``moved`` (how many it did),
        ``score`` (text, such as "88% right"), ``neurons`` and ``needed``, the hidden and output
        neurons and those among them that are not dead at the end.
    """
    parts = []
    for run in runs:
        moving = f", moving {run['moved']:,} connections," if run["moves"] else ""
        of_all = f"{run['needed']:,} of its" if run["needed"] < run["neurons"] else "all its"
        parts.append(
            f"{run['name']}{moving} ends at {run['score']} with {of_all} {run['neurons']:,} "
            "neurons in use"
        )
    return "; ".join(parts)


def lede(methods: Sequence[str], data: str | None, whole: bool) -> list[str]:
    """Return how to read the page, a few sentences."""
    task = f" on the data “{data}”" if data else ""
    lines = [
        f"A sparse network learns{task}. Each circle is a neuron and each line a connection, from "
        "the inputs at the top to the outputs at the bottom: blue where its weight is positive, "
        "orange where it is negative, the wider the stronger."
    ]
    if not whole:
        lines = [
            f"A sparse network learns{task}. It has too many connections to draw them all: shown "
            "are its strongest paths from inputs to outputs, how dense each part of the wiring is, "
            "and how many connections neurons have."
        ]
    for method in dict.fromkeys(methods):
        if method == "static":
            lines.append("With static wiring the connections stay where they were at the start.")
            continue
        drop, grow = drops_and_grows(method)
        marks = (" (dashed red)", " (green)") if whole else ("", "")
        lines.append(
            f"Now and then {method_name(method)} {drop}{marks[0]} and {grow}{marks[1]}; in between "
            "the network goes on learning."
        )
    if whole:
        lines.append(
            "A neuron that no way leads to, or from, is dead and drawn dashed: it can be stripped "
            "without changing what the network computes."
        )
    lines.append("Press Play, or move the slider, to see it happen from the start.")
    return lines


def caption(
    kind: str, step: int, total_steps: int, dropped: int, grown: int, totals: Sequence[int]
) -> str:
    """Return what happened at a frame and since the one before.

    Parameters
    ----------
    kind : str
        Of the frame.
    step, total_steps : int
        Steps made, and planned.
    dropped, grown : int
        Connections since the frame before.
    totals : sequence of int
        As :func:`rewire.report.looks.look` gives them.
    """
    connections, possible, hidden, dead = (int(n) for n in totals[:4])
    wiring = f"{connections:,} of {possible:,} possible connections"
    if not totals[9]:
        return (
            f"After step {step:,} of {total_steps:,}: the training has diverged, its "
            "numbers are no longer finite."
        )
    dying = f"{dead:,} of {hidden:,} hidden neurons {'is' if dead == 1 else 'are'} dead"
    if kind == "start":
        when = "Before training" if step == 0 else f"After step {step:,}"
        return f"{when}: {wiring}; {dying}."
    when = f"After step {step:,} of {total_steps:,}"
    if kind == "kept":
        return f"{when}: the network that is kept, the best on validation data. {dying}."
    if dropped or grown:
        return f"{when}: {dropped:,} connections removed, {grown:,} grown; {dying}."
    if kind == "rewiring":
        return f"{when}: time to rewire, but no connection moved; {dying}."
    end = ", the end" if kind == "end" else ""
    return f"{when}{end}: the same wiring as before, with new weights; {dying}."
