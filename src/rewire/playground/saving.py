"""Sessions as files, with the network and the data that they were opened with, if any."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import numpy as np

from rewire import losses
from rewire.export.tensors import network_from_tensors, network_to_tensors
from rewire.graph import Network
from rewire.io import read_json, reading
from rewire.io.schemas import conform
from rewire.losses import Loss

from .array_engine import ArrayEngine
from .documents import commands_of_document, document_of
from .session import Session

__all__ = ["read_session", "session_document", "unpack_document"]

MAX_BYTES = 200_000_000


class Packed(TypedDict):
    """An array."""

    dtype: str
    shape: list[int]
    base64: str


class Opened(TypedDict):
    """What a session was opened with."""

    network: dict[str, Any]
    tensors: dict[str, Packed]
    X: Packed
    y: Packed
    loss: dict[str, Any]
    name: str
    inputs: list[str]
    classes: list[str]


class Document(TypedDict):
    """A file."""

    format: str
    version: int
    engine: str
    commands: list[dict[str, Any]]
    given: NotRequired[Opened | None]


def session_document(session: Session) -> dict[str, Any]:
    """Return everything it takes to open a session again, fit for JSON."""
    found, engine = document_of(session), session.engine
    if isinstance(engine, ArrayEngine) and engine.net is not None:
        found["given"] = _pack_given(engine)
    return found


def read_session(path: str | os.PathLike[str]) -> Session:
    """Return the session in a file, at the moment at which it was saved.

    Raises
    ------
    ValueError
        If the file is no session, from a newer version, damaged or too large.
    """
    with reading(path):
        size = Path(path).stat().st_size
        if size > MAX_BYTES:
            raise ValueError(f"it must have at most {MAX_BYTES} bytes; it has {size}")
    document = read_json(path)
    with reading(path):
        return Session(*unpack_document(document))


def unpack_document(document: Any) -> tuple[ArrayEngine, list[dict[str, Any]]]:
    """Return the engine and the commands of the session in a document.

    Raises
    ------
    ValueError
        If it is no session, or from a newer version.
    """
    conform(document, Document)
    commands, given = commands_of_document(document), document.get("given")
    return ArrayEngine() if given is None else _unpack_given(given), commands


def _pack_given(engine: ArrayEngine) -> dict[str, Any]:
    assert engine.net is not None
    assert engine.given is not None
    tensors, header = network_to_tensors(engine.net)
    loss = engine.samples.loss
    return {
        "network": header,
        "tensors": {name: _pack(array) for name, array in tensors.items()},
        "X": _pack(engine.samples.X),
        "y": _pack(engine.samples.y),
        "loss": {"name": loss.name, "l2": loss.l2, "weighted": loss.weighted},
        "name": engine.given.name,
        "inputs": list(engine.given.inputs),
        "classes": list(engine.given.classes),
    }


def _unpack_given(given: Opened) -> ArrayEngine:
    tensors = {name: _unpack(packed) for name, packed in given["tensors"].items()}
    net: Network = network_from_tensors(tensors, given["network"])
    loss: Loss = type(losses.get(given["loss"]["name"]))(
        l2=given["loss"]["l2"], weighted=given["loss"]["weighted"]
    )
    return ArrayEngine(
        net,
        _unpack(given["X"]),
        _unpack(given["y"]),
        loss=loss,
        name=given["name"],
        inputs=given["inputs"],
        classes=given["classes"],
    )


def _pack(array: np.ndarray) -> Packed:
    return {
        "dtype": array.dtype.str,
        "shape": list(array.shape),
        "base64": base64.b64encode(array.tobytes()).decode("ascii"),
    }


def _unpack(packed: Packed) -> np.ndarray:
    dtype = np.dtype(packed["dtype"])
    if dtype.kind not in "biuf":
        raise ValueError(f"arrays must hold numbers; got {dtype}")
    content = base64.b64decode(packed["base64"], validate=True)
    return np.frombuffer(content, dtype).reshape(packed["shape"]).copy()
