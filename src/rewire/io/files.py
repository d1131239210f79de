"""Files that are either written whole or not at all, and folders for them."""

from __future__ import annotations

import glob
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["atomic_write", "prepare_folder", "remove_leftovers"]


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path to write to, which takes the name asked for once all is on the disk.

    The temporary file lies in the same folder, hidden, with the ending ``.partial``. Whoever reads
    ``path`` sees the old file or the new one, never a part: also after a crash. An error, Ctrl-C
    included, leaves the old file as it was and nothing else.

    Parameters
    ----------
    path : path-like
        A link is followed, and stays a link.

    Yields
    ------
    Path
        Where to write; the file does not exist yet.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    OSError
        Naming the file and the remedy, if it cannot be written: a full disk, a folder that is
        read-only.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with atomic_write(folder / "note.txt") as temporary:
    ...     _ = temporary.write_text("all of it")
    >>> (folder / "note.txt").read_text()
    'all of it'
    """
    final = Path(os.path.realpath(path))
    if not final.parent.is_dir():
        raise FileNotFoundError(
            f"path must lie in a folder that exists; got {os.fspath(path)!r}: create "
            f"{os.fspath(final.parent)!r} first"
        )
    temporary = final.with_name(f".{final.name}.{secrets.token_hex(4)}.partial")
    try:
        yield temporary
        _to_disk(temporary, os.O_RDWR)
        os.replace(temporary, final)
    except OSError as error:
        _remove(temporary)
        if error.errno is None or isinstance(error, FileNotFoundError):  # not the disk's doing
            raise
        said = OSError(
            f"{os.fspath(path)} could not be written ({error.strerror}); an older file of that "
            "name is as it was: make room, or choose another folder"
        )
        said.errno = error.errno
        raise said from error
    except BaseException:
        _remove(temporary)
        raise
    if os.name == "posix":  # elsewhere a folder cannot be opened
        _to_disk(final.parent, os.O_RDONLY)


def remove_leftovers(path: str | os.PathLike[str]) -> None:
    """Remove the temporary files of writers of this path that were killed.

    For files that have one writer at a time, before it begins.
    """
    final = Path(os.path.realpath(path))
    for leftover in final.parent.glob(f".{glob.escape(final.name)}.*.partial"):
        leftover.unlink(missing_ok=True)


def prepare_folder(folder: str | os.PathLike[str]) -> Path:
    """Create the folder if need be and make sure that files can be written there.

    Raises
    ------
    OSError
        Naming the folder and the remedy.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OSError(
            f"out must be a folder that can be written to; got {str(folder)!r} "
            f"({error.strerror}): choose another one"
        ) from error
    return folder


def _remove(temporary: Path) -> None:
    with suppress(OSError):  # of a read-only folder, where it never came to be
        temporary.unlink(missing_ok=True)


def _to_disk(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
