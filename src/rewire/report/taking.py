"""Which frames a recording takes: evenly spaced ones, as far as the time for them allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter

import numpy as np

from .recording import Frame, Recording, thin

__all__ = ["FrameTaker"]

# With more frames than this, every other one is dropped.
MAX_FRAMES = 128
# Largest share of the time since the start for frames that are not cheap.
MAX_SHARE = 0.03

# Kinds of frames that are always taken.
LAST = ("end", "kept")

# A frame's form and arrays.
Contents = Callable[[], tuple[str, Mapping[str, np.ndarray]]]


class FrameTaker:
    """Adds frames to a recording.

    Parameters
    ----------
    recording : Recording
    free : float, default 0
        Seconds that frames may take however short the training is.

    Attributes
    ----------
    seconds : float
        Time that frames have taken so far.
    """

    def __init__(self, recording: Recording, free: float = 0.0):
        self.recording, self._free = recording, free
        self.seconds = self._spent = self._latest = 0.0
        self._begun = perf_counter()

    def due(self, step: int, kind: str, cheap: bool) -> bool:
        """Return whether a frame is to be taken now, and note the moment.

        Frames at the end always are; others unless they are thinned out, or are not cheap and
        would take too much time.
        """
        if kind in LAST:
            return True
        recording = self.recording
        recording.moments.append(step)
        if (len(recording.moments) - 1) % recording.interval:
            return False
        allowed = max(self._free, MAX_SHARE * (perf_counter() - self._begun))
        return cheap or self._spent + 2 * self._latest <= allowed

    def take(self, step: int, kind: str, contents: Contents) -> None:
        """Add a frame that was due, and thin them out if they are too many."""
        recording, begin = self.recording, perf_counter()
        moment = len(recording.moments) - (kind not in LAST)
        form, arrays = contents()
        recording.frames.append(Frame(step, kind, form, moment, arrays))
        if len(recording.frames) > MAX_FRAMES:
            recording.interval *= 2
            recording.frames[:] = thin(recording.frames, recording.interval)
        cost = perf_counter() - begin
        self.seconds += cost
        if moment:  # the first frame may include compiling
            self._spent, self._latest = self._spent + cost, cost
