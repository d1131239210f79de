"""Ways to damage a file: its bytes, the values in its JSON, the arrays and files packed in it."""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load, save

from rewire.io.tensors import _checksum

__all__ = ["mutate", "mutate_array", "mutate_state", "mutate_value"]

Random = random.Random
BYTES = (0, 1, 9, 10, 13, 34, 44, 45, 91, 123, 127, 128, 254, 255)
WORDS = (
    *(b"NaN", b"1e999", b"-1", b"500000000", b"99999999999999999999", b'""', b"null", b"[]", b"\r"),
    *(b"[" * 3000, b'{"a":' * 3000, b"\x00" * 40, b'"', b"\xff\xfe", b"1" * 5000, b"-0.0", b"&a;"),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, "", "x", "\x00", "\ud800", [], {}, [[]], {"a": 1}, 0, -1, 1.5, 1e308),
    *(float("nan"), float("inf"), -0.0, 2**31, 2**63, 10**30, 5 * 10**8, -(10**30), "1", "relu"),
)
DTYPES = ("float32", "float64", "int8", "int64", "uint64", "bool", "float16")
NUMBERS = (0, -1, 1, 2**31, 2**62, -(2**63), 127, 5 * 10**8)


def mutate(content: bytes, rng: Random, others: tuple[bytes, ...] = ()) -> bytes:
    """Return a file that is damaged in one of the ways that its kind allows."""
    ways: list[Callable[[bytes, Random], bytes]] = [_bytes]
    if content[:2] == b"PK":
        ways += [_member, _member]
    elif content[:2] == b"\x1f\x8b":
        ways += [_packed, _packed]
    elif content[:1] in b"{[":
        ways += [_json, _json]
    elif content[8:9] == b"{":
        ways += [_safetensors] * 4
    if others and rng.random() < 0.05:
        return _splice(content, rng.choice(others), rng)
    try:
        return rng.choice(ways)(content, rng)
    except (ValueError, OverflowError, TypeError, RecursionError, zipfile.BadZipFile):
        return _bytes(content, rng)  # what cannot be written in that format


def mutate_state(content: bytes, rng: Random, others: tuple[bytes, ...] = ()) -> bytes:
    """Return a file of torch.save with other values in it, which torch.load still reads."""
    state = torch.load(io.BytesIO(content), weights_only=True)
    while True:
        file = io.BytesIO()
        try:
            torch.save(mutate_value(state, rng), file)
            return file.getvalue()
        except (RecursionError, UnicodeEncodeError):  # what torch.save cannot write
            continue


def _bytes(content: bytes, rng: Random) -> bytes:
    """Flip, set, cut, repeat and insert bytes, up to five times."""
    found = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        at = rng.randrange(len(found) + 1)
        end = min(at + rng.choice((1, 1, 2, 4, 8, 100)), len(found))
        way = rng.randrange(7)
        if way == 0 and end > at:
            found[at] ^= 1 << rng.randrange(8)
        elif way == 1:
            found[at:end] = bytes(rng.choice(BYTES) for _ in range(end - at))
        elif way == 2:
            del found[at:end]
        elif way == 3:
            found[at:at] = found[at:end] * rng.choice((1, 2, 50))
        elif way == 4:
            found[at:at] = rng.choice(WORDS)
        elif way == 5:
            del found[rng.choice((at, len(found) - 1, 0)) :]
        else:
            found[at:end] = rng.randbytes(end - at)
    return bytes(found)


def _splice(content: bytes, other: bytes, rng: Random) -> bytes:
    return content[: rng.randrange(len(content) + 1)] + other[rng.randrange(len(other) + 1) :]


# ------------------------------------------------------------------------------------- contents


