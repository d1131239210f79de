"""Say what takes a while: a spinner in a terminal, a line in a log."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

__all__ = ["AFTER", "waiting"]

# Seconds after which something is said in a terminal; what is faster passes in silence.
AFTER = 1.0
# The one that is shown, if any.
_waiting: list[_Sign] = []


@contextmanager
def waiting(what: str, after: float | None = None) -> Iterator[None]:
    """Say on standard error what the program is doing, where that takes a while.

    Within another one, this says nothing. Nothing may be printed to standard output meanwhile; what
    goes to standard error is printed above a spinner.

    Parameters
    ----------
    what : str
        Such as "loading mnist".
    after : float, optional
        Seconds to wait before it is said, by default ``AFTER``, and twice that in a log.
    """
    if _waiting:
        yield
        return
    sign = _Sign(what)
    _waiting.append(sign)
    if after is None:
        after = AFTER if sys.stderr.isatty() else 2 * AFTER
    timer = threading.Timer(after, sign.show)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        sign.hide()
        _waiting.remove(sign)


class _Sign:
    """A spinner that is shown by one thread and hidden by another."""

    def __init__(self, what: str):
        self.what, self.lock = what, threading.Lock()
        self.over = False
        self.spinner: Any = None

    def show(self) -> None:
        """Show it, unless the wait is over."""
        with self.lock:
            if self.over:
                return
            # Never the cause of a failure: the stream may be closed by now.
            with suppress(ValueError, OSError):
                if sys.stderr.isatty():
                    self.spinner = _spinner(self.what)
                else:
                    print(f"{self.what} ...", file=sys.stderr, flush=True)

    def hide(self) -> None:
        """Take it away, or do not show it any more."""
        with self.lock:
            self.over = True
            if self.spinner is not None:
                self.spinner.stop()


def _spinner(what: str) -> Any:
    """Return a spinner that turns."""
    from rich.console import Console
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.text import Text

    spinner = Live(
        Spinner("dots", Text(f"{what} ...")),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # which may be a file
    )
    spinner.start()
    return spinner
