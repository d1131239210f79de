"""Reads a table from wherever it is: a file, standard input, a frame or a mapping of arrays."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rewire.io import reading
from rewire.io.unpacking import read_unpacked

from .json_tables import is_json, read_json
from .parquet import read_folder
from .raw import RawTable
from .text_files import read_text
from .typed import from_frame, read_typed

__all__ = ["TABLE_ENDINGS", "is_table_file", "read_raw"]

JSON = (".json", ".jsonl", ".ndjson")
TEXT = (".csv", ".tsv", ".txt", *JSON)
COMPRESSED = (".gz", ".bz2", ".xz", ".zip")
TYPED = (".parquet", ".feather", ".arrow", ".xlsx")
# What the name of a file with a table ends in.
TABLE_ENDINGS = (*TEXT, *(f"{text}{more}" for text in TEXT for more in COMPRESSED), *TYPED)


def is_table_file(path: Any) -> bool:
    """Return whether a file's name ends as a table's does."""
    return str(path).lower().endswith(TABLE_ENDINGS)


def read_raw(
    source: Any,
    *,
    sep: str | None = None,
    encoding: str | None = None,
    comment: str | None = None,
    sheet: str | int | None = None,
    header: bool = True,
    max_bytes: int | None = None,
) -> RawTable:
    """Read a table without deciding what its texts mean.

    Parameters
    ----------
    source : path, "-", frame, mapping or structured array
        A file that ends in ``.csv``, ``.tsv``, ``.txt``, ``.json`` (records or columns) or
        ``.jsonl`` (also ``.ndjson``), also compressed (``.gz``, ``.bz2``, ``.xz``, ``.zip``), in
        ``.parquet``, ``.feather``, ``.arrow`` or ``.xlsx``; a folder of Parquet files of the same
        columns; ``"-"`` for standard input; a pandas, Polars or Arrow table; a mapping of names to
        columns; a structured array.
    sep : str, optional
        What separates the values of a file of text; found from its first lines by default.
    encoding : str, optional
        Of a file of text. By default UTF-8 or UTF-16 as its first bytes say, or else Windows'
        Western European code page (cp1252), which a note says.
    comment : str, optional
        What lines of comment begin with. By default, lines with ``#`` before the header are.
    sheet : str or int, optional
        Of a workbook; the first by default.
    header : bool, default True
        Whether the first line of a file of text, or the first row of a workbook, has the columns'
        names; otherwise they are called ``column_1``, ``column_2`` and so on. Other sources always
        name theirs.
    max_bytes : int, optional
        Of a compressed file, once it is unpacked; by default 100 times its size, and at least
        256 MiB. No more is unpacked.

    Returns
    -------
    RawTable

    Raises
    ------
    ValueError
        If the file cannot be read as a table: every line that is too long or too short is named.
    OSError
        If there is no such file.
    ImportError
        If pandas or pyarrow is not installed.

    Examples
    --------
    >>> raw = read_raw({"area": ["1,200", "950"], "rooms": [4, 3]})
    >>> raw.columns["area"].texts.tolist(), raw.columns["rooms"].values.tolist()
    (['1,200', '950'], [4.0, 3.0])
    """
    options: dict[str, Any] = {
        "sep": sep,
        "encoding": encoding,
        "comment": comment,
        "header": header,
    }
    if isinstance(source, RawTable):
        return source
    if isinstance(source, str) and source == "-":
        content = sys.stdin.buffer.read()
        if is_json(content):
            return read_json(content, name="standard input", encoding=encoding)
        return read_text(content, name="standard input", **options)
    if not isinstance(source, (str, Path)):
        return from_frame(source)
    path = Path(source)
    if path.is_dir():
        with reading(path):
            return read_folder(path, max_bytes)
    if not is_table_file(path):
        raise ValueError(f"a table must end in {', '.join(TABLE_ENDINGS)}; got {str(source)!r}")
    if not path.is_file():
        raise FileNotFoundError(f"a table must be an existing file; got {str(source)!r}")
    with reading(path):
        if path.name.lower().endswith(TYPED):
            return read_typed(path, sheet=sheet, header=header, max_bytes=max_bytes)
        if _unpacked_name(path).endswith(JSON):
            return read_json(read_unpacked(path, max_bytes), name=path.name, encoding=encoding)
        if sep is None and _unpacked_name(path).endswith(".tsv"):
            options["sep"] = "\t"
        return read_text(read_unpacked(path, max_bytes), name=path.name, **options)


def _unpacked_name(path: Path) -> str:
    """Return a file's name in small letters, without an ending that says it is compressed."""
    name = path.name.lower()
    return next((name.removesuffix(one) for one in COMPRESSED if name.endswith(one)), name)
