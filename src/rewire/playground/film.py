"""A session as an animation: its commands done again, with a frame now and then."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from rewire.report import Recorder, write_animation

from .array_lane import ArrayLane
from .engine import Engine
from .fields import CommandError
from .record import in_parts
from .session import NAMES, Session

__all__ = ["film"]

FRAMES = 80  # about
SECONDS, WIDTH = 8, 720


def film(engine: Engine, commands: Sequence[Mapping[str, Any]], lane: int) -> bytes:
    """Return an animation of one of the networks of a session, as WebP.

    It begins after the last command that added or removed neurons.

    Parameters
    ----------
    engine : Engine
        The array engine.
    commands : sequence of mapping
        The record of a session.
    lane : int

    Raises
    ------
    CommandError
        If there is nothing to be seen, or the network is too large to be drawn.
    """
    recorder, ranks = None, None
    again = Session(engine, ())
    for command in _in_parts(commands):
        again.do(command)
        if not again.lanes:
            continue
        shown = cast(ArrayLane, again.lanes[lane])
        if recorder is None or shown.net.ranks != ranks or again.step == 0:
            recorder, ranks = Recorder(data=again.data_name), shown.net.ranks
            recorder.start(
                shown.net,
                shown.samples.X,
                shown.samples.y,
                method=NAMES[lane],
                loss=shown.loss.name,
                total_steps=max(_steps(commands), 1),
                step=again.step,
            )
        elif command["do"] == "step":
            recorder.take(shown.net, again.step, "rewiring")
    if recorder is None or len(recorder.recording.frames) < 2:
        raise CommandError("a film must show some steps; the session has none yet")
    recorder.take(shown.net, again.step, "end")
    recorder.recording.rows = [
        {"step": row[0], "loss": row[1 + 2 * lane], "accuracy": row[2 + 2 * lane]}
        for row in again.curve
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.webp"
        write_animation(recorder.recording, path, seconds=SECONDS, width=WIDTH)
        return path.read_bytes()


def _steps(commands: Sequence[Mapping[str, Any]]) -> int:
    return sum(command["steps"] for command in commands if command["do"] == "step")


def _in_parts(commands: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Return commands, with steps in parts of as many as lie between two frames."""
    every = max(1, -(-_steps(commands) // FRAMES))
    every = -(-every // 5) * 5 if every > 2 else every  # rewirings come after round numbers
    return in_parts(commands, every)
