"""Files that are either written whole or not at all, and folders for them."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["prepare_folder", "written_whole"]


@contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[Path]:
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

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with written_whole(folder / "note.txt") as temporary:
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
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # elsewhere a folder cannot be opened
        _to_disk(final.parent, os.O_RDONLY)


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


def _to_disk(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
