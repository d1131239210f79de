"""Safetensors files of named arrays, with a header and a checksum."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from typing import Any, TypedDict

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save

from .advice import advise
from .endings import as_path
from .files import atomic_write, reading
from .schemas import conform

__all__ = ["read_tensors", "write_tensors"]

VERSION = 1
# For error messages: what reads each of the library's own kinds of files.
READERS = {
    "network": "rewire.load",
    "model": "rewire.experiment.Predictor.load",
    "checkpoint": "rewire.train.load_checkpoint, or its figures by rewire.train.read_history",
    "recording": "rewire.report.read_recording",
}


class Header(TypedDict):
    """What every file's header has."""

    version: int
    kind: str
    crc32: int


def write_tensors(
    path: str | os.PathLike[str],
    tensors: Mapping[str, np.ndarray],
    header: Mapping[str, Any],
    *,
    kind: str,
) -> None:
    """Write arrays and a header as one safetensors file.

    The header is kept in the file's metadata, as JSON under the key ``rewire``, together with the
    version of the layout, the kind of file and a CRC-32 of everything.

    Parameters
    ----------
    path : path-like
    tensors : mapping of str to ndarray
    header : mapping
        Fit for JSON.
    kind : str
        What the file is for, such as ``"network"``; checked by :func:`read_tensors`.

    Examples
    --------
    >>> import tempfile
    >>> path = tempfile.mkdtemp() + "/mask.safetensors"
    >>> write_tensors(path, {"mask": np.eye(2)}, {"made by": "hand"}, kind="mask")
    >>> tensors, header = read_tensors(path, kind="mask")
    >>> header["made by"]
    'hand'
    """
    arrays = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    full = {**header, "version": VERSION, "kind": kind}
    full["crc32"] = _checksum(arrays, full)
    with atomic_write(path) as temporary:
        # safetensors' save_file would make a temporary file of its own, which a killed process
        # leaves behind, and a result that nobody else may read.
        temporary.write_bytes(save(arrays, metadata={"rewire": json.dumps(full)}))


def read_tensors(
    path: str | os.PathLike[str], *, kind: str
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read a file of :func:`write_tensors` and verify it.

    Returns
    -------
    tensors : dict of str to ndarray
    header : dict

    Raises
    ------
    ValueError
        If the file is damaged or cut short, not from rewire, of another kind, or newer than this
        version of rewire can read.

    Examples
    --------
    >>> import tempfile
    >>> path = tempfile.mkdtemp() + "/mask.safetensors"
    >>> write_tensors(path, {"mask": np.eye(2)}, {}, kind="mask")
    >>> tensors, header = read_tensors(path, kind="mask")
    >>> tensors["mask"].shape
    (2, 2)
    """
    path = as_path(path)
    if not path.is_file():
        raise FileNotFoundError(f"path must be an existing file; got {str(path)!r}")
    with reading(path):
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            if "rewire" not in metadata:
                raise ValueError(
                    advise(
                        "it is a safetensors file, but not one that rewire wrote",
                        "read the weights of a PyTorch model by rewire.load with the format "
                        "'state_dict'",
                    )
                )
            header = json.loads(metadata["rewire"])
            conform(header, Header)
            if header["version"] > VERSION:
                raise ValueError(
                    f"its version must be at most {VERSION}; got {header['version']}: update rewire"
                )
            if header["kind"] != kind:
                reader = READERS.get(header["kind"])
                remedies = [f"read it by {reader}"] if reader else []
                problem = f"it must be a {kind}; got a {header['kind']}"
                raise ValueError(advise(problem, *remedies))
            # The file has keys(), but cannot be iterated over.
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        given = header.pop("crc32")
        if given != _checksum(tensors, header):
            raise ValueError("it is damaged: its contents do not match its checksum")
    return tensors, header


def _checksum(arrays: Mapping[str, np.ndarray], header: Mapping[str, Any]) -> int:
    crc = zlib.crc32(json.dumps(header, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        crc = zlib.crc32(f"{name} {array.dtype} {array.shape}".encode(), crc)
        crc = zlib.crc32(array.data if array.size else b"", crc)
    return crc
