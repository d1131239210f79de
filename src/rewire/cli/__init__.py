"""The ``rewire`` command: parses, calls the library, prints.

Its modules import nothing heavy; what a command needs is imported once it is asked for, so that
help and completion appear at once. A test keeps the list.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from .spinner import waiting

__all__ = ["importing", "main"]

INTERRUPTED = 128 + signal.SIGINT


def main() -> None:
    """Run the command line and exit."""
    with importing():
        from .app import app
    app(prog_name="rewire")


@contextmanager
def importing() -> Iterator[None]:
    """Have Ctrl-C end the program at once, without a traceback, while modules are imported.

    Nothing has begun then that would have to be saved. An exception instead would be lost in, or
    disguised by, whatever module is being imported.
    """
    ordinary = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    try:
        previous = signal.signal(signal.SIGINT, _exit_at_once) if ordinary else None
    except ValueError:  # not the main thread, which alone receives signals
        previous = None
    try:
        # A spinner needs Rich, which the first of these imports.
        with waiting("starting") if "rich.console" in sys.modules else nullcontext():
            yield
    finally:
        if previous is not None:
            signal.signal(signal.SIGINT, previous)


def _exit_at_once(number: int, frame: Any) -> None:
    os._exit(INTERRUPTED)