def mutate_value(value: Any, rng: Random) -> Any:
    """Return a document with one of its values replaced, left out, repeated or nested."""
    if isinstance(value, (dict, list)) and value and rng.random() < 0.85:
        key = rng.choice(list(value) if isinstance(value, dict) else range(len(value)))
        changed = value.copy()
        way = rng.random()
        if way < 0.1:
            del changed[key]
        elif way < 0.15 and isinstance(changed, list):
            changed.append(changed[key])
        elif way < 0.2 and isinstance(changed, dict):
            changed[rng.choice(("", "odd", "version", "x" * 100))] = changed.pop(key)
        else:
            changed[key] = mutate_value(value[key], rng)
        return changed
    if rng.random() < 0.03:
        for _ in range(rng.choice((10, 900, 5000))):
            value = [value]
        return value
    if isinstance(value, torch.Tensor) and rng.random() < 0.8:
        return torch.from_numpy(np.ascontiguousarray(mutate_array(value.numpy(), rng)))
    if isinstance(value, (int, float)) and rng.random() < 0.3:
        return rng.choice((-value, value + 1, value * 10**9, value - 1, str(value)))
    return rng.choice(VALUES)


def mutate_array(array: np.ndarray, rng: Random) -> np.ndarray:
    """Return an array of another shape, of another type, or with other numbers."""
    way = rng.randrange(6)
    with np.errstate(all="ignore"):
        if way == 0:
            return array.astype(rng.choice(DTYPES))
        if way == 1:
            return array[: rng.randrange(len(array) + 1)] if array.ndim else array.reshape(1)
        if way == 2:
            return array.reshape(rng.choice(((-1, 1), (1, -1), (1, 1, -1))))
        if way == 3:
            return np.concatenate([array.ravel(), array.ravel()])
        changed = array.copy()
        if changed.size and changed.dtype.kind in "iuf":
            number: Any = rng.choice(NUMBERS)
            if changed.dtype.kind == "f":
                number = rng.choice((np.nan, np.inf, 1e38, -1e38, 0.0))
            else:
                limits = np.iinfo(changed.dtype)
                number = min(max(number, limits.min), limits.max)
            changed.flat[rng.randrange(changed.size)] = number
        return changed


def _json(content: bytes, rng: Random) -> bytes:
    text = json.dumps(mutate_value(json.loads(content), rng))
    return text.replace("Infinity", "1e999").encode("utf-8", "surrogatepass")


def _safetensors(content: bytes, rng: Random) -> bytes:
    """Damage what a file of named arrays says, and give it the checksum of that."""
    length = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + length]).get("__metadata__") or {}
    arrays = load(content)
    header = json.loads(metadata.get("rewire", "{}"))
    if rng.random() < 0.5 and arrays:
        name = rng.choice(list(arrays))
        if rng.random() < 0.2:
            del arrays[name]
        else:
            arrays[name] = np.ascontiguousarray(mutate_array(arrays[name], rng))
    elif header:
        header = mutate_value(header, rng)
    if "rewire" not in metadata:
        return save(arrays)
    if isinstance(header, dict):
        header.pop("crc32", None)
        header["crc32"] = _checksum(arrays, header)
    return save(arrays, metadata={"rewire": json.dumps(header)})


def _packed(content: bytes, rng: Random) -> bytes:
    return gzip.compress(mutate(gzip.decompress(content), rng), 1, mtime=0)


def _member(content: bytes, rng: Random) -> bytes:
    """Damage one of the files in an archive, and pack it again with the checksum of that."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        chosen = rng.randrange(len(old.namelist()))
        for number, info in enumerate(old.infolist()):
            inner = old.read(info)
            if number == chosen:
                if rng.random() < 0.1:
                    continue
                inner = _npy(inner, rng) if inner[:6] == b"\x93NUMPY" else _bytes(inner, rng)
            new.writestr(info, inner)
    return changed.getvalue()


def _npy(content: bytes, rng: Random) -> bytes:
    """Damage an array, or only the header that says its type and shape."""
    if rng.random() < 0.4:
        file = io.BytesIO()
        np.save(file, mutate_array(np.load(io.BytesIO(content)), rng))
        return file.getvalue()
    if rng.random() < 0.3:
        return _bytes(content, rng)
    length = int.from_bytes(content[8:10], "little")
    shape = rng.choice((b"(10**3,)", b"(99999999999,)", b"(-1,)", b"(0, 4000000000000)", b"(1e3,)"))
    said = b"{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (
        rng.choice((b"<f4", b"<f8", b"|O", b"<U9", b"<M8[s]", b"|V9", b"<i8", b"<f16")),
        shape if rng.random() < 0.6 else b"(3, 2)",
    )
    return content[:10] + said.ljust(length - 1)[: length - 1] + b"\n" + content[10 + length :]
