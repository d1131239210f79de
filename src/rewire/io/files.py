"""Files that are written whole or not at all, folders for them, and errors that name the file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .advice import advise, prefixed
from .endings import as_path, is_file_name
from .leftovers import remove_leftovers, temporary_name, unfinished

__all__ = ["atomic_write", "prepare_folder", "reading"]


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path that is renamed to ``path`` once everything is on the disk.

    The temporary file lies in the same folder, hidden, with the ending ``.partial``. Readers of
    ``path`` see the old file or the new one, never a part, even after a crash. An error, Ctrl-C
    included, leaves the old file as it was and removes the temporary one; what a killed process
    left is removed by the next one that writes the same file.

    Parameters
    ----------
    path : path-like
        A symbolic link is followed, and stays a link.

    Yields
    ------
    Path
        The file to write; it does not exist yet.

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
    remove_leftovers(final)
    temporary = temporary_name(final)
    unfinished.add(temporary)
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
    finally:
        unfinished.discard(temporary)
    if os.name == "posix":  # elsewhere a folder cannot be opened
        _to_disk(final.parent, os.O_RDONLY)


def prepare_folder(folder: str | os.PathLike[str], parameter: str = "out") -> Path:
    """Create a folder if it does not exist, and check that files can be written to it.

    Raises
    ------
    ValueError
        For the name of a file, such as ``model.onnx``, where there is no folder of that name.
    OSError
        Naming the folder and the remedy.
    """
    folder = as_path(folder, parameter)
    if is_file_name(folder) and not folder.is_dir():
        raise ValueError(
            advise(
                f"{parameter} must be a folder; got {str(folder)!r}, the name of a file",
                f"choose a name such as {str(folder.with_suffix(''))!r}",
            )
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OSError(
            f"{parameter} must be a folder that can be written to; got {str(folder)!r} "
            f"({error.strerror}): choose another one"
        ) from error
    return folder


@contextmanager
def reading(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn whatever a file's contents make fail into a ValueError that names the file.

    What reads formats raises errors of many kinds for damaged or crafted files: RecursionError
    for deep nesting, OverflowError and MemoryError for absurd numbers, and kinds of its own. So
    all are turned, but those of the system that name the file themselves, and ImportError, which
    asks for a package. Nothing but reading belongs inside.

    Parameters
    ----------
    path : path-like

    Raises
    ------
    ValueError

    Examples
    --------
    >>> with reading("a.json"):
    ...     raise KeyError("version")
    Traceback (most recent call last):
    ValueError: cannot read 'a.json': it lacks 'version'
    """
    try:
        yield
    except ImportError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise
        start = f"cannot read {os.fspath(path)!r}: "
        raise ValueError(_in_words(start, error)) from error


def _in_words(start: str, error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{start}it lacks {error}"
    if isinstance(error, RecursionError):
        return f"{start}it is nested too deeply"
    if isinstance(error, MemoryError):
        return f"{start}it asks for more memory than there is"
    if isinstance(error, (ValueError, TypeError)) and str(error):
        return prefixed(start, error)
    return f"{start}it is damaged ({type(error).__name__}: {error})"


def _remove(temporary: Path) -> None:
    with suppress(OSError):  # a read-only folder, where the file was never created
        temporary.unlink(missing_ok=True)


def _to_disk(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
