"""Finds and reads the files of stored data sets."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rewire.io.unpacking import read_unpacked

__all__ = ["data_folder", "read", "stored_file"]


def data_folder(data_dir: str | os.PathLike[str] | None) -> Path | None:
    """Return the folder named by ``data_dir``, or else by ``REWIRE_DATA_DIR``, if any."""
    named = {"data_dir": data_dir, "REWIRE_DATA_DIR": os.environ.get("REWIRE_DATA_DIR")}
    for origin, given in named.items():
        if given:
            folder = Path(given).expanduser()
            if not folder.is_dir():
                raise NotADirectoryError(f"{origin} must name a folder; got {str(given)!r}")
            return folder
    return None


def stored_file(folder: Path, subfolders: Sequence[str], name: str) -> Path:
    """Return the path of a file, plain or compressed, in the folder or one of its subfolders."""
    for place in (folder, *(folder / subfolder for subfolder in subfolders)):
        for path in (place / name, place / f"{name}.gz"):
            if path.is_file():
                return path
    raise FileNotFoundError(
        f"data_dir (or REWIRE_DATA_DIR) must be a folder with {name} or {name}.gz, in itself or in "
        f"{' or '.join(subfolders)}; got {str(folder)!r}"
    )


def read(path: Path) -> bytes:
    """Return a file's content, decompressed if its name ends in ``.gz``."""
    try:
        return read_unpacked(path)
    except ValueError as error:
        raise ValueError(f"{path} is damaged, fetch it again: {error}") from error
