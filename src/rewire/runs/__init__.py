"""Runs: settings that JSON can hold, the training they stand for, and the folder that keeps it."""

from .model import Model
from .run import Folder, Run, assemble
from .settings import Settings

__all__ = ["Folder", "Model", "Run", "Settings", "assemble"]
