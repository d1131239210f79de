"""The file in which Optuna keeps trials, and which several processes may write at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # on Windows, where Optuna's own lock serves; type checkers want a module
    fcntl = None  # type: ignore[assignment]

__all__ = ["journal"]


def journal(path: Path) -> Any:
    """Return the storage; a line of which a killed process has written a part is cut off."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    if fcntl is None:
        return JournalStorage(JournalFileBackend(str(path)))
    lock: Any = _Lock(path)  # no subclass of Optuna's, which is not public
    lock.acquire()
    content = path.read_bytes()
    os.truncate(path, content.rfind(b"\n") + 1)
    lock.release()
    return JournalStorage(JournalFileBackend(str(path), lock_obj=lock))


class _Lock:
    """Of the file itself; it is worth nothing once its process has ended, however it ended.

    Optuna's own, a link beside the file, stays when a process is killed, and the next one waits
    for half a minute.
    """

    def __init__(self, path: Path):
        self.path, self._descriptor = path, -1

    def acquire(self) -> bool:
        """Wait until no other process writes."""
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        return True

    def release(self) -> None:
        """Let others write."""
        os.close(self._descriptor)
