"""One writer at a time, for files that are continued rather than replaced."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .advice import advise

try:
    import fcntl
except ImportError:  # on Windows, where nothing is locked; type checkers want a module all the same
    fcntl = None  # type: ignore[assignment]

__all__ = ["sole_writer"]

_held: set[int] = set()


def _let_go() -> None:
    """Close what a forked child has inherited: the lock is its parent's."""
    for descriptor in _held:
        with suppress(OSError):
            os.close(descriptor)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


@contextmanager
def sole_writer(
    path: str | os.PathLike[str], writer: str = "training", other: str = "choose another file"
) -> Iterator[None]:
    """Refuse to go on where another process, or another thread, is inside for the same file.

    The lock is a hidden file beside it, of no meaning once its process has ended, however it ended.

    Parameters
    ----------
    path : path-like
    writer : str, default "training"
        What writes it, for the message.
    other : str
        What else can be done than wait.

    Raises
    ------
    OSError
        Naming the file and the process that writes it.

    Examples
    --------
    >>> import tempfile
    >>> path = tempfile.mkdtemp() + "/run.safetensors"
    >>> with sole_writer(path):
    ...     pass
    """
    final = Path(os.path.realpath(path))
    lock = final.with_name(f".{final.name}.lock")
    descriptor = (
        None if fcntl is None or not final.parent.is_dir() else _acquire(path, lock, writer, other)
    )
    try:
        yield
    finally:
        if descriptor is not None and descriptor in _held:
            lock.unlink(missing_ok=True)  # before it is let go: the next one makes its own
            _held.discard(descriptor)
            os.close(descriptor)


def _acquire(path: str | os.PathLike[str], lock: Path, writer: str, other: str) -> int | None:
    while True:
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError:  # a read-only folder; whoever writes there will say so
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            process = os.pread(descriptor, 20, 0).decode() or "another one"
            os.close(descriptor)
            raise BlockingIOError(
                advise(
                    f"{os.fspath(path)} is being written by another {writer} (process {process})",
                    "wait until it has ended",
                    other,
                )
            ) from None
        except OSError:  # a file system without locks
            os.close(descriptor)
            return None
        if _is_at(descriptor, lock):
            with suppress(OSError):  # a full disk: then others are not told the number
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, str(os.getpid()).encode(), 0)
            _held.add(descriptor)
            return descriptor
        os.close(descriptor)  # its former holder has removed it meanwhile


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.fstat(descriptor).st_ino == path.stat().st_ino
    except FileNotFoundError:
        return False
