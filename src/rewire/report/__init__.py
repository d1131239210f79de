"""Reports: record a training, and show it as a page for the browser or as an animation.

A :class:`Recorder` is a callback of :func:`rewire.fit`; :func:`write_report` and
:func:`write_animation` show what it recorded, and :func:`read_recording` reads a stored recording.
"""

from typing import TYPE_CHECKING

from .page import write_report
from .recorder import Recorder
from .recording import FILE_NAME as FILE_NAME  # in run directories
from .recording import Recording, read_recording

if TYPE_CHECKING:
    from .animation import write_animation as write_animation

__all__ = ["Recorder", "Recording", "read_recording", "write_animation", "write_report"]


def __getattr__(name: str):
    """Import the animation, and matplotlib with it, when it is first asked for."""
    if name == "write_animation":
        from .animation import write_animation

        return write_animation
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
