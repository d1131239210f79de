"""What the ending of a file's name promises, kept by everything that writes."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .advice import advise, received

__all__ = ["as_path", "check_ending", "is_file_name"]

# Endings that promise a kind of file to whoever reads its name.
PROMISES = frozenset(
    (
        *(".c", ".csv", ".gif", ".gz", ".graphml", ".h", ".htm", ".html", ".jpeg", ".jpg"),
        *(".json", ".md", ".npy", ".npz", ".onnx", ".parquet", ".pdf", ".pickle", ".pkl"),
        *(".png", ".pt", ".pth", ".py", ".safetensors", ".svg", ".toml", ".tsv", ".txt"),
        *(".webp", ".xls", ".xlsx", ".xml", ".yaml", ".yml", ".zip"),
    )
)


def as_path(path: Any, parameter: str = "path") -> Path:
    """Return the path of a file or folder; refuse what is none.

    Examples
    --------
    >>> as_path(3)
    Traceback (most recent call last):
    TypeError: path must be a text or a pathlib.Path; got 3
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"{parameter} must be a text or a pathlib.Path; got {received(path)}")
    return Path(path)


def check_ending(
    path: str | os.PathLike[str],
    endings: Iterable[str],
    content: str,
    *,
    parameter: str = "path",
    named: bool = False,
    remedy: str = "",
) -> None:
    """Refuse a file whose name promises another format than is written.

    A name without an ending promises nothing, and is taken.

    Parameters
    ----------
    path : path-like
        The file to write.
    endings : iterable of str
        Those of the format, in small letters.
    content : str
        What is written, for the message: ``"a model"``.
    parameter : str, default "path"
        What the path is called where it was given.
    named : bool, default False
        Whether the format was named beside the path: other endings are then taken unless they
        promise another format.
    remedy : str, optional
        What writes other formats.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> check_ending("small.safetensors", [".safetensors"], "a model")
    >>> check_ending("small.onnx", [".safetensors"], "a model")
    Traceback (most recent call last):
    ValueError: path must end in .safetensors, as a model is written; got 'small.onnx': choose \
another name
    """
    endings = tuple(endings)
    name = as_path(path, parameter).name.lower()
    suffix = os.path.splitext(name)[1]
    if not suffix or name.endswith(endings) or (named and suffix not in PROMISES):
        return
    raise ValueError(
        advise(
            f"{parameter} must end in {_any_of(endings)}, as {content} is written; "
            f"got {os.fspath(path)!r}",
            "choose another name",
            *([remedy] if remedy else []),
        )
    )


def is_file_name(path: str | os.PathLike[str]) -> bool:
    """Return whether a name promises a file, by its ending.

    Examples
    --------
    >>> is_file_name("small.onnx"), is_file_name("runs/houses-1.2")
    (True, False)
    """
    return os.path.splitext(os.fspath(path))[1].lower() in PROMISES


def _any_of(endings: tuple[str, ...]) -> str:
    if not endings:
        return "an ending of its own"
    *most, last = endings
    return f"{', '.join(most)} or {last}" if most else last
