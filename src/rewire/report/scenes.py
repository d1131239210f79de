"""A recording as the scenes of a film: what stands where from one moment to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from rewire.plot import Wiring
from rewire.plot.topology import positions

from .frame_features import look, restore
from .recording import Frame, Recording

__all__ = ["Scene", "scenes"]

# Seconds after the training: to look at the result, to fold the dead neurons away, to look again.
ENDING = (1.2, 1.2, 2.2)

Look = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Scene:
    """One picture of the film.

    Attributes
    ----------
    step : float
        After how many steps; between two frames of the recording also in between.
    words : str
        What happens, other than connections that move.
    moved : (str, str)
        How many connections were removed and grown last, in words.
    position : ndarray, shape (neurons, 2)
    alive : ndarray of bool, shape (neurons,)
    presence : float
        Of the dead neurons and their connections: from 1 to 0 while they are stripped.
    source, target, weight : ndarray, shape (connections,)
    fresh : ndarray, shape (connections,)
        1 for a connection that has just been grown, towards 0 as it becomes one among others.
    gone_source, gone_target : ndarray
        Ends of the connections removed last.
    gone : float
        How much of these is still to be seen, from 1 to 0.
    scores : ndarray or None
        What a network of two inputs and at most two outputs answers over a grid, from -1 to 1.
    seconds : float
        How long the picture is to be seen.
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


def scenes(recording: Recording, seconds: float, rate: float) -> Iterator[Scene]:
    """Go through a recording at an even pace, and strip the dead neurons at the end.

    Connections change where the recording says so; from one frame to the next, weights and answers
    go in a straight line.

    Parameters
    ----------
    recording : Recording
        Of a network kept connection by connection.
    seconds : float
        For the training; the end takes some more.
    rate : float
        Pictures a second.

    Raises
    ------
    ValueError
        If the network is too large to be drawn, or has gained or lost neurons.
    """
    looks = [_look(recording, frame) for frame in recording.frames]
    if any(not np.array_equal(one["ranks"], looks[0]["ranks"]) for one in looks):
        raise ValueError("recording must be of a network that keeps its neurons to be animated")
    steps = max(1, round(seconds * rate / max(len(looks) - 1, 1)))
    scene = _between(looks[0], looks[0], looks[0], 0)
    for before, now, after in zip([looks[0], *looks], looks, looks[1:], strict=False):
        for step in range(steps):
            yield replace(_between(before, now, after, step / steps), seconds=1 / rate)
    scene = _between(looks[-1], looks[-1], looks[-1], 0)
    yield from _ending(scene, looks[-1]["ranks"], rate)


def _look(recording: Recording, frame: Frame) -> Look:
    """Return what a page would show of a frame."""
    shown = frame.arrays
    if frame.form == "summary":
        raise ValueError(
            f"recording must be of a network small enough to be drawn; got one of "
            f"{int(shown['totals'][0]):,} connections: write_report shows it by its densities"
        )
    if frame.form == "snapshot":
        about = recording.about
        net = restore(shown, about["activations"])
        shown = look(net, recording.X, about["loss"], whole=True)
    return {**shown, "step": np.array(frame.step)}


def _between(before: Look, now: Look, after: Look, t: float) -> Scene:
    """Return the scene at a share ``t`` of the way from a frame to the one after it."""
    weight = now["weight"].astype(float)
    _, here, there = np.intersect1d(now["birth"], after["birth"], return_indices=True)
    weight[here] += t * (after["weight"][there] - weight[here])
    grown = now["birth"] >= before["next_birth"]
    removed = ~np.isin(before["birth"], now["birth"])
    seen = min(1, 1.5 * (1 - t))
    scores = None
    if "boundary" in now and now["ranks"][-1] <= 2:  # of more classes it holds their numbers
        scores = ((1 - t) * now["boundary"] + t * after["boundary"]) / 127
    wiring = Wiring(tuple(now["ranks"].tolist()), now["source"], now["target"], weight)
    return Scene(
        step=float((1 - t) * now["step"] + t * after["step"]),
        words="" if grown.any() or removed.any() else f"{len(weight)} connections",
        moved=_moved(int(removed.sum()), int(grown.sum())),
        position=positions(wiring),
        alive=now["alive"].astype(bool),
        presence=1,
        source=now["source"],
        target=now["target"],
        weight=weight,
        fresh=grown * seen,
        gone_source=before["source"][removed],
        gone_target=before["target"][removed],
        gone=seen,
        scores=scores,
        seconds=0,
    )


def _moved(removed: int, grown: int) -> tuple[str, str]:
    if not removed and not grown:
        return "", ""
    return f"{removed} connection{'' if removed == 1 else 's'} removed", f"{grown} grown"


def _ending(scene: Scene, ranks: np.ndarray, rate: float) -> Iterator[Scene]:
    """Look at the result, fold the dead neurons away, and look again."""
    alive, first, last = scene.alive, scene.position, scene.position.copy()
    start = np.cumsum([0, *ranks])
    left = [alive[a:b].sum() for a, b in pairwise(start)]
    closed = positions(Wiring(tuple(left), *np.zeros((3, 0))))
    last[alive] = closed
    dead = int((~alive).sum())
    words = f"{dead} neurons are dead: no way leads through them"
    look_on, fold, look_again = ENDING
    yield replace(scene, words=words, seconds=look_on)
    if not dead:
        return
    steps = max(1, round(fold * rate))
    for step in range(1, steps + 1):
        t = step / steps
        fading, moving = min(1, 2 * t), max(0, 2 * t - 1) ** 2 * (5 - 4 * t)
        yield replace(
            scene,
            words=f"stripped of {dead} dead neurons, it answers the same",
            presence=1 - fading,
            position=first + moving * (last - first),
            seconds=1 / rate if step < steps else look_again,
        )
