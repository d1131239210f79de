"""Arrays for a page: each stored once, as base64 of their bytes."""

from __future__ import annotations

import base64

import numpy as np

__all__ = ["Packer"]

# NumPy's types and JavaScript's typed arrays.
TYPES = {
    "u1": "Uint8Array",
    "i1": "Int8Array",
    "u2": "Uint16Array",
    "i4": "Int32Array",
    "f4": "Float32Array",
}
ALIGNMENT = 4  # bytes, as JavaScript's typed arrays need


class Packer:
    """Collects arrays and stores equal ones once, so that an unchanged wiring takes no space.

    Examples
    --------
    >>> packer = Packer()
    >>> packer.add(np.array([1, 2])), packer.add(np.array([0.5])), packer.add(np.array([1, 2]))
    (['Uint8Array', 0, 2], ['Float32Array', 4, 1], ['Uint8Array', 0, 2])
    >>> packer.text()
    'AQIAAAAAAD8='
    """

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._known: dict[tuple[str, bytes], list] = {}

    def add(self, array: np.ndarray) -> list:
        """Store an array and return ``[JavaScript type, first byte, length]``.

        Whole numbers are stored in the smallest type that holds them, others as float32.
        """
        kind = _smallest_type(array)
        content = np.ascontiguousarray(array, f"<{kind}").tobytes()
        if (kind, content) not in self._known:
            self._known[kind, content] = [TYPES[kind], self._size, array.size]
            padding = -len(content) % ALIGNMENT
            self._pieces.append(content + bytes(padding))
            self._size += len(content) + padding
        return self._known[kind, content]

    def text(self) -> str:
        """Return all arrays in base64."""
        return base64.b64encode(b"".join(self._pieces)).decode("ascii")


def _smallest_type(array: np.ndarray) -> str:
    if array.dtype.kind not in "iub":
        return "f4"
    low, high = int(array.min(initial=0)), int(array.max(initial=0))
    for kind in ("u1", "i1", "u2"):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return kind
    return "i4"
