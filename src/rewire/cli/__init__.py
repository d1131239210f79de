"""The ``rewire`` command: parses, calls the library, prints.

Its modules import nothing heavy; what a command needs is imported once it is asked for, so that
help and completion appear at once. A test keeps the list.
"""

import os
import signal

__all__ = ["exit_at_once", "main"]

INTERRUPTED = 128 + signal.SIGINT


def main() -> None:
    """Run the command line and exit."""
    # First of all: until then Ctrl-C shows a traceback.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, exit_at_once)
    from .app import app

    app(prog_name="rewire")


def exit_at_once(number: int, frame: object) -> None:
    """End the program on Ctrl-C, without a traceback, while there is nothing to be saved."""
    os._exit(INTERRUPTED)
