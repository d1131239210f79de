"""Calls a reader with a damaged file, within limits of time and memory, and judges the answer."""

from __future__ import annotations

import random
import resource
import signal
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .mutations import mutate
from .readers import Reader

__all__ = ["GIBIBYTES", "SECONDS", "answer", "limit_memory", "try_file"]

SECONDS = 8
# More than the process has at the start: what one file may need.
GIBIBYTES = 2


class TooSlow(BaseException):
    """No answer in time; no handler of errors takes it for one."""


def limit_memory() -> None:
    """Let this process have GIBIBYTES more address space than it has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    now = pages * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + GIBIBYTES * 2**30, resource.RLIM_INFINITY))


def try_file(reader: Reader, number: int, folder: Path) -> tuple[str, str]:
    """Write the damaged file of this number, and return what the reader says, and details."""
    rng = random.Random(f"{reader.name} {number}")
    path = folder / reader.file
    path.write_bytes(mutate(rng.choice(reader.seeds), rng, reader.seeds))
    return answer(lambda: reader.read(path), (path.name, "data.npz"))


def answer(ask: Callable[[], Any], named: Sequence[str] = ("",)) -> tuple[str, str]:
    """Return the kind of answer, and for one that breaks the promise, what it was.

    ``read`` and ``refused`` keep the promise; ``unnamed`` (an error without the file's name),
    ``slow`` and the names of other exceptions break it.
    """
    begin = time.perf_counter()
    try:
        with _seconds(SECONDS), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ask()
        kind, details = "read", ""
    except (ValueError, OSError) as error:
        kind = "refused" if any(name in str(error) for name in named) else "unnamed"
        details = "" if kind == "refused" else _details()
    except TooSlow:
        return "slow", _details()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        kind, details = type(error).__name__, _details()
    return (kind, details) if time.perf_counter() - begin < SECONDS else ("slow", details)


def _details() -> str:
    return "".join(traceback.format_exc(limit=-4))[-1500:]


@contextmanager
def _seconds(limit: float) -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
