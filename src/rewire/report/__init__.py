"""Reports: recording a training, and a page or a film that shows it moment by moment."""

from .animation import write_animation
from .page import write_report
from .recorder import Recorder
from .recording import FILE_NAME, Recording, read_recording

__all__ = [
    "FILE_NAME",
    "Recorder",
    "Recording",
    "read_recording",
    "write_animation",
    "write_report",
]
