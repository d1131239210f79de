"""Compiled kernels on disk: made by one process, found by all others."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from time import monotonic, sleep
from typing import IO, Any

from numba.core.caching import FunctionCache

try:
    import fcntl
except ImportError:  # on Windows, where every process compiles; type checkers want a module
    fcntl = None  # type: ignore[assignment]

__all__ = ["KernelCache", "fingerprint"]

# Seconds to wait for another process that compiles the same function; the largest takes four.
PATIENCE = 60.0


class KernelCache(FunctionCache):
    """Numba's cache on disk, for a function that depends on all sources of this package.

    Numba's own looks at the file of the function alone, and would go on using a kernel whose parts,
    in other files, have been edited.
    """

    def __init__(self, function: Callable):
        super().__init__(function)
        self._cache_file._source_stamp = fingerprint(Path(__file__).parent)
        self._turn: IO | None = None

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return compiled code; None where it is this process's turn to compile it."""
        found = self._read(sig, target_context)
        if found is None:
            self._wait_for_turn()
            found = self._read(sig, target_context)  # what another process has made meanwhile
        return found

    def _read(self, sig: Any, target_context: Any) -> Any:
        """Return compiled code; None, so that it is compiled anew, where a file is damaged."""
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:  # whatever unpickling a part of a file ends in
            _announce(self.cache_path, f"are damaged ({type(error).__name__}); compiling them anew")
            with suppress(OSError):
                self.flush()
            return None

    def _wait_for_turn(self) -> None:
        """Wait while another process compiles the same function.

        The lock belongs to the process, not to its forks, and ends with it, however it ends. One
        that has been stopped is not waited for without end.
        """
        if fcntl is None:
            return
        deadline = monotonic() + PATIENCE
        with suppress(OSError):  # a folder that cannot be written, a file system without locks
            self._impl.locator.ensure_cache_path()
            path = f"{self._cache_file._index_path}.lock"
            self._turn = open(path, "ab")  # noqa: SIM115 closed by let_go
            while not _locked(self._turn) and monotonic() < deadline:
                sleep(0.02)

    def let_go(self) -> None:
        """Let other processes compile, or read what has been compiled."""
        if self._turn is not None:
            self._turn.close()
            self._turn = None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep compiled code; go on without where it cannot be written, as on a full disk."""
        try:
            super().save_overload(sig, data)
        except OSError as error:
            _announce(self.cache_path, f"cannot be kept ({error.strerror}); going on without")


def _locked(file: IO) -> bool:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # POSIX allows either where another one holds it
        return False
    return True


@cache
def _announce(folder: str, what: str) -> None:
    print(f"rewire: compiled kernels in {folder} {what}.", file=sys.stderr)


@cache
def fingerprint(folder: Path) -> str:
    """Return a hash of all sources that kernels are made of."""
    files = [folder.parent / "layout.py", folder.parent / "adjacency.py", *folder.glob("*.py")]
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()
