"""NPZ files, opened only after every array's shape was held against what is in the file."""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np

from .unpacking import check_unpacked

__all__ = ["check_npy", "open_npz"]


@contextmanager
def open_npz(path: str | os.PathLike[str], max_bytes: int | None = None) -> Iterator[Any]:
    """Open a file of ``numpy.savez``; arrays of objects are refused.

    Parameters
    ----------
    path : path-like
    max_bytes : int, optional
        Of all arrays together; see :func:`rewire.io.unpacking.unpacked_limit` for the default.

    Yields
    ------
    numpy.lib.npyio.NpzFile

    Raises
    ------
    ValueError
        For shapes that the file's own size contradicts, and for more than ``max_bytes``; nothing
        of that size was allocated.

    Examples
    --------
    >>> import tempfile
    >>> path = tempfile.mkdtemp() + "/a.npz"
    >>> np.savez(path, a=np.eye(2))
    >>> with open_npz(path) as arrays:
    ...     arrays["a"].tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    # Opened here, as numpy.load leaves a file open if it cannot read it.
    with open(path, "rb") as file:
        if not zipfile.is_zipfile(file):
            raise ValueError("it must be an NPZ file, as numpy.savez writes; got something else")
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            check_unpacked(path, sum(one.file_size for one in members), max_bytes)
            for one in members:
                if one.filename.endswith(".npy"):
                    with archive.open(one) as member:
                        check_npy(member, one.file_size, f"array {one.filename[:-4]!r}")
        file.seek(0)
        with np.load(file, allow_pickle=False) as arrays:
            yield arrays


def check_npy(file: BinaryIO | Any, size: int, name: str) -> None:
    """Refuse an array in NumPy's format whose header says another shape than its size allows.

    Parameters
    ----------
    file : file
        At its start.
    size : int
        Of the file, in bytes.
    name : str
        Of the array, for the error.
    """
    reader = np.lib.format
    version = reader.read_magic(file)
    read = reader.read_array_header_1_0 if version == (1, 0) else reader.read_array_header_2_0
    shape, _, dtype = read(file)
    if dtype.hasobject:
        return  # numpy.load refuses it, and says why
    expected = file.tell() + math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or expected > size:
        raise ValueError(
            f"{name} is damaged: its header says shape {shape} of {dtype}, which is "
            f"{expected:,} bytes; got {size:,}"
        )
