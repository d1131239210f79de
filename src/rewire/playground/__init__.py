"""A playground: networks that learn and rewire while a person watches and operates on them.

A :class:`Session` takes commands and gives frames. What it computes equals the same commands in
Python to the bit: commands are recorded, so that a session can be replayed, rewound, shared and
written as a script.
"""

from typing import TYPE_CHECKING

from rewire.io.lazy import lazy_face

if TYPE_CHECKING:
    from .array_engine import ArrayEngine as ArrayEngine
    from .notebook import play as play
    from .session import Session as Session

# Imported when first asked for: in a browser, sessions run on the standard library alone.
_HOMES = {"ArrayEngine": "array_engine", "Session": "session", "play": "notebook"}

__all__ = list(_HOMES)
__getattr__, __dir__ = lazy_face(__name__, _HOMES)
