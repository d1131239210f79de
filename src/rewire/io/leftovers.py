"""Temporary files: names that say whose they are, and what killed processes left behind."""

from __future__ import annotations

import glob
import os
import re
import secrets
import socket
import time
from contextlib import suppress
from pathlib import Path

__all__ = ["remove_leftovers", "temporary_name", "unfinished"]

# Temporary files that this process is writing: another thread's are not left over.
unfinished: set[Path] = set()
# Whether a process of another machine is alive cannot be asked: its files are left for so long.
STALE = 3600.0  # seconds
_NAME = re.compile(r"\.([^.]*)\.(\d+)\.[0-9a-f]{8}\.partial$")


def temporary_name(final: Path) -> Path:
    """Return a hidden name beside a file, with the machine and the process that writes it."""
    return final.with_name(
        f".{final.name}.{_machine()}.{os.getpid()}.{secrets.token_hex(4)}.partial"
    )


def remove_leftovers(path: str | os.PathLike[str]) -> None:
    """Remove temporary files that killed writers of this path left behind.

    Those of processes that are at work stay, so that several may write one file.
    """
    final = Path(os.path.realpath(path))
    for leftover in final.parent.glob(f".{glob.escape(final.name)}.*.partial"):
        if not _in_use(leftover):
            with suppress(OSError):
                leftover.unlink(missing_ok=True)


def _machine() -> str:
    return re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())[:32]


def _in_use(temporary: Path) -> bool:
    if temporary in unfinished:
        return True
    found = _NAME.search(temporary.name)
    if found is None:  # named by an earlier version
        return False
    machine, process = found[1], int(found[2])
    if machine == _machine() and os.name == "posix":  # elsewhere, asking would end the process
        return process != os.getpid() and _alive(process)
    with suppress(OSError):
        return time.time() - temporary.stat().st_mtime < STALE
    return False


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
