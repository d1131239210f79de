"""A playground: networks that learn and rewire while a person watches and operates on them.

A :class:`Session` takes commands and gives frames. What it computes equals the same commands in
Python to the bit: commands are recorded, so that a session can be replayed, rewound, shared and
written as a script.
"""

from rewire.io.lazy import lazy_face

__all__ = ["ArrayEngine", "Session", "play"]

__getattr__, __dir__ = lazy_face(
    __name__,
    {
        "ArrayEngine": "array_engine",
        "Session": "session",
        "play": "notebook",
    },
)
