"""Reports: recording a training, and one HTML page that shows it moment by moment."""

from .page import write_report
from .recorder import Recorder
from .recording import FILE_NAME, Recording, read_recording

__all__ = ["FILE_NAME", "Recorder", "Recording", "read_recording", "write_report"]
