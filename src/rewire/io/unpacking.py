"""Compressed files, unpacked up to a limit: a few bytes may say gigabytes."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import zipfile
import zlib
from pathlib import Path
from typing import Any

from .advice import advise

__all__ = ["check_archive", "check_unpacked", "read_unpacked", "unpacked_limit"]

# Tables of numbers are packed to a third, of few different values to a fiftieth.
RATIO = 100
SMALLEST_LIMIT = 1 << 28
PIECE = 1 << 20


def unpacked_limit(path: str | os.PathLike[str], max_bytes: int | None = None) -> int:
    """Return how many bytes a file may hold once it is unpacked.

    Parameters
    ----------
    path : path-like
    max_bytes : int, optional
        The limit; by default 100 times the size of the file, and at least 256 MiB.
    """
    if max_bytes is not None:
        return max_bytes
    return max(SMALLEST_LIMIT, RATIO * os.path.getsize(path))


def check_unpacked(path: str | os.PathLike[str], size: int, max_bytes: int | None = None) -> None:
    """Refuse a file that is larger than the limit once it is unpacked.

    Parameters
    ----------
    path : path-like
    size : int
        What its header says, in bytes.
    max_bytes : int, optional
        See :func:`unpacked_limit`.

    Raises
    ------
    ValueError
    """
    limit, packed = unpacked_limit(path, max_bytes), os.path.getsize(path)
    if size > limit:
        raise ValueError(
            advise(
                f"unpacked it must have at most {limit:,} bytes, as it has {packed:,} packed; it "
                "has more",
                "unpack it first",
                f"raise the limit (max_bytes={max(size, 10 * limit)})",
            )
        )


def check_archive(path: str | os.PathLike[str], max_bytes: int | None = None) -> None:
    """Refuse an archive, which a workbook is, by the sizes of the files that it says it holds."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            check_unpacked(path, sum(one.file_size for one in archive.infolist()), max_bytes)


def read_unpacked(path: str | os.PathLike[str], max_bytes: int | None = None) -> bytes:
    """Return the bytes of a file, unpacked if its name ends in .gz, .bz2, .xz or .zip.

    Parameters
    ----------
    path : path-like
        An archive must hold one file.
    max_bytes : int, optional
        See :func:`unpacked_limit`; nothing beyond it is unpacked.

    Raises
    ------
    ValueError
        For damaged files, and those that hold more.

    Examples
    --------
    >>> import tempfile
    >>> path = tempfile.mkdtemp() + "/zeros.gz"
    >>> with gzip.open(path, "wb") as file:
    ...     _ = file.write(bytes(1000))
    >>> len(read_unpacked(path))
    1000
    >>> read_unpacked(path, max_bytes=999)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: unpacked it must have at most 999 bytes, as it has ... packed; it has more: ...
    """
    ending = Path(path).suffix.lower()
    openers: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
    try:
        if ending == ".zip":
            with zipfile.ZipFile(path) as archive:
                names = [name for name in archive.namelist() if not name.endswith("/")]
                if len(names) != 1:
                    raise ValueError(f"an archive must hold one file; got {len(names)}")
                with archive.open(names[0]) as member:
                    return _read(member, path, max_bytes)
        if ending in openers:
            with openers[ending](path, "rb") as file:
                return _read(file, path, max_bytes)
    except (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile) as error:
        raise ValueError(f"the compressed file is damaged: {error}") from error
    return Path(path).read_bytes()


def _read(file: Any, path: str | os.PathLike[str], max_bytes: int | None) -> bytes:
    """Read in pieces, so that no more than the limit is ever held."""
    limit, found = unpacked_limit(path, max_bytes), bytearray()
    while piece := file.read(min(PIECE, limit + 1 - len(found))):
        found += piece
        if len(found) > limit:
            check_unpacked(path, len(found), max_bytes)
    return bytes(found)
