"""Reads JSON as a table: records, columns, or a record on each line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rewire.io import advise, import_optional

from .headers import header_names
from .raw import RawTable
from .typed import column_of_objects

__all__ = ["is_json", "read_json"]

FORMS = (
    "a list of records [{...}, ...], a record on each line, or columns {name: [values], ...}, also "
    "as pandas writes them"
)


def is_json(content: bytes) -> bool:
    """Return whether a content without a name is a table in JSON rather than text.

    Examples
    --------
    >>> is_json(b' [{"area": 70}]'), is_json(b"area,price")
    (True, False)
    """
    start = content[:200].decode("utf-8-sig", errors="replace").split()
    return "".join(start).startswith(("[{", '{"'))


def read_json(content: bytes, *, name: str, encoding: str | None = None) -> RawTable:
    r"""Read the content of a JSON file as a table.

    Numbers, truth values and texts are what JSON says they are; null and what a record lacks is
    missing. A column that holds lists or objects is of an unknown kind.

    Parameters
    ----------
    content : bytes
        A list of records; a record on each line (JSON lines); columns by name, each a list or, as
        pandas writes it, an object of values by row; or pandas' orients "split" and "table".
    name : str
        Of the source, for a person.
    encoding : str, optional
        UTF-8, UTF-16 or UTF-32 by default, as its first bytes say.

    Raises
    ------
    ValueError
        For what is no JSON, or no table.

    Examples
    --------
    >>> lines = b'{"area": 70, "garden": true}\n{"area": null, "town": "Bonn"}'
    >>> raw = read_json(lines, name="houses.jsonl")
    >>> {name: column.cells().tolist() for name, column in raw.columns.items()}
    {'area': [70.0, nan], 'garden': [1.0, nan], 'town': [None, 'Bonn']}
    """
    columns = _columns(_parsed(content, encoding))
    if len({len(values) for values in columns.values()}) > 1:
        raise ValueError(
            "columns must have the same number of values; got "
            + ", ".join(f"{len(values)} in {key!r}" for key, values in list(columns.items())[:10])
        )
    rows = len(next(iter(columns.values()), ()))
    if rows == 0:
        raise ValueError("a table must have at least one row; got none")
    pandas = import_optional("pandas", "data")
    names, notes = header_names(list(columns))
    found = {
        name: column_of_objects(pandas.Series(values, dtype=object))
        for name, values in zip(names, columns.values(), strict=True)
    }
    return RawTable(found, rows, name, None, tuple(notes), encoding=encoding)


def _parsed(content: bytes, encoding: str | None) -> Any:
    """Return what a document says, or a list of what its lines say."""
    try:
        text = content.decode(encoding or json.detect_encoding(content)).removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError) as error:
        raise ValueError(
            advise(f"JSON must be UTF-8; {error}", "name its encoding (encoding=)")
        ) from error
    try:
        try:
            found = json.loads(text)
        except json.JSONDecodeError as error:
            if error.msg != "Extra data":
                raise
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        if "\\u" in text:  # an escape may stand for half of a character
            json.dumps(found, ensure_ascii=False).encode("utf-8")
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"it is no JSON: {error}") from error
    except UnicodeEncodeError as error:
        half = error.object[error.start]
        raise ValueError(f"it must hold whole characters; got {half!r}, half of one") from error
    return found


def _columns(found: Any) -> dict[str, list[Any]]:
    """Return columns of the same length by name."""
    if isinstance(found, Mapping) and isinstance(found.get("data"), list):
        if isinstance(names := found.get("columns"), list):  # pandas' orient "split"
            found = [dict(zip(map(str, names), row, strict=False)) for row in found["data"]]
        elif all(isinstance(row, Mapping) for row in found["data"]):  # "table", and many services
            found = found["data"]
    if isinstance(found, Mapping):
        return _by_name(found)
    records = found if isinstance(found, list) else []
    if not records or not all(isinstance(one, Mapping) for one in records):
        raise ValueError(f"JSON must be a table: {FORMS}; got {_described(found)}")
    # Each name once, in the order in which they come.
    names = dict.fromkeys(name for record in records for name in record)
    return {name: [record.get(name) for record in records] for name in names}


def _by_name(found: Mapping[str, Any]) -> dict[str, list[Any]]:
    if found and all(isinstance(one, list) for one in found.values()):
        return dict(found)
    if found and all(isinstance(one, Mapping) for one in found.values()):
        rows = dict.fromkeys(row for column in found.values() for row in column)
        return {name: list(map(column.get, rows)) for name, column in found.items()}
    if found and not any(isinstance(one, (list, Mapping)) for one in found.values()):
        return {name: [value] for name, value in found.items()}  # a single record
    raise ValueError(f"JSON must be a table: {FORMS}; got {_described(found)}")


def _described(found: Any) -> str:
    if isinstance(found, Mapping):
        shown = ", ".join(map(repr, list(found)[:5])) + ", ..." * (len(found) > 5)
        return f"an object of {shown}" if found else "an empty object"
    if isinstance(found, list):
        kinds = dict.fromkeys(type(one).__name__ for one in found)
        return f"a list of {', '.join(kinds)}" if found else "an empty list"
    return type(found).__name__
