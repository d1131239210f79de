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
from typing import Any, NamedTuple

from .reader import Reader

__all__ = ["GIBIBYTES", "SECONDS", "Answer", "answer", "limit_memory", "try_file"]

SECONDS = 8
# More than the process has at the start: what one file may need.
GIBIBYTES = 2


class Answer(NamedTuple):
    """What became of a call.

    Parameters
    ----------
    kind : str
        ``"read"`` and ``"refused"`` keep the promise; ``"unnamed"`` (an error without the file's
        name), ``"slow"`` and the names of other exceptions break it.
    details : str
        The traceback of one that breaks it.
    seconds : float
        Of the processor, so that other programs at work do not count.
    """

    kind: str
    details: str = ""
    seconds: float = 0.0

    @property
    def kept(self) -> bool:
        """Whether it keeps the promise."""
        return self.kind in ("read", "refused")


class TooSlow(BaseException):
    """No answer in time; no handler of errors takes it for one."""


def limit_memory() -> None:
    """Let this process have GIBIBYTES more address space than it has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    now = pages * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + GIBIBYTES * 2**30, resource.RLIM_INFINITY))


def try_file(reader: Reader, number: int, folder: Path, seed: int = 0) -> Answer:
    """Write the damaged file of this number, and return what the reader says."""
    rng = random.Random(f"{seed} {reader.name} {number}")
    path = folder / reader.file
    path.write_bytes(reader.damage(rng.choice(reader.seeds), rng, reader.seeds))
    found = []
    said = answer(lambda: found.append(reader.read(path)), (path.name, "data.npz", *reader.named))
    if not found:
        return said
    used = answer(lambda: reader.use(found[0]))
    seconds = said.seconds + used.seconds
    return (
        said._replace(seconds=seconds) if used.kept else Answer(f"{used.kind} when used", *used[1:])
    )


def answer(ask: Callable[[], Any], named: Sequence[str] = ("",)) -> Answer:
    """Call a function, within limits of time, and judge what it does.

    Parameters
    ----------
    ask : callable
    named : sequence of str
        An error must have one of these.
    """
    begin = time.process_time()
    kind, details = "read", ""
    try:
        with _seconds(SECONDS), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ask()
    except (ValueError, OSError) as error:
        kind = "refused" if any(name in str(error) for name in named) else "unnamed"
        details = "" if kind == "refused" else _details()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        kind, details = type(error).__name__, _details()
    seconds = time.process_time() - begin
    return Answer(kind if seconds < SECONDS else "slow", details, seconds)


def _details() -> str:
    return "".join(traceback.format_exc(limit=-4))[-1500:]


@contextmanager
def _seconds(limit: float) -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
