"""How large a Feather file is once it is unpacked, by its own headers and before anything is."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

__all__ = ["unpacked_size"]

MAGIC = b"ARROW1"
# Where fields stand in the tables of Arrow's File.fbs and Message.fbs.
FOOTER_DICTIONARIES, FOOTER_BATCHES = 2, 3
MESSAGE_VERSION, MESSAGE_KIND, MESSAGE_HEADER, MESSAGE_METADATA = 0, 1, 2, 4
DICTIONARY_BATCH = 2
DICTIONARY_DATA = 1
BATCH_NODES, BATCH_BUFFERS, BATCH_COMPRESSION = 1, 2, 3
# The version that had no field for compression, and said it among other metadata.
VERSION_4 = 3
BLOCK = np.dtype([("at", "<i8"), ("header", "<i4"), ("padding", "<i4"), ("body", "<i8")])
NODE = np.dtype([("values", "<i8"), ("missing", "<i8")])
BUFFER = np.dtype([("at", "<i8"), ("bytes", "<i8")])


def unpacked_size(path: Path) -> int:
    """Return the bytes of all buffers of a Feather (Arrow IPC) file, and at least one per value.

    Each compressed buffer begins with its size, and Arrow takes that much memory before it unpacks
    it. Columns of nulls and of equal values have no buffers, or short ones.

    Raises
    ------
    ValueError
        For files whose headers lead nowhere.
    """
    file = np.memmap(path, np.uint8, "r")
    try:
        end = len(file) - len(MAGIC)
        if file[end:].tobytes() != MAGIC:
            return 0  # of the first version, which compressed nothing
        footer = _root(file, end - 4 - _number("<i", file, end - 4))
        batches = [
            _batch(file, int(block["at"]), int(block["at"]) + int(block["header"]))
            for field in (FOOTER_DICTIONARIES, FOOTER_BATCHES)
            for block in footer.vector(field, BLOCK)
        ]
    except (struct.error, IndexError, ValueError) as error:
        raise ValueError(f"the headers of its parts are damaged: {error}") from error
    return sum(batches)


def _batch(file: Any, at: int, body: int) -> int:
    """Return the size of the columns, or of the dictionary, that a message holds."""
    message = _root(file, at + (8 if _number("<i", file, at) == -1 else 4))
    batch = message.table(MESSAGE_HEADER)
    if message.number(MESSAGE_KIND, "<B") == DICTIONARY_BATCH:
        batch = batch.table(DICTIONARY_DATA)
    old = message.number(MESSAGE_VERSION, "<h") == VERSION_4 and message.has(MESSAGE_METADATA)
    buffers = batch.vector(BATCH_BUFFERS, BUFFER)
    sizes = buffers["bytes"]
    if batch.has(BATCH_COMPRESSION) or old:
        filled = buffers[sizes > 8]
        prefixes = filled["at"][:, None] + np.arange(body, body + 8)
        said = np.ascontiguousarray(file[prefixes]).view("<i8")[:, 0]
        sizes = np.where(said == -1, filled["bytes"] - 8, said)  # which were not worth it
    values = batch.vector(BATCH_NODES, NODE)["values"]
    return max(sum(sizes.tolist()), sum(values.tolist()))


class _Table(NamedTuple):
    """A table of FlatBuffers: fields found by way of a list of their places."""

    file: Any
    at: int

    def _field(self, number: int) -> int:
        """Return where a field is, 0 if it is not there."""
        places = self.at - _number("<i", self.file, self.at)
        if 4 + 2 * number >= _number("<H", self.file, places):
            return 0
        place = _number("<H", self.file, places + 4 + 2 * number)
        return place and self.at + place

    def has(self, number: int) -> bool:
        return self._field(number) > 0

    def number(self, number: int, kind: str) -> int:
        at = self._field(number)
        return _number(kind, self.file, at) if at else 0

    def table(self, number: int) -> _Table:
        return _root(self.file, self._field(number))

    def vector(self, number: int, dtype: np.dtype) -> np.ndarray:
        at = self._field(number)
        if not at:
            return np.empty(0, dtype)
        at += _number("<I", self.file, at)
        return np.frombuffer(self.file, dtype, _number("<I", self.file, at), at + 4)


def _root(file: Any, at: int) -> _Table:
    return _Table(file, at + _number("<I", file, at))


def _number(kind: str, file: Any, at: int) -> int:
    if at < 0:
        raise IndexError("a place before the beginning")
    return int(struct.unpack_from(kind, file, at)[0])
