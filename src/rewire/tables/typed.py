"""Columns of sources that have types: frames, Arrow tables, Parquet files, workbooks, arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np

from rewire.io import import_optional, received
from rewire.io.unpacking import check_archive, check_unpacked
from rewire.validation import unwrapped

from .feather import unpacked_size
from .headers import default_names, header_names
from .raw import RawColumn, RawTable, TextColumn, TypedColumn
from .texts import Texts

__all__ = ["column_of_objects", "from_frame", "read_arrow", "read_typed"]

# What tables have that become Arrow's; of Polars, the first since 1.3.
ARROW = ("__arrow_c_stream__", "to_arrow")


def read_typed(
    path: Path, *, sheet: str | int | None, header: bool, max_bytes: int | None = None
) -> RawTable:
    """Read a file that keeps the types of its columns."""
    pandas = import_optional("pandas", "data")
    if path.suffix.lower() == ".xlsx":
        import_optional("openpyxl", "data")
        check_archive(path, max_bytes)
        first = 0 if header else None
        frame = pandas.read_excel(
            path, sheet_name=sheet or 0, header=first, keep_default_na=False, dtype=object
        )
        if not header:
            frame.columns = default_names(frame.shape[1])
            return replace(from_frame(frame, name=path.name), header=False)
    else:
        frame = read_arrow(path, max_bytes).to_pandas(types_mapper=pandas.ArrowDtype)
    return from_frame(frame, name=path.name)


def read_arrow(path: Path, max_bytes: int | None) -> Any:
    """Read a Parquet or Feather file, whose numbers may be what its sizes and offsets are not."""
    if path.suffix.lower() == ".parquet":
        parquet = import_optional("pyarrow.parquet", "data")
        about = parquet.read_metadata(path)
        groups = range(about.num_row_groups)
        size = sum(about.row_group(i).total_byte_size for i in groups)
        # Equal values take no room there, and at least a byte here.
        check_unpacked(path, max(size, about.num_rows * about.num_columns), max_bytes)
        table = parquet.ParquetFile(path).read()
    else:
        check_unpacked(path, unpacked_size(path), max_bytes)
        table = import_optional("pyarrow.feather", "data").read_table(path, memory_map=False)
    table.validate(full=True)  # offsets beyond a buffer's end would end the process
    return table


def from_frame(source: Any, name: str = "table") -> RawTable:
    """Return the columns of a pandas, Polars or Arrow table, a mapping or a structured array."""
    pandas = import_optional("pandas", "data")
    if isinstance(source, np.ndarray) and source.dtype.names:
        source = {field: source[field] for field in source.dtype.names}
    if isinstance(source, Mapping):
        source = pandas.DataFrame({key: _series(key, value) for key, value in source.items()})
    elif not isinstance(source, pandas.DataFrame) and any(hasattr(source, one) for one in ARROW):
        try:
            source = _without_views(source).to_pandas(types_mapper=pandas.ArrowDtype)
        except ImportError:
            raise
        except Exception as error:  # such as a series, which is a column alone
            raise TypeError(f"a table must have columns; got {received(source)}") from error
    if not isinstance(source, pandas.DataFrame):
        raise TypeError(
            "a table must be a file, a pandas, Polars or Arrow table, a mapping of columns or a "
            f"structured array; got {type(source).__name__}"
        )
    names, notes = header_names([str(one) for one in source.columns])
    if len(source) == 0:
        raise ValueError("a table must have at least one row; got none")
    columns = {}
    for i, one in enumerate(names):
        with _column_named(one):
            columns[one] = _column(source.iloc[:, i])
    return RawTable(columns, len(source), name, None, tuple(notes))


@contextmanager
def _column_named(name: Any) -> Iterator[None]:
    """Turn what pandas and Arrow say of a column's values into an error that names it."""
    try:
        str(name).encode("utf-8")  # not so half of a character
        yield
    except ImportError:
        raise
    except Exception as error:  # they have many kinds of their own
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"column {name!r} cannot be read: {error}") from error


def _series(name: Any, values: Any) -> Any:
    """Return a column of a mapping."""
    pandas = import_optional("pandas", "data")
    with _column_named(name):
        return pandas.Series(unwrapped(values, f"column {name!r}"))


def _without_views(source: Any) -> Any:
    """Return an Arrow table of types that pandas knows; texts and classes of Polars are not."""
    pyarrow = import_optional("pyarrow", "data")
    # Polars hands over texts by itself in a type that Arrow before version 16 does not know.
    table = source.to_arrow() if hasattr(source, "to_arrow") else pyarrow.table(source)
    fields = [one.with_type(_known(pyarrow, one.type)) for one in table.schema]
    return table.cast(pyarrow.schema(fields))


def _known(pyarrow: Any, given: Any) -> Any:
    if str(given) == "string_view":
        return pyarrow.large_string()
    if pyarrow.types.is_dictionary(given):
        return pyarrow.dictionary(pyarrow.int32(), given.value_type, given.ordered)
    return given


