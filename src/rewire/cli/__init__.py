"""The ``rewire`` command: parses, calls the library, prints."""

from .main import app

__all__ = ["app"]
