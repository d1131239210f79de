"""JSON files, written whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .files import atomic_write, reading
from .schemas import conform

__all__ = ["read_json", "write_json"]


def write_json(path: str | os.PathLike[str], content: Any) -> None:
    """Write JSON with indentation, for people and machines.

    Examples
    --------
    >>> import tempfile
    >>> path = tempfile.mkdtemp() + "/result.json"
    >>> write_json(path, {"accuracy": 0.98})
    >>> read_json(path)
    {'accuracy': 0.98}
    """
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read_json(path: str | os.PathLike[str], schema: Any = None) -> Any:
    """Read a JSON file.

    Parameters
    ----------
    path : path-like
    schema : type, optional
        What it must hold; see :func:`rewire.io.schemas.conform`.

    Raises
    ------
    ValueError
        Naming the file, if it does not hold JSON, or something else than it must.
    FileNotFoundError
        If there is no such file.
    """
    with reading(path):
        document = json.loads(Path(path).read_text(encoding="utf-8"))
        if schema is not None:
            conform(document, schema)
        return document
