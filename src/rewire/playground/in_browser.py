"""A session within a page, where Python itself runs in the browser (Pyodide); text in, text out.

Standard library only. ``web/worker.js`` calls these functions.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

from .player import Player
from .scalar_engine import ScalarEngine
from .session import Session

__all__ = ["begin", "frame", "send", "tick"]

_state: dict[str, Any] = {}


def begin(commands: str) -> None:
    """Begin a session with the commands of a JSON list.

    Examples
    --------
    >>> begin('[{"do": "data", "name": "xor"}, {"do": "network", "layers": [3]}]')
    >>> list(send('{"do": "step", "steps": 2}'))
    []
    >>> json.loads(frame())["step"]
    2
    """
    _state["player"] = Player(Session(ScalarEngine(), json.loads(commands)))
    _state["cursor"] = None


def send(command: str) -> Generator[None, None, str | None]:
    """Do a command in parts, with others in between; return why not, if it is not taken."""
    try:
        yield from _state["player"].work(json.loads(command))
    except (ValueError, RecursionError) as error:
        return str(error)
    return None


def tick(seconds: float) -> bool:
    """Make the steps that are due after so many seconds; return whether the session runs."""
    player = _state["player"]
    player.tick(seconds)
    return bool(player.running)


def frame() -> str:
    """Return what has changed since the frame before, as JSON."""
    found = _state["player"].frame(_state["cursor"])
    _state["cursor"] = found["cursor"]
    return json.dumps(found)