def _column(series: Any) -> RawColumn:
    """Return a column of a frame by its type, or by the type of its objects."""
    types = import_optional("pandas", "data").api.types
    dtype = series.dtype
    name = str(dtype)
    if types.is_bool_dtype(dtype):
        return TypedColumn("boolean", _floats(series), name)
    if types.is_numeric_dtype(dtype):
        if types.is_complex_dtype(dtype):
            return TypedColumn("unknown", np.full(len(series), None, object), "complex numbers")
        return TypedColumn("number", _floats(series), name)
    if types.is_datetime64_any_dtype(dtype):
        return TypedColumn("date", _seconds(series), name)
    if types.is_timedelta64_dtype(dtype):
        return TypedColumn("number", series.dt.total_seconds().to_numpy(np.float64), name)
    if isinstance(dtype, import_optional("pandas", "data").CategoricalDtype):
        return _categories(series)
    if getattr(dtype, "kind", "") == "S":  # bytes, which pandas calls strings
        return column_of_objects(series.astype(object))
    if types.is_string_dtype(dtype) and not types.is_object_dtype(dtype):
        return _texts(series)
    return column_of_objects(series)


def _floats(series: Any) -> np.ndarray:
    return series.to_numpy(dtype=np.float64, na_value=np.nan)


def _seconds(series: Any) -> np.ndarray:
    """Return seconds since 1970-01-01, in UTC where there is a time zone."""
    if str(series.dtype).startswith(("date32", "date64")):  # days of Arrow
        series = series.astype("timestamp[ms][pyarrow]")
    # By NumPy, as pandas 2.2 divides durations of Arrow to nonsense.
    moments = series.to_numpy("datetime64[us]")
    return (moments - np.datetime64(0, "us")) / np.timedelta64(1, "s")


def _in_utc(moment: Any) -> Any:
    """Return a moment as NumPy takes it; pandas 2 would refuse those after 2262."""
    zoned = getattr(moment, "tzinfo", None) is not None
    return moment.astimezone(UTC).replace(tzinfo=None) if zoned else moment


def _texts(series: Any) -> TextColumn:
    codes, texts = series.factorize()
    "".join(texts).encode("utf-8")  # pandas 2 takes half of a character
    return TextColumn(Texts(np.asarray(texts, object)), np.asarray(codes, np.intp))


def _categories(series: Any) -> RawColumn:
    """Return the texts of a categorical column; its numbers stay names."""
    codes = series.cat.codes.to_numpy(np.intp)
    texts = np.array([plain_text(one) for one in series.cat.categories], object)
    values = TextColumn(Texts(texts), codes).cells()
    return TypedColumn("category", values, "category")


def column_of_objects(series: Any) -> RawColumn:
    """Return a column of Python objects by what they all are."""
    pandas = import_optional("pandas", "data")
    if hasattr(series.dtype, "pyarrow_dtype"):
        series = series.astype(object)
    known = series[series.notna()]
    kind = pandas.api.types.infer_dtype(known, skipna=True)
    if kind in ("string", "empty"):
        return _texts(series.where(series.notna(), None))
    if kind == "boolean":
        return TypedColumn("boolean", _floats(series), "booleans")
    if kind in ("integer", "floating", "mixed-integer-float", "decimal"):
        return TypedColumn("number", _floats(series), kind)
    if kind in ("date", "datetime", "datetime64"):
        moments = series.where(series.notna(), None).map(_in_utc, na_action="ignore")
        return TypedColumn("date", _seconds(moments), kind)
    if kind == "time":
        since_midnight = pandas.to_timedelta(series.map(str, na_action="ignore"))
        return TypedColumn("date", since_midnight.dt.total_seconds().to_numpy(np.float64), kind)
    if kind in ("timedelta", "timedelta64"):
        seconds = pandas.to_timedelta(series).dt.total_seconds()
        return TypedColumn("number", seconds.to_numpy(np.float64), kind)
    scalars = (str, int, float, bool, np.number)
    if all(isinstance(one, scalars) for one in known):
        return _texts(known.map(plain_text).reindex(series.index))
    return TypedColumn("unknown", np.full(len(series), None, object), _described(known.iloc[0]))


def plain_text(value: Any) -> str:
    """Return a value as the text of a category: a whole number without decimals.

    Examples
    --------
    >>> plain_text(3.0), plain_text(2.5), plain_text("3.0")
    ('3', '2.5', '3.0')
    """
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _described(value: Any) -> str:
    """Return what an object is that no column can hold."""
    if isinstance(value, (list, tuple, np.ndarray)) and len(value):
        return f"lists of {type(value[0]).__name__}"
    return {"list": "lists", "dict": "records"}.get(type(value).__name__, type(value).__name__)
