"""A recording as the scenes of an animation: positions, weights and colours over time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from rewire.plot.network import positions

from .page_data import features_of
from .recording import Frame, Recording

__all__ = ["Scene", "iter_scenes"]

# Seconds at the end: to show the result, to fold the dead neurons away, to show what is left.
ENDING = (1.2, 1.2, 2.2)

Features = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Scene:
    """One picture of the animation.

    Attributes
    ----------
    step : float
        Steps done; fractions between two frames of the recording.
    words : str
        What happens, other than connections that move.
    moved : (str, str)
        How many connections were dropped and grown last, in words.
    position : ndarray, shape (neurons, 2)
    alive : ndarray of bool, shape (neurons,)
    presence : float
        Opacity of the dead neurons and their connections, from 1 to 0 while they are stripped.
    source, target, weight : ndarray, shape (connections,)
    fresh : ndarray, shape (connections,)
        1 for a connection just grown, then falling towards 0.
    gone_source, gone_target : ndarray
        Ends of the connections dropped last.
    gone : float
        Opacity of the connections dropped last, from 1 to 0.
    scores : ndarray or None
        Scores from -1 to 1 on a grid, for a network of two inputs and at most two outputs.
    seconds : float
        How long the picture is shown.
    """

    step: float
    words: str
    moved: tuple[str, str]
    position: np.ndarray
    alive: np.ndarray
    presence: float
    source: np.ndarray
    target: np.ndarray
    weight: np.ndarray
    fresh: np.ndarray
    gone_source: np.ndarray
    gone_target: np.ndarray
    gone: float
    scores: np.ndarray | None
    seconds: float


def iter_scenes(recording: Recording, seconds: float, rate: float) -> Iterator[Scene]:
    """Go through a recording at an even pace, and strip the dead neurons at the end.

    Connections move at the frames of the recording; between frames, weights and scores are
    interpolated linearly.

    Parameters
    ----------
    recording : Recording
        Of a network small enough to be recorded whole.
    seconds : float
        Duration of the training; the end takes a few seconds more.
    rate : float
        Pictures per second.

    Raises
    ------
    ValueError
        If the network is too large to be drawn, or has gained or lost neurons.
    """
    features = [_features(recording, frame) for frame in recording.frames]
    if any(not np.array_equal(one["ranks"], features[0]["ranks"]) for one in features):
        raise ValueError(
            "recording must be of a network that keeps its neurons to be animated; got one that "
            "gained or lost some: write_report shows it"
        )
    steps = max(1, round(seconds * rate / max(len(features) - 1, 1)))
    befores = [features[0], *features]
    for before, now, after in zip(befores, features, features[1:], strict=False):
        for step in range(steps):
            yield replace(_between(before, now, after, step / steps), seconds=1 / rate)
    last = _between(features[-1], features[-1], features[-1], 0)
    yield from _ending(last, features[-1]["ranks"], rate)


def _features(recording: Recording, frame: Frame) -> Features:
    """Return what a page would show of a frame, and its step."""
    if frame.form in ("summary", "layers"):
        raise ValueError(
            f"recording must be of a network small enough to be drawn; got one of "
            f"{int(frame.arrays['totals'][0]):,} connections: write_report shows its densities"
        )
    return {**features_of(recording, frame), "step": np.array(frame.step)}


def _between(before: Features, now: Features, after: Features, t: float) -> Scene:
    """Return the scene at a fraction ``t`` of the way from a frame to the one after it."""
    weight = now["weight"].astype(float)
    _, here, there = np.intersect1d(now["birth"], after["birth"], return_indices=True)
    weight[here] += t * (after["weight"][there] - weight[here])
    grown = now["birth"] >= before["next_birth"]
    dropped = ~np.isin(before["birth"], now["birth"])
    opacity = min(1, 1.5 * (1 - t))
    scores = None
    if "boundary" in now and now["ranks"][-1] <= 2:  # with more classes it holds their numbers
        scores = ((1 - t) * now["boundary"] + t * after["boundary"]) / 127
    return Scene(
        step=float((1 - t) * now["step"] + t * after["step"]),
        words="" if grown.any() or dropped.any() else f"{len(weight)} connections",
        moved=_moved(int(dropped.sum()), int(grown.sum())),
        position=positions(now["ranks"].tolist()),
        alive=now["alive"].astype(bool),
        presence=1,
        source=now["source"],
        target=now["target"],
        weight=weight,
        fresh=grown * opacity,
        gone_source=before["source"][dropped],
        gone_target=before["target"][dropped],
        gone=opacity,
        scores=scores,
        seconds=0,
    )


def _moved(dropped: int, grown: int) -> tuple[str, str]:
    if not dropped and not grown:
        return "", ""
    return f"{dropped} connection{'' if dropped == 1 else 's'} dropped", f"{grown} grown"


def _ending(scene: Scene, ranks: np.ndarray, rate: float) -> Iterator[Scene]:
    """Show the result, fold the dead neurons away, and show what is left."""
    alive, first, last = scene.alive, scene.position, scene.position.copy()
    start = np.cumsum([0, *ranks])
    last[alive] = positions([int(alive[a:b].sum()) for a, b in pairwise(start)])
    dead = int((~alive).sum())
    show_result, fold, show_rest = ENDING
    words = f"{dead} neurons are dead: no path leads through them"
    yield replace(scene, words=words, seconds=show_result)
    if not dead:
        return
    steps = max(1, round(fold * rate))
    for step in range(1, steps + 1):
        t = step / steps
        fading, moving = min(1, 2 * t), max(0, 2 * t - 1) ** 2 * (5 - 4 * t)
        yield replace(
            scene,
            words=f"stripped of {dead} dead neurons, with the same outputs",
            presence=1 - fading,
            position=first + moving * (last - first),
            seconds=1 / rate if step < steps else show_rest,
        )
