"""When Ctrl-C ends the program at once, and when it interrupts what a command does."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from . import exit_at_once
from .spinner import waiting

__all__ = ["importing", "interruptible"]


@contextmanager
def importing() -> Iterator[None]:
    """Have Ctrl-C end the program at once, without a traceback, while modules are imported.

    Nothing has begun then that would have to be saved. An exception instead would be lost in, or
    disguised by, whatever module is being imported.
    """
    # A spinner needs Rich, which the first of these imports.
    sign = waiting("starting") if "rich.console" in sys.modules else nullcontext()
    with _handler(exit_at_once, instead_of=signal.default_int_handler), sign:
        yield


@contextmanager
def interruptible() -> Iterator[None]:
    """Have Ctrl-C raise KeyboardInterrupt, as ever, where a command may have something to save."""
    with _handler(signal.default_int_handler, instead_of=exit_at_once):
        yield


@contextmanager
def _handler(handler: Callable[[int, Any], Any], instead_of: Any) -> Iterator[None]:
    """Exchange one handler of Ctrl-C for another; any third one stays."""
    try:
        found = signal.getsignal(signal.SIGINT) is instead_of
        previous = signal.signal(signal.SIGINT, handler) if found else None
    except ValueError:  # not the main thread, which alone receives signals
        previous = None
    try:
        yield
    finally:
        if previous is not None:
            signal.signal(signal.SIGINT, previous)
