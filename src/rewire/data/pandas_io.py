"""Reads tables with pandas: finds their format, and says what is wrong with them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from rewire.io import advise, prefixed

__all__ = [
    "TABLES",
    "check_complete",
    "check_size",
    "find_column",
    "import_pandas",
    "loading",
    "read_frame",
    "values_of",
]

# The reader of pandas for each kind of file.
TABLES = {".csv": "read_csv", ".tsv": "read_table", ".parquet": "read_parquet"}

# Separators that a CSV file may have; the first of several that fit is taken.
SEPARATORS = (",", ";", "\t", "|")
# Options of pandas that replace what is otherwise found from the file.
PARSING = {"sep", "delimiter", "engine", "skiprows", "comment"}
HEADER = {"header", "names", "usecols", "index_col"}
UTF16 = (b"\xff\xfe", b"\xfe\xff")
WITH_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d+(,\d+)?\s*")


def import_pandas(purpose: str) -> ModuleType:
    """Import pandas, or say which extra installs it."""
    try:
        import pandas
    except ImportError as error:
        raise ImportError(f"{purpose} needs pandas: pip install 'rewire-nn[data]'") from error
    return pandas


@contextmanager
def loading(path: Path) -> Iterator[None]:
    """Name the file in errors about its content."""
    try:
        yield
    except ValueError as error:
        raise ValueError(prefixed(f"{path} cannot be loaded: ", error)) from error


def read_frame(path: Path, **options: Any) -> Any:
    """Read a file as a DataFrame.

    The separator of a CSV file is found from its first lines; if it is not a comma, numbers may
    have decimal commas. UTF-16, which Excel calls Unicode text, is recognised.

    Parameters
    ----------
    path : Path
        A file whose name ends in a key of ``TABLES``.
    **options
        Further arguments for pandas' reader; they take precedence over what was found.
    """
    reader = TABLES[path.suffix.lower()]
    read = getattr(import_pandas(f"reading {path.name}"), reader)
    if reader == "read_parquet":
        return _read(read, path, **options)
    with path.open("rb") as file:
        if file.read(2) in UTF16:
            options = {"encoding": "utf-16", **options}
    plain = not options.keys() & PARSING
    if reader == "read_csv" and plain:
        options["sep"] = _separator(_lines(path, options.get("encoding")))
    options = {"engine": "c", **options}
    if options["engine"] == "c":  # so that a column has one type throughout
        options = {"low_memory": False, **options}
    frame = _read(read, path, **options)
    if "decimal" not in options and options.get("sep") != "," and _has_decimal_commas(frame):
        frame = _read(read, path, decimal=",", **options)
    if plain and not options.keys() & HEADER:
        _check_header(path, options, frame)
    return frame


def check_complete(frame: Any) -> None:
    """Refuse missing values, columns of the same name, and tables without rows."""
    if len(frame) == 0:
        raise ValueError("a table must have at least one row; got none")
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise ValueError(f"columns must have different names; got {twice!r} twice")
    missing = np.argwhere(frame.isna().to_numpy())
    if len(missing):
        row, column = missing[0]
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ValueError(
            advise(
                f"no value may be missing; got none in row {row} (counted from 0), column "
                f"{str(frame.columns[column])!r}{more}",
                "fill in what is missing",
                "leave the row out",
                "leave the column out (ignore=)",
                "read NA and the like as text (keep_default_na=False)",
            )
        )


def check_size(name: Any, values: np.ndarray, dtype: np.dtype) -> None:
    """Refuse numbers that overflow the dtype, and show them as they are in the table."""
    most = np.finfo(dtype).max
    if values.dtype.kind != "f" or np.abs(values).max() <= most:
        return
    row = int(np.flatnonzero(np.abs(values) > most)[0])
    if np.isfinite(values[row]):
        raise ValueError(
            f"column {str(name)!r} must hold numbers of {dtype}, at most {most:.2g}; got "
            f"{values[row]:g} in row {row} (counted from 0): correct it or leave the row out"
        )


def find_column(wanted: Any, names: Sequence[Any], parameter: str = "target") -> Any:
    """Return the name of a column that is given by name or by number."""
    if wanted in names:
        return wanted
    try:
        return names[int(str(wanted))]
    except (ValueError, IndexError):
        shown = ", ".join(map(str, names[:20])) + (", ..." if len(names) > 20 else "")
        purpose = {"target": "the column to predict", "ignore": "a column to leave out"}[parameter]
        raise ValueError(
            f"{parameter} must be {purpose}, by name or by number in "
            f"[-{len(names)}, {len(names)}); got {wanted!r}, and the columns are {shown} (as the "
            "first line says)"
        ) from None


def values_of(column: Any) -> np.ndarray:
    """Return a column as numbers, booleans or text."""
    values = column.to_numpy()
    if values.dtype.kind in "biuf":
        return values
    infer = import_pandas("reading a table").api.types.infer_dtype
    if infer(values, skipna=False) != "string":
        raise ValueError(
            advise(
                f"column {str(column.name)!r} must hold numbers, booleans or text; got "
                f"{column.dtype}",
                "turn it into numbers",
                "leave the column out (ignore=)",
            )
        )
    return values.astype(str)


def _read(read: Any, path: Path, **options: Any) -> Any:
    pandas = import_pandas(f"reading {path.name}")
    try:
        return read(path, **options)
    except ImportError as error:
        raise ImportError(
            f"reading {path.name} needs pyarrow: pip install 'rewire-nn[data]'"
        ) from error
    except TypeError as error:
        raise ValueError(f"pandas.{read.__name__} does not take these options: {error}") from error
    except pandas.errors.EmptyDataError:
        raise ValueError(
            "a table must have a line with its columns' names, and rows below it; got an empty file"
        ) from None
    except UnicodeDecodeError as error:
        raise ValueError(
            advise(
                f"text must be UTF-8; got something else ({error})",
                "save it as UTF-8 (in Excel, 'CSV UTF-8')",
                "say how it is encoded (encoding='cp1252')",
            )
        ) from error
    except pandas.errors.ParserError as error:
        text = str(error).removeprefix("Error tokenizing data. C error: ")
        raise ValueError(f"every line must have as many values as the first; {text}") from error


def _lines(path: Path, encoding: str | None) -> list[str]:
    """Return the first two lines that are not empty, or fewer if there are no more."""
    found = []
    with path.open(encoding=encoding or "utf-8-sig", errors="replace", newline="") as file:
        for line in file:
            if line.strip():
                found.append(line.rstrip("\r\n"))
            if len(found) == 2:
                break
    return found


def _separator(lines: Sequence[str]) -> str:
    """Return the separator that splits the first lines into equally many values, and the most."""

    def fit(separator: str) -> tuple[bool, bool, int]:
        columns = [len(row) for row in csv.reader(lines, delimiter=separator)] or [0]
        return columns[0] > 1, len(set(columns)) == 1, columns[0]

    return max(SEPARATORS, key=fit)


def _has_decimal_commas(frame: Any) -> bool:
    """Return whether a text column consists of numbers with decimal commas."""
    for name in frame.columns:
        column = frame[name]
        if getattr(column, "dtype", None) is None or column.dtype.kind in "biufM":
            continue
        texts = column.dropna().astype(str)
        commas = texts.str.contains(",", regex=False).any()
        if commas and texts.map(WITH_DECIMAL_COMMA.fullmatch).notna().all():
            return True
    return False


def _check_header(path: Path, options: dict[str, Any], frame: Any) -> None:
    """Refuse names that pandas would change, and lines longer than the first."""
    if not np.array_equal(
        frame.index, np.arange(len(frame))
    ):  # pandas took the first values of longer lines as index
        raise ValueError(
            f"every line must have as many values as there are names in the first, "
            f"{len(frame.columns)}; got more"
        )
    separator = options.get("sep", "\t")
    if len(separator) == 1:
        names = next(csv.reader(_lines(path, options.get("encoding")), delimiter=separator))
        twice = next((name for i, name in enumerate(names) if name and name in names[:i]), None)
        if twice is not None:
            raise ValueError(f"columns must have different names; got {twice!r} twice")
